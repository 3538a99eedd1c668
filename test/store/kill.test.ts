/** A process that is killed at any moment has lost nothing it has settled, and left nothing half done. */

import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { QueuedResponse, Store } from '../../src/store/store.js';
import { Child } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { eerp, identity, openSqlStore, outgoing, PARTNER, STAMP } from './support.js';

test.after.each(cleanUp);

const PROGRAM = fileURLToPath(new URL('./write-and-report.js', import.meta.url));
const LIMIT_MS = 20_000;
const KILLS = 15;

/** Names that may have been under way beyond those that were reported. */
const UNREPORTED = 8;

/**
 * Runs the program until it has reported so many operations, kills it a little later, and returns what it had reported
 * by then. Without the delay the process would always die between two groups of operations.
 */
async function killedAfter(folder: string, prefix: string, reports: number, delayMs: number): Promise<string[]> {
  const child = new Child(process.execPath, [PROGRAM, folder, prefix], { limitMs: LIMIT_MS });
  await child.waitForOutput(new RegExp(`open\n(?:.*\n){${reports}}`));
  await setTimeout(delayMs);
  child.signal('SIGKILL');
  const { signal, stdout } = await child.finished;
  assert.is(signal, 'SIGKILL');
  // A line that was cut off is no report.
  return stdout.split('\n').slice(1, -1);
}

async function allPending(store: Store): Promise<QueuedResponse[]> {
  const all: QueuedResponse[] = [];
  for (;;) {
    const page = await store.pendingResponses(PARTNER, all.at(-1)?.id);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** What the store says of a file: the operations whose effects are there, in the words of the reports. */
async function effects(store: Store, name: string, pending: ReadonlySet<string>): Promise<string[]> {
  const file = await store.findReceived(identity(name));
  const sent = await store.findOutgoing({ ...outgoing(name), ...STAMP });
  const queued = pending.has(name);
  assert.not.ok(queued && !file?.finished, `${name} has a response, but is not finished`);
  return [
    ...(file ? [`acknowledged ${name}`] : []),
    ...(file?.finished ? [`finished ${name}`] : []),
    ...(file?.finished && !queued ? [`confirmed ${name}`] : []),
    ...(sent?.phase === 'sent' ? [`sent ${name}`] : []),
  ];
}

test(`${KILLS} kills: everything reported is there, and no finished file without its response`, async () => {
  const folder = temporaryFolder();
  const reportedBefore: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const reports = await killedAfter(folder, `K${kill}F`, 1 + kill * kill, kill % 5);
    const store = await openSqlStore({ folder });
    const pending = await allPending(store);
    const names = new Set(pending.map(({ file }) => file.name));
    assert.is(names.size, pending.length, 'no response is queued twice');
    for (const { id: _, ...content } of pending) assert.equal(content, eerp(content.file.name));
    const reached = Math.max(...reports.map((line) => Number(line.split('F')[1])));
    const found: string[] = [];
    for (let number = 0; number <= reached + UNREPORTED; number += 1) {
      found.push(...(await effects(store, `K${kill}F${number}`, names)));
    }
    const lost = reports.filter((line) => !found.includes(line));
    assert.equal(lost, [], `kill ${kill}, after ${reports.length} reports`);
    // A response is gone only where its confirmation was asked for, and that is after the finishing was reported.
    const confirmed = found.filter((line) => line.startsWith('confirmed ') && !reports.includes(line));
    const halfDone = confirmed.filter((line) => !reports.includes(line.replace('confirmed', 'finished')));
    assert.equal(halfDone, [], `kill ${kill}: finished without a response`);
    assert.ok(confirmed.length <= UNREPORTED);
    reportedBefore.push(...reports.filter((line) => line.startsWith('acknowledged ')));
    await store.close();
  }
  const store = await openSqlStore({ folder });
  for (const line of reportedBefore) assert.ok(await store.findReceived(identity(line.split(' ')[1]!)), line);
});

test.run();

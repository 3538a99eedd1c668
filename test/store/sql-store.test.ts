/** What only the durable store does: it groups commits, survives its process, forgets in time, and ends clearly. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPError } from '../../src/settings/errors.js';
import { StoreThread } from '../../src/store/store-thread.js';
import { openDatabase } from '../../src/store/thread/database.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import {
  eerp,
  exchange,
  identity,
  openSqlStore,
  outgoing,
  PARTNER,
  pendingNames,
  received,
  rejection,
  STAMP,
} from './support.js';

test.after.each(cleanUp);

const DAY_MS = 24 * 60 * 60 * 1000;

/** A store, and the sizes of its groups from here on. */
async function grouping() {
  const groups: number[] = [];
  const store = await openSqlStore({ onGroup: (operations) => groups.push(operations) });
  // Behind the cleaning with which it starts.
  await store.findReceived(identity('NONE'));
  groups.length = 0;
  return { store, groups };
}

test('calls of one turn of the event loop go to the disk together', async () => {
  const { store, groups } = await grouping();
  await Promise.all(Array.from({ length: 64 }, (_, index) => store.acknowledge(received(`F${index}`))));
  assert.equal(groups, [64]);
});

test('calls that come while a commit is under way are the next group', async () => {
  const { store, groups } = await grouping();
  const first = store.acknowledge(received('FIRST'));
  // The group leaves at the end of this turn; its answer cannot come before the next.
  await turn();
  const later = Array.from({ length: 20 }, (_, index) => store.acknowledge(received(`F${index}`)));
  await Promise.all([first, ...later]);
  assert.equal(groups, [1, 20]);
});

test('a call that fails leaves no trace and fails none of its group', async () => {
  const { store, groups } = await grouping();
  await store.acknowledge(received('TWICE'));
  groups.length = 0;
  const results = await Promise.allSettled([
    store.acknowledge(received('BEFORE')),
    store.acknowledge(received('TWICE')),
    store.queueResponse({ ...eerp('BROKEN'), reasonText: undefined as unknown as string }),
    store.acknowledge(received('BEHIND')),
  ]);
  assert.equal(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.equal(groups, [4]);
  for (const name of ['BEFORE', 'BEHIND']) assert.ok(await store.findReceived(identity(name)), name);
  assert.equal(await pendingNames(store), []);
  assert.is((await store.unfinished(PARTNER)).length, 3);
});

test('a session with nothing pending and nothing unfinished asks the thread nothing', async () => {
  const { store, groups } = await grouping();
  await exchange(store, 'ORDERS');
  groups.length = 0;
  assert.equal(await store.pendingResponses(PARTNER), []);
  assert.equal(await store.unfinished(PARTNER), []);
  assert.equal(groups, []);
});

test('everything is there after the store is opened again, in the same order', async () => {
  const folder = temporaryFolder();
  const before = await openSqlStore({ folder });
  await exchange(before, 'DONE');
  const unfinished = await before.acknowledge(received('UNFINISHED'));
  for (const name of ['B', 'A']) await before.queueResponse(eerp(name));
  const sent = await before.beginOutgoing(outgoing('SENT'), () => STAMP);
  await before.outgoingPhase(sent.id, 'sent');
  const pending = await before.pendingResponses(PARTNER);
  await before.close();
  const after = await openSqlStore({ folder });
  assert.is((await after.findReceived(identity('DONE')))?.finished, true);
  assert.equal(await after.unfinished(PARTNER), [unfinished]);
  assert.equal(await after.pendingResponses(PARTNER), pending);
  assert.equal(await after.findOutgoing({ ...outgoing('SENT'), ...STAMP }), { ...sent, phase: 'sent' });
  await after.repeatResponse(identity('DONE'));
  assert.equal(await pendingNames(after), ['B', 'A', 'DONE']);
});

test('ids are not used twice, not even those of removed records', async () => {
  const folder = temporaryFolder();
  const before = await openSqlStore({ folder });
  await before.queueResponse(eerp('A'));
  const [a] = await before.pendingResponses(PARTNER);
  await before.confirmResponse(a!.id);
  const { id } = await before.beginOutgoing(outgoing('A'), () => STAMP);
  await before.endOutgoing(id);
  await before.close();
  const after = await openSqlStore({ folder });
  await after.queueResponse(eerp('B'));
  const [b] = await after.pendingResponses(PARTNER);
  assert.ok(b!.id > a!.id);
  assert.ok((await after.beginOutgoing(outgoing('B'), () => STAMP)).id > id);
});

/** How many records the tables of a closed store have. */
async function countRecords(folder: string): Promise<Record<string, unknown>> {
  const database = await openDatabase({ path: join(folder, 'state.db'), used: true });
  const count = (table: string) => `(SELECT count(*) FROM ${table}) AS ${table}`;
  const row = database.prepare(`SELECT ${['received', 'response', 'outgoing'].map(count)}`).get();
  database.close();
  return { ...row };
}

test('stamps are kept for 30 days, what is unfinished or not delivered for ever', async () => {
  const folder = temporaryFolder();
  let time = Date.UTC(2026, 0, 1);
  const store = await openSqlStore({ folder, now: () => time });
  const names = Array.from({ length: 450 }, (_, index) => `F${index}`);
  const files = await Promise.all(names.map((name) => store.acknowledge(received(name))));
  await Promise.all(files.map(({ id, name }) => store.finish(id, eerp(name))));
  for (const { id } of await store.pendingResponses(PARTNER)) await store.confirmResponse(id);
  const { id } = await store.acknowledge(received('UNDELIVERED'));
  await store.finish(id, eerp('UNDELIVERED'));
  await store.acknowledge(received('UNFINISHED'));
  await store.beginOutgoing(outgoing('OUT'), () => STAMP);
  time += 30 * DAY_MS;
  await store.removeExpired();
  assert.ok(await store.findReceived(identity('F0')));
  time += 1;
  await store.removeExpired();
  for (const name of ['F0', 'F449', 'UNDELIVERED']) assert.is(await store.findReceived(identity(name)), undefined);
  assert.equal(
    (await store.unfinished(PARTNER)).map(({ name }) => name),
    ['UNFINISHED'],
  );
  assert.equal(await pendingNames(store), ['UNDELIVERED']);
  await store.repeatResponse(identity('F0'));
  const [response] = await store.pendingResponses(PARTNER);
  await store.confirmResponse(response!.id);
  await store.close();
  assert.equal(await countRecords(folder), { received: 1, response: 0, outgoing: 0 });
});

test('an outgoing file that something happened to is young again', async () => {
  let time = 0;
  const store = await openSqlStore({ now: () => time });
  const { id } = await store.beginOutgoing(outgoing('A'), () => STAMP);
  const idle = await store.beginOutgoing(outgoing('B'), () => STAMP);
  time = 20 * DAY_MS;
  await store.outgoingReached(id, 100);
  time = 31 * DAY_MS;
  await store.removeExpired();
  assert.is((await store.beginOutgoing(outgoing('A'), () => STAMP)).id, id);
  assert.is.not((await store.beginOutgoing(outgoing('B'), () => STAMP)).id, idle.id);
});

test('an answered file that nobody sends again is forgotten with the others of its age', async () => {
  let time = 0;
  const store = await openSqlStore({ now: () => time });
  const { id } = await store.beginOutgoing(outgoing('A'), () => STAMP);
  time = 20 * DAY_MS;
  await store.outgoingPhase(id, 'answered');
  time = 50 * DAY_MS;
  await store.removeExpired();
  assert.is((await store.findOutgoing({ ...outgoing('A'), ...STAMP }))?.id, id);
  time += 1;
  await store.removeExpired();
  assert.is(await store.findOutgoing({ ...outgoing('A'), ...STAMP }), undefined);
});

test('keepStampsDays: stamps are kept for so many days', async () => {
  let time = 0;
  const store = await openSqlStore({ now: () => time, keepStampsDays: 90 });
  await exchange(store, 'ORDERS');
  time = 90 * DAY_MS;
  await store.removeExpired();
  assert.ok(await store.findReceived(identity('ORDERS')));
  time += 1;
  await store.removeExpired();
  assert.is(await store.findReceived(identity('ORDERS')), undefined);
});

test('what expired while the process was away is removed at the start, in small groups', async () => {
  const folder = temporaryFolder();
  const before = await openSqlStore({ folder, now: () => 0 });
  const names = Array.from({ length: 450 }, (_, index) => `F${index}`);
  const files = await Promise.all(names.map((name) => before.acknowledge(received(name))));
  await Promise.all(files.map(({ id }) => before.finish(id, undefined)));
  await before.close();
  const groups: number[] = [];
  const after = await openSqlStore({ folder, now: () => 31 * DAY_MS, onGroup: (calls) => groups.push(calls) });
  // Comes between the groups of the cleaning, each of which has to be answered before the next one.
  assert.is(await after.findReceived(identity('F0')), undefined);
  assert.ok(await after.findReceived(identity('F449')), 'the cleaning blocks nobody');
  await after.removeExpired();
  assert.is(await after.findReceived(identity('F449')), undefined);
});

test('close lets what was called come to its end; later calls are refused (10058)', async () => {
  const folder = temporaryFolder();
  const store = await openSqlStore({ folder });
  const acknowledged = Array.from({ length: 50 }, (_, index) => store.acknowledge(received(`F${index}`)));
  const closed = store.close();
  const error = await rejection(store.acknowledge(received('LATE')));
  assert.instance(error, OFTPError);
  assert.is(error.code, 10058);
  assert.is((await Promise.all(acknowledged)).length, 50);
  await closed;
  const again = await openSqlStore({ folder });
  assert.is((await again.unfinished(PARTNER)).length, 50);
});

test('a thread that crashes fails what waits and everything later (10058); the process goes on', async () => {
  const program = new URL('./crashing-thread.js', import.meta.url);
  const thread = new StoreThread('the folder', { path: '', used: false }, () => {}, program);
  await thread.opened;
  const waiting = [thread.call('unfinished', PARTNER)];
  await turn();
  waiting.push(thread.call('unfinished', PARTNER));
  for (const call of waiting) {
    const error = await rejection(call);
    assert.instance(error, OFTPError);
    assert.is(error.code, 10058);
    assert.match(error.message, /the folder.*crashed by the test/);
  }
  const late = await rejection(thread.call('unfinished', PARTNER));
  assert.is(late.code, 10058);
  await thread.close();
});

test('a thread that cannot even start is an error of opening', async () => {
  const program = new URL('./no-such-program.js', import.meta.url);
  const thread = new StoreThread('the folder', { path: '', used: false }, () => {}, program);
  const error = await rejection(thread.opened);
  assert.instance(error, OFTPError);
  assert.match(error.message, 'the folder');
});

test('the note of the owner names the process, and nothing of a partner', async () => {
  const folder = temporaryFolder();
  await openSqlStore({ folder });
  const note = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'));
  assert.equal(Object.keys(note), ['pid', 'host', 'since']);
  assert.is(note.pid, process.pid);
});

test.run();

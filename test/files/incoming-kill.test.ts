/** A process that is killed at any step of a transfer leaves nothing, the old file or the whole new one. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem } from '../../src/files/filesystem.js';
import { Child } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { MARKED, receive, sample, withoutLinks } from './support.js';

test.after.each(cleanUp);

const PROGRAM = fileURLToPath(new URL('./receive-and-stop.js', import.meta.url));
const CONTENT = sample(9_000);
/** More steps than a transfer has; the test fails when it is reached. */
const STEPS_MAX = 60;
const LIMIT_MS = 20_000;

interface Situation {
  readonly overwrite?: boolean;
  /** The content is records, which are delivered as lines. */
  readonly records?: boolean;
  /** The file system has hard links. */
  readonly links?: boolean;
}

/**
 * Runs the program up to a call and kills it there; returns the call, or undefined when the program came to its end.
 */
async function killedAt(
  directory: string,
  where: number | string,
  { overwrite = false, records = false, links = true }: Situation = {},
): Promise<string | undefined> {
  const args = [PROGRAM, directory, `${where}`, `${overwrite}`, records ? 'records' : 'octets', `${links}`];
  const child = new Child(process.execPath, args, { limitMs: LIMIT_MS });
  const [, step, end] = await child.waitForOutput(/(?:^|\n)(.*)\n(stopped|done)\n/);
  child.signal('SIGKILL');
  await child.finished;
  return end === 'stopped' ? step : undefined;
}

/** The peer comes back and offers the file again. */
function receiveAgain(directory: string, { overwrite = false, records = false, links = true }: Situation) {
  const fileSystem = links ? nodeFileSystem : withoutLinks();
  const options = { directory, path: join(directory, 'ORDERS'), overwrite, fileSystem };
  if (!records) return receive({ ...options, content: CONTENT });
  return receive({ ...options, content: MARKED.content, identity: MARKED.identity, layout: MARKED.layout() });
}

for (const [what, situation] of [
  ['to a new name', {}],
  ['over an existing file', { overwrite: true }],
  ['to a new name, without hard links', { links: false }],
  ['of records to a new name', { records: true }],
  ['of records over an existing file', { records: true, overwrite: true }],
] as const) {
  test(`killed at each step of a transfer ${what}`, async () => {
    const { overwrite = false, records = false, links = true }: Situation = situation;
    const content = records ? MARKED.delivered : CONTENT;
    // What was synced on the way: 6,000 octets in blocks of 1024, or in records of 44.
    const synced = records ? 136 : 5;
    const restarts = new Set([0, synced]);
    const steps: string[] = [];
    for (let nth = 1; nth < STEPS_MAX; nth += 1) {
      const directory = temporaryFolder();
      const path = join(directory, 'ORDERS');
      if (overwrite) writeFileSync(path, 'old');
      const step = await killedAt(directory, nth, situation);
      if (step === undefined) break;
      steps.push(step);
      const there = existsSync(path) ? readFileSync(path) : undefined;
      const old = overwrite ? there?.toString('latin1') === 'old' : there === undefined;
      assert.ok(old || there?.equals(content), `killed before ${step}: ${there?.length} octets`);
      const { restartPosition } = await receiveAgain(directory, situation);
      assert.ok(restarts.has(restartPosition), `restart at ${restartPosition}`);
      assert.ok(readFileSync(path).equals(content), `killed before ${step}, then sent again`);
      assert.equal(readdirSync(directory), ['ORDERS'], `killed before ${step}: nothing stays`);
    }
    const naming = overwrite || !links ? 'rename ORDERS' : 'link ORDERS';
    const made = records ? ['open new', 'write new', 'fsync new', 'close new'] : ['fsync part'];
    const last = links ? 'unlink part' : 'unlink moved';
    for (const step of ['write part', 'rename json', ...made, naming, 'fsync folder', 'record', last]) {
      assert.ok(steps.includes(step), `${step} is not among ${steps}`);
    }
    assert.ok(steps.indexOf(naming) < steps.indexOf('record'));
  });
}

/** Steps of the attempt after a kill between the final name and its record, each up to the record itself. */
const SECOND_KILLS = {
  octets: ['rename done#1', 'open part#2', 'unlink ORDERS#1', 'link ORDERS#2', 'fsync folder#2', 'record#1'],
  records: ['rename done#1', 'open new#1', 'write new#1', 'unlink ORDERS#1', 'link ORDERS#2', 'record#1'],
};

for (const [kind, kills] of Object.entries(SECOND_KILLS)) {
  for (const second of kills) {
    test(`${kind}: killed before the record and, next time, before ${second}: still known as our own`, async () => {
      const situation = { records: kind === 'records' };
      const content = situation.records ? MARKED.delivered : CONTENT;
      const directory = temporaryFolder();
      const path = join(directory, 'ORDERS');
      assert.is(await killedAt(directory, 'record#1', situation), 'record');
      assert.ok(readFileSync(path).equals(content));
      assert.is(await killedAt(directory, second, situation), second.slice(0, -2));
      await receiveAgain(directory, situation);
      assert.ok(readFileSync(path).equals(content));
      assert.equal(readdirSync(directory), ['ORDERS']);
    });
  }
}

test.run();

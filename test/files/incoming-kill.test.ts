/** A process that is killed at any step of a transfer leaves nothing, the old file or the whole new one. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Child } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { receive, sample } from './support.js';

test.after.each(cleanUp);

const PROGRAM = fileURLToPath(new URL('./receive-and-stop.js', import.meta.url));
const CONTENT = sample(9_000);
/** More steps than a transfer has; the test fails when it is reached. */
const STEPS_MAX = 60;
const LIMIT_MS = 20_000;

/**
 * Runs the program up to a call and kills it there; returns the call, or undefined when the program came to its end.
 */
async function killedAt(directory: string, where: number | string, overwrite = false): Promise<string | undefined> {
  const args = [PROGRAM, directory, String(where), String(overwrite)];
  const child = new Child(process.execPath, args, { limitMs: LIMIT_MS });
  const [, step, end] = await child.waitForOutput(/(?:^|\n)(.*)\n(stopped|done)\n/);
  child.signal('SIGKILL');
  await child.finished;
  return end === 'stopped' ? step : undefined;
}

for (const overwrite of [false, true]) {
  test(`killed at each step of a transfer, ${overwrite ? 'over an existing file' : 'to a new name'}`, async () => {
    const steps: string[] = [];
    for (let nth = 1; nth < STEPS_MAX; nth += 1) {
      const directory = temporaryFolder();
      const path = join(directory, 'ORDERS');
      if (overwrite) writeFileSync(path, 'old');
      const step = await killedAt(directory, nth, overwrite);
      if (step === undefined) break;
      steps.push(step);
      const there = existsSync(path) ? readFileSync(path) : undefined;
      const old = overwrite ? there?.toString('latin1') === 'old' : there === undefined;
      assert.ok(old || there?.equals(CONTENT), `killed before ${step}: ${there?.length} octets`);
      // The peer comes back and offers the file again.
      const { restartPosition } = await receive({ directory, path, content: CONTENT, overwrite });
      assert.ok(restartPosition === 0 || restartPosition === 5, `restart at ${restartPosition}`);
      assert.ok(readFileSync(path).equals(CONTENT), `killed before ${step}, then sent again`);
      assert.equal(readdirSync(directory), ['ORDERS'], `killed before ${step}: nothing stays`);
    }
    const naming = overwrite ? 'rename ORDERS' : 'link ORDERS';
    for (const step of ['write part', 'fsync part', 'rename json', naming, 'fsync folder', 'record', 'unlink part']) {
      assert.ok(steps.includes(step), `${step} is not among ${steps}`);
    }
    assert.ok(steps.indexOf(naming) < steps.indexOf('record'));
  });
}

/** Steps of the attempt after a kill between the final name and its record, each up to the record itself. */
const SECOND_KILLS = ['rename done#1', 'open part#2', 'unlink ORDERS#1', 'link ORDERS#2', 'fsync folder#2', 'record#1'];

for (const second of SECOND_KILLS) {
  test(`killed before the record and, in the next attempt, before ${second}: still known as our own file`, async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'ORDERS');
    assert.is(await killedAt(directory, 'record#1'), 'record');
    assert.ok(readFileSync(path).equals(CONTENT));
    assert.is(await killedAt(directory, second), second.slice(0, -2));
    await receive({ directory, path, content: CONTENT });
    assert.ok(readFileSync(path).equals(CONTENT));
    assert.equal(readdirSync(directory), ['ORDERS']);
  });
}

test.run();

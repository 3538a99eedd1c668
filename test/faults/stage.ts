/** Two processes of which one is killed: the files that go from one to the other, and what must be true of them. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Child } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { PROJECT_ROOT } from '../support/project.js';
import { isTimeLeft } from '../support/time-left.js';

/** More points when a longer run is asked for, however long it takes. */
const ASKED = process.env['FAULT_STEPS'];
const STEPS = Number(ASKED ?? 60);
const PATIENCE_MS = 20_000;
/** Files by their names, and how many octets each has. */
export type Files = Readonly<Record<string, number>>;
/** Two files: one that fits an exchange buffer, one that takes several windows. */
export const FILES: Files = { SMALL: 500, LARGE: 300_000 };

function contentOf(name: string, length: number): Buffer {
  return Buffer.alloc(length, `${name} `);
}

export function start(program: string, args: readonly string[], fault: { at: number; folder: string }): Child {
  const path = (name: string) => join(PROJECT_ROOT, 'dist/test/faults', `${name}.js`);
  return new Child(process.execPath, ['--import', path('step-killer'), path(program), ...args], {
    limitMs: PATIENCE_MS,
    env: { ...process.env, FAULT_AT: String(fault.at), FAULT_FOLDER: fault.folder },
  });
}

/** The port that a `receiver` listens on. */
export async function portOf(receiver: Child): Promise<number> {
  const [, port] = await receiver.waitForOutput(/listening on \S+:(\d+)/);
  return Number(port);
}

export function stage(files = FILES): { folder: string; outbox: string; inbox: string } {
  const folder = temporaryFolder();
  const [outbox, inbox] = [join(folder, 'outbox'), join(folder, 'inbox')];
  mkdirSync(outbox);
  mkdirSync(inbox);
  for (const [name, length] of Object.entries(files)) writeFileSync(join(outbox, name), contentOf(name, length));
  return { folder, outbox, inbox };
}

/**
 * All files are in the inbox, whole, once, and nothing else is; hidden files of a killed attempt may still be there.
 */
export function assertDelivered(inbox: string, files = FILES): void {
  const published = readdirSync(inbox).filter((name) => !name.startsWith('.'));
  assert.equal(published.sort(), Object.keys(files).sort());
  for (const [name, length] of Object.entries(files)) {
    assert.ok(readFileSync(join(inbox, name)).equals(contentOf(name, length)), `${name} is not what was sent`);
  }
}

/** No name without a dot may ever hold anything but the whole file. */
export function assertNothingHalf(inbox: string, files = FILES): void {
  for (const name of readdirSync(inbox).filter((entry) => !entry.startsWith('.'))) {
    const length = files[name] ?? 0;
    assert.ok(readFileSync(join(inbox, name)).equals(contentOf(name, length)), `half of ${name} was published`);
  }
}

/** Kills before one step after the other, until a run has no such step. */
export async function atEachStep(run: (at: number) => Promise<boolean>): Promise<void> {
  let kills = 0;
  for (let at = 1; at <= STEPS && (ASKED !== undefined || isTimeLeft()) && (await run(at)); at += 1) {
    kills += 1;
    await cleanUp();
  }
  assert.ok(kills >= 10, `only ${kills} steps were met`);
}

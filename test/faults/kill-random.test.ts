/**
 * Two real processes of which one or the other is killed at a random moment, again and again, while files go from one
 * to the other; then both are let finish. FAULT_ROUNDS asks for more kills; FAULT_SEED repeats the choices, though not
 * the speed of the machine.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../simulation/random.js';
import type { Child } from '../support/child.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { isTimeLeft } from '../support/time-left.js';
import { assertDelivered, assertNothingHalf, type Files, portOf, stage, start } from './stage.js';

test.after.each(cleanUp);

const ASKED = process.env['FAULT_ROUNDS'];
const ROUNDS = Number(ASKED ?? 10);
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);

/** How long a session may last before somebody is killed, in milliseconds. */
const SESSION_MAX = 300;

/** Attempts without kills after which everything must have arrived. */
const CALM_ATTEMPTS = 3;

const SIZES = [0, 1, 500, 1024, 20_000, 300_000, 1_000_000];
const FILES: Files = Object.fromEntries(
  Array.from({ length: 28 }, (_, at) => [`FILE${at}`, SIZES[at % SIZES.length] as number]),
);

/** One after the other in any number of lives. */
class Program {
  readonly #start: () => Child;
  #child: Child;
  #before = '';

  constructor(begin: () => Child) {
    this.#start = begin;
    this.#child = begin();
    onCleanUp(() => void this.#child.stop(0));
  }

  get child(): Child {
    return this.#child;
  }

  /** What all of its lives have printed. */
  get output(): string {
    return this.#before + this.#child.output;
  }

  async kill(): Promise<void> {
    await this.#child.stop(0);
  }

  again(): void {
    this.#before = this.output;
    this.#child = this.#start();
  }
}

/** Lets both processes run for a while after they have met, or until the sender has ended. */
async function runFor(sender: Program, life: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await sender.child.waitForOutput(/^connected$/m).catch(() => {});
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, life);
  });
  await Promise.race([sender.child.finished, over]);
  clearTimeout(timer);
}

test(`kills at ${ROUNDS} random moments, seed ${SEED}: each file arrives once and is answered, and no half one`, async () => {
  const random = new Random(SEED);
  const { folder, inbox } = stage(FILES);
  const at = { at: 0, folder };
  let port = 0;
  const receiver = new Program(() => start('receiver', [folder, String(port)], at));
  port = await portOf(receiver.child);
  const sender = new Program(() => start('sender', [folder, String(port)], at));
  const told = () =>
    `FAULT_SEED=${SEED} node dist/test/faults/kill-random.test.js\n${receiver.output}\n${sender.output}`;
  for (let round = 0; round < ROUNDS && (ASKED !== undefined || isTimeLeft()); round += 1) {
    await runFor(sender, random.between(0, SESSION_MAX));
    const victims = random.pick([[sender], [receiver], [receiver, sender]]);
    for (const victim of victims) await victim.kill();
    assertNothingHalf(inbox, FILES);
    if (victims.includes(receiver)) {
      receiver.again();
      await portOf(receiver.child);
    }
    if (random.chance(0.5)) await sender.kill();
    await sender.child.finished;
    sender.again();
  }
  for (let attempt = 1; (await sender.child.finished).code !== 0; attempt += 1) {
    assert.ok(attempt <= CALM_ATTEMPTS, `not done after ${attempt} attempts: ${told()}`);
    sender.again();
  }
  assertDelivered(inbox, FILES);
  for (const name of Object.keys(FILES)) {
    assert.match(sender.output, new RegExp(`^answered ${name} 0$`, 'm'), `${name} was not answered: ${told()}`);
  }
  await receiver.kill();
});

test.run();

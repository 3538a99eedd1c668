/** What happens when the process has no descriptor left for another client. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CoarseClock } from '../../src/transport/clock.js';
import { DescriptorReserve } from '../../src/transport/descriptors.js';
import { FakeTime, until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { PROJECT_ROOT } from '../support/project.js';
import type { Order, Standing } from './descriptors-child.js';

/** The limit of the child, and more clients than that. Node.js itself has some 20 descriptors. */
const DESCRIPTORS = 64;
const CLIENTS = 100;
const PATIENCE_MS = 10_000;

test.after.each(cleanUp);

/** The hard limit: Node.js raises its soft limit as far as it may. */
function startChild(): ChildProcess {
  const script = join(PROJECT_ROOT, 'dist', 'test', 'transport', 'descriptors-child.js');
  const command = `ulimit -n ${DESCRIPTORS} && exec "${process.execPath}" "${script}"`;
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  onCleanUp(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function tell(child: ChildProcess, order: Order): Promise<Standing> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
  child.send(order);
  const [standing] = (await answer) as [Standing];
  return standing;
}

/** Asks until it is as expected. */
async function untilStanding(child: ChildProcess, expected: (standing: Standing) => boolean): Promise<Standing> {
  const limit = performance.now() + PATIENCE_MS;
  for (;;) {
    const standing = await tell(child, 'report');
    if (expected(standing)) return standing;
    if (performance.now() > limit) throw new Error(`waited in vain, it stands at ${JSON.stringify(standing)}`);
  }
}

function dial(port: number, count: number): { sockets: Socket[]; closed: () => number } {
  const sockets = Array.from({ length: count }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  );
  onCleanUp(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { sockets, closed: () => sockets.filter(({ readyState }) => readyState === 'closed').length };
}

test('out of descriptors: clients are turned away, 10024 is told once, files open, later all is well', async () => {
  if (process.platform === 'win32') return;
  const child = startChild();
  const { port } = await tell(child, 'report');
  const crowd = dial(port, CLIENTS);
  const full = await untilStanding(child, ({ arrived, turnedAway }) => arrived + turnedAway === CLIENTS);
  assert.ok(full.arrived > 10 && full.turnedAway > 10, JSON.stringify(full));
  assert.equal(full.errors, [10024]);
  await until(() => crowd.closed() === full.turnedAway, 'those turned away to see it');

  // The clients who are there go on working with files.
  const busy = await tell(child, 'open four files');
  assert.is(busy.arrived, full.arrived);

  // While they need what was held back, an attempt a second later changes nothing, and nothing is told again.
  await tell(child, 'keep four files open');
  await tell(child, 'pass a second');
  dial(port, 1);
  const stuck = await untilStanding(child, ({ turnedAway }) => turnedAway > full.turnedAway);
  assert.equal([stuck.arrived, stuck.errors], [full.arrived, [10024]]);
  await tell(child, 'close them');

  // That descriptors are free again is noticed at the next attempt, a second after the last.
  await tell(child, 'close all clients');
  await until(() => crowd.closed() === CLIENTS, 'all connections closed');
  dial(port, 1);
  const still = await untilStanding(child, ({ turnedAway }) => turnedAway > stuck.turnedAway);
  assert.is(still.arrived, full.arrived);
  await tell(child, 'pass a second');
  dial(port, 1);
  const recovered = await untilStanding(child, ({ arrived }) => arrived > full.arrived);
  assert.is(recovered.turnedAway, still.turnedAway);

  // The next time is told again.
  dial(port, CLIENTS);
  const again = await untilStanding(child, (now) => now.arrived + now.turnedAway === 2 * CLIENTS + 3);
  assert.equal(again.errors, [10024, 10024]);
});

test('with descriptors to spare, check says so and nothing is reported', () => {
  const errors: unknown[] = [];
  const reserve = new DescriptorReserve(new CoarseClock(new FakeTime()), (error) => errors.push(error));
  assert.is(reserve.check(), true);
  assert.is(reserve.check(), true);
  reserve.close();
  reserve.close();
  assert.equal(errors, []);
});

test.run();

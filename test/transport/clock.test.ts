import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CoarseClock, type Timer } from '../../src/transport/clock.js';
import { FakeTime, until } from '../support/channels.js';

/** A quarter of a second, the granularity, and one turn of the wheel. */
const TICK_MS = 250;
const TURN_MS = 512 * TICK_MS;

function fake(failed?: (error: unknown) => void): { time: FakeTime; clock: CoarseClock } {
  const time = new FakeTime();
  return { time, clock: new CoarseClock(time, failed) };
}

/** Lets time pass as the interval of the system would. */
function passTicks(time: FakeTime, ms: number): void {
  for (let passed = 0; passed < ms; passed += TICK_MS) time.pass(TICK_MS);
}

test('now is the time of the source', () => {
  const { time, clock } = fake();
  assert.is(clock.now(), 1_000_000);
  time.pass(1234);
  assert.is(clock.now(), 1_001_234);
});

test('a timer is never early and at most one tick late', () => {
  for (const ms of [1, 249, 250, 251, 1000, 60_000, TURN_MS - 1, TURN_MS, TURN_MS + 1, 5 * TURN_MS + 700]) {
    const { time, clock } = fake();
    time.ms += 77;
    const begin = time.ms;
    let calledAt: number | undefined;
    clock.schedule(ms, () => {
      calledAt = time.ms;
    });
    while (calledAt === undefined && time.ms < begin + ms + 10 * TICK_MS) time.pass(TICK_MS);
    assert.ok(calledAt !== undefined && calledAt >= begin + ms, `${ms} ms: called at ${calledAt}`);
    assert.ok(Number(calledAt) < begin + ms + 2 * TICK_MS, `${ms} ms: called at ${calledAt}`);
  }
});

test('a timer calls back once and is not pending any more', () => {
  const { time, clock } = fake();
  let calls = 0;
  const timer = clock.schedule(1000, () => {
    calls += 1;
  });
  assert.is(timer.pending, true);
  passTicks(time, 3 * TURN_MS);
  assert.is(calls, 1);
  assert.is(timer.pending, false);
});

test('after a stall of any length all that is due is called in one go', () => {
  for (const stall of [2000, TURN_MS, 10 * TURN_MS + 3]) {
    const { time, clock } = fake();
    const calls: number[] = [];
    for (const ms of [1, 500, 1999, 10_000_000]) clock.schedule(ms, () => calls.push(ms));
    time.pass(stall + TICK_MS);
    assert.equal(
      calls.sort((a, b) => a - b),
      [1, 500, 1999],
    );
  }
});

test('a cancelled timer does not call back; cancelling again changes nothing', () => {
  const { time, clock } = fake();
  let calls = 0;
  const timer = clock.schedule(500, () => {
    calls += 1;
  });
  timer.cancel();
  timer.cancel();
  assert.is(timer.pending, false);
  passTicks(time, 2000);
  assert.is(calls, 0);
});

test('a timer that is rescheduled calls back at the new time only, also after it has called back', () => {
  const { time, clock } = fake();
  const calls: number[] = [];
  const begin = time.ms;
  const timer = clock.schedule(1000, () => calls.push(time.ms - begin));
  passTicks(time, 750);
  timer.reschedule(1000);
  passTicks(time, 2000);
  timer.reschedule(250);
  passTicks(time, 2000);
  assert.equal(calls, [1750, 3000]);
});

test('a callback may schedule itself anew with 0 ms: it is called in the next tick, not in an endless loop', () => {
  const { time, clock } = fake();
  let calls = 0;
  const timer: Timer = clock.schedule(0, () => {
    calls += 1;
    timer.reschedule(0);
  });
  time.pass(TICK_MS);
  assert.is(calls, 1);
  time.pass(TICK_MS);
  assert.is(calls, 2);
});

test('a callback may cancel and reschedule others that are due in the same tick', () => {
  const { time, clock } = fake();
  const calls: string[] = [];
  clock.schedule(500, () => {
    calls.push('first');
    second.cancel();
    third.reschedule(1000);
  });
  const second = clock.schedule(500, () => calls.push('second'));
  const third = clock.schedule(500, () => calls.push('third'));
  time.pass(500);
  assert.equal(calls, ['first']);
  passTicks(time, 1000);
  assert.equal(calls, ['first', 'third']);
});

test('a callback that throws is reported, and the others are called all the same', () => {
  const failures: unknown[] = [];
  const { time, clock } = fake((error) => failures.push(error));
  const mistake = new Error('mistake');
  let calls = 0;
  clock.schedule(500, () => {
    throw mistake;
  });
  clock.schedule(500, () => {
    calls += 1;
  });
  time.pass(500);
  assert.equal(failures, [mistake]);
  assert.is(calls, 1);
  clock.schedule(500, () => {
    calls += 1;
  });
  time.pass(750);
  assert.is(calls, 2);
});

test('without somebody to report to, what a callback throws reaches uncaughtException', async () => {
  const { time, clock } = fake();
  const mistake = new Error('mistake');
  const caught: unknown[] = [];
  const listener = (error: unknown) => caught.push(error);
  process.once('uncaughtException', listener);
  clock.schedule(500, () => {
    throw mistake;
  });
  time.pass(500);
  await until(() => caught.length > 0, 'uncaughtException');
  assert.equal(caught, [mistake]);
});

test('the interval runs only while something is scheduled', () => {
  const { time, clock } = fake();
  assert.is(time.ticks.size, 0);
  const timer = clock.schedule(1000, () => {});
  clock.schedule(500, () => {});
  assert.is(time.ticks.size, 1);
  timer.cancel();
  time.pass(TICK_MS);
  assert.is(time.ticks.size, 1);
  time.pass(TICK_MS);
  assert.is(time.ticks.size, 0);
  time.pass(10 * TURN_MS);
  let calls = 0;
  clock.schedule(500, () => {
    calls += 1;
  });
  assert.is(time.ticks.size, 1);
  passTicks(time, 750);
  assert.is(calls, 1);
  assert.is(time.ticks.size, 0);
});

test('an infinite wait is never over; a negative one, or NaN, is refused', () => {
  const { time, clock } = fake();
  let calls = 0;
  const timer = clock.schedule(Number.POSITIVE_INFINITY, () => {
    calls += 1;
  });
  passTicks(time, 2 * TURN_MS);
  assert.is(calls, 0);
  timer.cancel();
  assert.throws(() => clock.schedule(-1, () => {}), RangeError);
  assert.throws(() => clock.schedule(Number.NaN, () => {}), RangeError);
});

test('the clock of the system calls back and does not keep the process alive', async () => {
  const clock = new CoarseClock();
  let calls = 0;
  clock.schedule(0, () => {
    calls += 1;
  });
  await until(() => calls === 1, 'the callback');
  // Had this timer a hold on the process, this test file would not end.
  clock.schedule(3_600_000, () => {});
});

test('whatever is scheduled, cancelled and rescheduled: what is due is called in its tick, and nothing else', () => {
  const action = fc.record({
    act: fc.constantFrom('schedule', 'cancel', 'reschedule', 'pass'),
    which: fc.nat(9),
    ms: fc.oneof(fc.nat(3000), fc.nat(3 * TURN_MS)),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const { time, clock } = fake();
      const due = new Map<number, number>();
      const timers = new Map<number, Timer>();
      const called = new Set<number>();
      let names = 0;
      for (const { act, which, ms } of actions) {
        const known = [...timers.keys()][which];
        if (act === 'schedule') {
          const name = names++;
          timers.set(
            name,
            clock.schedule(ms, () => called.add(name)),
          );
          due.set(name, time.ms + ms);
        } else if (act === 'cancel' && known !== undefined) {
          timers.get(known)?.cancel();
          due.delete(known);
        } else if (act === 'reschedule' && known !== undefined) {
          timers.get(known)?.reschedule(ms);
          due.set(known, time.ms + ms);
        } else if (act === 'pass') {
          called.clear();
          time.pass(Math.max(ms, 1));
          for (const name of called) assert.ok((due.get(name) ?? Number.NaN) <= time.ms, 'early or cancelled');
          for (const name of called) due.delete(name);
          // What is left may be late by the rest of a tick.
          for (const at of due.values()) assert.ok(at > time.ms - TICK_MS, 'late');
        }
      }
    }),
    { numRuns: 300 },
  );
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CoarseClock } from '../../src/transport/clock.js';
import { Fairness, type Reader, type TurnSource } from '../../src/transport/fairness.js';
import { FakeTime, pattern, READ_WAYS, startTalk, testTransport, until } from '../support/channels.js';
import { cleanUp } from '../support/cleanup.js';

const MEBIBYTE = 1024 * 1024;

test.after.each(cleanUp);

/** An event loop that turns when the test says so. */
class FakeLoop implements TurnSource {
  readonly #ends: (() => void)[] = [];

  get awaited(): number {
    return this.#ends.length;
  }

  endOfTurn(end: () => void): void {
    this.#ends.push(end);
  }

  turn(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

function reader(name: string, log: string[]): Reader {
  return { readTurn: 0, readMs: 0, hold: () => log.push(`hold ${name}`), release: () => log.push(`release ${name}`) };
}

test('a connection below its budget is never held, and starts anew in every turn', () => {
  const [loop, log] = [new FakeLoop(), [] as string[]];
  const fairness = new Fairness(50, loop);
  const a = reader('a', log);
  for (let turn = 0; turn < 3; turn += 1) {
    fairness.charge(a, 30);
    fairness.charge(a, 19);
    loop.turn();
  }
  assert.equal(log, []);
});

test('B-340 a connection that has used its budget is held until the turn has ended', () => {
  const [loop, log] = [new FakeLoop(), [] as string[]];
  const fairness = new Fairness(50, loop);
  const [a, b] = [reader('a', log), reader('b', log)];
  fairness.charge(a, 30);
  fairness.charge(b, 30);
  fairness.charge(a, 20);
  assert.equal(log, ['hold a']);
  fairness.charge(a, 20);
  assert.equal(log, ['hold a']);
  loop.turn();
  assert.equal(log, ['hold a', 'release a']);
  assert.is(loop.awaited, 0);
});

test('those held are released one a turn, and who is held again goes to the back of the queue', () => {
  const [loop, log] = [new FakeLoop(), [] as string[]];
  const fairness = new Fairness(50, loop);
  const [a, b, c] = [reader('a', log), reader('b', log), reader('c', log)];
  for (const each of [a, b, c]) fairness.charge(each, 60);
  loop.turn();
  fairness.charge(a, 60);
  loop.turn();
  loop.turn();
  loop.turn();
  assert.equal(log, ['hold a', 'hold b', 'hold c', 'release a', 'hold a', 'release b', 'release c', 'release a']);
  assert.is(loop.awaited, 0);
});

test('a connection that has gone is not released', () => {
  const [loop, log] = [new FakeLoop(), [] as string[]];
  const fairness = new Fairness(50, loop);
  const [a, b] = [reader('a', log), reader('b', log)];
  fairness.charge(a, 60);
  fairness.charge(b, 60);
  fairness.forget(a);
  loop.turn();
  assert.equal(log, ['hold a', 'hold b', 'release b']);
});

test('B-341 a budget of 0 is no limit', () => {
  const [loop, log] = [new FakeLoop(), [] as string[]];
  const fairness = new Fairness(0, loop);
  fairness.charge(reader('a', log), 1e9);
  assert.equal(log, []);
  assert.is(loop.awaited, 0);
});

test('the budget may change while connections are served', () => {
  const [loop, log] = [new FakeLoop(), [] as string[]];
  const fairness = new Fairness(0, loop);
  const a = reader('a', log);
  fairness.charge(a, 60);
  fairness.budgetMs = 50;
  fairness.charge(a, 60);
  assert.equal(log, ['hold a']);
});

for (const directReads of READ_WAYS) {
  const way = directReads ? 'direct' : 'by data events';

  test(`B-340 ${way}: a flood gets its budget in each turn and no more, and loses nothing`, async () => {
    const time = new FakeTime();
    const readsPerTurn: number[] = [0];
    const turns: TurnSource = {
      endOfTurn: (end) =>
        setImmediate(() => {
          readsPerTurn.push(0);
          end();
        }),
    };
    const clock = new CoarseClock(time);
    const transport = await testTransport({ directReads, clock, turns, maxReadTime: 20 });
    const { heard, client } = await startTalk(transport);
    heard.afterOctets = () => {
      // Each read takes 10 ms of the clock: two of them use the budget up.
      time.ms += 10;
      readsPerTurn[readsPerTurn.length - 1] = (readsPerTurn.at(-1) ?? 0) + 1;
    };
    client.write(pattern(4 * MEBIBYTE));
    await heard.untilLength(4 * MEBIBYTE);
    assert.is(Math.max(...readsPerTurn), 2);
    assert.ok(heard.octets.equals(pattern(4 * MEBIBYTE)));
  });

  test(`B-340 ${way}: two floods do not starve a connection that plays ping-pong`, async () => {
    const time = new FakeTime();
    const transport = await testTransport({ directReads, clock: new CoarseClock(time), maxReadTime: 20 });
    const [first, second, pong] = [await startTalk(transport), await startTalk(transport), await startTalk(transport)];
    let floodReads = 0;
    for (const { heard } of [first, second]) {
      heard.afterOctets = () => {
        time.ms += 10;
        floodReads += 1;
      };
    }
    const readsBetweenPings: number[] = [];
    pong.heard.afterOctets = () => {
      readsBetweenPings.push(floodReads);
      floodReads = 0;
      pong.channel.write(Buffer.from('o'));
    };
    pong.client.on('data', () => pong.client.write('i'));
    const flood = pattern(16 * MEBIBYTE);
    first.client.write(flood);
    second.client.write(flood);
    await until(() => floodReads > 0, 'the floods');
    pong.client.write('i');
    await until(() => first.heard.length + second.heard.length === 2 * flood.length, 'the end of the floods');
    pong.client.destroy();
    // A ball takes a few turns of the event loop to come back; without the limit a flood takes dozens of reads in one.
    assert.ok(readsBetweenPings.length > 20, `${readsBetweenPings.length} balls`);
    assert.ok(
      Math.max(...readsBetweenPings.slice(1)) <= 20,
      `${Math.max(...readsBetweenPings)} reads between two balls`,
    );
    assert.ok(first.heard.octets.equals(flood));
    assert.ok(second.heard.octets.equals(flood));
  });

  test(`B-340 ${way}: a held connection that is paused and resumed meanwhile still waits for its turn`, async () => {
    const time = new FakeTime();
    const ends: (() => void)[] = [];
    const turns: TurnSource = { endOfTurn: (end) => ends.push(end) };
    const transport = await testTransport({ directReads, clock: new CoarseClock(time), turns, maxReadTime: 20 });
    const { channel, heard, client } = await startTalk(transport);
    heard.afterOctets = () => {
      time.ms += 20;
    };
    client.write('first');
    await heard.untilLength(5);
    client.write('second');
    channel.pause();
    channel.resume();
    await until(() => client.writableLength === 0, 'the second write');
    await new Promise((resolve) => setImmediate(resolve));
    assert.is(heard.text, 'first');
    for (const end of ends.splice(0)) end();
    await heard.untilLength(11);
    assert.is(heard.text, 'firstsecond');
  });
}

test('a connection that closes while it is held leaves its turn to the next', async () => {
  const time = new FakeTime();
  const ends: (() => void)[] = [];
  const turns: TurnSource = { endOfTurn: (end) => ends.push(end) };
  const transport = await testTransport({ clock: new CoarseClock(time), turns, maxReadTime: 20 });
  const [first, second] = [await startTalk(transport), await startTalk(transport)];
  for (const { heard, client } of [first, second]) {
    heard.afterOctets = () => {
      time.ms += 20;
    };
    client.write('x');
    await heard.untilLength(1);
  }
  first.channel.destroy();
  await first.heard.untilClosed();
  second.client.write('y');
  for (const end of ends.splice(0)) end();
  await second.heard.untilLength(2);
  assert.is(second.heard.text, 'xy');
});

test.run();

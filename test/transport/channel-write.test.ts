/** What channels send, and when they count as active, over real sockets and with both ways of reading. */

import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CoarseClock } from '../../src/transport/clock.js';
import {
  FakeTime,
  FLOOD_LENGTH,
  pattern,
  READ_WAYS,
  readToEnd,
  startTalk,
  testTransport,
  turnOfEventLoop,
  until,
  untilSteady,
} from '../support/channels.js';
import { cleanUp } from '../support/cleanup.js';

const MEBIBYTE = 1024 * 1024;

test.after.each(cleanUp);

for (const directReads of READ_WAYS) {
  const way = directReads ? 'direct' : 'by data events';

  test(`${way}: writes arrive in order, each is flushed in order, and false is followed by onDrain`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    client.pause();
    const octets = pattern(FLOOD_LENGTH);
    const flushed: number[] = [];
    const answers: boolean[] = [];
    const size = FLOOD_LENGTH / 64;
    for (let index = 0; index < 64; index += 1) {
      const piece = octets.subarray(index * size, (index + 1) * size);
      answers.push(channel.write(piece, () => flushed.push(index)));
    }
    assert.is(answers.at(-1), false);
    await untilSteady(() => flushed.length);
    assert.ok(flushed.length < 64);
    assert.ok(channel.writableLength > 0);
    assert.is(heard.drains, 0);
    channel.end();
    assert.ok((await readToEnd(client)).equals(octets));
    assert.equal(
      flushed,
      Array.from({ length: 64 }, (_, index) => index),
    );
    assert.is(channel.writableLength, 0);
  });

  test(`${way}: write answers true below the high-water mark, false above it, and onDrain comes`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    client.pause();
    assert.is(channel.write(Buffer.alloc(10)), true);
    assert.is(channel.write(Buffer.alloc(FLOOD_LENGTH)), false);
    client.resume();
    await until(() => heard.drains === 1, 'onDrain');
    assert.is(channel.writableLength, 0);
  });

  test(`${way}: corked writes stay here until uncork`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    const got: Buffer[] = [];
    client.on('data', (chunk) => got.push(chunk));
    const flushed: string[] = [];
    channel.cork();
    channel.write(Buffer.from('one '), () => flushed.push('one'));
    channel.write(Buffer.from('two'), () => flushed.push('two'));
    client.write('?');
    await heard.untilLength(1);
    assert.is(Buffer.concat(got).toString(), '');
    assert.is(channel.writableLength, 7);
    channel.uncork();
    await until(() => got.length > 0 && flushed.length === 2, 'the octets');
    assert.is(Buffer.concat(got).toString(), 'one two');
    assert.equal(flushed, ['one', 'two']);
  });

  test(`${way}: what the kernel has not taken when the connection closes is never flushed`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    client.pause();
    let flushed = false;
    channel.write(Buffer.alloc(FLOOD_LENGTH), () => {
      flushed = true;
    });
    channel.destroy();
    await heard.untilClosed();
    await turnOfEventLoop();
    assert.is(flushed, false);
  });

  test(`${way}: writes after end and after destroy are dropped`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    channel.write(Buffer.from('kept'));
    channel.end();
    assert.is(channel.write(Buffer.from('dropped')), false);
    assert.is((await readToEnd(client)).toString(), 'kept');
    client.end();
    await heard.untilClosed();
    assert.is(channel.write(Buffer.from('dropped')), false);
    assert.equal(heard.closes, [undefined]);
  });

  test(`${way}: with Linger, close sends everything first`, async () => {
    const { channel, client } = await startTalk(await testTransport({ directReads }), true);
    const octets = pattern(5 * MEBIBYTE);
    channel.write(octets);
    channel.close();
    assert.ok((await readToEnd(client)).equals(octets));
  });

  test(`${way}: without Linger, close resets the connection`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }), false);
    const failed = once(client, 'error');
    channel.close();
    const [error] = await failed;
    assert.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    await heard.untilClosed();
    assert.equal(heard.closes, [undefined]);
  });

  test(`${way}: a handler that throws in onDrain loses its connection and gets the error`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    const mistake = new Error('mistake in onDrain');
    heard.onDrain = () => {
      throw mistake;
    };
    client.resume();
    channel.write(Buffer.alloc(FLOOD_LENGTH));
    await heard.untilClosed();
    assert.equal(heard.closes, [mistake]);
  });

  test(`${way}: lastActivity is the time of octets read, and of octets taken by the kernel`, async () => {
    const time = new FakeTime();
    const { channel, heard, client } = await startTalk(
      await testTransport({ directReads, clock: new CoarseClock(time) }),
    );
    const begin = time.now();
    assert.is(channel.lastActivity, begin);
    time.pass(5000);
    assert.is(channel.lastActivity, begin);
    client.write('x');
    await heard.untilLength(1);
    assert.is(channel.lastActivity, begin + 5000);
    time.pass(5000);
    const flushed = new Promise<void>((resolve) => channel.write(Buffer.from('y'), resolve));
    await flushed;
    assert.is(channel.lastActivity, begin + 10_000);
  });

  test(`${way}: octets that wait here are no activity, whatever was sent before`, async () => {
    const time = new FakeTime();
    const { channel } = await startTalk(await testTransport({ directReads, clock: new CoarseClock(time) }));
    await new Promise<void>((resolve) => channel.write(Buffer.from('sent'), resolve));
    const { lastActivity } = channel;
    time.pass(5000);
    channel.cork();
    channel.write(Buffer.from('waiting'));
    assert.is(channel.lastActivity, lastActivity);
  });

  test(`${way}: progress of one long write counts as activity, a peer that takes nothing does not`, async () => {
    const time = new FakeTime();
    const { channel, client } = await startTalk(await testTransport({ directReads, clock: new CoarseClock(time) }));
    client.pause();
    channel.write(Buffer.alloc(FLOOD_LENGTH));
    await untilSteady(() => channel.lastActivity);
    const { lastActivity } = channel;
    time.pass(5000);
    await untilSteady(() => channel.lastActivity);
    assert.is(channel.lastActivity, lastActivity);
    client.resume();
    await until(() => client.bytesRead > FLOOD_LENGTH / 4, 'a quarter of the octets');
    assert.is(channel.lastActivity, time.now());
  });
}

test.run();

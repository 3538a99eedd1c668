/** Channels over real sockets, both when they read straight into the read area and when they read by `data` events. */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  connectEnds,
  FLOOD_LENGTH,
  pattern,
  READ_WAYS,
  Recorder,
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

function written(socket: Socket, octets: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(octets, () => resolve()));
}

for (const directReads of READ_WAYS) {
  const way = directReads ? 'direct' : 'by data events';

  test(`${way}: this runtime reads that way`, async () => {
    const transport = await testTransport({ directReads });
    assert.is(transport.directReads, directReads);
  });

  test(`${way}: octets sent one at a time arrive in order`, async () => {
    const { heard, client } = await startTalk(await testTransport({ directReads }));
    const octets = pattern(300);
    for (const octet of octets) {
      await written(client, Uint8Array.of(octet));
      await turnOfEventLoop();
    }
    await heard.untilLength(octets.length);
    assert.equal(heard.octets, octets);
  });

  for (const size of [2, 63, 1000, 65_535, 65_536, 65_537, 300_001]) {
    test(`${way}: pieces of ${size} octets arrive exactly`, async () => {
      const { heard, client } = await startTalk(await testTransport({ directReads }));
      const octets = pattern(size * 7);
      for (let at = 0; at < octets.length; at += size) await written(client, octets.subarray(at, at + size));
      await heard.untilLength(octets.length);
      assert.ok(heard.octets.equals(octets));
      assert.ok(heard.chunks.every(({ length }) => length <= 65_536));
    });
  }

  test(`${way}: a burst of 10 MiB arrives exactly, and nothing after it`, async () => {
    const { heard, client } = await startTalk(await testTransport({ directReads }));
    const octets = pattern(10 * MEBIBYTE);
    client.write(octets);
    await heard.untilLength(octets.length);
    await turnOfEventLoop();
    assert.ok(heard.octets.equals(octets));
  });

  test(`${way}: octets are handed over inside the read area`, async () => {
    const transport = await testTransport({ directReads });
    const { readStart, readEnd } = transport.memory;
    const { heard, client } = await startTalk(transport);
    const outside: number[] = [];
    heard.afterOctets = (start, end) => {
      if (start !== readStart || end > readEnd) outside.push(start, end);
    };
    client.write(pattern(200_000));
    await heard.untilLength(200_000);
    assert.equal(outside, []);
  });

  test(`${way}: nothing is handed over before start, and all of it after`, async () => {
    const transport = await testTransport({ directReads });
    const { arrival, client } = await connectEnds(transport);
    const channel = arrival.openPlain();
    await written(client, Buffer.from('early'));
    await turnOfEventLoop();
    const heard = new Recorder(transport.memory);
    channel.start(heard);
    await heard.untilLength(5);
    assert.is(heard.text, 'early');
  });

  test(`${way}: pause stops reading, so that the peer's writes block, and resume loses nothing`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    const octets = pattern(FLOOD_LENGTH);
    heard.afterOctets = () => channel.pause();
    let taken = false;
    client.write(octets, () => {
      taken = true;
    });
    await heard.untilLength(1);
    const { length } = heard;
    await untilSteady(() => client.bytesWritten);
    assert.is(heard.length, length);
    assert.is(taken, false);
    heard.afterOctets = () => {};
    channel.resume();
    await heard.untilLength(octets.length);
    assert.ok(heard.octets.equals(octets));
    assert.is(taken, true);
  });

  test(`${way}: pausing and resuming at every read loses nothing`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    const octets = pattern(3 * MEBIBYTE);
    heard.afterOctets = () => {
      channel.pause();
      setImmediate(() => channel.resume());
    };
    client.write(octets);
    await heard.untilLength(octets.length);
    assert.ok(heard.octets.equals(octets));
  });

  test(`${way}: pause and resume inside onOctets go on without another read in between`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    let depth = 0;
    let deepest = 0;
    heard.afterOctets = () => {
      depth += 1;
      deepest = Math.max(deepest, depth);
      channel.pause();
      channel.resume();
      depth -= 1;
    };
    client.write(pattern(MEBIBYTE));
    await heard.untilLength(MEBIBYTE);
    assert.ok(heard.octets.equals(pattern(MEBIBYTE)));
    assert.is(deepest, 1);
  });

  test(`${way}: the peer's FIN is told once, and this side can still answer and end`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    client.end('last words');
    await until(() => heard.ends === 1, 'onEnd');
    assert.is(heard.text, 'last words');
    assert.equal(heard.closes, []);
    channel.write(Buffer.from('answer'));
    channel.end();
    assert.is((await readToEnd(client)).toString(), 'answer');
    await heard.untilClosed();
    assert.equal(heard.closes, [undefined]);
    assert.is(heard.ends, 1);
    assert.is(channel.closed, true);
  });

  test(`${way}: this side's FIN leaves the other direction open`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    channel.end();
    await readToEnd(client);
    client.end('still here');
    await heard.untilClosed();
    assert.is(heard.text, 'still here');
    assert.equal(heard.closes, [undefined]);
  });

  test(`${way}: octets and FIN that come while paused are told at resume, in this order`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    channel.pause();
    client.end('tail');
    await once(client, 'finish');
    await untilSteady(() => heard.length);
    assert.is(heard.text, '');
    assert.is(heard.ends, 0);
    channel.resume();
    await until(() => heard.ends === 1, 'onEnd');
    assert.is(heard.text, 'tail');
  });

  test(`${way}: a reset by the peer closes with ECONNRESET, once`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    client.write('x');
    await heard.untilLength(1);
    client.resetAndDestroy();
    await heard.untilClosed();
    await turnOfEventLoop();
    assert.is(heard.closes.length, 1);
    assert.is((heard.closes[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
    assert.is(channel.closed, true);
    assert.is(channel.write(Buffer.from('too late')), false);
  });

  test(`${way}: reset sends RST to the peer and closes without an error`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    const failed = once(client, 'error');
    channel.reset();
    const [error] = await failed;
    assert.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    await heard.untilClosed();
    assert.equal(heard.closes, [undefined]);
  });

  test(`${way}: reset behind a FIN that the peer does not answer closes as well`, async () => {
    const { channel, heard } = await startTalk(await testTransport({ directReads }));
    channel.end();
    channel.reset();
    await heard.untilClosed();
    assert.equal(heard.closes, [undefined]);
  });

  test(`${way}: destroy closes, and nothing is told after onClose`, async () => {
    const { channel, heard, client } = await startTalk(await testTransport({ directReads }));
    client.write('x');
    await heard.untilLength(1);
    channel.destroy();
    channel.destroy();
    channel.reset();
    client.write('y');
    await heard.untilClosed();
    await untilSteady(() => heard.length);
    assert.equal(heard.closes, [undefined]);
    assert.is(heard.text, 'x');
  });

  test(`${way}: a channel that was closed before start says so once`, async () => {
    const transport = await testTransport({ directReads });
    const { arrival } = await connectEnds(transport);
    const channel = arrival.openPlain();
    channel.destroy();
    const early = new Recorder(transport.memory);
    channel.start(early);
    assert.equal(early.closes, []);
    await early.untilClosed();
    await turnOfEventLoop();
    assert.equal(early.closes, [undefined]);
  });

  test(`${way}: a connection that was gone before the channel was made closes`, async () => {
    const transport = await testTransport({ directReads });
    const { arrival } = await connectEnds(transport);
    arrival.socket.destroy();
    await once(arrival.socket, 'close');
    const heard = new Recorder(transport.memory);
    arrival.openPlain().start(heard);
    await heard.untilClosed();
    assert.equal(heard.closes, [undefined]);
  });

  test(`${way}: a handler that throws in onOctets or onEnd loses its connection and gets the error`, async () => {
    for (const event of ['onOctets', 'onEnd'] as const) {
      const { heard, client } = await startTalk(await testTransport({ directReads }));
      const mistake = new Error(`mistake in ${event}`);
      heard[event] = () => {
        throw mistake;
      };
      client.end('x');
      await heard.untilClosed();
      assert.equal(heard.closes, [mistake]);
    }
  });

  test(`${way}: addresses and ports of both ends`, async () => {
    const { channel, client } = await startTalk(await testTransport({ directReads }));
    assert.is(channel.remoteAddress, '127.0.0.1');
    assert.is(channel.remotePort, client.localPort);
    assert.is(channel.localAddress, '127.0.0.1');
    assert.is(channel.localPort, client.remotePort);
  });

  test(`${way}: 500 idle connections own no read buffers`, async () => {
    const transport = await testTransport({ directReads });
    const talks = [];
    for (let count = 0; count < 500; count += 1) talks.push(await startTalk(transport));
    const before = process.memoryUsage().arrayBuffers;
    for (const { client } of talks) client.write('x');
    for (const { heard } of talks) await heard.untilLength(1);
    // A read buffer of 64 KiB for each would be 32 MiB.
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * MEBIBYTE);
  });
}

test.run();

/** Channels over what is no TCP socket: TLS, and streams inside the process. */

import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Carrier } from '../../src/transport/carrier.js';
import { Channel } from '../../src/transport/channel.js';
import type { Transport } from '../../src/transport/transport.js';
import { connectEnds, pattern, Recorder, testTransport, turnOfEventLoop, until } from '../support/channels.js';
import { cleanUp } from '../support/cleanup.js';

const MEBIBYTE = 1024 * 1024;
const READ_AREA = 65_536;

test.after.each(cleanUp);

/** A pre-shared key needs no certificates. */
const PSK = { psk: Buffer.from('0123456789abcdef'), identity: 'test' };
const TLS = { ciphers: 'PSK', maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;

async function startTls(): Promise<{ channel: Channel; heard: Recorder; client: TLSSocket }> {
  const transport = await testTransport();
  const { arrival, client: plain } = await connectEnds(transport);
  const server = new TLSSocket(arrival.socket, {
    isServer: true,
    secureContext: createSecureContext({ ...TLS }),
    pskCallback: () => PSK.psk,
    ALPNProtocols: [],
  } as ConstructorParameters<typeof TLSSocket>[1]);
  server.on('error', () => {});
  const client = connectTls({ socket: plain, pskCallback: () => PSK, checkServerIdentity: () => undefined, ...TLS });
  client.on('error', () => {});
  await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
  const channel = arrival.openOver(server);
  const heard = new Recorder(transport.memory);
  channel.start(heard);
  return { channel, heard, client };
}

test('TLS: octets in both directions arrive exactly', async () => {
  const { channel, heard, client } = await startTls();
  const octets = pattern(3 * MEBIBYTE);
  client.write(octets);
  await heard.untilLength(octets.length);
  assert.ok(heard.octets.equals(octets));
  const got: Buffer[] = [];
  client.on('data', (chunk) => got.push(chunk));
  let flushed = false;
  channel.write(octets, () => {
    flushed = true;
  });
  await until(() => Buffer.concat(got).length === octets.length, 'the octets back');
  assert.ok(Buffer.concat(got).equals(octets));
  assert.is(flushed, true);
});

test('TLS: pause and resume lose nothing', async () => {
  const { channel, heard, client } = await startTls();
  const octets = pattern(2 * MEBIBYTE);
  heard.afterOctets = () => {
    channel.pause();
    setImmediate(() => channel.resume());
  };
  client.write(octets);
  await heard.untilLength(octets.length);
  assert.ok(heard.octets.equals(octets));
});

test('TLS: the peer ends, this side answers and ends, and the connection closes', async () => {
  const { channel, heard, client } = await startTls();
  const got: Buffer[] = [];
  client.on('data', (chunk) => got.push(chunk));
  client.end('bye');
  await until(() => heard.ends === 1, 'onEnd');
  assert.is(heard.text, 'bye');
  channel.write(Buffer.from('answer'));
  channel.end();
  await heard.untilClosed();
  assert.equal(heard.closes, [undefined]);
  assert.is(Buffer.concat(got).toString(), 'answer');
});

test('TLS: reset sends RST beneath TLS and closes the channel', async () => {
  const { channel, heard, client } = await startTls();
  const failed = once(client, 'error');
  channel.reset();
  const [error] = await failed;
  assert.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  await heard.untilClosed();
  assert.is(heard.closes.length, 1);
  assert.is(channel.carrier.socket.destroyed, true);
});

test('TLS: a peer that vanishes without ending closes the channel once', async () => {
  const { heard, client } = await startTls();
  client.destroy();
  await until(() => heard.closes.length > 0 || heard.ends > 0, 'the end');
  assert.ok(heard.closes.length <= 1);
});

/** One end of a pipe inside the process: what the channel writes is given to `written` at once. */
class Pipe extends Duplex {
  written: (octets: Buffer) => void = () => {};

  override _read(): void {}

  override _write(octets: Buffer, _encoding: string, done: () => void): void {
    this.written(octets);
    done();
  }
}

async function startPipe(transport: Transport): Promise<{ pipe: Pipe; channel: Channel; heard: Recorder }> {
  const { arrival } = await connectEnds(transport);
  const pipe = new Pipe({ allowHalfOpen: true });
  const carrier = new Carrier(arrival.socket, { address: '127.0.0.1', port: 1 }, true);
  const channel = new Channel(transport, carrier, pipe);
  const heard = new Recorder(transport.memory);
  channel.start(heard);
  return { pipe, channel, heard };
}

test('a chunk larger than the read area is handed over in pieces of at most 64 KiB', async () => {
  const { pipe, heard } = await startPipe(await testTransport());
  const octets = pattern(5 * READ_AREA + 17);
  pipe.push(octets);
  await heard.untilLength(octets.length);
  assert.equal(
    heard.chunks.map(({ length }) => length),
    [READ_AREA, READ_AREA, READ_AREA, READ_AREA, READ_AREA, 17],
  );
  assert.ok(heard.octets.equals(octets));
});

test('pause inside a large chunk keeps its rest for resume, and the end after it', async () => {
  const { pipe, channel, heard } = await startPipe(await testTransport());
  const octets = pattern(3 * READ_AREA);
  heard.afterOctets = () => channel.pause();
  pipe.push(octets);
  pipe.push(null);
  for (const pieces of [1, 2, 3]) {
    await heard.untilLength(pieces * READ_AREA);
    assert.is(heard.length, pieces * READ_AREA);
    assert.is(heard.ends, 0);
    const { length } = heard;
    channel.resume();
    // Never from inside the call: the caller may be at work on the read area.
    assert.is(heard.length, length);
  }
  await until(() => heard.ends === 1, 'onEnd');
  assert.ok(heard.octets.equals(octets));
});

test('octets for another channel that come while a handler is at work do not overwrite the read area', async () => {
  const transport = await testTransport();
  const [first, second] = [await startPipe(transport), await startPipe(transport)];
  const { bytes } = transport.memory;
  const seenAfter: string[] = [];
  // The second stream emits from inside the first one's handler.
  first.pipe.written = (octets) => {
    second.pipe.push(octets);
  };
  first.heard.afterOctets = (start, end) => {
    first.channel.write(Buffer.from('SECOND'));
    seenAfter.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
  };
  // The streams have begun to flow: what is pushed now is emitted at once.
  await turnOfEventLoop();
  first.pipe.push('first!');
  await second.heard.untilLength(6);
  assert.equal(seenAfter, ['first!']);
  assert.is(second.heard.text, 'SECOND');
});

test('a channel that is destroyed inside a large chunk gets no more of it', async () => {
  const { pipe, channel, heard } = await startPipe(await testTransport());
  heard.afterOctets = () => channel.destroy();
  pipe.push(pattern(3 * READ_AREA));
  await heard.untilClosed();
  assert.is(heard.length, READ_AREA);
});

test('an error of the stream is given to onClose', async () => {
  const { pipe, heard } = await startPipe(await testTransport());
  const broken = new Error('broken');
  pipe.destroy(broken);
  await heard.untilClosed();
  assert.equal(heard.closes, [broken]);
});

test.run();

import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPError } from '../../src/settings/errors.js';
import { CoarseClock } from '../../src/transport/clock.js';
import { type ConnectOptions, connectCarrier, connectChannel } from '../../src/transport/connector.js';
import { FakeTime, pattern, READ_WAYS, Recorder, testTransport, turnOfEventLoop, until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';

test.after.each(cleanUp);

const OPTIONS = {
  host: '127.0.0.1',
  deadline: 0,
  tcpNoDelay: true,
  keepAlive: true,
  keepAliveTime: 5000,
  keepAliveInterval: 1000,
  keepAliveRetryCount: 9,
  linger: true,
} as const satisfies Partial<ConnectOptions>;

async function serve(): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanUp(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A port at which nobody listens: it was free a moment ago. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function failure(attempt: Promise<unknown>): Promise<OFTPError> {
  try {
    await attempt;
  } catch (error) {
    return error as OFTPError;
  }
  throw new Error('the attempt has succeeded');
}

/** A name service that never answers. */
const silence: LookupFunction = () => {};

for (const directReads of READ_WAYS) {
  const way = directReads ? 'direct' : 'by data events';

  test(`${way}: the channel carries octets both ways, ends and closes`, async () => {
    const { port, sockets } = await serve();
    const transport = await testTransport({ directReads });
    const channel = await connectChannel(transport, { ...OPTIONS, port });
    const heard = new Recorder(transport.memory);
    await until(() => sockets.length === 1, 'the server');
    const [server] = sockets as [Socket];
    const octets = pattern(1_000_000);
    server.write(octets);
    await turnOfEventLoop();
    channel.start(heard);
    await heard.untilLength(octets.length);
    assert.ok(heard.octets.equals(octets));
    channel.write(Buffer.from('answer'));
    const [answer] = await once(server, 'data');
    assert.is(String(answer), 'answer');
    server.end();
    await until(() => heard.ends === 1, 'onEnd');
    channel.end();
    await heard.untilClosed();
    assert.equal(heard.closes, [undefined]);
  });

  test(`${way}: octets and FIN that came before start are told`, async () => {
    const { port, sockets } = await serve();
    const transport = await testTransport({ directReads });
    const channel = await connectChannel(transport, { ...OPTIONS, port });
    await until(() => sockets.length === 1, 'the server');
    sockets[0]?.end('early');
    await once(sockets[0] as Socket, 'finish');
    await turnOfEventLoop();
    const heard = new Recorder(transport.memory);
    channel.start(heard);
    await until(() => heard.ends === 1, 'onEnd');
    assert.is(heard.text, 'early');
    channel.destroy();
  });
}

test('the addresses of the channel are those of the connection', async () => {
  const { port, sockets } = await serve();
  const channel = await connectChannel(await testTransport(), { ...OPTIONS, port });
  await until(() => sockets.length === 1, 'the server');
  assert.equal([channel.remoteAddress, channel.remotePort], ['127.0.0.1', port]);
  assert.equal([channel.localAddress, channel.localPort], ['127.0.0.1', sockets[0]?.remotePort]);
  channel.destroy();
});

test('localAddress chooses the interface', async () => {
  if (process.platform !== 'linux') return;
  const { port } = await serve();
  const channel = await connectChannel(await testTransport(), { ...OPTIONS, port, localAddress: '127.0.0.2' });
  assert.is(channel.localAddress, '127.0.0.2');
  channel.destroy();
});

test('a carrier for TLS is connected and nothing has been read from it', async () => {
  const { port, sockets } = await serve();
  const { socket, linger } = await connectCarrier(await testTransport(), { ...OPTIONS, port, linger: false });
  await until(() => sockets.length === 1, 'the server');
  sockets[0]?.write('hello');
  await turnOfEventLoop();
  assert.is(linger, false);
  assert.is(socket.readableFlowing, false);
  assert.is(socket.allowHalfOpen, true);
  socket.destroy();
});

test('nobody listens: error 10061 that names host and port', async () => {
  const port = await deadPort();
  const error = await failure(connectChannel(await testTransport(), { ...OPTIONS, port }));
  assert.is(error.code, 10061);
  assert.match(error.message, `connecting to 127.0.0.1 port ${port}`);
});

test('a name that does not resolve: error 11001 to 11004', async () => {
  const options = { ...OPTIONS, host: 'no-such-host.invalid', port: 3305 };
  const { code } = await failure(connectChannel(await testTransport(), options));
  assert.ok([11001, 11002, 11003, 11004].includes(code), String(code));
});

test('of several addresses the first that answers is taken', async () => {
  const { port } = await serve();
  const lookup: LookupFunction = (_host, _options, callback) => {
    callback(null, [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
  };
  const channel = await connectChannel(await testTransport(), { ...OPTIONS, host: 'partner.test', port, lookup });
  assert.is(channel.remoteAddress, '127.0.0.1');
  channel.destroy();
});

test('no address answers: the error of the connection attempts, not of the name', async () => {
  const port = await deadPort();
  const lookup: LookupFunction = (_host, _options, callback) => {
    callback(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]);
  };
  const error = await failure(
    connectChannel(await testTransport(), { ...OPTIONS, host: 'partner.test', port, lookup }),
  );
  assert.is(error.code, 10061);
});

test('family 4 asks for IPv4 addresses only', async () => {
  const { port } = await serve();
  const asked: unknown[] = [];
  const lookup: LookupFunction = (_host, options, callback) => {
    asked.push(options.family);
    callback(null, '127.0.0.1', 4);
  };
  const options = { ...OPTIONS, host: 'partner.test', port, lookup, family: 4 } as const;
  (await connectChannel(await testTransport(), options)).destroy();
  assert.equal(asked, [4]);
});

test('the deadline passes: error 10060, and the attempt is given up', async () => {
  const time = new FakeTime();
  const transport = await testTransport({ clock: new CoarseClock(time) });
  const attempt = connectChannel(transport, {
    ...OPTIONS,
    host: 'slow.test',
    port: 3305,
    lookup: silence,
    deadline: 5000,
  });
  const failed = failure(attempt);
  time.pass(4999);
  await turnOfEventLoop();
  assert.is(time.ticks.size, 1);
  time.pass(500);
  const { code, message } = await failed;
  assert.is(code, 10060);
  assert.match(message, 'no answer within 5000 ms');
  time.pass(500);
  assert.is(time.ticks.size, 0);
});

test('a deadline that was met does not disturb the connection later', async () => {
  const { port } = await serve();
  const time = new FakeTime();
  const transport = await testTransport({ clock: new CoarseClock(time) });
  const channel = await connectChannel(transport, { ...OPTIONS, port, deadline: 5000 });
  const heard = new Recorder(transport.memory);
  channel.start(heard);
  time.pass(250);
  assert.is(time.ticks.size, 0);
  time.pass(60_000);
  await turnOfEventLoop();
  assert.is(channel.closed, false);
  channel.destroy();
  await heard.untilClosed();
});

test('an aborted signal rejects with its reason, before and during the attempt', async () => {
  const transport = await testTransport();
  const options = { ...OPTIONS, host: 'slow.test', port: 3305, lookup: silence };
  const reason = new Error('shutting down');
  assert.is(await failure(connectChannel(transport, { ...options, signal: AbortSignal.abort(reason) })), reason);
  const controller = new AbortController();
  const attempt = failure(connectChannel(transport, { ...options, signal: controller.signal }));
  await turnOfEventLoop();
  controller.abort(reason);
  assert.is(await attempt, reason);
});

test.run();

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Server, Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPError } from '../../src/settings/errors.js';
import type { Arrival } from '../../src/transport/arrival.js';
import { Listener } from '../../src/transport/listener.js';
import { READ_WAYS, Recorder, turnOfEventLoop, until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { dial, LISTENER_SETTINGS, listenerSite, refusal, startListener } from '../support/listeners.js';

test.after.each(cleanUp);

async function systemHasIPv6(): Promise<boolean> {
  const probe = new Server();
  try {
    probe.listen({ host: '::1', port: 0 });
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

test('B-052 port 0: the system chooses, and the port is readable while listening only', async () => {
  const { listener } = await startListener();
  assert.is(listener.listening, true);
  assert.ok(listener.localPort > 0);
  assert.is(listener.localAddress, '127.0.0.1');
  assert.is(await refusal(listener.localPort, '127.0.0.1'), undefined);
  await listener.stop();
  assert.is(listener.listening, false);
  assert.is(listener.localPort, 0);
});

for (const directReads of READ_WAYS) {
  test(`a client arrives with its address, unread, and becomes a channel (direct: ${directReads})`, async () => {
    const { transport, listener, arrivals } = await startListener({}, directReads);
    const client = dial(listener.localPort);
    client.write('early');
    await until(() => arrivals.length === 1, 'the arrival');
    const [arrival] = arrivals as [Arrival];
    assert.is(arrival.remoteAddress, '127.0.0.1');
    assert.is(arrival.remotePort, client.localPort);
    assert.is(arrival.overLimit, false);
    await turnOfEventLoop();
    assert.is(arrival.socket.bytesRead, 0);
    const heard = new Recorder(transport.memory);
    const channel = arrival.openPlain();
    channel.start(heard);
    await heard.untilLength(5);
    assert.is(heard.text, 'early');
    channel.write(Buffer.from('late'));
    const [answer] = await once(client, 'data');
    assert.is(String(answer), 'late');
  });
}

test('refuse closes the connection without a word', async () => {
  const { listener, arrivals } = await startListener();
  const client = dial(listener.localPort);
  await until(() => arrivals.length === 1, 'the arrival');
  let octets = 0;
  client.on('data', (chunk) => {
    octets += chunk.length;
  });
  arrivals[0]?.refuse();
  await once(client, 'end');
  assert.is(octets, 0);
});

test('B-053 B-325 B-410 a port in use is error 10048 with the port in its message', async () => {
  const { listener } = await startListener();
  const second = await listenerSite({ localPort: listener.localPort });
  try {
    await second.listener.start();
    assert.unreachable('the port was shared');
  } catch (error) {
    const { code, message, cause } = error as OFTPError;
    assert.is(code, 10048);
    assert.match(message, `listening on 127.0.0.1 port ${listener.localPort}`);
    assert.is((cause as NodeJS.ErrnoException).code, 'EADDRINUSE');
  }
  assert.is(second.listener.listening, false);
});

test('B-050 localHost restricts the interface', async () => {
  if (process.platform !== 'linux') return;
  const { listener } = await startListener({ localHost: '127.0.0.2' });
  assert.is(await refusal(listener.localPort, '127.0.0.2'), undefined);
  assert.is(await refusal(listener.localPort, '127.0.0.1'), 'ECONNREFUSED');
});

test('localHost may be a name: it is looked up in the family that UseIPv6 names', async () => {
  const { listener } = await startListener({ localHost: 'localhost' });
  assert.is(listener.localAddress, '127.0.0.1');
});

test('localHost that does not resolve is error 11001 to 11004', async () => {
  const { listener } = await listenerSite({ localHost: 'no-such-host.invalid' });
  try {
    await listener.start();
    assert.unreachable();
  } catch (error) {
    assert.ok([11001, 11002, 11003, 11004].includes((error as OFTPError).code), String(error));
  }
});

test('localHost in the family that UseIPv6 excludes is error 10047 and says what to set', async () => {
  const { listener } = await listenerSite({ localHost: '::1', useIpv6: 'ipv4' });
  try {
    await listener.start();
    assert.unreachable();
  } catch (error) {
    const { code, message } = error as OFTPError;
    assert.is(code, 10047);
    assert.match(message, "set UseIPv6 to 'ipv6' or 'both'");
  }
});

test('B-345 ipv4: IPv4 clients only', async () => {
  const { listener } = await startListener({ localHost: '', useIpv6: 'ipv4' });
  assert.is(await refusal(listener.localPort, '127.0.0.1'), undefined);
  if (await systemHasIPv6()) assert.is(await refusal(listener.localPort, '::1'), 'ECONNREFUSED');
});

test('B-346 ipv6: IPv6 clients only', async () => {
  if (!(await systemHasIPv6())) return;
  const { listener } = await startListener({ localHost: '', useIpv6: 'ipv6' });
  assert.is(await refusal(listener.localPort, '::1'), undefined);
  assert.is(await refusal(listener.localPort, '127.0.0.1'), 'ECONNREFUSED');
});

test('B-347 both: clients of both families, IPv4 ones with a plain address', async () => {
  if (!(await systemHasIPv6())) return;
  const { listener, arrivals } = await startListener({ localHost: '', useIpv6: 'both' });
  assert.is(await refusal(listener.localPort, '127.0.0.1'), undefined);
  assert.is(await refusal(listener.localPort, '::1'), undefined);
  await until(() => arrivals.length === 2, 'both arrivals');
  assert.equal(
    arrivals.map(({ remoteAddress, localAddress }) => [remoteAddress, localAddress]),
    [
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
    ],
  );
});

for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL']) {
  test(`both, on a system without IPv6 (${code}): IPv4 alone`, async () => {
    const hosts: unknown[] = [];
    const { listen } = Server.prototype;
    Server.prototype.listen = function (this: Server, options: { host?: string }) {
      hosts.push(options.host);
      if (options.host !== '::') return listen.call(this, { ...options, port: 0 });
      process.nextTick(() => this.emit('error', Object.assign(new Error('no IPv6'), { code })));
      return this;
    } as typeof listen;
    try {
      const { listener } = await startListener({ localHost: '', useIpv6: 'both' });
      assert.equal(hosts, ['::', '0.0.0.0']);
      assert.is(await refusal(listener.localPort, '127.0.0.1'), undefined);
    } finally {
      Server.prototype.listen = listen;
    }
  });
}

test('stop before start does nothing; stop while starting stops', async () => {
  const { listener } = await listenerSite();
  await listener.stop();
  const starting = listener.start();
  await Promise.all([starting, listener.stop()]);
  assert.is(listener.listening, false);
});

test('a client that sends FIN at once is half-open: it is told, and can be answered', async () => {
  const { transport, listener, arrivals } = await startListener();
  const client = dial(listener.localPort);
  client.end('bye');
  await until(() => arrivals.length === 1, 'the arrival');
  const heard = new Recorder(transport.memory);
  const channel = (arrivals[0] as Arrival).openPlain();
  channel.start(heard);
  await until(() => heard.ends === 1, 'onEnd');
  assert.is(heard.text, 'bye');
  channel.write(Buffer.from('answer'));
  channel.end();
  const [answer] = await once(client, 'data');
  assert.is(String(answer), 'answer');
  await heard.untilClosed();
});

test('a client that reset its connection before it was accepted is no arrival and takes no place', async () => {
  const { listener, arrivals, turnedAway, errors } = await startListener({ maxConnections: 1 });
  const script = `
    const socket = require('node:net').connect(${listener.localPort}, '127.0.0.1');
    socket.on('connect', () => socket.resetAndDestroy());`;
  // The server's thread stands still until the client has come and gone.
  for (let clients = 0; clients < 3; clients += 1) spawnSync(process.execPath, ['-e', script], { timeout: 10_000 });
  dial(listener.localPort);
  await until(() => arrivals.length > 0, 'the client that stays');
  assert.is(arrivals.length, 1);
  assert.is(arrivals[0]?.overLimit, false);
  assert.equal([turnedAway, errors], [[], []]);
});

test('TcpNoDelay, KeepAlive and KeepAliveTime are applied as they are when the client comes', async () => {
  const calls: unknown[][] = [];
  const { setNoDelay, setKeepAlive } = Socket.prototype;
  Socket.prototype.setNoDelay = function (this: Socket, ...args) {
    calls.push(['setNoDelay', ...args]);
    return setNoDelay.apply(this, args);
  };
  Socket.prototype.setKeepAlive = function (this: Socket, ...args) {
    calls.push(['setKeepAlive', ...args]);
    return setKeepAlive.apply(this, args);
  };
  try {
    const settings = { ...LISTENER_SETTINGS };
    const { transport } = await listenerSite();
    const arrivals: Arrival[] = [];
    const handler = { onArrival: (arrival: Arrival) => void arrivals.push(arrival), onTurnedAway() {}, onError() {} };
    const listener = new Listener(transport, settings, handler);
    onCleanUp(() => listener.stop());
    await listener.start();
    dial(listener.localPort);
    await until(() => arrivals.length === 1, 'the first client');
    assert.equal(calls, []);
    const probes = { keepAliveInterval: 3000, keepAliveRetryCount: 4 };
    Object.assign(settings, { tcpNoDelay: true, keepAlive: true, keepAliveTime: 5500, ...probes });
    dial(listener.localPort);
    await until(() => arrivals.length === 2, 'the second client');
    assert.equal(calls, [
      ['setNoDelay', true],
      ['setKeepAlive', true, 5500, 3000, 4],
    ]);
    for (const { socket } of arrivals) socket.destroy();
  } finally {
    Object.assign(Socket.prototype, { setNoDelay, setKeepAlive });
  }
});

test('an error of the server while it listens is reported and does not stop it', async () => {
  const servers: Server[] = [];
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, ...args: Parameters<typeof listen>) {
    servers.push(this);
    return listen.apply(this, args);
  } as typeof listen;
  try {
    const { listener, errors } = await startListener();
    servers[0]?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE', syscall: 'accept' }));
    assert.is(errors[0]?.code, 10024);
    assert.is(await refusal(listener.localPort, '127.0.0.1'), undefined);
  } finally {
    Server.prototype.listen = listen;
  }
});

test.run();

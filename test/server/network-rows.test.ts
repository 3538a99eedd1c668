/** Settings of the network as sockets and peers meet them: rows B-043, B-288, B-335, B-337, B-343, B-348. */
import { readFileSync } from 'node:fs';
import { Server, Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer } from '../../src/index.js';
import { until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { refusal } from '../support/refusal.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';

test.after.each(cleanUp);

/** Columns of /proc/net/tcp for the server's end of a connection. */
function systemRow(host: TestServer, peer: RawPeer): string[] {
  const [local, remote] = [host.server.localPort, peer.localPort].map(
    (port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`,
  );
  const rows = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  const found = rows.map((line) => line.trim().split(/\s+/)).find((each) => each[1] === local && each[2] === remote);
  assert.ok(found, 'the system knows the connection');
  return found ?? [];
}

/** Milliseconds until Linux probes a silent connection; undefined when it does not. */
async function probedIn(host: TestServer, peer: RawPeer): Promise<number | undefined> {
  // The sixth column is "timer:expires", in hundredths of a second; 1 waits for an acknowledgement, 2 for silence.
  const timer = () => systemRow(host, peer)[5]?.split(':') ?? [];
  await until(() => timer()[0] !== '01', 'what was sent to be acknowledged');
  const [kind, expires = ''] = timer();
  return kind === '02' ? Number.parseInt(expires, 16) * 10 : undefined;
}

if (process.platform === 'linux') {
  test('B-288 B-335 KeepAlive is off, and KeepAliveTime=5000 holds for connections that come later', async () => {
    const host = await TestServer.start();
    assert.equal([host.server.config('KeepAlive'), host.server.config('KeepAliveTime')], ['False', '7200000']);
    const before = await host.session();
    host.server.config('KeepAlive=True');
    const two = await host.session();
    host.server.config('KeepAliveTime=5000');
    const five = await host.session();
    host.server.config('KeepAlive=False');
    const after = await host.session();
    assert.is(await probedIn(host, before.peer), undefined);
    assert.is(await probedIn(host, after.peer), undefined);
    const hours = await probedIn(host, two.peer);
    assert.ok(hours !== undefined && hours > 7_000_000 && hours <= 7_200_000, `${hours} ms`);
    const seconds = await probedIn(host, five.peer);
    assert.ok(seconds !== undefined && seconds > 0 && seconds <= 5000, `${seconds} ms`);
  });
}

test('B-337 MaxConnections: 1000, 1 to 100000; the largest value listens, one more is refused', async () => {
  assert.is(new OFTPServer().config('MaxConnections'), '1000');
  const host = await TestServer.start({ config: ['MaxConnections=100000'] });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  await host.server.stopListening();
  for (const wrong of ['100001', '0', '-1', 'many']) {
    refusal(() => host.server.config(`MaxConnections=${wrong}`), 10022, 'MaxConnections');
  }
  assert.is(host.server.maxConnections, 100_000);
  assert.throws(() => new OFTPServer({ maxConnections: 100_001 }), /100000/);
});

test('B-343 TcpNoDelay, on unless told otherwise, goes to the sockets of clients that come later', async () => {
  const { setNoDelay } = Socket.prototype;
  onCleanUp(() => {
    Object.assign(Socket.prototype, { setNoDelay });
  });
  const host = await TestServer.start();
  assert.is(host.server.config('TcpNoDelay'), 'True');
  let asked: number[] = [];
  Socket.prototype.setNoDelay = function (this: Socket, ...args) {
    // The scripted peer, which asks for it as well, lives in this process.
    if (this.localPort === host.server.localPort && args[0] === true) asked.push(this.remotePort ?? 0);
    return setNoDelay.apply(this, args);
  };
  const quick = await host.session();
  assert.equal(asked, [quick.peer.localPort]);
  asked = [];
  host.server.config('TcpNoDelay=False');
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  assert.equal(asked, []);
});

test('B-043 ConnectionBacklog, 5 or as it was set, is what the system is asked for', async () => {
  const { listen } = Server.prototype;
  onCleanUp(() => {
    Object.assign(Server.prototype, { listen });
  });
  const asked: unknown[] = [];
  Server.prototype.listen = function (this: Server, options: { backlog?: number }) {
    asked.push(options.backlog);
    return listen.call(this, options);
  } as typeof listen;
  const host = await TestServer.start();
  await host.server.stopListening();
  host.server.connectionBacklog = 100;
  await host.server.startListening();
  assert.equal(asked, [5, 100]);
});

for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL']) {
  test(`B-348 UseIPv6=2 on a system without IPv6 (${code}): IPv4 clients have their sessions`, async () => {
    const { listen } = Server.prototype;
    onCleanUp(() => {
      Object.assign(Server.prototype, { listen });
    });
    Server.prototype.listen = function (this: Server, options: { host?: string }) {
      if (options.host !== '::') return listen.call(this, options);
      process.nextTick(() => this.emit('error', Object.assign(new Error('no IPv6'), { code })));
      return this;
    } as typeof listen;
    const host = await TestServer.start({ settings: { localHost: '' }, config: ['UseIPv6=2'] });
    assert.is(host.server.localHost, '0.0.0.0');
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    assert.is((await host.events.next('connected')).connection.remoteHost, '127.0.0.1');
  });
}

test.run();

/**
 * Starting, stopping and their settings:
 * rows B-006, B-043 to B-055, B-160 to B-163, B-345 to B-347, B-387 to B-410.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type OFTPError, OFTPServer, type ServerOptions } from '../../src/index.js';
import { own } from '../support/certificates.js';
import { until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { outcomeOf, within } from '../support/outcome.js';
import { HUB } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, esid, rtr, ssid } from '../support/wire.js';

test.after.each(cleanUp);

/** A server that can listen, and does not yet. */
function idleServer(options: ServerOptions = {}): OFTPServer {
  const server = new OFTPServer({
    localHost: '127.0.0.1',
    localPort: 0,
    serverSsidCode: HUB.code,
    serverSfidCode: HUB.code,
    statePath: null,
    ...options,
  });
  onCleanUp(() => within(server.shutdown()));
  return server;
}

/** The code of the error with which a connection to the port fails, or 'connected'. */
async function reach(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  onCleanUp(() => void socket.destroy());
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

async function codeOf(promise: Promise<unknown>): Promise<number | undefined> {
  return (await outcomeOf(promise)).error?.code;
}

/** The code of the error that an assignment throws. */
function thrown(assign: () => void): number {
  try {
    assign();
  } catch (error) {
    return (error as OFTPError).code;
  }
  return 0;
}

test('B-005 B-043 B-047 a fresh server: port 3305, backlog 5, defaultTimeout 60, not listening', () => {
  const server = new OFTPServer();
  assert.equal([server.localPort, server.connectionBacklog, server.defaultTimeout], [3305, 5, 60]);
  assert.not(server.listening);
  assert.is(server.connections.size, 0);
});

test('B-048 B-052 B-161 startListening on port 0: listening, with the port of the system', async () => {
  const server = idleServer({ connectionBacklog: 100 });
  assert.is(server.localPort, 0);
  await server.startListening();
  assert.ok(server.listening);
  assert.ok(server.localPort > 0);
  assert.is(server.localHost, '127.0.0.1');
  assert.is(await reach('127.0.0.1', server.localPort), 'connected');
});

test('B-048 B-162 stopListening refuses clients, and the property tells so at once', async () => {
  const server = idleServer();
  await server.startListening();
  const port = server.localPort;
  const stopping = server.stopListening();
  assert.not(server.listening);
  await stopping;
  assert.is(await reach('127.0.0.1', port), 'ECONNREFUSED');
  assert.is(server.localPort, 0);
});

test('B-006 B-049 assigning listening starts and stops, there and back in one breath', async () => {
  const server = idleServer();
  server.listening = true;
  assert.ok(server.listening);
  await until(() => server.localPort > 0, 'a port');
  await (await RawPeer.connect(server.localPort)).expect('SSRM');
  server.listening = false;
  assert.not(server.listening);
  server.listening = true;
  assert.ok(server.listening);
  await until(() => server.localPort > 0, 'a port');
  assert.is(await reach('127.0.0.1', server.localPort), 'connected');
});

test('B-049 a failure of listening = true is an error event', async () => {
  const server = new OFTPServer({ serverSsidCode: HUB.code, statePath: null });
  const raised = once(server, 'error');
  server.listening = true;
  const [event] = await raised;
  assert.is(event.errorCode, 673);
  assert.not(server.listening);
});

test('stopListening while the server starts: startListening rejects, nobody listens', async () => {
  const server = idleServer();
  const starting = codeOf(server.startListening());
  await server.stopListening();
  assert.is(await starting, 10004);
  assert.not(server.listening);
  await server.startListening();
  assert.ok(server.listening);
});

test('B-163 a session and its transfer go on after stopListening', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await host.server.stopListening();
  await transfer(peer, sample(1000));
  assert.equal(host.content('TESTFILE'), sample(1000));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
});

test('B-163 B-338 after a new start, a client who stayed counts for MaxConnections', async () => {
  const host = await TestServer.start({ settings: { maxConnections: 1 } });
  const { peer } = await host.session();
  await host.server.stopListening();
  await host.server.startListening();
  const second = await host.ready();
  second.send(ssid());
  await second.expectEsid(8);
  await transfer(peer, sample(10));
});

test('B-160 shutdown: three clients get ESID 05, the port refuses', async () => {
  const host = await TestServer.start();
  const peers = [await host.session(), await host.session(), await host.session()];
  const port = host.server.localPort;
  const ended = within(host.server.shutdown());
  for (const { peer } of peers) await peer.expectEsid(5);
  await ended;
  assert.is(host.server.connections.size, 0);
  assert.is(await reach('127.0.0.1', port), 'ECONNREFUSED');
});

test('B-160 shutdown does not wait for a client that never closes its end', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 1, disconnectAfterEndSession: false } });
  const { peer } = await host.session();
  const ended = within(host.server.shutdown());
  await peer.expect('ESID', { reas: '05' });
  await ended;
  assert.is(host.server.connections.size, 0);
});

test('shutdown waits for a handler that is still at work, and for its file', async () => {
  const handler = gate();
  const order: string[] = [];
  const host = await TestServer.start({
    on: {
      endTransfer: async () => {
        await handler.opened;
        order.push('endTransfer');
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  const ended = within(host.server.shutdown()).then(() => order.push('shutdown'));
  await peer.expectEsid(5);
  await host.events.next('disconnected');
  handler.open();
  await ended;
  assert.equal(order, ['endTransfer', 'shutdown']);
});

test('await using shuts down at the end of the block', async () => {
  let port = 0;
  {
    await using server = idleServer();
    await server.startListening();
    port = server.localPort;
  }
  assert.is(await reach('127.0.0.1', port), 'ECONNREFUSED');
});

test('a server can listen again after shutdown', async () => {
  const host = await TestServer.start();
  await host.server.shutdown();
  await host.server.startListening();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
});

test('B-142 reset ends the sessions, restores every default and keeps the handlers', async () => {
  const host = await TestServer.start({
    settings: { maxConnections: 7, defaultTimeout: 5, logLevel: 'debug', creditCount: 3, tcpNoDelay: false },
    config: ['VirtualFileDateFormat=yyyy', 'AllowRetry=True', 'Linger=False', 'MaxFileSize=99', 'FileDescription=x'],
  });
  const { server } = host;
  server.certificate = own('alice');
  server.certificates.signing = own('bob');
  server.sslCertificate = own('alice');
  server.trustedCertificates = [own('bob'), own('alice')];
  const { peer } = await host.session();
  const ended = within(server.reset());
  await peer.expectEsid(5);
  await ended;
  const fresh = new OFTPServer();
  const names = ['maxConnections', 'defaultTimeout', 'logLevel', 'creditCount', 'tcpNoDelay', 'virtualFileDateFormat'];
  for (const name of [
    ...names,
    'allowRetry',
    'linger',
    'maxFileSize',
    'fileDescription',
    'serverSsidCode',
    'localPort',
  ]) {
    const key = name as keyof OFTPServer;
    assert.is(server[key], fresh[key], name);
  }
  assert.equal([server.certificate, server.certificates.signing, server.sslCertificate], [null, null, null]);
  assert.equal(server.trustedCertificates, []);
  assert.ok(server.listenerCount('acceptConnection') > 0);
});

test('B-051 C-28 localHost is blank until it is set, and the bound address while listening', async () => {
  assert.is(new OFTPServer().localHost, '');
  const server = idleServer({ localHost: 'localhost' });
  assert.is(server.localHost, 'localhost');
  await server.startListening();
  assert.is(server.localHost, '127.0.0.1');
});

test('B-050 localHost decides at which address clients are accepted', async () => {
  const server = idleServer({ localHost: '127.0.0.2' });
  await server.startListening();
  assert.is(await reach('127.0.0.2', server.localPort), 'connected');
  assert.is(await reach('127.0.0.1', server.localPort), 'ECONNREFUSED');
});

test('B-053 B-325 B-410 a port that is taken: 10048 with the system error as cause', async () => {
  const first = idleServer();
  await first.startListening();
  const second = idleServer({ localPort: first.localPort });
  const { error } = await outcomeOf(second.startListening());
  assert.is(error?.code, 10048);
  assert.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, 'EADDRINUSE');
  assert.not(second.listening);
  await first.shutdown();
  await second.startListening();
});

test('B-405 starting twice is error 104', async () => {
  const server = idleServer();
  await server.startListening();
  assert.is(await codeOf(server.startListening()), 104);
  assert.ok(server.listening);
});

test('B-054 B-406 B-407 B-336 B-408 what is fixed while listening has a number of its own', async () => {
  const server = idleServer();
  await server.startListening();
  const codes = [
    thrown(() => {
      server.localPort = 4000;
    }),
    thrown(() => {
      server.localHost = '127.0.0.1';
    }),
    thrown(() => server.config('MaxConnections=10')),
    thrown(() => server.config('LocalPort=4000')),
  ];
  assert.equal(codes, [106, 107, 108, 106]);
  await server.stopListening();
  server.config('MaxConnections=10');
  assert.is(server.maxConnections, 10);
});

test('B-387 B-388 listening takes an SSID and an SFID code', async () => {
  const none = idleServer({ serverSsidCode: '' });
  assert.is(await codeOf(none.startListening()), 672);
  none.serverSsidCode = HUB.code;
  none.serverSfidCode = '';
  assert.is(await codeOf(none.startListening()), 673);
  none.serverSfidCode = HUB.code;
  await none.startListening();
});

const FAMILIES: readonly [row: string, useIpv6: 'ipv4' | 'ipv6' | 'both', ipv4: boolean, ipv6: boolean][] = [
  ['B-345', 'ipv4', true, false],
  ['B-346', 'ipv6', false, true],
  ['B-347', 'both', true, true],
];

for (const [row, useIpv6, ipv4, ipv6] of FAMILIES) {
  test(`${row} useIpv6 = ${useIpv6}: IPv4 ${ipv4 ? 'in' : 'refused'}, IPv6 ${ipv6 ? 'in' : 'refused'}`, async () => {
    const server = idleServer({ localHost: '', useIpv6 });
    await server.startListening();
    assert.is((await reach('127.0.0.1', server.localPort)) === 'connected', ipv4);
    assert.is((await reach('::1', server.localPort)) === 'connected', ipv6);
  });
}

test('B-347 an IPv4 client of a server for both has a plain address', async () => {
  const host = await TestServer.start({ settings: { localHost: '', useIpv6: 'both' } });
  await RawPeer.connect(host.server.localPort);
  assert.is((await host.events.next('connected')).connection.remoteHost, '127.0.0.1');
});

test('B-127 doEvents settles after SelectWaitMillis without an event', async () => {
  const server = idleServer({ selectWaitMillis: 20 });
  await within(server.doEvents(), 5000);
});

test('B-128 doEvents waits as long as SelectWaitMillis says, and settles earlier with an event', async () => {
  const host = await TestServer.start({ settings: { selectWaitMillis: 60_000 } });
  let settled = false;
  const waiting = host.server.doEvents().then(() => {
    settled = true;
  });
  // Ten times the default.
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.not(settled);
  await host.connect();
  await within(waiting, 5000);
  assert.is(host.events.named('connectionRequest').length, 1);
});

test.run();

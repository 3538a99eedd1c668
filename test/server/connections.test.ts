/** What a connection tells about itself and how it ends: rows B-068 to B-104, B-126, B-227, B-327, B-328. */
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPConnection } from '../../src/index.js';
import { until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { refusal } from '../support/refusal.js';
import { open, sample, transfer } from '../support/scenario.js';
import { type TestEvent, TestServer } from '../support/server.js';
import { cd, data, type Level, sfid, ssid } from '../support/wire.js';

test.after.each(cleanUp);

/** A session, and the connection that the server has of it. */
async function connected(host: TestServer): Promise<{ peer: RawPeer; connection: OFTPConnection }> {
  const { peer } = await host.session();
  return { peer, connection: (await host.events.next('acceptConnection')).connection };
}

/** A server, and a way to open a session with it. */
async function withConnections() {
  const host = await TestServer.start();
  return {
    server: host.server,
    connections: host.server.connections,
    events: host.events,
    session: () => connected(host),
  };
}

test('B-068 connections holds what is open, and cannot be assigned', async () => {
  const host = await TestServer.start();
  assert.is(host.server.connections.size, 0);
  const { peer, connection } = await connected(host);
  assert.is(host.server.connections.size, 1);
  assert.is(host.server.connections.get(connection.id), connection);
  assert.instance(connection, OFTPConnection);
  peer.end();
  await host.events.next('disconnected');
  assert.is(host.server.connections.size, 0);
  assert.not(Reflect.set(host.server, 'connections', new Map()));
});

test('B-068 connections is what a Map is to a reader, at any moment, and nothing to a writer', async () => {
  const { server, connections, session, events } = await withConnections();
  assert.equal([connections.size, [...connections].length, connections.has(1)], [0, 0, false]);
  const { peer, connection } = await session();
  const { id } = connection;
  assert.is(server.connections, connections, 'it is the same view all the time');
  assert.equal([connections.size, connections.has(id), connections.has(id + 1)], [1, true, false]);
  assert.equal([...connections], [[id, connection]]);
  assert.equal([...connections.entries()], [[id, connection]]);
  assert.equal([[...connections.keys()], [...connections.values()]], [[id], [connection]]);
  assert.equal(new Map(connections).get(id), connection);
  const visits: unknown[] = [];
  const receiver = {};
  connections.forEach(function (this: unknown, ...visit) {
    visits.push(this, ...visit);
  }, receiver);
  assert.is(visits.length, 4);
  for (const [index, wanted] of [receiver, connection, id, connections].entries()) assert.is(visits[index], wanted);
  assert.match(inspect(connections), /ReadOnlyMap Map\(1\) \{\s+1 => OFTPConnection/);
  peer.end();
  await events.next('disconnected');
  assert.is(connections.size, 0);
});

for (const [method, ...args] of [['set', 77, {}], ['delete', 1], ['clear']] as const) {
  test(`B-068 connections has no ${method}, a Map's own does not get at it, and shutdown ends what is open`, async () => {
    const { server, connections, session } = await withConnections();
    const { peer, connection } = await session();
    const writer = connections as unknown as Map<unknown, unknown>;
    assert.is(Reflect.get(writer, method), undefined);
    assert.throws(() => Reflect.apply(Map.prototype[method], writer, args), TypeError);
    assert.not(
      Reflect.set(writer, method, () => {}),
      'nothing can be put there either',
    );
    assert.equal([...connections.values()], [connection]);
    const stopped = within(server.shutdown());
    await peer.expectEsid(5);
    await stopped;
  });
}

test('B-075 B-328 ids and ConnectionUID tell connections apart, also those that are gone', async () => {
  const host = await TestServer.start();
  const first = await connected(host);
  const second = await connected(host);
  first.peer.end();
  await host.events.next('disconnected');
  const third = await connected(host);
  const all = [first, second, third].map(({ connection }) => connection);
  assert.is(new Set(all.map(({ id }) => id)).size, 3);
  assert.is(new Set(all.map(({ uid }) => uid)).size, 3);
  assert.throws(() => Object.assign(third.connection, { id: 1 }), TypeError);
  assert.is(host.server.config(`ConnectionUID[${third.connection.id}]`), third.connection.uid);
});

test('B-327 ConnectionUID of an unknown id is 0; other settings of one are error 126', async () => {
  const host = await TestServer.start();
  assert.is(host.server.config('ConnectionUID[999]'), '0');
  refusal(() => host.server.config('AllowRetry[999]'), 126, '999');
});

test('B-081 B-089 B-090 addresses and ports of both ends', async () => {
  const host = await TestServer.start({ settings: { localHost: '127.0.0.2' } });
  const socket = connect({ host: '127.0.0.2', port: host.server.localPort, localAddress: '127.0.0.1' });
  onCleanUp(() => void socket.destroy());
  const { connection } = await host.events.next('connected');
  const { localAddress, remoteHost, remotePort } = connection;
  assert.equal([localAddress, remoteHost, remotePort], ['127.0.0.2', '127.0.0.1', socket.localPort]);
});

test('B-073 B-072 connected = false closes this connection, and reads false then', async () => {
  const host = await TestServer.start();
  const { peer, connection } = await connected(host);
  assert.ok(connection.connected);
  connection.connected = false;
  assert.is(await peer.expectClose(), 'FIN');
  const { connectionId, statusCode } = await host.events.next('disconnected');
  assert.equal([connectionId, statusCode], [connection.id, 0]);
  assert.not(connection.connected);
  assert.throws(() => {
    connection.connected = true;
  });
});

test('B-126 disconnect closes one connection; the other one stays', async () => {
  const host = await TestServer.start();
  const first = await connected(host);
  const second = await connected(host);
  const gone = first.connection.disconnect();
  await first.peer.expectClose();
  await within(gone);
  await transfer(second.peer, sample(10));
});

test('B-126 after disconnect nothing of the peer counts any more, be its end open or not', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 1 } });
  const { peer, connection } = await connected(host);
  await open(peer);
  peer.send(data(sample(20)));
  const gone = within(connection.disconnect());
  peer.send(data(sample(20), { endOfRecord: true }), cd());
  await gone;
  assert.equal(host.delivered(), []);
  assert.equal(host.events.named('readyToSend'), []);
  assert.equal(host.events.named('error'), []);
});

test('disconnect in a handler of connected: no word is said, no session begins', async () => {
  const host = await TestServer.start({ on: { connected: ({ connection }) => void connection.disconnect() } });
  const peer = await host.connect();
  await peer.expectClose();
  await host.events.next('disconnected');
  assert.equal(host.events.named('acceptConnection'), []);
});

test('disconnect twice, and when it is gone already, settles', async () => {
  const host = await TestServer.start();
  const { peer, connection } = await connected(host);
  const both = Promise.all([connection.disconnect(), connection.disconnect()]);
  await peer.expectClose();
  await within(both);
  await within(connection.disconnect());
});

test('B-074 B-290 with Linger off a connection is closed by a reset', async () => {
  const host = await TestServer.start({ config: ['Linger=False'] });
  const { peer, connection } = await connected(host);
  void connection.disconnect();
  assert.is(await peer.expectClose(), 'RST');
});

test('B-290 Linger=False counts for connections that come later, not for those that are there', async () => {
  const host = await TestServer.start();
  const before = await connected(host);
  host.server.config('Linger=False');
  const after = await connected(host);
  for (const { connection } of [before, after]) void connection.disconnect();
  assert.equal([await before.peer.expectClose(), await after.peer.expectClose()], ['FIN', 'RST']);
});

test('B-289 with Linger on what was written is delivered before the end', async () => {
  const content = sample(3_000_000);
  const sent = gate();
  const host = await TestServer.start({
    settings: { exchangeBufferSize: 99_999, creditCount: 999 },
    on: {
      readyToSend: async ({ connection }) => {
        connection.sendFile({ path: host.outgoing('OUT', content), virtualFileName: 'OUT' }).catch(sent.open);
        await sent.opened;
      },
    },
  });
  const { peer } = await host.session({ sdeb: 99_999, cred: 999 });
  peer.send(cd());
  await peer.expect('SFID');
  peer.pause();
  peer.send(Buffer.from([0x10, 0, 0, 0x16]), Buffer.from(`2${'0'.repeat(17)}`));
  const { connection } = await host.events.next('acceptConnection');
  await until(() => host.events.named('startTransfer').length === 1, 'the transfer');
  peer.resume();
  await peer.expect('DATA');
  void connection.disconnect();
  let octets = 0;
  for (let buffer = await peer.nextBuffer(); buffer; buffer = await peer.nextBuffer()) octets += buffer.length;
  assert.is(await peer.expectClose(), 'FIN');
  assert.ok(octets > 0, 'what had been written came');
  assert.is(peer.incomplete, 0);
});

test('B-100 B-092 ssidCode is the client without padding, sfidCode the originator of its last file', async () => {
  const host = await TestServer.start();
  const { peer, connection } = await connected(host);
  assert.equal([connection.ssidCode, connection.sfidCode], [PARTNER.code, PARTNER.code]);
  await open(peer, { orig: 'O0013BRANCH' });
  assert.equal([connection.ssidCode, connection.sfidCode], [PARTNER.code, 'O0013BRANCH']);
});

for (const [level, version] of [
  [1, '1.2'],
  [2, '1.3'],
  [4, '1.4'],
  [5, '2.0'],
] as [Level, string][]) {
  test(`B-103 B-171 B-172 level ${level} is version ${version}, in acceptConnection and of the connection`, async () => {
    const host = await TestServer.start();
    await host.session({ level });
    const { clientVersion, serverVersion, connection } = await host.events.next('acceptConnection');
    assert.equal([clientVersion, serverVersion, connection.version], [version, version, version]);
    assert.not(Reflect.set(connection, 'version', '1.2'));
  });
}

test('B-101 timeout starts as defaultTimeout and is a value of its own', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 7 } });
  const { connection } = await connected(host);
  host.server.defaultTimeout = 9;
  assert.is(connection.timeout, 7);
  connection.timeout = 8;
  assert.equal([connection.timeout, host.server.config(`Timeout[${connection.id}]`)], [8, '8']);
});

test('B-084 B-227 readyToSend: false after connect, true with the turn, false when it is gone', async () => {
  const turn = gate();
  const host = await TestServer.start({ on: { readyToSend: () => turn.opened } });
  const { peer, connection } = await connected(host);
  assert.not(host.events.named('acceptConnection').some((event) => event.connection.readyToSend));
  assert.not(connection.readyToSend);
  peer.send(cd());
  await host.events.next('readyToSend');
  assert.ok(connection.readyToSend);
  turn.open();
  await peer.expectEsid(0);
  assert.not(connection.readyToSend);
});

test('negotiated is null before the session is open, and what both agreed on afterwards', async () => {
  let early: unknown = 'not asked';
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connection }) => {
        early = connection.negotiated;
      },
    },
  });
  const { peer } = await host.session({ sdeb: 512, cred: 10, sr: 'S', cmpr: 'Y', rest: 'Y' });
  assert.is(early, null);
  const { connection } = await host.events.next('acceptConnection');
  assert.equal(connection.negotiated, {
    bufferSize: 512,
    credit: 10,
    bufferCompression: false,
    restart: true,
    connectionType: 'receiver',
    secureAuthentication: false,
  });
  await transfer(peer, sample(10));
});

test('B-109 B-179 B-180 incoming is the file of the moment, and null before and afterwards', async () => {
  const seen: unknown[] = [];
  const look = ({ connection }: TestEvent) => void seen.push(connection.incoming?.virtualFileName);
  const host = await TestServer.start({ on: { acceptFile: look, startTransfer: look, endTransfer: look } });
  const { peer, connection } = await connected(host);
  assert.is(connection.incoming, null);
  peer.send(sfid(5, { fmt: 'T', fsiz: 3, osiz: 2, rest: 0, desc: 'Grüße', user: 'USERDATA', orig: 'O0013BRANCH' }));
  await peer.expect('SFPA');
  assert.equal(connection.incoming, {
    virtualFileName: 'TESTFILE',
    virtualFileDate: '02/29/2024 12:34:56',
    originator: 'O0013BRANCH',
    destination: HUB.code,
    format: 'text',
    maxRecordSize: 0,
    size: 3072,
    originalSize: 2048,
    security: 'none',
    encryption: null,
    cipherSuite: 0,
    compressed: false,
    signedReceipt: false,
    description: 'Grüße',
    userData: 'USERDATA',
    restart: 0,
  });
  peer.send(data('x', { endOfRecord: true }), Buffer.from([0x10, 0, 0, 0x27]));
  peer.send(Buffer.from(`T${'0'.repeat(17)}${'1'.padStart(17, '0')}`));
  await peer.expect('EFPA');
  await host.events.next('endTransfer');
  await until(() => connection.incoming === null, 'the end of the handler');
  assert.equal(seen, ['TESTFILE', 'TESTFILE', 'TESTFILE']);
});

test('incoming is null again after an offer that was refused', async () => {
  const host = await TestServer.start();
  const { peer, connection } = await connected(host);
  peer.send(sfid(5, { dest: 'O0013NOBODY' }));
  await peer.expect('SFNA');
  assert.is(connection.incoming, null);
});

test('B-193 B-196 B-016 connected comes after connectionRequest and before acceptConnection', async () => {
  const host = await TestServer.start();
  const peer = await host.connect();
  const request = (await host.events.next('connectionRequest')) as unknown as Record<string, unknown>;
  assert.equal([request['address'], request['port'], request['connection']], ['127.0.0.1', peer.localPort, null]);
  const { statusCode, description } = await host.events.next('connected');
  assert.equal([statusCode, description], [0, 'OK']);
  await peer.expect('SSRM');
  peer.send(ssid());
  await peer.expect('SSID');
  const names = host.events.all.map(({ name }) => name);
  assert.equal(names, ['connectionRequest', 'connected', 'acceptConnection']);
});

test('B-198 an orderly end is disconnected with 0 and OK', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  const { statusCode, description } = await host.events.next('disconnected');
  assert.equal([statusCode, description], [0, 'OK']);
});

test('B-199 a reset of the client, and a FIN without ESID, are 10054', async () => {
  const host = await TestServer.start();
  const first = await connected(host);
  first.peer.reset();
  assert.is((await host.events.next('disconnected')).statusCode, 10054);
  const second = await connected(host);
  second.peer.end();
  assert.is((await host.events.next('disconnected')).statusCode, 10054);
});

test('B-199 a session that times out is disconnected with 10060', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 1 } });
  const { peer } = await host.session();
  await peer.expectEsid(9);
  const { statusCode, description } = await host.events.next('disconnected');
  assert.is(statusCode, 10060);
  assert.match(description, 'nothing was heard for 1 s');
});

test.run();

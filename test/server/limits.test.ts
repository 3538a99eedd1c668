/** Time limits of sessions, and the errors that no call reports. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ErrorEvent } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, cdt, data, efid, efpa, esid, sfid, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

test('B-045 a peer that does not answer SFID: sendFile rejects when the time is over', async () => {
  const { host, outcomes } = await serverThatSends({ settings: { defaultTimeout: 1 } });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  await peer.expectEsid(9);
  assert.is((await outcomes())[0]?.error?.code, 687);
  assert.is((await host.events.next('disconnected')).statusCode, 10060);
});

test('B-102 timeout of a connection is its own: it ends that session after a second of silence, and no other', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connection }) => {
        if (host.events.named('acceptConnection').length === 1) connection.timeout = 1;
      },
    },
  });
  const impatient = await host.session();
  const { connectionId } = await host.events.next('acceptConnection');
  const other = await host.session();
  await impatient.peer.expectEsid(9);
  const { connectionId: gone, statusCode } = await host.events.next('disconnected');
  assert.equal([gone, statusCode], [connectionId, 10060]);
  await transfer(other.peer, sample(10));
});

// covers: DefaultIdleTimeout
test('B-260 DefaultIdleTimeout ends a session without traffic, whoever has the turn', async () => {
  const host = await TestServer.start({ config: ['DefaultIdleTimeout=1', 'DefaultTimeout=0'] });
  const silent = await host.session();
  const waiting = await TestServer.start({
    config: ['DefaultIdleTimeout=1'],
    on: { readyToSend: () => new Promise((resolve) => waiting.server.once('disconnected', () => resolve())) },
  });
  const { peer } = await waiting.session();
  peer.send(cd());
  await Promise.all([silent.peer.expectEsidOrClose(9), peer.expectEsidOrClose(9)]);
});

test('B-261 B-262 traffic keeps an idle limit away, and 0 sets none', async () => {
  const host = await TestServer.start({ config: ['DefaultIdleTimeout=1'] });
  const busy = await host.session();
  const unlimited = await host.session();
  const ids = host.events.named('acceptConnection').map(({ connectionId }) => connectionId);
  host.server.config(`IdleTimeout[${ids[1]}]=0`);
  busy.peer.send(sfid(5));
  await busy.peer.expect('SFPA');
  for (let n = 0; n < 4; n++) {
    busy.peer.send(data('x'));
    await busy.peer.expectSilence(500);
  }
  busy.peer.send(data('', { endOfRecord: true }), efid(5, { ucnt: 4 }));
  await busy.peer.expect('EFPA');
  await transfer(unlimited.peer, sample(10), { dsn: 'UNLIMITED' });
});

test('B-261 octets that the client takes keep an idle limit away as well, though it says nothing for longer', async () => {
  const octets = Buffer.alloc(40_000_000);
  const settings = { exchangeBufferSize: 99_999, creditCount: 999 };
  const { host, outcomes } = await serverThatSends({ octets, settings, config: ['DefaultIdleTimeout=2'] });
  const { peer } = await host.session({ sdeb: 99_999, cred: 999 });
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  // More than the network holds: the server goes on only when the client has taken some.
  for (let n = 0; n < 4; n++) {
    for (let buffers = 0; buffers < 20; buffers++) await peer.expect('DATA');
    peer.pause();
    await new Promise((resolve) => setTimeout(resolve, 700));
    peer.resume();
  }
  while ((await peer.expectOneOf('DATA', 'EFID')).name === 'DATA');
  peer.send(efpa());
  assert.is((await outcomes())[0]?.error, undefined);
});

test('B-287 IdleTimeout[id] ends that session only', async () => {
  const host = await TestServer.start();
  const one = await host.session();
  const other = await host.session();
  const [first] = host.events.named('acceptConnection');
  host.server.config(`IdleTimeout[${first?.connectionId}]=1`);
  await one.peer.expectEsidOrClose(9);
  await transfer(other.peer, sample(10));
});

test('B-267 DisconnectAfterEndSession, the default: FIN right behind the own ESID', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('ESID', { reas: '00' });
  assert.is(await peer.expectClose(), 'FIN');
});

// covers: error.connectionId, error.description
test('B-218 B-220 B-386 what the peer does wrong is an error event with its connection, 671', async () => {
  const host = await TestServer.start();
  const raised: ErrorEvent[] = [];
  host.server.on('error', (event) => void raised.push(event));
  const good = await host.session();
  await host.events.next('acceptConnection');
  const bad = await host.session();
  const { connection, connectionId } = await host.events.next('acceptConnection');
  bad.peer.send(cdt());
  await bad.peer.expectEsid(2);
  await transfer(good.peer, sample(10));
  assert.is(raised.length, 1);
  const [event] = raised;
  assert.equal([event?.connectionId, event?.connection, event?.errorCode], [connectionId, connection, 671]);
  assert.is(event?.description, event?.error.message);
  assert.match(event?.description ?? '', 'CDT');
});

for (const [reason, code] of [
  [3, 675],
  [4, 677],
  [99, 671],
] as const) {
  test(`B-389 B-390 a client that ends the session with ESID ${reason} is error ${code}`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(esid(5, reason));
    await peer.expectClose();
    const { errorCode } = await host.events.next('error');
    assert.is(errorCode, code);
  });
}

// covers: acceptConnection.connectionId, connected.connectionId, disconnected.connectionId, log.connectionId
// covers: piTrail.connectionId
test('B-075 every event of a connection carries its id and the connection itself', async () => {
  const host = await TestServer.start({ settings: { logLevel: 'debug' } });
  const seen = new Map<string, Set<unknown>>();
  const watch = (name: string) => (event: { connectionId: number; connection: unknown }) => {
    seen.set(name, (seen.get(name) ?? new Set()).add(event.connectionId).add(event.connection));
  };
  const names = ['connected', 'acceptConnection', 'readyToSend', 'disconnected', 'log', 'piTrail'] as const;
  for (const name of names) host.server.on(name, watch(name));
  const { peer } = await host.session();
  const { connection, connectionId } = await host.events.next('acceptConnection');
  peer.send(cd());
  await peer.expectEsid(0);
  await host.events.next('disconnected');
  for (const name of names) {
    const [id, object, ...others] = seen.get(name) ?? [];
    assert.is(id, connectionId, name);
    assert.ok(object === connection && others.length === 0, name);
  }
});

test('an error without a listener is a line of the log, and never ends the process', async () => {
  const host = await TestServer.start();
  const lines: string[] = [];
  host.server.removeAllListeners('error');
  host.server.on('log', ({ message }) => void lines.push(message));
  const { peer } = await host.session();
  peer.send(sfpa(5));
  await peer.expectEsid(2);
  assert.ok(
    lines.some((line) => line.startsWith('error 671:')),
    lines.join('\n'),
  );
});

test('handlers of error that throw are not heard of again', async () => {
  const host = await TestServer.start();
  host.server.on('error', () => {
    throw new Error('in the handler of errors');
  });
  const { peer } = await host.session();
  peer.send(sfpa(5));
  await peer.expectEsid(2);
  await transfer((await host.session()).peer, sample(10));
});

test.run();

/** Connections that get stuck, each in its own way, while others must be served to the end. */
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { within } from '../support/outcome.js';
import { PARTNER, type Party } from '../support/parties.js';
import { open, sample, transfer } from '../support/scenario.js';
import { expectBob, made } from '../support/secured.js';
import { type Handlers, TestServer, type TestServerOptions } from '../support/server.js';
import { cd, dataBuffers, efid, esid, rtr, sfid, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

const STUCK = 'STUCK';
/** More than the sockets of both ends hold. */
const MUCH = 32 * 1024 * 1024;

/** Connects, sends a file of many buffers, takes its end response, and ends: what any partner may expect. */
async function completeSession(host: TestServer, name: string, party: Party = PARTNER): Promise<void> {
  const octets = sample(50_000);
  const { peer } = await host.session({ rest: 'N', ...party });
  await transfer(peer, octets, { dsn: name });
  peer.send(cd());
  await peer.expect('EERP', { dsn: name.padEnd(26) });
  peer.send(rtr());
  // After its end responses the server has nothing more to say.
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  assert.equal(host.content(name), octets);
}

const start = (options: TestServerOptions): Promise<TestServer> =>
  TestServer.start({
    ...options,
    settings: { receivedFileNameFormat: '%VirtualFileName%', maxFileSize: 0, ...options.settings },
  });

test('a partner that stops reading what it is sent', async () => {
  const asked = gate();
  const host = await start({
    settings: { transferMemory: 2, creditCount: 999, exchangeBufferSize: 99_999 },
    on: {
      readyToSend: async ({ connection }) => {
        if (!host.events.named('startTransfer').some(({ direction }) => direction === 'sent')) {
          asked.open();
          await connection.sendFile({ path: host.outgoing('BIG', Buffer.alloc(MUCH)) }).catch(() => {});
        }
      },
    },
  });
  const { peer } = await host.session({ rest: 'N', cred: 999, sdeb: 99_999 });
  peer.send(cd());
  await within(asked.opened);
  await peer.expect('SFID');
  peer.pause();
  peer.send(sfpa(5, 0));
  for (const name of ['FIRST', 'SECOND']) await completeSession(host, name);
});

test('a partner that stops in the middle of a buffer', async () => {
  const host = await start({});
  const { peer } = await host.session({ rest: 'N' });
  await open(peer, { dsn: STUCK });
  const [buffer = Buffer.alloc(0)] = dataBuffers(sample(2000), 2048);
  peer.send(buffer.subarray(0, 1000));
  for (const name of ['FIRST', 'SECOND']) await completeSession(host, name);
  // And it may go on.
  peer.send(buffer.subarray(1000), efid(5, { ucnt: 2000 }));
  await peer.expect('EFPA');
});

const HANDLERS: readonly (readonly [what: string, handlers: (stuck: Promise<void>) => Handlers])[] = [
  ['acceptFile', (stuck) => ({ acceptFile: ({ virtualFileName }) => (virtualFileName === STUCK ? stuck : undefined) })],
  [
    'startTransfer',
    (stuck) => ({ startTransfer: ({ virtualFileName }) => (virtualFileName === STUCK ? stuck : undefined) }),
  ],
];

for (const [what, handlers] of HANDLERS) {
  test(`a handler of ${what} that takes its time`, async () => {
    const stuck = gate();
    const host = await start({ on: handlers(stuck.opened) });
    const { peer } = await host.session({ rest: 'N' });
    peer.send(sfid(5, { dsn: STUCK }));
    for (const name of ['FIRST', 'SECOND']) await completeSession(host, name);
    assert.not.ok(await peer.somethingWithin(0));
    stuck.open();
    await peer.expect('SFPA');
  });
}

test('a handler of endTransfer that takes its time: its file has its EFPA, the others their end responses', async () => {
  const stuck = gate();
  const host = await start({
    on: { endTransfer: ({ virtualFileName }) => (virtualFileName === STUCK ? stuck.opened : undefined) },
  });
  const { peer } = await host.session({ rest: 'N' });
  await transfer(peer, sample(10), { dsn: STUCK });
  for (const name of ['FIRST', 'SECOND']) await completeSession(host, name);
  stuck.open();
  peer.send(cd());
  await peer.expect('EERP', { dsn: STUCK.padEnd(26) });
});

test('a stream of the application that takes nothing', async () => {
  const stuck = gate();
  const host = await start({
    settings: { transferMemory: 2 },
    on: {
      acceptFile: (event) => {
        if (event.virtualFileName !== STUCK) return;
        event.stream = new Writable({ write: (_chunk, _encoding, done) => void stuck.opened.then(() => done()) });
      },
    },
  });
  const { peer } = await host.session({ rest: 'N' });
  await open(peer, { dsn: STUCK });
  peer.send(...dataBuffers(sample(150_000), 2048).slice(0, 70));
  for (const name of ['FIRST', 'SECOND']) await completeSession(host, name);
  stuck.open();
});

test('a pool whose only thread is busy with the files of another partner', async () => {
  const other = { code: 'O0013OTHER', password: 'OTHERPW' };
  const host = await start({
    settings: { workerThreads: 1 },
    partners: [PARTNER, other],
    on: { acceptConnection: expectBob },
  });
  host.server.certificate = own('alice');
  const secured = await made(randomBytes(8 * 1024 * 1024), { recipient: 'alice', compress: true });
  const { peer } = await host.session({ rest: 'N' });
  for (const name of ['A', 'B', 'C', 'D']) {
    await transfer(peer, secured, { dsn: name, sec: 1, ciph: 4, comp: 1, env: 1, osiz: 8192 });
  }
  // Sessions without secured files do not wait for those four, and their end responses neither.
  await completeSession(host, 'FIRST', other);
  peer.send(cd());
  for (const name of ['A', 'B', 'C', 'D']) {
    await peer.expect('EERP', { dsn: name.padEnd(26) });
    peer.send(rtr());
  }
  for (const name of ['A', 'B', 'C', 'D']) assert.is(host.content(name).length, 8 * 1024 * 1024);
});

test('a session that floods and one that plays ping-pong: both come through', async () => {
  const host = await start({ settings: { maxReadTime: 1, exchangeBufferSize: 99_999, creditCount: 999 } });
  const octets = Buffer.alloc(MUCH, 'x');
  const { peer } = await host.session({ rest: 'N', cred: 999, sdeb: 99_999 });
  const flood = transfer(peer, octets, { dsn: STUCK, window: 999, size: 99_999 });
  for (const name of ['FIRST', 'SECOND']) await completeSession(host, name);
  await flood;
  assert.equal(host.content(STUCK), octets);
});

test.run();

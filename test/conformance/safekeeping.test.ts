/** What an acknowledgement promises: duplicates, and responses after a crash or restart. RFC 5024 §1.5.2, §4.3.6. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertDelivered, portOf, stage, start } from '../faults/stage.js';
import { intercepted } from '../files/support.js';
import { own } from '../support/certificates.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { folderWith } from '../support/folder.js';
import { outcomeOf } from '../support/outcome.js';
import { RawPeer } from '../support/peer.js';
import { open, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, dataBuffers, efid, esid, type Level, rtr, sfid, sfna, ssid } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = sample(10_000);

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-127 C-150 level ${level}: a file that comes again is SFNA 13, retry N, and its response goes out again`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    await transfer(peer, CONTENT, { dsn: 'ORDERS' });
    peer.send(sfid(level, { dsn: 'ORDERS' }));
    await peer.expect('SFNA', { reas: '13', rrtr: 'N' });
    peer.send(cd());
    const { octets } = await peer.expect('EERP');
    peer.send(rtr());
    await peer.expect('CD');
    peer.send(sfid(level, { dsn: 'ORDERS' }));
    await peer.expect('SFNA', { reas: '13', rrtr: 'N' });
    peer.send(cd());
    assert.equal((await peer.expect('EERP')).octets, octets);
    peer.send(rtr());
    await peer.expect('CD');
    assert.equal(host.delivered(), ['ORDERS']);
    assert.ok(host.content('ORDERS').equals(CONTENT));
  });
}

for (const [what, fields] of [
  ['originator', { orig: 'O0013BRANCH' }],
  ['date', { date: '20240228' }],
  ['time', { time: '1234570001' }],
  ['name', { dsn: 'ORDERS2' }],
] as const) {
  test(`C-127 C-128 another ${what} makes another file`, async () => {
    const host = await TestServer.start({ config: ['ReceivedFileNameFormat=%VirtualFileName%_%GUID%'] });
    const { peer } = await host.session();
    await transfer(peer, CONTENT, { dsn: 'ORDERS' });
    await transfer(peer, CONTENT, { dsn: 'ORDERS', ...fields });
    assert.is(host.delivered().length, 2);
  });
}

test('C-209 C-210 a server killed right after EFPA has the file, and its EERP comes when it runs again', async () => {
  const { folder, inbox } = stage({});
  let port = 0;
  const life = () => {
    const child = start('receiver', [folder, String(port)], { at: 0, folder });
    onCleanUp(() => void child.stop(0));
    return child;
  };
  const session = async () => {
    const peer = await RawPeer.connect(port);
    await peer.expect('SSRM');
    peer.send(ssid());
    await peer.expect('SSID');
    return peer;
  };
  const killed = life();
  port = await portOf(killed);
  const peer = await session();
  const records = Buffer.alloc(10_000, 'ORDERS ');
  await transfer(peer, records, { dsn: 'ORDERS' });
  killed.signal('SIGKILL');
  assert.is((await killed.finished).signal, 'SIGKILL');
  assertDelivered(inbox, { ORDERS: 10_000 });
  await portOf(life());
  const next = await session();
  next.send(cd());
  await next.expect('EERP', { dsn: 'ORDERS'.padEnd(26) });
  next.send(rtr());
  await next.expect('CD');
  next.send(sfid(5, { dsn: 'ORDERS' }));
  await next.expect('SFNA', { reas: '13', rrtr: 'N' });
  assertDelivered(inbox, { ORDERS: 10_000 });
});

for (const [config, synced] of [
  ['SyncOnCommit=True', ['fsync part', 'fsync inbox']],
  ['SyncOnCommit=False', []],
] as const) {
  test(`${config}: ${synced.length} times the disk is asked to confirm before EFPA`, async () => {
    const calls: string[] = [];
    const fileSystem = intercepted(({ text }) => void (text.startsWith('fsync') && calls.push(text)));
    const host = await TestServer.start({
      config: [config],
      on: { acceptConnection: ({ connection }) => void Object.assign(connection.session.environment, { fileSystem }) },
    });
    const { peer } = await host.session();
    await transfer(peer, CONTENT, { dsn: 'ORDERS' });
    assert.equal(calls, synced);
  });
}

test('C-234 the hash in the response to a file that was interrupted covers the whole file', async () => {
  const host = await TestServer.start();
  host.server.certificate = own('alice');
  const { peer } = await host.session({ rest: 'Y' });
  const file = { dsn: 'ORDERS', sign: 'Y', ciph: 2 };
  await open(peer, file);
  peer.send(...dataBuffers(CONTENT).slice(0, 3));
  peer.end();
  await host.events.next('endTransfer');
  const { peer: next } = await host.session({ rest: 'Y' });
  const { fields } = await open(next, { ...file, rest: 99 });
  const start = Number(fields['acnt']) * 1024;
  assert.ok(start > 0, 'nothing was kept');
  next.send(...dataBuffers(CONTENT.subarray(start)), efid(5, { ucnt: CONTENT.length }));
  await next.expect('EFPA');
  next.send(cd());
  const { octets } = await next.expect('EERP');
  const hash = createHash('sha1').update(CONTENT).digest();
  assert.is(octets.toString('hex', 106, 128), `0014${hash.toString('hex')}`);
});

test('C-242 C-280 a file refused for the time being makes no NERP; a later session offers it unchanged', async () => {
  const outcomes: Awaited<ReturnType<typeof outcomeOf>>[] = [];
  let path = '';
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        outcomes.push(await outcomeOf(connection.sendFile({ path, virtualFileName: 'OUT' })));
      },
    },
  });
  path = host.outgoing('OUT', CONTENT);
  const { peer } = await host.session();
  peer.send(cd());
  const { octets } = await peer.expect('SFID');
  peer.send(sfna(5, 6, 'Y'));
  await peer.expect('CD');
  assert.is(outcomes[0]?.error?.retry, true);
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { peer: later } = await host.session();
  later.send(cd());
  assert.equal((await later.expect('SFID')).octets, octets);
});

test('C-281 a client that is told to call later can do so', async () => {
  const client = await TestClient.create();
  const { peer, connecting } = await client.greeted();
  peer.send(esid(5, 8));
  assert.is((await connecting).error?.reasonCode, 8);
  await peer.expectClose();
  const again = await client.session();
  const path = join(folderWith({ OUT: 'x' }), 'OUT');
  void outcomeOf(client.client.sendFile({ path, virtualFileName: 'OUT' }));
  await again.expect('SFID');
});

test.run();

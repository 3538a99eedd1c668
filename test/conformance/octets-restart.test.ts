/** Restart of files without records, in blocks of 1 KiB: RFC 5024 §1.5.4, §4.3.3, §5.3.3, §5.3.4, §5.3.8. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { outcomeOf } from '../support/outcome.js';
import { contentOf, type Received } from '../support/received.js';
import { open, receiveUpToEfid, sample } from '../support/scenario.js';
import { expectBob, made } from '../support/secured.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, dataBuffers, efid, efpa, type Level, rawData, type SfidFields, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = sample(5_000);

/** Leaves these buffers of a file behind: the connection breaks, and what has come is kept. */
async function cut(
  host: TestServer,
  level: Level,
  fields: SfidFields,
  buffers: readonly Buffer[],
  cmpr = 'N',
): Promise<void> {
  const { peer } = await host.session({ level, rest: 'Y', cmpr });
  await open(peer, fields);
  peer.send(...buffers);
  peer.end();
  assert.is((await host.events.next('endTransfer')).reasonCode, 99);
}

for (const level of [1, 2, 4, 5] as Level[]) {
  for (const [fmt, rest, answer] of [
    ['U', 2, 2],
    ['U', 9, 2],
    ['U', 1, 1],
    ['T', 2, 2],
  ] as const) {
    test(`C-139 C-142 level ${level}: ${fmt} broken after 2500 octets, REST ${rest} is SFPA ${answer}`, async () => {
      const host = await TestServer.start();
      const fields = { dsn: 'ORDERS', fmt };
      await cut(host, level, fields, dataBuffers(CONTENT.subarray(0, 2_500)));
      const { peer } = await host.session({ level, rest: 'Y' });
      const { fields: sfpaFields } = await open(peer, { ...fields, rest });
      assert.is(Number(sfpaFields['acnt']), answer);
      peer.send(...dataBuffers(CONTENT.subarray(answer * 1024)), efid(level, { ucnt: CONTENT.length }));
      await peer.expect('EFPA');
      assert.ok(host.content('ORDERS').equals(CONTENT));
    });
  }

  test(`C-136 level ${level}: without agreed restart a broken file begins anew`, async () => {
    const host = await TestServer.start();
    await cut(host, level, { dsn: 'ORDERS' }, dataBuffers(CONTENT.subarray(0, 2_500)));
    const { peer } = await host.session({ level, rest: 'N' });
    assert.match((await open(peer, { dsn: 'ORDERS' })).fields['acnt']!, /^0+$/);
    peer.send(...dataBuffers(CONTENT), efid(level, { ucnt: CONTENT.length }));
    await peer.expect('EFPA');
    assert.ok(host.content('ORDERS').equals(CONTENT));
  });
}

test('C-142 after a restart, an octet count of the new part alone is EFNA 11', async () => {
  const host = await TestServer.start();
  await cut(host, 5, { dsn: 'ORDERS' }, dataBuffers(CONTENT.subarray(0, 2_500)));
  const { peer } = await host.session({ rest: 'Y' });
  await open(peer, { dsn: 'ORDERS', rest: 2 });
  peer.send(...dataBuffers(CONTENT.subarray(2048)), efid(5, { ucnt: CONTENT.length - 2048 }));
  await peer.expect('EFNA', { reas: '11' });
  assert.equal(host.delivered(), []);
});

test('C-143 octets that came compressed count as what they stand for', async () => {
  const host = await TestServer.start();
  // 40 runs of 63 octets 'A': 2520 octets in 80.
  await cut(host, 5, { dsn: 'ORDERS' }, [rawData('\x7fA'.repeat(40))], 'Y');
  const { peer } = await host.session({ rest: 'Y', cmpr: 'Y' });
  const { fields } = await open(peer, { dsn: 'ORDERS', rest: 9 });
  assert.is(Number(fields['acnt']), 2);
  peer.send(rawData('\x7fB\xc1B'), efid(5, { ucnt: 2048 + 64 }));
  await peer.expect('EFPA');
  assert.is(host.content('ORDERS').toString('latin1'), 'A'.repeat(2048) + 'B'.repeat(64));
});

for (const [what, other] of [
  ['name', { dsn: 'ORDERS2' }],
  ['time', { time: '1234560002' }],
  ['originator', { orig: 'O0013BRANCH' }],
  ['format', { fmt: 'T' }],
] as const) {
  test(`C-144 what is kept of a file is not resumed for another ${what}`, async () => {
    const host = await TestServer.start();
    await cut(host, 5, { dsn: 'ORDERS' }, dataBuffers(CONTENT.subarray(0, 2_500)));
    const { peer } = await host.session({ rest: 'Y' });
    assert.match((await open(peer, { dsn: 'ORDERS', rest: 2, ...other })).fields['acnt']!, /^0+$/);
  });
}

test('C-139 what was kept is still there when the server has been shut down and started again', async () => {
  const inbox = temporaryFolder();
  const options: TestServerOptions = {
    on: {
      acceptConnection: ({ connection }) => {
        connection.downloadDirectory = inbox;
      },
    },
  };
  const before = await TestServer.start(options);
  await cut(before, 5, { dsn: 'ORDERS' }, dataBuffers(CONTENT.subarray(0, 2_500)));
  await before.server.shutdown();
  const { peer } = await (await TestServer.start(options)).session({ rest: 'Y' });
  assert.is(Number((await open(peer, { dsn: 'ORDERS', rest: 4 })).fields['acnt']), 2);
});

test('C-141 a signed V file goes on in blocks of its envelope, not in records', async () => {
  const host = await TestServer.start({ on: { acceptConnection: expectBob } });
  host.server.certificate = own('alice');
  // One record of 4000 octets behind its length (RFC 5024 §6.5).
  const record = Buffer.alloc(4_000, 'record ');
  const octets = await made(Buffer.concat([Buffer.from([0x0f, 0xa0]), record]), { signer: 'bob' });
  const fields = { dsn: 'ORDERS', fmt: 'V', lrecl: 4_000, sec: 2, ciph: 4, env: 1 };
  await cut(host, 5, fields, dataBuffers(octets.subarray(0, 3_000)));
  const { peer } = await host.session({ rest: 'Y' });
  assert.is(Number((await open(peer, { ...fields, rest: 2 })).fields['acnt']), 2);
  peer.send(...dataBuffers(octets.subarray(2048)), efid(5, { ucnt: octets.length }));
  await peer.expect('EFPA');
  peer.send(cd());
  await peer.expect('EERP');
  assert.ok(host.content('ORDERS').equals(Buffer.concat([record, Buffer.from('\r\n')])));
});

/** A server that sends one file whenever it has the turn. */
async function serverOf(): Promise<TestServer> {
  let path = '';
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        await outcomeOf(connection.sendFile({ path, virtualFileName: 'OUT' }));
      },
    },
  });
  path = host.outgoing('OUT', CONTENT);
  return host;
}

/** Takes the first DATA of the server's file and breaks the connection. */
async function broken(host: TestServer, level: Level): Promise<Received> {
  const { peer } = await host.session({ level, rest: 'Y', sdeb: 512, cred: 6 });
  peer.send(cd());
  const offer = await peer.expect('SFID');
  peer.send(sfpa(level, 0));
  for (let buffer = 0; buffer < 6; buffer += 1) await peer.expect('DATA');
  peer.reset();
  await host.events.next('endTransfer');
  return offer;
}

for (const level of [1, 4, 5] as Level[]) {
  for (const position of [0, 1, 2]) {
    test(`C-145 level ${level}: a broken file goes on exactly at position ${position}, by the same stamp`, async () => {
      const host = await serverOf();
      const first = await broken(host, level);
      const { peer } = await host.session({ level, rest: 'Y' });
      peer.send(cd());
      const { sfid: offer, data, efid: end } = await receiveUpToEfid(peer, { position });
      assert.ok(Number(offer.fields['rest']) >= 2, offer.fields['rest']);
      assert.equal([offer.fields['date'], offer.fields['time']], [first.fields['date'], first.fields['time']]);
      assert.ok(contentOf(data).equals(CONTENT.subarray(position * 1024)));
      assert.is(Number(end.fields['ucnt']), CONTENT.length);
      peer.send(efpa());
      await peer.expect('CD');
    });
  }

  test(`C-147 level ${level}: an answer above the position of a restart is a protocol violation`, async () => {
    const host = await serverOf();
    await broken(host, level);
    const { peer } = await host.session({ level, rest: 'Y' });
    peer.send(cd());
    const { fields } = await peer.expect('SFID');
    peer.send(sfpa(level, Number(fields['rest']) + 1));
    await peer.expectEsid(2);
  });
}

test.run();

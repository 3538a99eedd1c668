/** DATA and its subrecords for U and T files: RFC 5024 §7, §5.3.6, appendix A. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { PROJECT_ROOT } from '../support/project.js';
import { contentOf, subrecordsOf } from '../support/received.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, rawData, type SfidFields, type SsidFields, sfid, stb } from '../support/wire.js';

test.after.each(cleanUp);

interface Upload {
  readonly session?: SsidFields;
  readonly file?: SfidFields;
  readonly buffers: readonly Buffer[];
  readonly count: number;
}

/** Sends hand-made DATA and an EFID; returns the answer to it and what was delivered. */
async function upload({ session, file, buffers, count }: Upload) {
  const host = await TestServer.start();
  const { peer } = await host.session(session);
  await open(peer, file);
  peer.send(...buffers, efid(5, { ucnt: count }));
  const answer = await peer.expectOneOf('EFPA', 'EFNA', 'ESID');
  return { host, answer };
}

async function assertDelivered(file: Upload, expected: Buffer): Promise<void> {
  const { host, answer } = await upload(file);
  assert.is(answer.name, 'EFPA');
  assert.ok(host.content('TESTFILE').equals(expected));
}

test('C-156 the buffer of RFC 5024 appendix A: a T file of 807 octets', async () => {
  const printed = readFileSync(join(PROJECT_ROOT, 'fixtures/wire/rfc5024-appendix-a.hex'), 'latin1');
  const buffer = Buffer.from(printed.replaceAll('\n', ''), 'hex');
  assert.is(buffer.length, 821);
  const { host, answer } = await upload({ file: { fmt: 'T' }, buffers: [stb(buffer)], count: 807 });
  assert.is(answer.name, 'EFPA');
  const text = host.content('TESTFILE').toString('latin1');
  assert.is(text.length, 807);
  assert.is(text.split('\r\n')[0], 'It is an ancient Mariner,');
  assert.is(text.split('\r\n').at(-2), 'Below the light-house top.');
});

test('C-157 subrecords of 0, 1, 62 and 63 octets in one buffer', async () => {
  const pieces = [0, 1, 62, 63].map((length) => sample(length));
  const records = pieces.flatMap((piece, at) => [Buffer.from([(at === 3 ? 0x80 : 0) | piece.length]), piece]);
  await assertDelivered({ buffers: [rawData(Buffer.concat(records))], count: 126 }, Buffer.concat(pieces));
});

for (const [what, hex, expected] of [
  ['C-158 7F 41 is 63 times A', 'ff41', 'A'.repeat(63)],
  ['C-158 C5 20 is five spaces that end the record', '0158c520', 'X     '],
  ['C-159 a compressed subrecord of count 0 still owns its octet', '4041824243', 'BC'],
  ['C-160 subrecords of length 0 are nothing', '0000024243000081440000', 'BCD'],
  ['C-160 zero octets that fill up a buffer are nothing', `8141${'00'.repeat(100)}`, 'A'],
  ['C-162 a buffer of one subrecord of one octet', '8141', 'A'],
] as const) {
  test(what, async () => {
    await assertDelivered(
      { buffers: [rawData(Buffer.from(hex, 'hex'))], count: expected.length },
      Buffer.from(expected),
    );
  });
}

test('C-172 compressed subrecords are taken although compression was not agreed', async () => {
  await assertDelivered(
    { session: { cmpr: 'N' }, buffers: [rawData(Buffer.from('ff41', 'hex'))], count: 63 },
    Buffer.from('A'.repeat(63)),
  );
});

for (const [what, hex] of [
  ['an uncompressed subrecord', '0541424344'],
  ['a compressed subrecord', '014145'],
  ['a subrecord of which only the header came', '01413f'],
] as const) {
  test(`C-161 a buffer that ends inside ${what} is an error, the file is dropped`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    await open(peer);
    peer.send(rawData(Buffer.from(hex, 'hex')), data('more'));
    await peer.expectEsid(6, 7);
    assert.equal(host.delivered(), []);
  });
}

test('C-163 a DATA without subrecords is harmless and uses one credit', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cred: 3 });
  await open(peer);
  peer.send(stb('D'), data('A'), stb('D'));
  await peer.expect('CDT');
  peer.send(data('B', { endOfRecord: true }), efid(5, { ucnt: 2 }));
  await peer.expect('EFPA');
  assert.is(host.content('TESTFILE').toString(), 'AB');
});

for (const [size, excess] of [
  [128, 2],
  [2048, 63],
] as const) {
  test(`C-164 DATA of ${size + excess} octets in a session of ${size} is an error`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ sdeb: size });
    await open(peer);
    const fill = Buffer.alloc(size + excess - 1, 0);
    peer.send(rawData(fill));
    await peer.expectEsid(7, 2, 6);
    assert.equal(host.delivered(), []);
  });
}

test('C-164 interop: DATA one octet too long and padded with empty subrecords is taken, or an error', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ sdeb: 128 });
  await open(peer);
  peer.send(rawData(Buffer.concat([Buffer.from('8141', 'hex'), Buffer.alloc(126)])));
  peer.send(efid(5, { ucnt: 1 }));
  const answer = await peer.expectOneOf('EFPA', 'ESID');
  if (answer.name === 'ESID') assert.is(answer.fields['reas'], '07');
  else assert.is(host.content('TESTFILE').toString(), 'A');
});

for (const [what, buffers] of [
  ['without any end of record', [data('AB'), data('CD')]],
  ['with an end of record in the middle', [data('AB', { endOfRecord: true }), data('CD')]],
  ['with an end of record behind every octet', [rawData(Buffer.from('8141814281438144', 'hex'))]],
  ['with empty records', [rawData(Buffer.from('80800441424344808080', 'hex'))]],
] as const) {
  for (const fmt of ['U', 'T']) {
    test(`C-166 interop: a ${fmt} file ${what} is judged by its octet count`, async () => {
      await assertDelivered({ file: { fmt }, buffers, count: 4 }, Buffer.from('ABCD'));
    });
  }
}

for (const [what, buffers] of [
  ['without DATA', []],
  ['of one empty record', [rawData(Buffer.from('80', 'hex'))]],
  ['of one DATA without subrecords', [stb('D')]],
] as const) {
  test(`C-165 an empty file ${what} is delivered`, async () => {
    await assertDelivered({ file: { fsiz: 0 }, buffers, count: 0 }, Buffer.alloc(0));
  });
}

test('C-174 the largest buffer: DATA of 99999 octets', async () => {
  const host = await TestServer.start({ config: ['ExchangeBufferSize=99999'] });
  const { peer, answer } = await host.session({ sdeb: 99_999 });
  assert.is(answer.fields['sdeb'], '99999');
  // 1562 subrecords of 63 and one of 29 octets fill 99,998 octets behind the D.
  const octets = sample(1562 * 63 + 29);
  const buffer = data(octets, { endOfRecord: true });
  assert.is(buffer.subarray(0, 4).toString('hex'), '100186a3');
  await open(peer, { fsiz: 97 });
  peer.send(buffer, efid(5, { ucnt: octets.length }));
  await peer.expect('EFPA');
  assert.ok(host.content('TESTFILE').equals(octets));
});

const NO_OPEN_FILE: Readonly<Record<string, (peer: RawPeer) => Promise<void>>> = {
  'in idle Listener': async () => {},
  'after EFPA': async (peer) => {
    await transfer(peer, sample(10));
  },
  'after SFNA': async (peer) => {
    peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
    await peer.expect('SFNA');
  },
};

for (const [when, reach] of Object.entries(NO_OPEN_FILE)) {
  test(`C-175 C-188 DATA ${when} is a protocol violation`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    await reach(peer);
    peer.send(data('late', { endOfRecord: true }));
    await peer.expectEsid(2);
  });
}

test('C-176 a T file passes unchanged, lines of 2048 characters and bare line feeds too', async () => {
  const octets = Buffer.from(`${'x'.repeat(2048)}\r\nshort\r\n\r\nbare\nfeed\rreturn\x1a`);
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, octets, { fmt: 'T' });
  assert.ok(host.content('TESTFILE').equals(octets));
});

test('C-177 all 256 values, a thousand times', async () => {
  const octets = Buffer.from(Uint8Array.from({ length: 256_000 }, (_, at) => at & 0xff));
  const host = await TestServer.start({ config: ['ExchangeBufferSize=99999', 'CreditCount=999'] });
  const { peer } = await host.session({ sdeb: 99_999, cred: 999 });
  await transfer(peer, octets, { size: 99_999, window: 999, fsiz: 250 });
  assert.ok(host.content('TESTFILE').equals(octets));
});

for (const length of [0, 1, 62, 63, 64, 2047, 126 * 31, 10_000]) {
  for (const [cmpr, compression] of [
    ['N', 'as they are'],
    ['Y', 'with compression'],
  ] as const) {
    test(`C-155 C-161 C-165 the server sends ${length} octets ${compression}: one end of record`, async () => {
      const octets = Buffer.from(Uint8Array.from({ length }, (_, at) => (at % 700 < 300 ? 0x20 : (at * 7) & 0xff)));
      const { host } = await serverThatSends({ settings: { bufferCompression: true }, octets });
      const { peer } = await host.session({ cmpr });
      peer.send(cd());
      const { data: buffers } = await receive(peer);
      const subrecords = buffers.flatMap(subrecordsOf);
      assert.ok(contentOf(buffers).equals(octets));
      const ends = subrecords.flatMap(({ endOfRecord }, at) => (endOfRecord ? [at] : []));
      assert.equal(ends, subrecords.length === 0 ? [] : [subrecords.length - 1]);
      assert.ok(cmpr === 'Y' || subrecords.every(({ compressed }) => !compressed));
      await peer.expect('CD');
    });
  }
}

test.run();

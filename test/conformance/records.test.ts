/** Files of format F and V that are received: RFC 5024 §1.5.3, §5.3.3, §5.3.8, §7; RFC 2204 appendix A. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { PROJECT_ROOT } from '../support/project.js';
import type { Received } from '../support/received.js';
import { dataOf, lines, octetsOf, prefixed, sendBuffers, subrecordsFor, transferRecords } from '../support/records.js';
import { open, sample } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { data, efid, type Level, rawData, type SfidFields, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const V: SfidFields = { fmt: 'V', lrecl: 80 };
const F: SfidFields = { fmt: 'F', lrecl: 4 };

const hex = (digits: string): Buffer => rawData(Buffer.from(digits.replaceAll(' ', ''), 'hex'));

interface Upload {
  readonly host: TestServer;
  readonly answer: Received;
}

/** Sends hand-made DATA and an EFID. */
async function upload(
  file: SfidFields,
  buffers: readonly Buffer[],
  counts: { rcnt: number; ucnt: number },
  options: TestServerOptions = {},
): Promise<Upload> {
  const host = await TestServer.start(options);
  const { peer } = await host.session();
  await open(peer, file);
  peer.send(...buffers, efid(5, counts));
  return { host, answer: await peer.expectOneOf('EFPA', 'EFNA', 'ESID') };
}

function assertDelivered({ host, answer }: Upload, expected: Uint8Array | string): void {
  assert.is(answer.name, 'EFPA', answer.fields['text']);
  assert.ok(host.content('TESTFILE').equals(octetsOf(expected)));
}

function assertRefused({ host, answer }: Upload, reason: string): void {
  assert.equal([answer.name, answer.fields['reas']], ['EFNA', reason]);
  assert.equal(host.delivered(), []);
}

/** Records AB, nothing and CDE. */
const THREE = '824142 80 83434445';

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-194 B-113 level ${level}: the V records AB, nothing and CDE are three records of 5 octets`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    await open(peer, V);
    peer.send(hex(THREE), efid(level, { rcnt: 3, ucnt: 5 }));
    await peer.expect('EFPA');
    assert.is(host.content('TESTFILE').toString(), 'AB\r\n\r\nCDE\r\n');
    const ended = await host.events.next('endTransfer');
    assert.is(ended.fileSize, 5);
  });
}

for (const rcnt of [0, 2, 4]) {
  test(`C-191 three records counted as ${rcnt} are EFNA 10`, async () => {
    assertRefused(await upload(V, [hex(THREE)], { rcnt, ucnt: 5 }), '10');
  });
}

for (const [what, ucnt] of [
  ['one octet too few', 4],
  ['one octet too many', 6],
  ['the delimiters of the local file', 11],
] as const) {
  test(`C-193 C-194 a unit count with ${what} is EFNA 11`, async () => {
    assertRefused(await upload(V, [hex(THREE)], { rcnt: 3, ucnt }), '11');
  });
}

test('C-160 an end of record flag alone is an empty record, subrecords of length 0 are nothing', async () => {
  const buffers = [hex('80 00 00 80'), hex('00 0141 00 8142 00'), hex('0000'), hex('80')];
  assertDelivered(await upload(V, buffers, { rcnt: 4, ucnt: 2 }), '\r\n\r\nAB\r\n\r\n');
});

test('a V file without any record is an empty file', async () => {
  assertDelivered(await upload({ ...V, fsiz: 0 }, [], { rcnt: 0, ucnt: 0 }), '');
});

test('C-156 the buffers of RFC 2204 appendix A: 9 records of 359 octets', async () => {
  const printed = readFileSync(join(PROJECT_ROOT, 'fixtures/wire/rfc2204-appendix-a.hex'), 'latin1');
  const buffers = Buffer.from(printed.replaceAll('\n', ''), 'hex');
  const { host, answer } = await upload(V, [buffers], { rcnt: 9, ucnt: 359 });
  assert.is(answer.name, 'EFPA');
  const content = host.content('TESTFILE').toString('latin1');
  assert.is(content.length, 359 + 9 * 2);
  const found = content.split('\r\n');
  assert.is(found[0], '"It\'s a Snark!" was the sound that first came to their ears,');
  assert.is(found.length, 10);
});

test('C-170 C-161 a record of 5000 octets in buffers of 128 is one record', async () => {
  const record = Buffer.alloc(5000, 'records may be split ');
  const host = await TestServer.start();
  const { peer } = await host.session({ sdeb: 128 });
  await open(peer, { fmt: 'V', lrecl: 5000 });
  await sendBuffers(peer, dataOf(subrecordsFor(record), 128));
  peer.send(efid(5, { rcnt: 1, ucnt: 5000 }));
  await peer.expect('EFPA');
  assert.ok(host.content('TESTFILE').equals(lines([record])));
});

test('C-158 C-172 runs in records: C5 20 is five spaces that end a record', async () => {
  assertRefused(await upload(V, [hex('0158 c520 43 2e')], { rcnt: 1, ucnt: 9 }), '10');
  assertDelivered(await upload(V, [hex('0158 c520 c3 2e')], { rcnt: 2, ucnt: 9 }), 'X     \r\n...\r\n');
});

test('C-161 a buffer that ends inside a subrecord of a record is an error, the file is dropped', async () => {
  const { host, answer } = await upload(V, [hex('82 4142 83 43')], { rcnt: 2, ucnt: 3 });
  assert.is(answer.name, 'ESID');
  assert.equal(host.delivered(), []);
});

for (const [what, digits, counts] of [
  ['complete', '84 41424344 84 45464748', { rcnt: 2, ucnt: 8 }],
  ['in several subrecords and buffers of DATA', '02 4142 82 4344 01 45 01 46 82 4748', { rcnt: 2, ucnt: 8 }],
  ['one with the flag in an empty subrecord behind it', '04 41424344 80 84 45464748', { rcnt: 2, ucnt: 8 }],
  ['the first without its flag (interop)', '04 41424344 84 45464748', { rcnt: 2, ucnt: 8 }],
] as const) {
  test(`C-167 B-112 F records of LRECL octets, ${what}, become lines`, async () => {
    assertDelivered(await upload(F, [hex(digits)], counts), 'ABCD\r\nEFGH\r\n');
  });
}

for (const [what, digits, counts] of [
  ['of LRECL - 1 octets', '84 41424344 83 454647', { rcnt: 2, ucnt: 7 }],
  ['of LRECL + 1 octets', '84 41424344 85 4546474849', { rcnt: 2, ucnt: 9 }],
  ['of LRECL + 1 octets in two subrecords', '03 414243 82 4445', { rcnt: 1, ucnt: 5 }],
  ['that is empty', '84 41424344 80', { rcnt: 2, ucnt: 4 }],
  ['of twice LRECL, counted as one', '08 4142434445464748 80', { rcnt: 1, ucnt: 8 }],
] as const) {
  test(`C-167 an F record ${what} is EFNA 05`, async () => {
    assertRefused(await upload(F, [hex(digits)], counts), '05');
  });
}

test('C-167 two F records without a flag between them do not count as one', async () => {
  assertRefused(await upload(F, [hex('04 41424344 84 45464748')], { rcnt: 1, ucnt: 8 }), '10');
});

for (const length of [79, 80]) {
  test(`C-168 a V record of ${length} octets fits LRECL 80`, async () => {
    const record = Buffer.alloc(length, 'v');
    assertDelivered(await upload(V, dataOf(subrecordsFor(record)), { rcnt: 1, ucnt: length }), lines([record]));
  });
}

for (const longest of [63, 1]) {
  test(`C-168 a V record of LRECL + 1 octets in subrecords of ${longest} is EFNA 05, the session goes on`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    await open(peer, V);
    const late = [data('behind the error', { endOfRecord: true }), hex('80')];
    peer.send(...dataOf(subrecordsFor(Buffer.alloc(81, 'v'), { longest })), ...late, efid(5, { rcnt: 3, ucnt: 97 }));
    const { fields } = await peer.expect('EFNA', { reas: '05' });
    assert.match(fields['text'] ?? '', /record 1 is longer than 80 octets/);
    assert.equal(host.delivered(), []);
    assert.is((await transferRecords(peer, ['next'], V)).name, 'EFPA');
    assert.is(host.content('TESTFILE').toString(), 'next\r\n');
  });
}

for (const [fmt, digits, ucnt] of [
  ['V', '824142 03434445', 5],
  ['V', '054142434445', 5],
  ['F', '84 41424344 04 45464748', 8],
  ['F', '84 41424344 01 45', 5],
] as const) {
  for (const rcnt of [1, 2]) {
    test(`C-169 ${digits}, ${fmt} without a flag at the end and counted as ${rcnt}, is EFNA 10`, async () => {
      assertRefused(await upload(fmt === 'F' ? F : V, [hex(digits)], { rcnt, ucnt }), '10');
    });
  }
}

for (const fmt of ['F', 'V']) {
  test(`C-112 format ${fmt} with LRECL 00000 is SFNA 05`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, { fmt, lrecl: 0 }));
    await peer.expect('SFNA', { reas: '05', rrtr: 'N' });
  });
}

test('C-111 a length of two octets cannot express LRECL 99999: SFNA 05, and 65535 is taken', async () => {
  const host = await TestServer.start({ config: ['RecordDelimiter=1'] });
  const { peer } = await host.session();
  for (const lrecl of [65_536, 99_999]) {
    peer.send(sfid(5, { fmt: 'V', lrecl }));
    const { fields } = await peer.expect('SFNA', { reas: '05', rrtr: 'N' });
    assert.match(fields['text'] ?? '', /65535/);
  }
  const records = [sample(65_535), '', sample(3)];
  assert.is((await transferRecords(peer, records, { fmt: 'V', lrecl: 65_535 })).name, 'EFPA');
  assert.ok(host.content('TESTFILE').equals(prefixed(records)));
});

test('RecordDelimiter none: F records stand back to back, V is SFNA 04 that says why', async () => {
  const host = await TestServer.start({ settings: { recordDelimiter: 'none' } });
  const { peer } = await host.session();
  peer.send(sfid(5, V));
  const { fields } = await peer.expect('SFNA', { reas: '04', rrtr: 'N' });
  assert.match(fields['text'] ?? '', /RecordDelimiter/);
  assert.is((await transferRecords(peer, ['AB\r\n', '\r\nCD'], F)).name, 'EFPA');
  assert.is(host.content('TESTFILE').toString(), 'AB\r\n\r\nCD');
});

test('B-109 connection.incoming tells the format and the record size of an offered file', async () => {
  const seen: unknown[] = [];
  const host = await TestServer.start({
    on: {
      acceptFile: ({ connection }) => {
        seen.push([connection.incoming?.format, connection.incoming?.maxRecordSize]);
      },
    },
  });
  const { peer } = await host.session();
  await transferRecords(peer, ['ABCD'], F);
  await transferRecords(peer, ['AB'], { ...V, dsn: 'OTHER' });
  assert.equal(seen, [
    ['fixed', 4],
    ['variable', 80],
  ]);
});

test('acceptFile may choose the delimiter of each file, as it is a setting of the connection', async () => {
  const host = await TestServer.start({
    settings: { recordDelimiter: 'none' },
    on: {
      acceptFile: ({ connection, virtualFileName }) => {
        connection.recordDelimiter = virtualFileName === 'LENGTHS' ? 'length' : 'crlf';
      },
    },
  });
  const { peer } = await host.session();
  await transferRecords(peer, ['a', 'bc'], { ...V, dsn: 'LENGTHS' });
  await transferRecords(peer, ['a', 'bc'], { ...V, dsn: 'LINES' });
  assert.is(host.content('LENGTHS').toString('latin1'), '\x00\x01a\x00\x02bc');
  assert.is(host.content('LINES').toString(), 'a\r\nbc\r\n');
});

for (const [what, digits, ucnt] of [
  ['in one subrecord', '01 41 00 83 0d0a42', 5],
  ['over two subrecords', '02 410d 82 0a42', 5],
  ['at its end', '83 410d0a', 4],
] as const) {
  test(`R-11 a record that contains CR LF ${what} is EFNA 99 with a text, nothing is delivered`, async () => {
    const file = await upload(V, [hex('8158'), hex(digits)], { rcnt: 2, ucnt });
    assertRefused(file, '99');
    assert.match(file.answer.fields['text'] ?? '', /record 2 contains CR LF.*RecordDelimiter/);
  });
}

test('R-11 CR and LF that are no pair inside one record stay what they are', async () => {
  const records = ['\r', '\n', 'a\nb\rc', '\n\r'];
  assertDelivered(
    await upload(V, [data('\r', { endOfRecord: true }), hex('810a 85610a620d63 820a0d')], {
      rcnt: 4,
      ucnt: 9,
    }),
    lines(records),
  );
});

test('RecordDelimiter length: any octets may stand in a record', async () => {
  const records = ['\r\n', '', sample(300)];
  const host = await TestServer.start({ settings: { recordDelimiter: 'length' } });
  const { peer } = await host.session();
  assert.is((await transferRecords(peer, records, { fmt: 'V', lrecl: 300 })).name, 'EFPA');
  assert.ok(host.content('TESTFILE').equals(prefixed(records)));
});

test('MaxFileSize counts a record 4 octets more than it holds: empty records cannot fill the disk', async () => {
  const settings = { maxFileSize: 1000 };
  const empty = Buffer.alloc(251, 0x80);
  assertRefused(await upload(V, [rawData(empty)], { rcnt: 251, ucnt: 0 }, { settings }), '06');
  const fitting = await upload(V, [rawData(empty.subarray(1))], { rcnt: 250, ucnt: 0 }, { settings });
  assertDelivered(fitting, '\r\n'.repeat(250));
});

for (const [delimiter, expected] of [
  ['crlf', 'AB\r\n\r\nCDE\r\n'],
  ['length', '\x00\x02AB\x00\x00\x00\x03CDE'],
] as const) {
  test(`e.stream takes the file as RecordDelimiter ${delimiter} says`, async () => {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk);
        done();
      },
    });
    const on = { acceptFile: (event: { stream: NodeJS.WritableStream }) => void Object.assign(event, { stream }) };
    const options = { settings: { recordDelimiter: delimiter }, on };
    const { answer } = await upload(V, [hex(THREE)], { rcnt: 3, ucnt: 5 }, options);
    assert.is(answer.name, 'EFPA');
    assert.is(Buffer.concat(chunks).toString('latin1'), expected);
  });
}

test('the transfer event shows the octets of records, without what marks them on the disk', async () => {
  const blocks: Buffer[] = [];
  const host = await TestServer.start();
  host.server.on('transfer', ({ text }) => void blocks.push(Buffer.from(text)));
  const { peer } = await host.session();
  assert.is((await transferRecords(peer, ['AB', '', 'CDE'], V)).name, 'EFPA');
  assert.is(Buffer.concat(blocks).toString(), 'ABCDE');
});

test.run();

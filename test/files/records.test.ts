/** Records in local files and in part files: found, counted and joined, whatever the blocks they come in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IncomingFile } from '../../src/files/incoming.js';
import { recordLayout } from '../../src/files/part-layout.js';
import type { FileIdentity } from '../../src/files/part-names.js';
import { partNames } from '../../src/files/part-names.js';
import { TargetName } from '../../src/files/publish.js';
import { countRecords } from '../../src/files/record-count.js';
import { recordJoiner } from '../../src/files/record-joiner.js';
import { markSplitter, writeMark } from '../../src/files/record-marks.js';
import { type RecordSplitter, recordSplitter } from '../../src/files/record-splitter.js';
import { ContentRefused } from '../../src/files/refusal.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { lines, prefixed } from '../support/records.js';
import { hidden, IDENTITY, rejection, write } from './support.js';

test.after.each(cleanUp);

/**
 * Splits a file that comes in blocks of these lengths, repeated; a block is at least two octets, as cuts need. Of every
 * `again`-th part the second half comes again in the next block.
 */
function split(splitter: RecordSplitter, file: Uint8Array, blocks: readonly number[], again = 0): Buffer[] {
  const records: Buffer[] = [];
  let parts: Uint8Array[] = [];
  let found = 0;
  let rest: number | undefined;
  for (let position = 0, turn = 0; position < file.length || rest !== undefined; turn += 1) {
    const end = Math.min(file.length, position + (blocks[turn % blocks.length] ?? 2));
    const last = end === file.length;
    const cut = splitter.cut(file, position, end, last);
    splitter.begin(file, position, cut, last);
    rest = undefined;
    while (rest === undefined && splitter.next()) {
      found += 1;
      if (again > 0 && found % again === 0) {
        rest = Math.floor((splitter.from + splitter.to) / 2);
        splitter.back(splitter.to - rest);
        parts.push(file.subarray(splitter.from, rest));
        continue;
      }
      parts.push(file.subarray(splitter.from, splitter.to));
      if (!splitter.endsRecord) continue;
      records.push(Buffer.concat(parts));
      parts = [];
    }
    if (rest === undefined) assert.is(splitter.at, cut, 'the block is used up');
    position = rest ?? cut;
  }
  assert.is(splitter.open, parts.length > 0);
  return records;
}

/** Each record as one fragment (RFC 5531 §11). */
function marked(records: readonly (string | Uint8Array)[]): Buffer {
  const fragments = records.map((record) => {
    const octets = Buffer.concat([Buffer.alloc(4), typeof record === 'string' ? Buffer.from(record) : record]);
    octets.writeUInt32BE(0x80000000 + octets.length - 4);
    return octets;
  });
  return Buffer.concat(fragments);
}

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const texts = (records: readonly Buffer[]): string[] => records.map((record) => record.toString('latin1'));

for (const [file, expected] of [
  ['', []],
  ['a', ['a']],
  ['a\r\n', ['a']],
  ['\r\n', ['']],
  ['\r\n\r\n', ['', '']],
  ['a\r\n\r\nb', ['a', '', 'b']],
  ['a\rb\nc\n\r\r\n\n', ['a\rb\nc\n\r', '\n']],
  ['a\r', ['a\r']],
  ['a\r\r\n', ['a\r']],
] as const) {
  test(`B-113 ${JSON.stringify(file)} are ${expected.length} records by CR LF, the last of which needs none`, () => {
    for (const block of [2, 3, 100]) {
      const splitter = recordSplitter('crlf', 0);
      assert.equal(texts(split(splitter, Buffer.from(file), [block])), expected);
    }
  });
}

for (const [digits, expected, open] of [
  ['', [], false],
  ['0000', [''], false],
  ['0001 61 0000 0002 6263', ['a', '', 'bc'], false],
  ['0001 61 00', ['a'], true],
  ['0001 61 0002 62', ['a'], true],
  ['0001 61 0002', ['a'], true],
] as const) {
  test(`${digits || 'no octets'}: ${expected.length} records by length${open ? ', and a begun one' : ''}`, () => {
    const splitter = recordSplitter('length', 0);
    splitter.begin(hex(digits), 0, hex(digits).length, true);
    const found: string[] = [];
    while (splitter.next()) {
      if (splitter.endsRecord) found.push(hex(digits).toString('latin1', splitter.from, splitter.to));
    }
    assert.equal(found, expected);
    assert.is(splitter.open, open);
  });
}

const record = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('\r', '\n', 'a'), maxLength: 8 }).map((text) => Buffer.from(text)),
  fc.nat(700).map((length) => Buffer.alloc(length, 'long ')),
);
const blocks = fc.array(fc.integer({ min: 2, max: 90 }), { minLength: 1, maxLength: 4 });

test('records are found whatever the blocks, and when a part comes again: CR LF, length, fixed and marked', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), blocks, fc.nat(5), (records, lengths, again) => {
      // With 1 the same empty part would come again for ever.
      const every = again === 1 ? 0 : again;
      const found = (splitter: RecordSplitter, file: Buffer) => texts(split(splitter, file, lengths, every));
      const expected = texts(records.map((octets) => Buffer.from(octets)));
      assert.equal(found(recordSplitter('length', 0), prefixed(records)), expected);
      assert.equal(found(markSplitter(), marked(records)), expected);
      const plain = expected.map((text) => text.replaceAll('\n', '_').padEnd(700, '.'));
      assert.equal(found(recordSplitter('crlf', 0), lines(plain)), plain);
      assert.equal(found(recordSplitter('none', 700), Buffer.from(plain.join(''), 'latin1')), plain);
    }),
    { numRuns: 200 },
  );
});

test('marks are four octets: the highest bit for the last fragment, then the length', () => {
  const bytes = Buffer.alloc(12, 0xee);
  writeMark(bytes, 0, 99_999, true);
  writeMark(bytes, 5, 0x010203, false);
  assert.is(bytes.toString('hex'), '8001869fee00010203eeeeee');
});

/** Records AB, nothing, CDE in two fragments, and the beginning of a fourth one. */
const CONTENT = hex('80000002 4142  80000000  00000001 43  00000000  80000002 4445  00000003 464748');
/** Octets of CONTENT up to the end of its last whole record. */
const WHOLE = 25;

for (const [delimiter, expected] of [
  ['crlf', '4142 0d0a 0d0a 434445 0d0a'],
  ['length', '0002 4142 0000 0003 434445'],
  ['none', '4142 434445'],
] as const) {
  test(`marked records become a file by RecordDelimiter ${delimiter}, however they are cut`, () => {
    const whole = CONTENT.subarray(0, WHOLE);
    for (let cut = 0; cut <= WHOLE; cut += 1) {
      const joiner = recordJoiner(delimiter);
      const file = Buffer.concat([joiner.join(whole.subarray(0, cut)), joiner.join(whole.subarray(cut))]);
      assert.is(file.toString('hex'), expected.replaceAll(' ', ''), `cut at ${cut}`);
    }
    const joiner = recordJoiner(delimiter);
    const octetwise = [...whole].map((octet) => joiner.join(Uint8Array.of(octet)));
    assert.is(Buffer.concat(octetwise).toString('hex'), expected.replaceAll(' ', ''));
  });
}

test('R-11 CR LF in a record is refused, however it is cut; CR and LF of two records are not', () => {
  for (const [digits, refused] of [
    ['80000001 61  80000003 620d0a', true],
    ['80000001 61  00000002 620d 80000002 0a63', true],
    ['80000002 610d  80000002 0a62', false],
  ] as const) {
    const content = hex(digits);
    for (let cut = 0; cut <= content.length; cut += 1) {
      const joiner = recordJoiner('crlf');
      const run = () => [joiner.join(content.subarray(0, cut)), joiner.join(content.subarray(cut))];
      if (refused) assert.throws(run, (error: unknown) => error instanceof ContentRefused && error.reason === 99);
      else assert.is(Buffer.concat(run()).toString('latin1'), 'a\r\r\n\nb\r\n');
    }
  }
});

const readCONTENT = async (into: Uint8Array, length: number, position: number): Promise<number> => {
  into.set(CONTENT.subarray(position, position + length));
  return Math.min(length, CONTENT.length - position);
};

for (const [limit, expected] of [
  [0, { records: 0, octets: 0, position: 0 }],
  [1, { records: 1, octets: 2, position: 6 }],
  [2, { records: 2, octets: 2, position: 10 }],
  [3, { records: 3, octets: 5, position: WHOLE }],
  [4, { records: 3, octets: 5, position: WHOLE }],
] as const) {
  test(`C-140 of three records and a begun one, the first ${limit} end at octet ${expected.position}`, async () => {
    const { length } = CONTENT;
    assert.equal(await countRecords(readCONTENT, markSplitter(), { length, limit }), expected);
  });
}

const RECORDS: FileIdentity = { ...IDENTITY, format: 'V', recordLength: 80 };

async function opened(directory: string): Promise<IncomingFile> {
  return IncomingFile.open({ directory, identity: RECORDS, conversion: recordLayout('crlf').conversion });
}

/** Leaves the part file of a connection that broke in the middle of record 4. */
async function broken(directory: string, content = CONTENT): Promise<void> {
  const file = await opened(directory);
  await recordLayout('crlf').resume(file, 0n);
  await write(file, content);
  await file.park();
}

for (const [offered, kept] of [
  [0n, 0],
  [2n, 2],
  [3n, 3],
  [9n, 3],
] as const) {
  test(`C-140 a break in the middle of record 4, and ${offered} records are offered: ${kept} are kept`, async () => {
    const directory = temporaryFolder();
    const { part, sidecar } = partNames(directory, RECORDS);
    await broken(directory);
    const file = await opened(directory);
    const start = await recordLayout('crlf').resume(file, offered);
    const [octets, stored] = [[0, 0, 2, 5][kept], [0, 6, 10, WHOLE][kept]];
    assert.equal(start, { position: kept, octets, records: kept, stored });
    assert.is(readFileSync(part).length, stored);
    if (kept > 0) assert.is(readFileSync(sidecar, 'latin1'), `{"synced":${stored}}`);
    await file.discard();
    assert.equal(hidden(directory), []);
  });
}

test('a part file without a whole record is kept, but nothing of it; one without an octet is not', async () => {
  const directory = temporaryFolder();
  await broken(directory, hex('00000003 464748'));
  const file = await opened(directory);
  assert.is((await recordLayout('crlf').resume(file, 5n)).position, 0);
  await file.park();
  assert.equal(hidden(directory), []);
});

test('a conversion that fails leaves neither the final name nor the converted file', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const target = await TargetName.reserve(path, { identity: RECORDS });
  const file = await opened(directory);
  await recordLayout('crlf').resume(file, 0n);
  await write(file, marked(['fine', 'a\r\nb']));
  assert.ok((await rejection(file.commit(target))) instanceof ContentRefused);
  assert.equal(
    hidden(directory).map((name) => name.slice(-5)),
    ['.part'],
  );
  await file.discard();
  target.release();
  assert.equal(hidden(directory), []);
});

test.run();

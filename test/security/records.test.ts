// Records of V format files: lines there, lengths inside (RFC 5024 §6.5).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collect } from '../../src/security/octets.js';
import { fromRecords, RecordError, toRecords } from '../../src/security/records.js';
import { chunked, rejection } from './support.js';

const lines = { delimiter: 'crlf', recordLengthMax: 5 } as const;
const kept = { delimiter: 'length', recordLengthMax: 5 } as const;
const inChunks = [1, 2, 3, 5, 100];

test('lines become records at every split; a last line without CRLF is a record; lone CR and LF are data', async () => {
  for (const length of inChunks) {
    for (const [local, hex] of [
      ['', ''],
      ['\r\n', '0000'],
      ['AB\r\n\r\nCDE\r\n', '0002414200000003434445'],
      ['AB\r\nCDE', '000241420003434445'],
      ['A\rB\r\n\nC\r\n', '0003410d4200020a43'],
      ['ABCDE\r\n\r\r\n', '00054142434445' + '00010d'],
    ] as const) {
      const inside = await collect(toRecords(chunked(Buffer.from(local, 'latin1'), length), lines));
      assert.is(inside.toString('hex'), hex, `${JSON.stringify(local)} in chunks of ${length}`);
      const back = await collect(fromRecords(chunked(inside, length), lines));
      assert.is(back.toString('latin1'), local === 'AB\r\nCDE' ? `${local}\r\n` : local);
      assert.equal(await collect(fromRecords(chunked(inside, length), kept)), inside);
      assert.equal(await collect(toRecords(chunked(inside, length), kept)), inside);
    }
  }
});

test('a line that is too long is refused, wherever it stands and however it is cut', async () => {
  for (const length of inChunks) {
    for (const [local, message] of [
      ['ABCDEF\r\n', 'Record 1 is longer than 5'],
      ['A\r\nABCDEF', 'Record 2 is longer than 5'],
      [`A\r\n\r\n${'x'.repeat(300)}`, 'Record 3 is longer than 5'],
    ] as const) {
      const error = await rejection(collect(toRecords(chunked(Buffer.from(local), length), lines)));
      assert.instance(error, RecordError);
      assert.match(error.message, message);
    }
  }
});

test('records that are too long, or cut short, are refused', async () => {
  for (const length of inChunks) {
    for (const [hex, message] of [
      ['0006414243444546', 'Record 1 is longer than 5'],
      ['00014100', 'inside record 2'],
      ['0001410003', 'inside record 2'],
      ['000141000342', 'inside record 2'],
    ] as const) {
      for (const options of [lines, kept]) {
        const error = await rejection(collect(fromRecords(chunked(Buffer.from(hex, 'hex'), length), options)));
        assert.instance(error, RecordError);
        assert.match(error.message, message);
      }
    }
  }
});

test('a record that holds CRLF cannot be a line, at every split', async () => {
  for (const length of inChunks) {
    const inside = chunked(Buffer.from('00024142' + '0004410d0a42', 'hex'), length);
    assert.match((await rejection(collect(fromRecords(inside, lines)))).message, 'Record 2 holds CR LF');
  }
});

test('the end of one record and the start of the next are not taken for CRLF inside one', async () => {
  const inside = Buffer.from('0001' + '0d' + '0001' + '0a', 'hex');
  assert.is((await collect(fromRecords(chunked(inside, 1), lines))).toString('hex'), '0d0d0a' + '0a0d0a');
});

test('long records are handed on before many of them have gathered', async () => {
  const record = Buffer.concat([Buffer.of(0xea, 0x60), Buffer.alloc(60_000, 0x41)]);
  const sizes: number[] = [];
  const records = chunked(Buffer.concat(Array<Buffer>(50).fill(record)), 65_536);
  for await (const { length } of fromRecords(records, { delimiter: 'crlf', recordLengthMax: 60_000 })) {
    sizes.push(length);
  }
  assert.ok(Math.max(...sizes) <= 131_072, `${Math.max(...sizes)} octets at once`);
  assert.is(
    sizes.reduce((sum, size) => sum + size),
    50 * 60_002,
  );
});

test.run();

/** Reason codes: RFC 5024 §5.3.5, §5.3.10, §5.3.11, §5.3.14. The lists themselves are compared in `table.test.ts`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  nerpReason,
  REASONS,
  type ReasonKind,
  reasonForLevel,
  reasonText,
} from '../../../src/protocol/commands/reasons.js';
import type { Level } from '../../../src/protocol/commands/version.js';

const sent = (kind: ReasonKind, code: number, ...levels: Level[]) =>
  levels.map((level) => reasonForLevel(kind, code, level));

test('C-149 a code goes out only at a level that has it, else 99', () => {
  assert.equal(sent('SFNA', 13, 1, 2, 4, 5), [13, 13, 13, 13]);
  assert.equal(sent('SFNA', 14, 1, 2, 4, 5), [99, 99, 14, 14]);
  assert.equal(sent('SFNA', 15, 1, 2, 4, 5), [99, 99, 99, 15]);
  assert.equal(sent('EFNA', 22, 2, 4, 5), [99, 99, 22]);
  assert.equal(sent('SFNA', 22, 5), [99]);
  assert.equal(sent('NERP', 24, 4, 5), [24, 24]);
  assert.equal(sent('NERP', 34, 4, 5), [34, 34]);
});

test('C-273 ESID 11 and 12 exist in 2.0 only', () => {
  assert.equal(sent('ESID', 11, 1, 2, 4, 5), [99, 99, 99, 11]);
  assert.equal(sent('ESID', 12, 1, 2, 4, 5), [99, 99, 99, 12]);
  assert.equal(sent('ESID', 10, 1, 2, 4, 5), [10, 10, 10, 10]);
});

test('codes that no level has become 99', () => {
  for (const kind of Object.keys(REASONS) as ReasonKind[]) {
    assert.equal(sent(kind, 77, 1, 2, 4, 5), [99, 99, 99, 99]);
    assert.equal(sent(kind, Number.NaN, 5), [99]);
    assert.equal(sent(kind, 99, 1, 2, 4, 5), [99, 99, 99, 99]);
  }
  assert.equal(sent('SFNA', 0, 5), [99]);
});

test('C-240 a refusal by SFNA or EFNA becomes the NERP code that is 10 higher', () => {
  for (const code of [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]) {
    assert.is(nerpReason('SFNA', code, 5), code + 10);
    assert.is(nerpReason('EFNA', code, 5), code + 10);
  }
  assert.is(nerpReason('SFNA', 14, 4), 24);
  assert.is(nerpReason('SFNA', 15, 4), 99);
});

test('C-241 EFNA 21, 22 and 23 become NERP 31, 33 and 32', () => {
  assert.is(nerpReason('EFNA', 21, 5), 31);
  assert.is(nerpReason('EFNA', 22, 5), 33);
  assert.is(nerpReason('EFNA', 23, 5), 32);
  assert.is(nerpReason('SFNA', 21, 5), 99);
});

test('C-240 ESID 03, 04 and 99 become NERP 03, 04 and 09, every other 99', () => {
  assert.equal(
    [3, 4, 99, 0, 2, 9, 10, 77].map((code) => nerpReason('ESID', code, 5)),
    [3, 4, 9, 99, 99, 99, 99, 99],
  );
  assert.is(nerpReason('ESID', 99, 4), 9);
});

test('a refusal without a code of its own becomes NERP 99', () => {
  assert.is(nerpReason('SFNA', 99, 5), 99);
  assert.is(nerpReason('EFNA', 99, 5), 99);
  assert.is(nerpReason('SFNA', 40, 5), 99);
  assert.is(nerpReason('SFNA', 80, 5), 99);
});

test('every code has a text, once', () => {
  for (const [kind, reasons] of Object.entries(REASONS)) {
    assert.is(new Set(reasons.map(({ code }) => code)).size, reasons.length, kind);
    for (const { code, text } of reasons) assert.is(reasonText(kind as ReasonKind, code), text);
  }
  assert.is(reasonText('ESID', 4), 'invalid password');
  assert.is(reasonText('NERP', 12), 'invalid destination');
  assert.is(reasonText('NERP', 32), 'file decompression failed');
  assert.is(reasonText('EFNA', 22), 'file decryption failed');
  assert.is(reasonText('SFNA', 55), 'unknown reason 55');
});

test.run();

/** RFC 5024 §8.2. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type HeaderFailure,
  readHeader,
  STB_LENGTH_MAX,
  STB_LENGTH_MIN,
  STH_LENGTH,
  writeHeader,
} from '../../../src/protocol/framing/stream-header.js';
import { hex } from './codecs.js';

function failure(header: number): Partial<HeaderFailure> {
  const result = readHeader(header);
  if (typeof result === 'number') throw new Error(`accepted with length ${result}`);
  const { detail, ...rest } = result;
  assert.ok(detail.includes(String(result.value)), detail);
  return rest;
}

test('C-011 the header has 4 octets, the buffer 5 to 100003 with it', () => {
  assert.equal([STH_LENGTH, STB_LENGTH_MIN, STB_LENGTH_MAX], [4, 5, 100_003]);
});

for (const [name, header, length] of [
  ['10 00 00 05 is the shortest, a CD', 0x10000005, 5],
  ['10 00 00 17 is an SSRM', 0x10000017, 23],
  ['C-174 10 01 86 A3 is the longest', 0x100186a3, 100_003],
  ['C-015 flags are not looked at', 0x1f000005, 5],
] as const) {
  test(`${name}`, () => assert.is(readHeader(header), length));
}

for (const length of [0, 1, 4, 100_004, 0xffffff]) {
  test(`C-012 C-013 a length of ${length} is refused`, () => {
    assert.equal(failure(0x10000000 + length), { field: 'length', value: length, reason: 7 });
  });
}

for (const version of [0, 2, 8, 15]) {
  test(`C-014 version ${version} is refused, whatever the length`, () => {
    assert.equal(failure((version << 28) | 5), { field: 'version', value: version, reason: 1 });
    assert.equal(failure((version << 28) | 0xffffff), { field: 'version', value: version, reason: 1 });
  });
}

test('C-007 a TLS ClientHello on the plain port looks like a buffer of more than 196608 octets', () => {
  assert.equal(failure(0x16030100), { field: 'length', value: 0x030100, reason: 7 });
});

test('C-010 what is written has version 1, no flags, the length in network order and nothing else', () => {
  for (const [length, octets] of [
    [5, '10000005'],
    [23, '10000017'],
    [0x1234, '10001234'],
    [100_003, '100186a3'],
  ] as const) {
    const area = new Uint8Array(8).fill(0xff);
    writeHeader(area, 2, length);
    assert.is(hex(area), `ffff${octets}ffff`);
  }
});

test('a length that is out of range is not written', () => {
  for (const length of [0, 4, 100_004, Number.NaN]) {
    const area = new Uint8Array(4);
    assert.throws(
      () => writeHeader(area, 0, length),
      (error: unknown) => {
        return error instanceof RangeError && error.message.includes(`${length} octets, must be 5 to 100003`);
      },
    );
    assert.is(hex(area), '00000000');
  }
});

test.run();

/** The accelerated codec does octet for octet what the one in JavaScript does, and is absent where it must be. */

import { execFileSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAcceleratedCodec } from '../../../src/protocol/framing/accelerated.js';
import { decode, encode, hex, makeHosts, octets, wasmMemory } from './codecs.js';

const [PLAIN, ACCELERATED] = makeHosts();
const SEED = 0x0f7b_2026;
const CASES = 3000;

/** A linear congruential generator: the same numbers in every run. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Octets in which runs of all lengths are frequent. */
function runs(random: (below: number) => number, length: number): Uint8Array {
  const content = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const end = at + 1 + random([1, 3, 6, 140][random(4)]!);
    content.fill(random(4) === 0 ? 0x20 : random(256), at, end);
    at = end;
  }
  return content;
}

test(`${CASES} random sources decode alike, whatever they hold and wherever they stop`, () => {
  const random = makeRandom(SEED);
  for (let number = 0; number < CASES; number++) {
    const source = Uint8Array.from({ length: random(300) }, () => random([64, 256][random(2)]!));
    const options = { room: random(700), carry: random(3) === 0 ? random(256) : -1, stop: random(2) === 0 };
    const expected = decode(PLAIN, source, options);
    assert.equal(decode(ACCELERATED, source, options), expected, `case ${number}: ${hex(source)}`);
  }
});

test(`${CASES} random sources encode alike, fill their room and decode to what they were`, () => {
  const random = makeRandom(SEED + 1);
  for (let number = 0; number < CASES; number++) {
    const source = runs(random, random(500));
    const room = random(600);
    const options = { room, endOfRecord: random(2) === 0, compress: random(3) > 0 };
    const expected = encode(PLAIN, source, options);
    assert.equal(encode(ACCELERATED, source, options), expected, `case ${number}: ${hex(source)}`);
    const decoded = decode(ACCELERATED, octets(expected.output));
    assert.is(decoded.output, hex(source.subarray(0, expected.taken)), `case ${number}`);
    assert.is(decoded.recordEnds, expected.recordEnds, `case ${number}`);
    if (expected.taken < source.length) assert.ok(room - expected.output.length / 2 < 2, `case ${number}: filled`);
  }
});

test(`${CASES} random sources: compressed, a room takes at least as much, a whole source needs no more`, () => {
  const random = makeRandom(SEED + 2);
  for (let number = 0; number < CASES; number++) {
    const source = runs(random, random(300));
    for (const room of [random(330), 400]) {
      const plain = encode(PLAIN, source, { room, endOfRecord: true });
      const compressed = encode(PLAIN, source, { room, endOfRecord: true, compress: true });
      assert.ok(compressed.taken >= plain.taken, `case ${number}, room ${room}: ${hex(source)}`);
      if (plain.taken < source.length) continue;
      assert.ok(compressed.output.length <= plain.output.length, `case ${number}, room ${room}: ${hex(source)}`);
    }
  }
});

test('it is not made when it is switched off', () => {
  assert.is(createAcceleratedCodec(wasmMemory(1), { enabled: false }), undefined);
  assert.ok(createAcceleratedCodec(wasmMemory(1), { enabled: true }));
});

/** What createAcceleratedCodec() gives in a Node.js process with these options. */
function typeOfCodec(...options: string[]): string {
  const module = new URL('../../../src/protocol/framing/accelerated.js', import.meta.url);
  const script = `import { createAcceleratedCodec } from '${module}';
    const memory = typeof WebAssembly === 'undefined' ? undefined : new WebAssembly.Memory({ initial: 1, maximum: 1 });
    process.stdout.write(typeof createAcceleratedCodec(memory));`;
  const args = [...options, '--input-type=module', '--eval', script];
  return execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 20_000,
  });
}

test('it is made by a Node.js without options', () => {
  assert.is(typeOfCodec(), 'object');
});

test('it is not made where there is no WebAssembly', () => {
  assert.is(typeOfCodec('--jitless'), 'undefined');
});

if (process.arch === 'x64') {
  test('it is not made where the processor has no SIMD that WebAssembly can use', () => {
    assert.is(typeOfCodec('--no-enable-ssse3', '--no-enable-sse4-1'), 'undefined');
  });
}

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { READ_AREA_LENGTH, TransferMemory } from '../../src/transport/memory.js';
import { SLAB_LENGTH, SLACK_LENGTH } from '../../src/transport/slabs.js';
import { runChild } from '../support/child.js';
import { PROJECT_ROOT } from '../support/project.js';

const MEBIBYTE = 1024 * 1024;
const HOLDER = { yieldSlab() {} };

function allSlabs(memory: TransferMemory): number[] {
  return Array.from({ length: memory.slabs.total }, () => memory.slabs.tryLease(HOLDER) as number);
}

test('bytes and buffer are views of the whole WebAssembly memory, which cannot grow', () => {
  const { bytes, buffer, wasm } = new TransferMemory(MEBIBYTE);
  assert.is(bytes.buffer, wasm?.buffer);
  assert.is(buffer.buffer, wasm?.buffer);
  assert.is(bytes.byteOffset, 0);
  assert.is(bytes.length, wasm?.buffer.byteLength);
  assert.is(buffer.length, bytes.length);
  assert.throws(() => wasm?.grow(1), RangeError);
});

test('the read area and the slabs lie inside the memory, apart from each other, with 64 octets of slack each', () => {
  const memory = new TransferMemory(5 * MEBIBYTE);
  assert.is(memory.readEnd - memory.readStart, READ_AREA_LENGTH);
  const areas = allSlabs(memory).map((start) => ({ start, end: start + SLAB_LENGTH + SLACK_LENGTH }));
  areas.push({ start: memory.readStart, end: memory.readEnd + SLACK_LENGTH });
  areas.sort((a, b) => a.start - b.start);
  let free = 1;
  for (const { start, end } of areas) {
    assert.ok(start >= free, `${start} lies in an area that ends at ${free}`);
    free = end;
  }
  assert.ok(free + SLACK_LENGTH <= memory.bytes.length);
});

test('as many slabs are made as fit: 19 into 5 MiB, 3 into 1 MiB, 1 into 384 KiB', () => {
  assert.is(new TransferMemory(5 * MEBIBYTE).slabs.total, 19);
  assert.is(new TransferMemory(MEBIBYTE).slabs.total, 3);
  assert.is(new TransferMemory(384 * 1024).slabs.total, 1);
});

test('a size without room for a slab, above 2 GiB, or no number is refused with the range', () => {
  for (const size of [0, -1, 300_000, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(
      () => new TransferMemory(size),
      /transfer memory of .* octets is out of range: choose 327\d\d\d to 2147418112/,
    );
  }
});

test('without WebAssembly (--jitless) the memory is an ordinary one of the same layout', async () => {
  const script = `
    const { TransferMemory } = await import('./dist/src/transport/memory.js');
    const memory = new TransferMemory(1048576);
    const slab = memory.slabs.tryLease({ yieldSlab() {} });
    memory.bytes[slab] = 7;
    const { readStart, readEnd, slabs } = memory;
    console.log(typeof WebAssembly, memory.wasm, memory.buffer[slab], readEnd - readStart, slabs.total);`;
  const args = ['--jitless', '--input-type=module', '--eval', script];
  const { stdout } = await runChild(process.execPath, args, { cwd: PROJECT_ROOT, limitMs: 20_000 });
  assert.is(stdout.trim(), 'undefined undefined 7 65536 3');
});

test.run();

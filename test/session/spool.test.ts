import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Spool } from '../../src/session/spool.js';
import { TransferMemory } from '../../src/transport/memory.js';
import { gate } from '../support/gate.js';

/** Memory of so many slabs. */
function memoryOf(slabs: number): TransferMemory {
  const memory = new TransferMemory((slabs * 256 + 128) * 1024);
  assert.is(memory.slabs.total, slabs);
  return memory;
}

/** Somebody else who has a slab and does not give it back. */
const KEEPER = { yieldSlab() {} };

test('a spool that waits for a slab while it writes takes one slab and keeps what is in it', async () => {
  const memory = memoryOf(2);
  const kept = memory.slabs.tryLease(KEEPER)!;
  const disk = gate();
  const written: string[] = [];
  const spool = new Spool(memory, {
    seal() {},
    async write(octets) {
      await disk.opened;
      written.push(octets.toString('latin1'));
    },
    roomAgain: () => fill(),
  });
  const pieces = ['FIRST', 'SECOND'];
  function fill(): void {
    while (pieces.length > 0 && spool.ready()) {
      spool.next += memory.buffer.write(pieces.shift()!, spool.next, 'latin1');
      if (pieces.length > 0) spool.flush();
    }
  }
  fill();
  assert.is(spool.full, true, 'the second piece waits for memory');
  disk.open();
  await new Promise(setImmediate);
  assert.is(spool.full, false);
  memory.slabs.release(kept);
  await new Promise(setImmediate);
  await spool.finish();
  assert.equal(written, ['FIRST', 'SECOND']);
  assert.is(memory.slabs.free, 2, 'slabs that are free in the end');
});

test('a spool that is closed while it waits for a slab does not get one', async () => {
  const memory = memoryOf(1);
  const kept = memory.slabs.tryLease(KEEPER)!;
  const spool = new Spool(memory, { seal() {}, write: async () => {}, roomAgain: () => assert.unreachable() });
  assert.is(spool.ready(), false);
  assert.is(spool.full, true);
  spool.close();
  memory.slabs.release(kept);
  await new Promise(setImmediate);
  await spool.finish();
  assert.is(memory.slabs.free, 1);
});

test('a spool that gives way while it is finished has written everything in the end', async () => {
  const memory = memoryOf(2);
  const written: string[] = [];
  const spool = new Spool(memory, {
    seal() {},
    async write(octets) {
      await new Promise(setImmediate);
      written.push(octets.toString('latin1'));
    },
    roomAgain() {},
  });
  for (const piece of ['FIRST', 'SECOND']) {
    assert.ok(spool.ready());
    spool.next += memory.buffer.write(piece, spool.next, 'latin1');
    spool.flush();
  }
  // Two wait, for the slab that is being written and for the one that is being filled.
  const granted: number[] = [];
  for (const holder of [KEEPER, KEEPER]) memory.slabs.lease(holder, (address) => granted.push(address));
  await Promise.resolve();
  await spool.finish();
  assert.equal(written, ['FIRST', 'SECOND']);
  await Promise.resolve();
  assert.is(granted.length, 2);
});

test.run();

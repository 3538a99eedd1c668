import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SenderSlabs } from '../../src/session/sender-slabs.js';
import { SLAB_LENGTH, SlabPool } from '../../src/transport/slabs.js';

/** Lets the pool ask and grant. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Somebody else who waits for a slab. */
function waiter(pool: SlabPool): { readonly granted: number[] } {
  const granted: number[] = [];
  pool.lease({ yieldSlab() {} }, (address) => granted.push(address));
  return { granted };
}

test('with enough memory a block has its slab, its DATA another one, and the next block is read meanwhile', () => {
  const pool = new SlabPool(0, 8);
  const slabs = new SenderSlabs(pool, () => {});
  const block = slabs.tryBegin()!;
  assert.is(block.blockEnd, block.address + SLAB_LENGTH);
  assert.ok(slabs.reserveAhead());
  assert.is(pool.free, 4, 'a sender takes four slabs at most');
  const ahead = slabs.tryAhead()!;
  const rooms = [slabs.tryRoom(block)!, slabs.tryRoom(block)!];
  assert.is(new Set([block.address, ahead.address, ...rooms.map(({ start }) => start)]).size, 4);
  assert.is(slabs.tryRoom(block), undefined);
  rooms[0]!.flushed();
  assert.is(slabs.tryRoom(block)?.start, rooms[0]!.start);
});

test('in one slab a block shares it with its DATA, of which one write at a time is under way', () => {
  const slabs = new SenderSlabs(new SlabPool(0, 1), () => {});
  const block = slabs.tryBegin()!;
  assert.not.ok(slabs.reserveAhead());
  const room = slabs.tryRoom(block)!;
  assert.equal([room.start, room.end], [block.blockEnd, block.address + SLAB_LENGTH]);
  assert.ok(room.end - room.start >= 100_003, 'the longest exchange buffer fits, with its header');
  assert.is(slabs.tryRoom(block), undefined);
  room.flushed();
  assert.is(slabs.tryRoom(block)?.start, block.blockEnd);
});

test('who has a slab does not line up for another one; who has none does, once', async () => {
  const pool = new SlabPool(0, 1);
  const first = new SenderSlabs(pool, () => {});
  const second = new SenderSlabs(pool, () => {});
  const block = first.tryBegin()!;
  assert.is(second.tryBegin(), undefined);
  assert.is(second.tryBegin(), undefined);
  first.endBlock(block);
  assert.ok(first.tryBegin(), 'nobody has asked for it yet');
  await turn();
  first.leave();
  await turn();
  const granted = second.tryBegin();
  assert.ok(granted);
  second.leave();
  await turn();
  assert.is(pool.free, 1);
});

test('what others ask for goes back when the block is over, and the next block lines up behind them', async () => {
  const pool = new SlabPool(0, 2);
  const slabs = new SenderSlabs(pool, () => {});
  const block = slabs.tryBegin()!;
  const others = [waiter(pool), waiter(pool)];
  await turn();
  assert.equal([others[0]!.granted.length, others[1]!.granted.length], [0, 0], 'block and DATA need both');
  slabs.endBlock(block);
  await turn();
  assert.equal([others[0]!.granted.length, others[1]!.granted.length], [1, 1]);
  assert.is(slabs.tryBegin(), undefined);
  assert.not.ok(slabs.asked);
  pool.release(others[0]!.granted[0]!);
  await turn();
  assert.ok(slabs.tryBegin());
});

test('what others ask for goes back when a block that was read ahead is dropped', async () => {
  const pool = new SlabPool(0, 3);
  const slabs = new SenderSlabs(pool, () => {});
  const block = slabs.tryBegin()!;
  assert.ok(slabs.reserveAhead());
  const ahead = slabs.tryAhead()!;
  const others = [waiter(pool), waiter(pool), waiter(pool)];
  await turn();
  assert.ok(slabs.asked);
  slabs.endBlock(block);
  slabs.endBlock(ahead);
  await turn();
  assert.equal(
    others.map(({ granted }) => granted.length),
    [1, 1, 1],
  );
});

test('a slab that was waited for is used before it goes to those who ask for it', async () => {
  const pool = new SlabPool(0, 1);
  const kept = pool.tryLease({ yieldSlab() {} })!;
  const slabs = new SenderSlabs(pool, () => {});
  assert.is(slabs.tryBegin(), undefined);
  const other = waiter(pool);
  pool.release(kept);
  await turn();
  const block = slabs.tryBegin()!;
  assert.equal(other.granted, []);
  slabs.endBlock(block);
  await turn();
  assert.equal(other.granted.length, 1);
});

test('after the end slabs go back when the disk and the network are done with them', () => {
  const pool = new SlabPool(0, 4);
  const slabs = new SenderSlabs(pool, () => {});
  const block = slabs.tryBegin()!;
  const room = slabs.tryRoom(block)!;
  slabs.reserveAhead();
  const ahead = slabs.tryAhead()!;
  ahead.reading = true;
  slabs.leave();
  assert.is(pool.free, 2);
  room.flushed();
  assert.is(pool.free, 3);
  ahead.reading = false;
  slabs.endBlock(ahead);
  assert.is(pool.free, 4);
});

test('of a lost connection only the slab that the disk still writes to is kept', () => {
  const pool = new SlabPool(0, 4);
  const slabs = new SenderSlabs(pool, () => {});
  const block = slabs.tryBegin()!;
  const room = slabs.tryRoom(block)!;
  slabs.reserveAhead();
  const ahead = slabs.tryAhead()!;
  ahead.reading = true;
  slabs.abandon();
  assert.is(pool.free, 3);
  room.flushed();
  assert.is(pool.free, 3, 'the network tells late that it has let go');
  ahead.reading = false;
  slabs.endBlock(ahead);
  assert.is(pool.free, 4);
});

test.run();

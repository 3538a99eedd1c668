import { AssertionError } from 'node:assert';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SLAB_STRIDE, type SlabHolder, SlabPool } from '../../src/transport/slabs.js';

const START = 4096;

class Holder implements SlabHolder {
  readonly got: number[] = [];
  readonly asked: number[] = [];
  readonly take = (address: number): void => {
    this.got.push(address);
  };

  yieldSlab(address: number): void {
    this.asked.push(address);
  }
}

/** What has been put into microtasks so far, and what those add. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function holders(count: number): Holder[] {
  return Array.from({ length: count }, () => new Holder());
}

test('slabs are leased from the lowest address on, and none when all are out', () => {
  const pool = new SlabPool(START, 2);
  const holder = new Holder();
  assert.is(pool.free, 2);
  assert.is(pool.tryLease(holder), START);
  assert.is(pool.tryLease(holder), START + SLAB_STRIDE);
  assert.is(pool.tryLease(holder), undefined);
  assert.is(pool.free, 0);
  assert.is(pool.total, 2);
});

test('the slab released last is leased next', () => {
  const pool = new SlabPool(START, 3);
  const holder = new Holder();
  const [first, second] = [pool.tryLease(holder) as number, pool.tryLease(holder) as number];
  pool.release(second);
  pool.release(first);
  assert.is(pool.tryLease(holder), first);
});

test('releasing twice, or what is no slab, is an assertion error and changes nothing', () => {
  const pool = new SlabPool(START, 2);
  const address = pool.tryLease(new Holder()) as number;
  pool.release(address);
  for (const wrong of [address, START + SLAB_STRIDE, address + 1, 0, START + 2 * SLAB_STRIDE, Number.NaN]) {
    assert.throws(
      () => pool.release(wrong),
      (error: unknown) => error instanceof AssertionError,
    );
  }
  assert.is(pool.free, 2);
});

test('a pool of no slabs is an assertion error', () => {
  for (const total of [0, -1, 1.5]) {
    assert.throws(
      () => new SlabPool(START, total),
      (error: unknown) => error instanceof AssertionError,
    );
  }
});

test('lease with a free slab calls back after it has returned', async () => {
  const pool = new SlabPool(START, 1);
  const [holder] = holders(1) as [Holder];
  pool.lease(holder, holder.take);
  assert.equal(holder.got, []);
  assert.is(pool.free, 0);
  await settled();
  assert.equal(holder.got, [START]);
});

test('those who wait are served first come, first served, and never from inside release', async () => {
  const pool = new SlabPool(START, 1);
  const [first, second, third] = holders(3) as [Holder, Holder, Holder];
  pool.tryLease(first);
  pool.lease(second, second.take);
  pool.lease(third, third.take);
  pool.release(START);
  assert.equal(second.got, []);
  await settled();
  assert.equal([second.got, third.got], [[START], []]);
  pool.release(START);
  await settled();
  assert.equal([second.got, third.got], [[START], [START]]);
});

test('a slab released while somebody waits is not there for tryLease', async () => {
  const pool = new SlabPool(START, 1);
  const [first, second, third] = holders(3) as [Holder, Holder, Holder];
  pool.tryLease(first);
  pool.lease(second, second.take);
  pool.release(START);
  assert.is(pool.tryLease(third), undefined);
  await settled();
  assert.equal(second.got, [START]);
});

test('one holder may wait for several slabs, and cancel ends all of its waits', async () => {
  const pool = new SlabPool(START, 1);
  const [busy, waiting, last] = holders(3) as [Holder, Holder, Holder];
  pool.tryLease(busy);
  pool.lease(waiting, waiting.take);
  pool.lease(waiting, waiting.take);
  pool.lease(last, last.take);
  pool.cancel(waiting);
  pool.cancel(waiting);
  pool.release(START);
  await settled();
  assert.equal([waiting.got, last.got], [[], [START]]);
});

test('cancel between release and callback passes the slab on', async () => {
  const pool = new SlabPool(START, 1);
  const [busy, gone, next] = holders(3) as [Holder, Holder, Holder];
  pool.tryLease(busy);
  pool.lease(gone, gone.take);
  pool.lease(next, next.take);
  pool.release(START);
  pool.cancel(gone);
  await settled();
  assert.equal([gone.got, next.got], [[], [START]]);
  pool.release(START);
  assert.is(pool.free, 1);
});

test('the holders that have held longest are asked, one for each who waits, and each once a lease', async () => {
  const pool = new SlabPool(START, 3);
  const [oldest, middle, youngest, waiting] = holders(4) as [Holder, Holder, Holder, Holder];
  const address = pool.tryLease(oldest) as number;
  pool.tryLease(middle);
  pool.tryLease(youngest);
  pool.lease(waiting, waiting.take);
  assert.equal(oldest.asked, []);
  await settled();
  assert.equal([oldest.asked, middle.asked, youngest.asked], [[address], [], []]);
  pool.lease(waiting, waiting.take);
  await settled();
  assert.equal([oldest.asked.length, middle.asked.length, youngest.asked.length], [1, 1, 0]);
  pool.release(address);
  await settled();
  assert.equal([oldest.asked.length, middle.asked.length, youngest.asked.length], [1, 1, 0]);
});

test('nobody is asked when the slab came back or the wait ended before', async () => {
  const pool = new SlabPool(START, 2);
  const [first, second, waiting] = holders(3) as [Holder, Holder, Holder];
  const address = pool.tryLease(first) as number;
  pool.tryLease(second);
  pool.lease(waiting, waiting.take);
  pool.release(address);
  await settled();
  pool.lease(waiting, waiting.take);
  pool.cancel(waiting);
  await settled();
  assert.equal([first.asked, second.asked], [[], []]);
});

test('with more who wait than slabs, those served in between are asked as well', async () => {
  const pool = new SlabPool(START, 1);
  const [first, second, third] = holders(3) as [Holder, Holder, Holder];
  pool.tryLease(first);
  pool.lease(second, second.take);
  pool.lease(third, third.take);
  await settled();
  pool.release(START);
  await settled();
  assert.equal([first.asked, second.asked, third.asked], [[START], [START], []]);
});

test('a slab that came back after its holder was asked counts as any other when it is leased again', async () => {
  const pool = new SlabPool(START, 2);
  const [first, second, third, waiting] = holders(4) as [Holder, Holder, Holder, Holder];
  const address = pool.tryLease(first) as number;
  const other = pool.tryLease(first) as number;
  pool.lease(second, second.take);
  await settled();
  pool.release(address);
  await settled();
  pool.release(address);
  pool.release(other);
  pool.tryLease(second);
  pool.tryLease(third);
  pool.lease(waiting, waiting.take);
  await settled();
  assert.is(second.asked.length, 1);
  assert.equal(third.asked, []);
});

test('a holder may release inside yieldSlab', async () => {
  const pool = new SlabPool(START, 1);
  const holder: SlabHolder = { yieldSlab: (address) => pool.release(address) };
  const waiting = new Holder();
  pool.tryLease(holder);
  pool.lease(waiting, waiting.take);
  await settled();
  assert.equal(waiting.got, [START]);
});

/** One step of the property below: what the n-th holder does. */
type Step = { readonly act: 'try' | 'lease' | 'release' | 'cancel' | 'settle'; readonly who: number };

const STEP = fc.record({
  act: fc.constantFrom('try', 'lease', 'release', 'cancel', 'settle'),
  who: fc.nat(4),
}) as fc.Arbitrary<Step>;

test('whatever holders do: no slab is out twice, none is lost, the line is served in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(STEP, { maxLength: 60 }), async (total, steps) => {
      const pool = new SlabPool(START, total);
      const all = Array.from({ length: 5 }, (_, name) => ({ name, out: [] as number[], yieldSlab() {} }));
      const line: { who: number; ticket: number }[] = [];
      const served: number[] = [];
      let tickets = 0;
      for (const { act, who } of steps) {
        const holder = all[who] as (typeof all)[number];
        if (act === 'try') {
          const address = pool.tryLease(holder);
          if (address !== undefined) holder.out.push(address);
        } else if (act === 'lease') {
          const ticket = tickets++;
          line.push({ who, ticket });
          pool.lease(holder, (address) => {
            holder.out.push(address);
            served.push(ticket);
          });
        } else if (act === 'release') {
          const address = holder.out.shift();
          if (address !== undefined) pool.release(address);
        } else if (act === 'cancel') {
          // Those already served are not in the line any more.
          for (const entry of line.filter((waiting) => waiting.who === who && !served.includes(waiting.ticket))) {
            line.splice(line.indexOf(entry), 1);
          }
          pool.cancel(holder);
        } else {
          await settled();
          const out = all.flatMap((each) => each.out);
          assert.is(new Set(out).size, out.length);
          assert.is(out.length + pool.free, total);
          const waiting = line.filter(({ ticket }) => !served.includes(ticket));
          assert.ok(waiting.length === 0 || pool.free === 0);
        }
      }
      for (const holder of all) pool.cancel(holder);
      await settled();
      assert.equal(
        served,
        served.toSorted((a, b) => a - b),
      );
      for (const holder of all) for (const address of holder.out) pool.release(address);
      assert.is(pool.free, total);
    }),
    { numRuns: 300 },
  );
});

test.run();

import { strict as assert } from 'node:assert';
import { Linked } from './linked.js';

/** Usable octets of a slab. */
export const SLAB_LENGTH = 256 * 1024;

/**
 * Octets behind a slab that its holder may overwrite with garbage: the subrecord routines store 64 octets at a time.
 */
export const SLACK_LENGTH = 64;

/** Octets from the start of one slab to the start of the next. */
export const SLAB_STRIDE = SLAB_LENGTH + SLACK_LENGTH;

/** Whoever leases slabs: one end of a file that moves. */
export interface SlabHolder {
  /**
   * Others wait for a slab and this one has been out longest. Asked at most once a lease, never from inside a call to
   * the pool. The holder finishes what is under way (a write, the octets that are already there) and then releases the
   * slab; a holder that needs it again joins the waiters.
   */
  yieldSlab(address: number): void;
}

class Lease extends Linked {
  readonly address: number;
  /** Undefined while the slab is free. */
  holder: SlabHolder | undefined;
  asked = false;

  constructor(address: number) {
    super();
    this.address = address;
  }
}

class Waiter extends Linked {
  readonly holder: SlabHolder;
  readonly granted: (address: number) => void;
  /** The slab it has been given; `granted` is called in a microtask. */
  lease: Lease | undefined;
  cancelled = false;

  constructor(holder: SlabHolder, granted: (address: number) => void) {
    super();
    this.holder = holder;
    this.granted = granted;
  }
}

/**
 * A fixed number of slabs of memory, leased to files while they move. When none is free, who asks waits in line, and
 * those who have held theirs longest are asked to give back. Every operation takes the same time whatever the number of
 * slabs and waiters. A holder that goes away cancels what it waits for and releases what it has.
 */
export class SlabPool {
  readonly total: number;
  readonly #start: number;
  readonly #leases: readonly Lease[];
  readonly #free: Lease[];
  /** Leases whose holders have not been asked to give back, the oldest first. */
  readonly #unasked = new Linked();
  readonly #line = new Linked();
  readonly #waiters = new Map<SlabHolder, Set<Waiter>>();
  #waiting = 0;
  /** Leases whose holders have been asked and have not given back yet. */
  #asked = 0;
  #askingSoon = false;

  /** @param start address of the first slab; the others follow at {@link SLAB_STRIDE} */
  constructor(start: number, total: number) {
    assert(Number.isInteger(total) && total > 0, `a pool of ${total} slabs: at least 1 is needed`);
    this.total = total;
    this.#start = start;
    this.#leases = Array.from({ length: total }, (_, index) => new Lease(start + index * SLAB_STRIDE));
    // The last one released is the next one leased, so that memory that was never needed stays untouched.
    this.#free = this.#leases.toReversed();
  }

  get free(): number {
    return this.#free.length;
  }

  /**
   * The address of a free slab, or undefined when there is none. Nobody in line is overtaken: a slab goes to them
   * first.
   */
  tryLease(holder: SlabHolder): number | undefined {
    return this.#grant(holder)?.address;
  }

  /**
   * Waits for a slab, first come, first served. A holder may wait for several.
   * @param granted gets the address, always after this call has returned, unless the wait is cancelled before
   */
  lease(holder: SlabHolder, granted: (address: number) => void): void {
    const waiter = new Waiter(holder, granted);
    const own = this.#waiters.get(holder);
    if (own) own.add(waiter);
    else this.#waiters.set(holder, new Set([waiter]));
    const lease = this.#grant(holder);
    if (lease) {
      this.#deliver(waiter, lease);
      return;
    }
    waiter.append(this.#line);
    this.#waiting += 1;
    this.#askSoon();
  }

  /** Gives a slab back. A slab that is not leased is a programming error, and thrown as such. */
  release(address: number): void {
    const lease = this.#leases[(address - this.#start) / SLAB_STRIDE];
    assert(lease !== undefined, `release(${address}): no slab starts there`);
    assert(lease.holder !== undefined, `release(${address}): the slab is not leased, or was released before`);
    lease.holder = undefined;
    lease.unlink();
    if (lease.asked) this.#asked -= 1;
    lease.asked = false;
    this.#free.push(lease);
    this.#serveLine();
  }

  /** Ends all waits of a holder: nothing is granted to it any more. What it has leased stays with it. */
  cancel(holder: SlabHolder): void {
    const own = this.#waiters.get(holder);
    if (!own) return;
    this.#waiters.delete(holder);
    for (const waiter of own) {
      waiter.cancelled = true;
      if (waiter.lease) {
        this.release(waiter.lease.address);
      } else {
        waiter.unlink();
        this.#waiting -= 1;
      }
    }
  }

  #grant(holder: SlabHolder): Lease | undefined {
    const lease = this.#free.pop();
    if (!lease) return undefined;
    lease.holder = holder;
    lease.append(this.#unasked);
    return lease;
  }

  #serveLine(): void {
    const waiter = this.#line.after;
    if (!(waiter instanceof Waiter)) return;
    const lease = this.#grant(waiter.holder);
    if (!lease) return;
    waiter.unlink();
    this.#waiting -= 1;
    this.#deliver(waiter, lease);
    this.#askSoon();
  }

  /**
   * In a microtask: who releases or asks for a slab must not find other holders at work before the call has returned.
   */
  #deliver(waiter: Waiter, lease: Lease): void {
    waiter.lease = lease;
    queueMicrotask(() => {
      if (waiter.cancelled) return;
      const own = this.#waiters.get(waiter.holder);
      own?.delete(waiter);
      if (own?.size === 0) this.#waiters.delete(waiter.holder);
      waiter.granted(lease.address);
    });
  }

  #askSoon(): void {
    if (this.#askingSoon || this.#asked >= this.#waiting) return;
    this.#askingSoon = true;
    queueMicrotask(() => {
      this.#askingSoon = false;
      this.#ask();
    });
  }

  /** One holder is asked for every waiter, as far as there are holders. */
  #ask(): void {
    if (this.#asked >= this.#waiting) return;
    const lease = this.#unasked.after;
    if (!(lease instanceof Lease)) return;
    lease.unlink();
    lease.asked = true;
    this.#asked += 1;
    // Before the call: should a holder throw, the others are asked all the same.
    this.#askSoon();
    lease.holder?.yieldSlab(lease.address);
  }
}

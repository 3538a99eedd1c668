import { SLAB_LENGTH, type SlabHolder, type SlabPool } from '../transport/slabs.js';

/** Two slabs to read into and two to send from, so that the disk, the encoder and the network overlap. */
const SLABS_MAX = 4;

/**
 * Where memory is short, block and DATA share a slab: so many octets for the block leave room for its DATA, whatever
 * the length of an exchange buffer.
 */
const SHARED_BLOCK_LENGTH = 120 * 1024;

/** A slab of a sender. */
export class SenderSlab {
  readonly address: number;
  /** A block of the file has its octets here, or is being read. */
  block = false;
  reading = false;
  /** The network still reads from it. */
  writing = false;
  /** Others wait for it. */
  asked = false;
  /** It has been waited for and not been used yet. Given back now, it would go round for ever among those who wait. */
  fresh = false;
  /** How far a block may fill it. */
  blockEnd: number;

  constructor(address: number) {
    this.address = address;
    this.blockEnd = address + SLAB_LENGTH;
  }

  get idle(): boolean {
    return !this.block && !this.writing;
  }

  /** What is behind the block is for its DATA. */
  get shared(): boolean {
    return this.blockEnd < this.address + SLAB_LENGTH;
  }
}

/** An area for DATA. */
export interface Room {
  readonly start: number;
  readonly end: number;
  /** To be called when the network has taken what was written there. */
  readonly flushed: () => void;
}

/**
 * The slabs of one sender. It lines up for a slab only when it has none, and has none or room for the DATA of each
 * block that it reads: senders that wait for each other's slabs would wait for ever.
 */
export class SenderSlabs implements SlabHolder {
  readonly #pool: SlabPool;
  readonly #changed: () => void;
  readonly #slabs = new Set<SenderSlab>();
  /** Blocks in memory, or about to be read. */
  #blocks = 0;
  #linedUp = false;
  #left = false;

  /** `changed` is called when what was not there may be there now. */
  constructor(pool: SlabPool, changed: () => void) {
    this.#pool = pool;
    this.#changed = changed;
  }

  /** Nothing more is sent: blocks are dropped as soon as they come. */
  get left(): boolean {
    return this.#left;
  }

  /** Others wait for slabs of this sender. */
  get asked(): boolean {
    for (const slab of this.#slabs) if (slab.asked && !slab.fresh) return true;
    return false;
  }

  /** Nothing more is sent, and all slabs have gone back. */
  get gone(): boolean {
    return this.#left && this.#slabs.size === 0;
  }

  /**
   * A slab for a block, while no block is in memory; it is shared with the DATA of the block where there is no other
   * one. If there is none, this lines up for it.
   */
  tryBegin(): SenderSlab | undefined {
    // What others wait for goes back first.
    if (this.asked) return undefined;
    if (this.#idle() === undefined && !this.#grow()) {
      if (this.#slabs.size === 0 && !this.#linedUp) this.#lineUp();
      return undefined;
    }
    this.#blocks += 1;
    return this.#use(this.#slabs.size > 1 || this.#grow() ? SLAB_LENGTH : SHARED_BLOCK_LENGTH);
  }

  /** Sets memory aside for another block besides that in memory, if there is enough; then `tryAhead` gives it. */
  reserveAhead(): boolean {
    for (const slab of this.#slabs) if (slab.shared) return false;
    if (this.asked) return false;
    while (this.#grow());
    if (this.#slabs.size < this.#blocks + 2) return false;
    this.#blocks += 1;
    return true;
  }

  tryAhead(): SenderSlab | undefined {
    return this.#idle() === undefined ? undefined : this.#use(SLAB_LENGTH);
  }

  /** The block is not needed any more. */
  endBlock(slab: SenderSlab): void {
    if (!slab.block) return;
    slab.block = false;
    slab.blockEnd = slab.address + SLAB_LENGTH;
    this.#blocks -= 1;
    this.#settle(slab);
  }

  /** Room for DATA of the block in this slab. */
  tryRoom(block: SenderSlab): Room | undefined {
    const slab = block.shared ? block : this.#forData();
    if (slab === undefined || slab.writing) return undefined;
    slab.writing = true;
    const flushed = () => {
      slab.writing = false;
      this.#settle(slab);
    };
    return { start: block.shared ? block.blockEnd : slab.address, end: slab.address + SLAB_LENGTH, flushed };
  }

  yieldSlab(address: number): void {
    for (const slab of this.#slabs) {
      if (slab.address !== address) continue;
      slab.asked = true;
      this.#settle(slab);
    }
  }

  /** Ends the waiting in line. */
  stopWaiting(): void {
    this.#pool.cancel(this);
    this.#linedUp = false;
  }

  /** Sending has ended: slabs go back as soon as neither the disk nor the network needs them. */
  leave(): void {
    this.#left = true;
    this.stopWaiting();
    for (const slab of this.#slabs) {
      if (!slab.reading) slab.block = false;
      this.#settle(slab);
    }
    this.#changed();
  }

  /** The network needs no slab any more. */
  abandon(): void {
    for (const slab of this.#slabs) slab.writing = false;
    this.leave();
  }

  #lineUp(): void {
    this.#linedUp = true;
    this.#pool.lease(this, (address) => {
      this.#linedUp = false;
      const slab = new SenderSlab(address);
      slab.fresh = true;
      this.#slabs.add(slab);
      this.#changed();
    });
  }

  /** Leases one more slab, if that needs no waiting. */
  #grow(): boolean {
    if (this.#slabs.size >= SLABS_MAX) return false;
    const address = this.#pool.tryLease(this);
    if (address === undefined) return false;
    this.#slabs.add(new SenderSlab(address));
    return true;
  }

  /** Makes an idle slab, of which there must be one, that of a block. */
  #use(length: number): SenderSlab {
    const slab = this.#idle() as SenderSlab;
    slab.block = true;
    slab.fresh = false;
    slab.blockEnd = slab.address + length;
    return slab;
  }

  #forData(): SenderSlab | undefined {
    return this.#idle() ?? (this.#grow() ? this.#idle() : undefined);
  }

  #idle(): SenderSlab | undefined {
    for (const slab of this.#slabs) if (slab.idle) return slab;
    return undefined;
  }

  /** Something has ended in a slab: it goes back to the pool if it can, or may be used again. */
  #settle(slab: SenderSlab): void {
    const mayGo = this.#left || (slab.asked && !slab.fresh && this.#canSpareOne());
    if (slab.idle && mayGo && this.#slabs.delete(slab)) this.#pool.release(slab.address);
    this.#changed();
  }

  #canSpareOne(): boolean {
    let shared = false;
    for (const slab of this.#slabs) shared ||= slab.shared;
    const needed = this.#blocks === 0 || shared ? this.#blocks : this.#blocks + 1;
    return this.#slabs.size > needed;
  }
}

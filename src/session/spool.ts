import type { TransferMemory } from '../transport/memory.js';
import { SLAB_LENGTH, type SlabHolder } from '../transport/slabs.js';

const NONE = -1;

/** What a spool needs of whoever fills it. */
export interface SpoolOwner {
  /** The slab is about to be written: what it holds must be complete as far as it goes. */
  seal(): void;
  /** Writes the octets of a slab, which are valid until this settles. Called in order, the next after the last. */
  write(octets: Buffer): Promise<void>;
  /** After `full`: there is room again. */
  roomAgain(): void;
}

/**
 * One slab is filled with received octets while the one before is written. When writing falls behind, there is no slab
 * to fill, and `SpoolOwner.roomAgain` tells when to go on: the connection stops reading meanwhile, so that the peer is
 * held back by credit and by TCP, not by memory.
 */
export class Spool implements SlabHolder {
  /** Where the next octet goes, after `ready` has returned true. To be moved on behind what was filled in. */
  next = NONE;
  /** Behind the slab that is being filled. */
  end = NONE;
  readonly #memory: TransferMemory;
  readonly #owner: SpoolOwner;
  #slab = NONE;
  /** Others wait for the slab that is being filled. */
  #asked = false;
  /** The slab has been waited for, and what it was wanted for has not been filled in yet. */
  #fresh = false;
  /** A slab has been asked for. Only one: a second one would take the place of the first and of what is in it. */
  #leasing = false;
  /** The slab is full, and the one before is still being written. */
  #blocked = false;
  #writing: Promise<void> | undefined;
  #failure: unknown;
  #closed = false;

  constructor(memory: TransferMemory, owner: SpoolOwner) {
    this.#memory = memory;
    this.#owner = owner;
  }

  /** Going on has to wait for the disk or for memory. */
  get full(): boolean {
    return this.#leasing || this.#blocked;
  }

  /** The first error of `write`, or of `fail`; everything after it is dropped. */
  get failure(): unknown {
    return this.#failure;
  }

  /** What was filled in is not acceptable: nothing is written any more, and `finish` rejects. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Whether there is a slab to fill. If not, it has been asked for. */
  ready(): boolean {
    return this.#slab !== NONE || this.#lease();
  }

  /** Hands the slab over for writing; false when the one before is still being written. */
  flush(): boolean {
    if (this.#writing !== undefined) {
      this.#blocked = true;
      return false;
    }
    this.#owner.seal();
    const slab = this.#slab;
    const octets = this.#memory.buffer.subarray(slab, this.next);
    this.#writing = this.#write(octets, slab);
    this.#use(NONE);
    return true;
  }

  /** Writes what is left, and settles when all of it is written. */
  async finish(): Promise<void> {
    await this.#written();
    if (this.#filled > 0 && this.#failure === undefined) {
      this.flush();
      await this.#written();
    }
    this.#giveBack();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Others are short of slabs. One that is being written goes back anyway. */
  yieldSlab(address: number): void {
    if (address !== this.#slab) return;
    this.#asked = true;
    this.#giveWay();
  }

  /** Nothing more will be filled in: a slab that is still waited for is not wanted any longer. */
  close(): void {
    this.#closed = true;
    this.#leasing = false;
    this.#blocked = false;
    this.#memory.slabs.cancel(this);
  }

  /** Settles when nothing is being written. The end of one write may begin another one, to give way. */
  async #written(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  get #filled(): number {
    return this.next - this.#slab;
  }

  #lease(): boolean {
    if (this.#leasing || this.#closed) return false;
    const slab = this.#memory.slabs.tryLease(this);
    if (slab !== undefined) {
      this.#use(slab);
      return true;
    }
    this.#leasing = true;
    this.#memory.slabs.lease(this, (address) => {
      this.#use(address);
      this.#leasing = false;
      this.#fresh = true;
      // Another connection may be giving this slab back out of its read callback, with octets still in the read area.
      queueMicrotask(() => {
        this.#owner.roomAgain();
        this.#fresh = false;
        this.#giveWay();
      });
    });
    return false;
  }

  /** If others wait for the slab: writes what it holds, so that it becomes free. */
  #giveWay(): void {
    // Given back before it was used, a slab would go round for ever among those who wait for it.
    if (!this.#asked || this.#fresh) return;
    if (this.#filled === 0) this.#giveBack();
    else if (this.#writing === undefined) this.flush();
  }

  #use(slab: number): void {
    this.#slab = slab;
    this.#asked = false;
    this.next = slab;
    this.end = slab === NONE ? NONE : slab + SLAB_LENGTH;
  }

  async #write(octets: Buffer, slab: number): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#owner.write(octets);
    } catch (error) {
      this.#failure ??= error;
    }
    this.#memory.slabs.release(slab);
    this.#writing = undefined;
    this.#giveWay();
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#owner.roomAgain();
  }

  #giveBack(): void {
    if (this.#slab === NONE) return;
    this.#memory.slabs.release(this.#slab);
    this.#use(NONE);
  }
}

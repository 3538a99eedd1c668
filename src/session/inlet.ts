import type { SubrecordCodec } from '../protocol/framing/subrecords.js';
import type { TransferMemory } from '../transport/memory.js';
import { SLAB_LENGTH, type SlabHolder } from '../transport/slabs.js';

/** Takes the octets of a file in order. The octets are valid until the promise settles. */
export interface DataTarget {
  write(octets: Buffer, position: number): Promise<void>;
}

const NONE = -1;

/**
 * The way of received octets: subrecords are decoded out of the read area into a slab, a full slab is written while the
 * next one fills. When writing falls behind, less is taken than was offered, and `roomAgain` tells when to go on: the
 * connection stops reading meanwhile, so that the peer is held back by credit and by TCP, not by memory.
 */
export class Inlet implements SlabHolder {
  readonly #memory: TransferMemory;
  readonly #codec: SubrecordCodec;
  readonly #target: DataTarget;
  readonly #roomAgain: () => void;
  #slab = NONE;
  #fill = 0;
  #carry = NONE;
  #waiting = false;
  #writing: Promise<void> | undefined;
  #position: number;
  #failure: unknown;
  #closed = false;

  /** `position`: octets that are already there, from an earlier attempt. */
  constructor(
    memory: TransferMemory,
    codec: SubrecordCodec,
    target: DataTarget,
    position: number,
    roomAgain: () => void,
  ) {
    this.#memory = memory;
    this.#codec = codec;
    this.#target = target;
    this.#position = position;
    this.#roomAgain = roomAgain;
  }

  /** Octets of the virtual file taken so far, earlier attempts included. */
  get octets(): number {
    return this.#position + this.#fill;
  }

  /** A subrecord has begun whose octets are still to come. */
  get insideSubrecord(): boolean {
    return this.#carry !== NONE;
  }

  /** Taking more has to wait for the disk or for memory. */
  get full(): boolean {
    return this.#waiting;
  }

  /** The first error of the target; everything after it is dropped. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Takes subrecords from `memory.bytes[start..end)` and returns how many octets of them it used up. */
  take(start: number, end: number): number {
    let src = start;
    while (src < end) {
      if (this.#slab === NONE && !this.#lease()) break;
      const slab = this.#slab;
      this.#codec.decode(src, end, slab + this.#fill, slab + SLAB_LENGTH, this.#carry, false);
      src = this.#codec.src;
      this.#fill = this.#codec.dst - slab;
      this.#carry = this.#codec.carry;
      if (src < end && !this.#flush()) break;
    }
    return src - start;
  }

  /** Writes what is left, and settles with the octets of the file when all of it is with the target. */
  async finish(): Promise<number> {
    await this.#writing;
    if (this.#fill > 0 && this.#failure === undefined) {
      this.#flush();
      await this.#writing;
    }
    this.#giveBack();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#position;
  }

  /** Gives up: what was not written is lost. Settles when the target is no longer written to. */
  async abandon(): Promise<void> {
    this.#closed = true;
    this.#memory.slabs.cancel(this);
    await this.#writing;
    this.#giveBack();
  }

  /** Others are short of slabs: write what there is, so that this one becomes free. */
  yieldSlab(): void {
    if (this.#fill > 0 && this.#writing === undefined) this.#flush();
    else if (this.#fill === 0) this.#giveBack();
  }

  #lease(): boolean {
    if (this.#waiting || this.#closed) return false;
    const slab = this.#memory.slabs.tryLease(this);
    if (slab !== undefined) {
      this.#slab = slab;
      return true;
    }
    this.#waiting = true;
    this.#memory.slabs.lease(this, (address) => {
      this.#slab = address;
      this.#waiting = false;
      // Another connection may be giving this slab back out of its read callback, with its octets still in the read area.
      queueMicrotask(this.#roomAgain);
    });
    return false;
  }

  /** Hands the slab to the target; false when the one before is still being written. */
  #flush(): boolean {
    if (this.#writing !== undefined) {
      this.#waiting = true;
      return false;
    }
    const slab = this.#slab;
    const octets = this.#memory.buffer.subarray(slab, slab + this.#fill);
    this.#writing = this.#write(octets, slab);
    this.#position += this.#fill;
    this.#slab = NONE;
    this.#fill = 0;
    return true;
  }

  async #write(octets: Buffer, slab: number): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#target.write(octets, this.#position);
    } catch (error) {
      this.#failure ??= error;
    }
    this.#memory.slabs.release(slab);
    this.#writing = undefined;
    if (this.#waiting && !this.#closed) {
      this.#waiting = false;
      this.#roomAgain();
    }
  }

  #giveBack(): void {
    if (this.#slab === NONE) return;
    this.#memory.slabs.release(this.#slab);
    this.#slab = NONE;
    this.#fill = 0;
  }
}

import type { SubrecordCodec } from '../protocol/framing/subrecords.js';
import type { TransferMemory } from '../transport/memory.js';
import { Spool } from './spool.js';

/** Takes what a file is stored as, in order. */
export interface DataTarget {
  /**
   * The octets are valid until the promise settles. `reached`: octets of the virtual file that have come up to their
   * end, earlier attempts included.
   */
  write(octets: Buffer, reached: number): Promise<void>;
}

/** What EFID counts. */
export interface FileCounts {
  readonly octets: number;
  /** Complete records; 0 in unstructured, text and secured files. */
  readonly records: number;
  /** A record has begun that did not end. */
  readonly unfinished: boolean;
}

/** The way of received octets from the read area to a target: DATA is decoded into slabs, and these are written. */
export interface Inlet {
  /** A subrecord has begun whose octets are still to come. */
  readonly insideSubrecord: boolean;
  /** Taking more has to wait for the disk or for memory: less was taken than offered. */
  readonly full: boolean;
  /** Takes subrecords from `memory.bytes[start..end)` and returns how many octets of them it used up. */
  take(start: number, end: number): number;
  /**
   * Writes what is left, and settles with the counts of the file when all of it is with the target.
   * @throws the first error of the target, or ContentRefused
   */
  finish(): Promise<FileCounts>;
  /** Nothing more will be taken: no longer waits for memory. `finish` is still to be called. */
  close(): void;
}

/** What an inlet works with. */
export interface InletOptions {
  readonly memory: TransferMemory;
  readonly codec: SubrecordCodec;
  readonly target: DataTarget;
  /** There is room again after an inlet was full. */
  roomAgain(): void;
}

const NONE = -1;

/** Unstructured, text and secured files: all octets count, and ends of records mean nothing. */
export class OctetInlet implements Inlet {
  readonly #codec: SubrecordCodec;
  readonly #spool: Spool;
  #carry = NONE;
  #octets: number;

  /** `octets`: those that are already there, from an earlier attempt. */
  constructor({ memory, codec, target, roomAgain }: InletOptions, octets: number) {
    this.#codec = codec;
    this.#octets = octets;
    this.#spool = new Spool(memory, {
      seal() {},
      write: (written) => {
        this.#octets += written.length;
        return target.write(written, this.#octets);
      },
      roomAgain,
    });
  }

  get insideSubrecord(): boolean {
    return this.#carry !== NONE;
  }

  get full(): boolean {
    return this.#spool.full;
  }

  take(start: number, end: number): number {
    const [codec, spool] = [this.#codec, this.#spool];
    let src = start;
    while (src < end && spool.ready()) {
      codec.decode(src, end, spool.next, spool.end, this.#carry, false);
      src = codec.src;
      spool.next = codec.dst;
      this.#carry = codec.carry;
      if (src < end && !spool.flush()) break;
    }
    return src - start;
  }

  async finish(): Promise<FileCounts> {
    await this.#spool.finish();
    return { octets: this.#octets, records: 0, unfinished: false };
  }

  close(): void {
    this.#spool.close();
  }
}

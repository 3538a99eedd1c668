/**
 * Finds the records in the octets of a file. The octets come block by block, and a record that goes on in the next
 * block is found in parts. Nothing is copied, and nothing is allocated for a record.
 */
import type { RecordDelimiter } from './record-format.js';

export interface RecordSplitter {
  /** The part of a record that `next` has found: the octets of the block's memory from here … */
  readonly from: number;
  /** … up to here. */
  readonly to: number;
  /** The record ends with this part. */
  readonly endsRecord: boolean;
  /** Where `next` goes on: behind the part and, if the record ends with it, behind its delimiter. */
  readonly at: number;
  /** A record has begun, or the prefix of one, that is not complete yet. */
  readonly open: boolean;

  /** Where to cut the block bytes[start..end), so that no delimiter is cut; what follows comes with the next block. */
  cut(bytes: Uint8Array, start: number, end: number, last: boolean): number;
  /** Begins with the next block of the file, bytes[start..end). `last`: the file ends with it. */
  begin(bytes: Uint8Array, start: number, end: number, last: boolean): void;
  /** Finds the next part of a record; false when the block is used up. */
  next(): boolean;
  /** The next block begins with the last octets of the part that was found, and with the delimiter behind them. */
  back(octets: number): void;
}

/** The splitter for a local file; `recordLength` is that of format F. */
export function recordSplitter(delimiter: RecordDelimiter, recordLength: number): RecordSplitter {
  if (delimiter === 'crlf') return new LineSplitter();
  return delimiter === 'length' ? new PrefixSplitter(2) : new FixedSplitter(recordLength);
}

const CR = 0x0d;
const LF = 0x0a;

/** Records that end with CR LF; the last one of the file need not. */
class LineSplitter implements RecordSplitter {
  from = 0;
  to = 0;
  endsRecord = true;
  at = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #last = false;

  get open(): boolean {
    return !this.endsRecord;
  }

  cut(bytes: Uint8Array, _start: number, end: number, last: boolean): number {
    return !last && bytes[end - 1] === CR ? end - 1 : end;
  }

  begin(bytes: Uint8Array, start: number, end: number, last: boolean): void {
    this.#bytes = bytes;
    this.#end = end;
    this.#last = last;
    this.at = start;
  }

  next(): boolean {
    if (this.at === this.#end) return false;
    const bytes = this.#bytes;
    const lastPair = this.#end - 1;
    let at = this.at;
    while (at < lastPair && (bytes[at] !== CR || bytes[at + 1] !== LF)) at += 1;
    const found = at < lastPair;
    this.from = this.at;
    this.to = found ? at : this.#end;
    this.endsRecord = found || this.#last;
    this.at = found ? at + 2 : this.#end;
    return true;
  }

  back(): void {
    this.endsRecord = false;
  }
}

/** What a splitter has left of a record before its length is known. */
const UNKNOWN = -1;

/**
 * Records behind their lengths, most significant octet first. With `lastFlag`, that bit of the length is none of it,
 * but says whether the record ends with the octets that follow or goes on behind another length.
 */
export class PrefixSplitter implements RecordSplitter {
  from = 0;
  to = 0;
  endsRecord = true;
  at = 0;
  readonly #prefixLength: number;
  readonly #lastFlag: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** The octets of a prefix that are there, and their value. */
  #prefixOctets = 0;
  #prefix = 0;
  /** Octets still to come behind the prefix. */
  #left = UNKNOWN;
  #isLast = true;

  constructor(prefixLength: number, lastFlag = 0) {
    this.#prefixLength = prefixLength;
    this.#lastFlag = lastFlag;
  }

  get open(): boolean {
    return !this.endsRecord || this.#left !== UNKNOWN || this.#prefixOctets > 0;
  }

  cut(_bytes: Uint8Array, _start: number, end: number): number {
    return end;
  }

  begin(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.at = start;
  }

  next(): boolean {
    if (this.#left === UNKNOWN && !this.#readPrefix()) return false;
    if (this.at === this.#end && this.#left > 0) return false;
    this.from = this.at;
    this.to = Math.min(this.at + this.#left, this.#end);
    this.at = this.to;
    this.#left -= this.to - this.from;
    this.endsRecord = this.#left === 0 && this.#isLast;
    if (this.#left === 0) this.#left = UNKNOWN;
    return true;
  }

  back(octets: number): void {
    this.#left = octets + (this.#left === UNKNOWN ? 0 : this.#left);
  }

  #readPrefix(): boolean {
    while (this.#prefixOctets < this.#prefixLength) {
      if (this.at === this.#end) return false;
      this.#prefix = this.#prefix * 256 + this.#bytes[this.at]!;
      this.#prefixOctets += 1;
      this.at += 1;
    }
    this.#isLast = this.#lastFlag === 0 || this.#prefix >= this.#lastFlag;
    this.#left = this.#lastFlag === 0 ? this.#prefix : this.#prefix % this.#lastFlag;
    this.#prefix = 0;
    this.#prefixOctets = 0;
    return true;
  }
}

/** Records of one length, back to back. */
class FixedSplitter implements RecordSplitter {
  from = 0;
  to = 0;
  endsRecord = true;
  at = 0;
  readonly #length: number;
  #end = 0;
  #left: number;

  constructor(length: number) {
    this.#length = length;
    this.#left = length;
  }

  get open(): boolean {
    return !this.endsRecord;
  }

  cut(_bytes: Uint8Array, _start: number, end: number): number {
    return end;
  }

  begin(_bytes: Uint8Array, start: number, end: number): void {
    this.#end = end;
    this.at = start;
  }

  next(): boolean {
    if (this.at === this.#end) return false;
    this.from = this.at;
    this.to = Math.min(this.at + this.#left, this.#end);
    this.at = this.to;
    this.#left -= this.to - this.from;
    this.endsRecord = this.#left === 0;
    if (this.endsRecord) this.#left = this.#length;
    return true;
  }

  back(octets: number): void {
    this.#left = octets + (this.endsRecord ? 0 : this.#left);
    this.endsRecord = false;
  }
}

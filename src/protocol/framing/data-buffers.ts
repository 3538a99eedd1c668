/** DATA exchange buffers behind their stream headers (RFC 5024 §7.2, §7.3, §8.2), written from the octets of a file. */

import { STB_LENGTH_MAX, STH_LENGTH, writeHeader } from './stream-header.js';
import type { SubrecordCodec } from './subrecords.js';

/** Command octet of DATA: 'D'. */
export const DATA_OCTET = 0x44;

/** Least and most that SSIDSDEB can agree on (RFC 5024 §5.3.2): octets of an exchange buffer without its header. */
const BUFFER_LENGTH_MIN = 128;
const BUFFER_LENGTH_MAX = STB_LENGTH_MAX - STH_LENGTH;

/**
 * Fills areas of a memory with DATA exchange buffers, as many as fit and credit allows. One that is not the last of its
 * area is full, up to an octet that would hold nothing but a header. No call allocates anything; results stand in the
 * fields.
 *
 * A file that is one record (formats U and T) takes one call of write() for each area. A file of records takes begin(),
 * an add() for each part of a record, and finish().
 */
export class DataBufferWriter {
  /** How far the source was taken. */
  src = 0;

  /** How far the area is filled with whole exchange buffers. */
  dst = 0;

  /** Exchange buffers in the area, each of which costs one credit. */
  buffers = 0;

  /** The end of record flag of the last source has been written. */
  recordEnded = false;

  readonly #memory: Uint8Array;
  readonly #codec: SubrecordCodec;
  #dstEnd = 0;
  #bufferLength = 0;
  #credits = 0;
  #compress = false;
  /** Where the next subrecord goes, and the end of the exchange buffer under way; both are `dst` when there is none. */
  #next = 0;
  #bufferEnd = 0;

  /** `codec` is one over `memory`. */
  constructor(memory: Uint8Array, codec: SubrecordCodec) {
    this.#memory = memory;
    this.#codec = codec;
  }

  /**
   * Writes memory[src..srcEnd) to memory[dst..dstEnd), from begin() to finish(). With `endOfFile` the source is the
   * last of its file; an empty source then makes an exchange buffer with nothing but the end of record flag. What the
   * area or the credits do not allow is left, see the field `src`.
   */
  write(
    src: number,
    srcEnd: number,
    dst: number,
    dstEnd: number,
    bufferLength: number,
    credits: number,
    endOfFile: boolean,
    compress: boolean,
  ): void {
    this.begin(dst, dstEnd, bufferLength, credits, compress);
    this.add(src, srcEnd, endOfFile);
    this.finish();
  }

  /**
   * Begins with an area. The codec's slack behind it must lie inside the memory.
   *
   * @param bufferLength agreed length of an exchange buffer, 128 to 99999 octets; an area with room for less than that
   *   and a header is full
   * @param credits exchange buffers that may be written
   * @param compress make use of compressed subrecords, which needs the agreement of the peer (SSIDCMPR)
   * @throws RangeError if the length is out of range
   */
  begin(dst: number, dstEnd: number, bufferLength: number, credits: number, compress: boolean): void {
    if (!(bufferLength >= BUFFER_LENGTH_MIN && bufferLength <= BUFFER_LENGTH_MAX)) {
      const range = `${BUFFER_LENGTH_MIN} to ${BUFFER_LENGTH_MAX}`;
      throw new RangeError(`an exchange buffer length of ${bufferLength} octets, must be ${range}`);
    }
    this.dst = dst;
    this.buffers = 0;
    this.#dstEnd = dstEnd;
    this.#bufferLength = bufferLength;
    this.#credits = credits;
    this.#compress = compress;
    this.#next = dst;
    this.#bufferEnd = dst;
  }

  /**
   * Adds octets of a record, memory[src..srcEnd), behind what the area holds already. With `endOfRecord` they are the
   * last of their record; they may be none.
   *
   * @returns whether everything was written. If not, the area is full or the credits are used up: go on in the next
   *   area from the field `src` with the same `srcEnd` and `endOfRecord`.
   */
  add(src: number, srcEnd: number, endOfRecord: boolean): boolean {
    this.src = src;
    this.recordEnded = false;
    while (this.src < srcEnd || (endOfRecord && !this.recordEnded)) {
      if (this.#next === this.dst && !this.#open()) return false;
      this.#codec.encode(this.src, srcEnd, this.#next, this.#bufferEnd, endOfRecord, this.#compress);
      // Whatever is left now did not fit: a new exchange buffer always takes some of it.
      if (this.#codec.dst === this.#next) this.finish();
      else this.#next = this.#codec.dst;
      this.src = this.#codec.src;
      this.recordEnded = this.#codec.recordEnds > 0;
    }
    return true;
  }

  /** Completes the exchange buffer under way, if there is one. It may be shorter than agreed (RFC 5024 §7.3). */
  finish(): void {
    if (this.#next === this.dst) return;
    writeHeader(this.#memory, this.dst, this.#next - this.dst);
    this.dst = this.#next;
  }

  #open(): boolean {
    if (this.buffers >= this.#credits || this.#dstEnd - this.dst < STH_LENGTH + this.#bufferLength) return false;
    this.buffers++;
    this.#bufferEnd = this.dst + STH_LENGTH + this.#bufferLength;
    this.#next = this.dst + STH_LENGTH;
    this.#memory[this.#next++] = DATA_OCTET;
    return true;
  }
}

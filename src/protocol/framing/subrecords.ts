/**
 * Subrecords, the content of DATA exchange buffers behind the 'D' (RFC 5024 §7.2, §7.3):
 *
 *   one header octet: 80h end of record | 40h compressed | count 0 to 63
 *   `count` octets, or, when compressed, the one octet that stands `count` times in the file
 *
 * This is the codec in JavaScript: the fallback, and what the accelerated one is tested against.
 */

const END_OF_RECORD = 0x80;
const COMPRESSED = 0x40;
const COUNT_MASK = 0x3f;

/** The most octets of a file that one subrecord stands for. */
const COUNT_MAX = 63;

/**
 * The shortest run of equal octets that becomes a compressed subrecord. That costs 2 octets, and 1 more for a header
 * where it cuts an uncompressed subrecord in two: never more than the 3 octets it replaces. A run of 2 could cost 3.
 */
const RUN_LENGTH_MIN = 3;

/** Octets that a codec may read behind its source and overwrite behind its target. */
export const SLACK_LENGTH = 64;

/**
 * Decodes and encodes subrecords from one area of a memory to another area of it. Areas are given by their first
 * address and the one behind their last. The SLACK_LENGTH octets behind a target may be overwritten with anything: they
 * must lie inside the memory, and the source overlaps neither them nor the target. A call allocates nothing: its
 * results
 * stand in the four fields until the next call. Areas that do not lie inside the memory are a RangeError.
 */
export interface SubrecordCodec {
  /** How far the source was taken. */
  src: number;

  /** How far the target was filled. */
  dst: number;

  /**
   * After decode(): what is missing of a subrecord that goes on behind the source, as a subrecord header with the count
   * of octets still to come, or -1. It belongs into the call that decodes the octets that follow.
   */
  carry: number;

  /** After decode(): end of record flags met. After encode(): 1 if the flag was written, or 0. */
  recordEnds: number;

  /**
   * Decodes until the source is used up, or the next subrecord does not fit into what is left of the target (then it is
   * left whole, header or carry included), or, with `stopAtEndOfRecord`, behind the subrecord that ends a record.
   * A target with room for 63 octets takes any subrecord. `carry`: -1, or what the call before left.
   */
  decode(src: number, srcEnd: number, dst: number, dstEnd: number, carry: number, stopAtEndOfRecord: boolean): void;

  /**
   * Encodes until the source is used up or the target is full: the last subrecord is cut to fill it, and one octet
   * stays free where only a header would fit. With `endOfRecord` the source is the last of its record: the flag goes
   * with its last octet, or, when the source is empty, with a subrecord of length zero. With `compress`, runs of equal
   * octets become compressed subrecords; a target then takes at least as much of the source as without.
   */
  encode(src: number, srcEnd: number, dst: number, dstEnd: number, endOfRecord: boolean, compress: boolean): void;
}

/** The codec in JavaScript over a memory of the caller's. */
export function createCodec(memory: Uint8Array): SubrecordCodec {
  return new PlainCodec(memory);
}

/** Throws a RangeError unless source and target, with its slack, lie inside a memory of `length` octets. */
export function checkAreas(length: number, src: number, srcEnd: number, dst: number, dstEnd: number): void {
  if (src >= 0 && src <= srcEnd && srcEnd <= length && dst >= 0 && dst <= dstEnd && dstEnd + SLACK_LENGTH <= length) {
    return;
  }
  const areas = `source ${src} to ${srcEnd}, target ${dst} to ${dstEnd} and ${SLACK_LENGTH} octets behind it`;
  throw new RangeError(`${areas} must lie inside the memory of ${length} octets`);
}

class PlainCodec implements SubrecordCodec {
  src = 0;
  dst = 0;
  carry = -1;
  recordEnds = 0;
  readonly #memory: Uint8Array;

  constructor(memory: Uint8Array) {
    this.#memory = memory;
  }

  decode(src: number, srcEnd: number, dst: number, dstEnd: number, carry: number, stopAtEndOfRecord: boolean): void {
    const memory = this.#memory;
    checkAreas(memory.length, src, srcEnd, dst, dstEnd);
    let pending = carry;
    let recordEnds = 0;
    while (pending >= 0 || src < srcEnd) {
      const header = pending >= 0 ? pending : memory[src]!;
      const count = header & COUNT_MASK;
      if (count > dstEnd - dst) break;
      if (pending < 0) src++;
      const length = header & COMPRESSED ? 1 : count;
      if (length > srcEnd - src) {
        // Of a compressed subrecord there is nothing to copy: only its one octet can be missing.
        memory.copyWithin(dst, src, srcEnd);
        pending = header - (srcEnd - src);
        dst += srcEnd - src;
        src = srcEnd;
        break;
      }
      if (header & COMPRESSED) memory.fill(memory[src]!, dst, dst + count);
      else memory.copyWithin(dst, src, src + count);
      src += length;
      dst += count;
      pending = -1;
      if (header & END_OF_RECORD) {
        recordEnds++;
        if (stopAtEndOfRecord) break;
      }
    }
    this.#leave(src, dst, pending, recordEnds);
  }

  encode(src: number, srcEnd: number, dst: number, dstEnd: number, endOfRecord: boolean, compress: boolean): void {
    const memory = this.#memory;
    checkAreas(memory.length, src, srcEnd, dst, dstEnd);
    const endFlag = endOfRecord ? END_OF_RECORD : 0;
    let header = 0;
    if (src === srcEnd && endOfRecord && dst < dstEnd) {
      header = END_OF_RECORD;
      memory[dst++] = header;
    }
    while (src < srcEnd && dstEnd - dst >= 2) {
      const limit = Math.min(srcEnd - src, COUNT_MAX);
      const room = dstEnd - dst - 1;
      let count = compress ? findRun(memory, src, srcEnd, limit) : limit;
      const at = dst++;
      if (count === 0) {
        count = runLength(memory, src, limit);
        header = COMPRESSED | count;
        memory[dst++] = memory[src]!;
      } else {
        // Where one octet of room would be left, which fits nothing, the subrecord takes an octet of the run that
        // follows.
        if (count + 1 === room && count < limit) count = room;
        if (count > room) count = room;
        header = count;
        memory.copyWithin(dst, src, src + count);
        dst += count;
      }
      src += count;
      if (src === srcEnd) header |= endFlag;
      memory[at] = header;
    }
    this.#leave(src, dst, -1, header & END_OF_RECORD ? 1 : 0);
  }

  #leave(src: number, dst: number, carry: number, recordEnds: number): void {
    this.src = src;
    this.dst = dst;
    this.carry = carry;
    this.recordEnds = recordEnds;
  }
}

/** Offset from `src` of the first run of RUN_LENGTH_MIN octets that begins before `limit`, or `limit` without one. */
function findRun(memory: Uint8Array, src: number, srcEnd: number, limit: number): number {
  const bound = Math.min(limit, srcEnd - src - RUN_LENGTH_MIN + 1);
  for (let offset = 0; offset < bound; offset++) {
    const octet = memory[src + offset];
    if (memory[src + offset + 1] === octet && memory[src + offset + 2] === octet) return offset;
  }
  return limit;
}

/** How many octets from `src` on equal the first one, at most `limit`. */
function runLength(memory: Uint8Array, src: number, limit: number): number {
  const octet = memory[src];
  let length = 1;
  while (length < limit && memory[src + length] === octet) length++;
  return length;
}

/**
 * Splits the octet stream of a connection into exchange buffers (RFC 5024 §8.1), whatever the segments it comes in.
 *
 * Invariant: octets read = stream buffers handed out + headerTaken + taken, where headerTaken <= 4, taken <= length,
 * and retained <= min(length, max(64, 2 * taken)).
 */

import { DATA_OCTET } from './data-buffers.js';
import { type HeaderFailure, readHeader, STH_LENGTH } from './stream-header.js';

/** What a command that is split across chunks is first kept in, in octets; most commands fit. */
const RETAINED_LENGTH_MIN = 64;

/** Who is told what the stream contains, in its order. */
export interface StreamBufferHandler {
  /** The stream is not OFTP, or a command is too long. Nothing else follows: the rest of the stream is dropped. */
  onHeaderInvalid(failure: HeaderFailure): void;

  /** One whole exchange buffer that is not DATA, without its header. The view is valid until the return. */
  onCommand(octets: Uint8Array): void;

  /**
   * A DATA exchange buffer of `length` octets, the 'D' included, begins. False refuses it: nothing else follows, the
   * rest of the stream is dropped.
   */
  onDataStart(length: number): boolean;

  /**
   * Subrecords of the DATA exchange buffer, as they arrive: bytes[start..end), valid until the return.
   *
   * @returns how many octets were taken. With fewer than offered, read() stops and wants to be called with the rest.
   */
  onData(bytes: Uint8Array, start: number, end: number): number;

  /** All octets of the DATA exchange buffer have been taken. */
  onDataEnd(): void;
}

/**
 * Reads a stream as it comes and keeps nothing of it but the header under way, as a number, and a command that is split
 * across chunks, in a buffer that grows with what has arrived. DATA passes through. Between exchange buffers the reader
 * owns no memory.
 */
export class StreamBufferReader {
  /**
   * While true, read() takes nothing, except for the rest of a DATA exchange buffer that has begun. May be set from
   * inside the handler's methods.
   */
  paused = false;

  /**
   * The longest exchange buffer other than DATA that is accepted, in octets without the header, 1 to 99999. Longer ones
   * are refused before they are waited for. The default is enough for the start of a session.
   */
  commandLengthMax = 256;

  /** Exchange buffers handed out so far. */
  buffers = 0;

  readonly #handler: StreamBufferHandler;
  /** The octets of the header that are there, shifted together. */
  #header = 0;
  #headerTaken = 0;
  /** Octets of the exchange buffer under way, once its header is there. */
  #length = 0;
  #taken = 0;
  #isData = false;
  #retained: Uint8Array | undefined;
  #stopped = false;

  constructor(handler: StreamBufferHandler) {
    this.#handler = handler;
  }

  /** A stream buffer has begun and is not complete: at the end of the stream it is to be discarded. */
  get partial(): boolean {
    return this.#headerTaken > 0;
  }

  /** Octets of memory that a command split across chunks occupies. */
  get retained(): number {
    return this.#retained?.length ?? 0;
  }

  /**
   * Takes octets of the stream and calls the handler for what they complete.
   *
   * @returns how many octets of bytes[start..end) were taken. Fewer than there are: the reader is paused, or onData()
   *   had enough; the rest must be offered again.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && !this.#stopped) {
      if (this.#isData) {
        const offered = Math.min(end - at, this.#length - this.#taken);
        const taken = this.#passData(bytes, at, at + offered);
        at += taken;
        if (taken < offered) return at - start;
      } else if (this.paused) {
        return at - start;
      } else if (this.#headerTaken < STH_LENGTH) {
        at = this.#takeHeader(bytes, at, end);
      } else if (this.#retained !== undefined) {
        at = this.#retain(bytes, at, end);
      } else {
        at = this.#begin(bytes, at, end);
      }
    }
    return this.#stopped ? end - start : at - start;
  }

  #takeHeader(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#headerTaken < STH_LENGTH) {
      this.#header = (this.#header << 8) | bytes[at++]!;
      this.#headerTaken++;
    }
    if (this.#headerTaken < STH_LENGTH) return at;
    const length = readHeader(this.#header);
    if (typeof length === 'number') this.#length = length - STH_LENGTH;
    else this.#refuse(length);
    return at;
  }

  /** The first octet of an exchange buffer tells whether the rest is passed on or collected. */
  #begin(bytes: Uint8Array, at: number, end: number): number {
    const length = this.#length;
    if (bytes[at] === DATA_OCTET) {
      this.#beginData(length);
      return at + 1;
    }
    if (length > this.commandLengthMax) {
      const detail = `a command of ${length} octets, at most ${this.commandLengthMax} are accepted at this point`;
      this.#refuse({ field: 'length', value: length + STH_LENGTH, reason: 7, detail });
      return at;
    }
    if (end - at < length) return this.#retain(bytes, at, end);
    this.#finish();
    this.#handler.onCommand(bytes.subarray(at, at + length));
    return at + length;
  }

  #beginData(length: number): void {
    if (!this.#handler.onDataStart(length)) {
      this.#stopped = true;
      return;
    }
    this.#taken = 1;
    this.#isData = length > 1;
    // A DATA exchange buffer without subrecords is legal (RFC 5024 §7.3).
    if (length === 1) this.#finishData();
  }

  #passData(bytes: Uint8Array, start: number, end: number): number {
    const taken = this.#handler.onData(bytes, start, end);
    if (!(taken >= 0 && taken <= end - start)) {
      throw new RangeError(`onData() took ${taken} octets, was offered ${end - start}`);
    }
    this.#taken += taken;
    if (this.#taken === this.#length) this.#finishData();
    return taken;
  }

  #finishData(): void {
    this.#finish();
    this.#handler.onDataEnd();
  }

  /** Keeps octets of a command until it is complete. The buffer doubles: memory follows arrival, not announcement. */
  #retain(bytes: Uint8Array, start: number, end: number): number {
    const at = start + Math.min(end - start, this.#length - this.#taken);
    const taken = this.#taken + at - start;
    let retained = this.#retained;
    if (retained === undefined || retained.length < taken) {
      const capacity = Math.max(taken, 2 * this.#taken, RETAINED_LENGTH_MIN);
      retained = new Uint8Array(Math.min(capacity, this.#length));
      if (this.#retained !== undefined) retained.set(this.#retained.subarray(0, this.#taken));
      this.#retained = retained;
    }
    retained.set(bytes.subarray(start, at), this.#taken);
    this.#taken = taken;
    if (taken === this.#length) {
      this.#finish();
      this.#handler.onCommand(retained.subarray(0, taken));
    }
    return at;
  }

  /** The exchange buffer is complete. Done before its handler is called, which may throw or look at the reader. */
  #finish(): void {
    this.buffers++;
    this.#headerTaken = 0;
    this.#taken = 0;
    this.#isData = false;
    this.#retained = undefined;
  }

  #refuse(failure: HeaderFailure): void {
    this.#stopped = true;
    this.#handler.onHeaderInvalid(failure);
  }
}

// Reads BER from a stream of chunks at bounded memory: definite and indefinite lengths, primitive and constructed
// octet strings.
//
// Invariant: 0 <= at <= chunk.length, and every open definite scope ends at or after `position`.
// Content of octet strings is handed on; everything else is small, and its length is checked before memory is taken.

/**
 * A stream of octets. A chunk belongs to the reader only until it asks for the next one: sources may reuse the memory.
 */
export type Octets = AsyncIterable<Uint8Array>;

/** One identifier octet and the length; `length` is undefined for the indefinite form. */
interface Header {
  readonly tag: number;
  readonly length: number | undefined;
  readonly headerLength: number;
}

export const TAG = { integer: 0x02, octetString: 0x04, oid: 0x06, sequence: 0x30, set: 0x31 } as const;
export const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;

/** Context-specific tags, as identifier octets. */
export const contextTag = (number: number): number => CONTEXT | CONSTRUCTED | number;
export const primitiveContextTag = (number: number): number => CONTEXT | number;

/** Identifier, initial length octet, and at most six length octets: 256 TiB. */
const HEADER_LENGTH_MAX = 8;
/** Nested constructed octet strings have no use; BER allows them without bound. */
const OCTET_STRING_DEPTH_MAX = 8;
const ELEMENT_DEPTH_MAX = 32;
/** Elements inside one indefinite-length element that is taken whole. */
const ELEMENT_COUNT_MAX = 10_000;
/** Peers send pieces of 1000 octets; ciphers and zlib want far larger ones. */
const COALESCED_LENGTH = 65_536;

export class BerReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #scopes: (number | undefined)[] = [];
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #position = 0;
  /**
   * Makes the error for octets that are not what they should be; replaced by the layer once it knows what it is
   * reading.
   */
  malformed: (detail: string) => Error;

  constructor(source: Octets, malformed: (detail: string) => Error) {
    this.#source = source[Symbol.asyncIterator]();
    this.malformed = malformed;
  }

  /** Lets the source clean up when reading stops early. */
  async release(): Promise<void> {
    await this.#source.return?.();
  }

  /** The next identifier octet in this scope, or undefined at the scope's end. */
  async peek(): Promise<number | undefined> {
    if (await this.#atEnd()) return undefined;
    return this.#chunk[this.#at];
  }

  /** Enters a constructed element with this identifier octet. */
  async open(tag: number, what: string): Promise<void> {
    if ((await this.peek()) !== tag) throw this.malformed(`${what} is missing`);
    const header = this.#header();
    this.#advance(header.headerLength);
    this.#scopes.push(header.length === undefined ? undefined : this.#position + header.length);
  }

  /** Leaves the innermost scope, which must be used up. */
  async close(): Promise<void> {
    if (!(await this.#atEnd())) throw this.malformed('there is an element where a structure should end');
    if (this.#scopes.pop() === undefined) this.#advance(2);
  }

  /** Takes the next element whole, identifier and length included. */
  async element(what: string, lengthMax: number): Promise<Uint8Array> {
    if (await this.#atEnd()) throw this.malformed(`${what} is missing`);
    const parts: Uint8Array[] = [];
    const budget = { octets: lengthMax, elements: ELEMENT_COUNT_MAX, what };
    await this.#copyElement(parts, budget, 0);
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  /** Checks that the source has nothing more. Octets after the end belong to nothing that is signed or declared. */
  async end(): Promise<void> {
    await this.#fill(1);
    if (this.#available > 0) throw this.malformed('octets follow its end');
  }

  /**
   * The content of an octet string in either form.
   *
   * @param tag identifier octet of the primitive form (universal, or context-specific for IMPLICIT tagging)
   */
  async *octetString(tag: number, what: string): AsyncGenerator<Uint8Array> {
    const outer = this.#scopes.length;
    const room = new Uint8Array(COALESCED_LENGTH);
    let used = 0;
    let expected = tag;
    do {
      if (this.#scopes.length > outer) {
        used = this.#copyWholePieces(room, used);
        if (await this.#atEnd()) {
          await this.close();
          continue;
        }
      }
      const piece = await this.#octetStringHeader(expected, what);
      expected = TAG.octetString;
      if (piece === undefined) {
        if (this.#scopes.length - outer > OCTET_STRING_DEPTH_MAX) throw this.malformed(`${what} is nested too deeply`);
        continue;
      }
      for (let left = piece; left > 0; ) {
        const run = await this.#run(left);
        left -= run.length;
        if (used === 0 && run.length >= COALESCED_LENGTH / 2) {
          yield run;
          continue;
        }
        for (let taken = 0; taken < run.length; ) {
          const part = run.subarray(taken, taken + COALESCED_LENGTH - used);
          room.set(part, used);
          used += part.length;
          taken += part.length;
          if (used === COALESCED_LENGTH) {
            yield room;
            used = 0;
          }
        }
      }
    } while (this.#scopes.length > outer);
    if (used > 0) yield room.subarray(0, used);
  }

  /**
   * Copies the pieces that lie whole in the chunk and fit: a file of 1000-octet pieces must not pay for waiting at
   * each.
   */
  #copyWholePieces(room: Uint8Array, used: number): number {
    const end = this.#scopes.at(-1) ?? Number.POSITIVE_INFINITY;
    while (this.#available >= HEADER_LENGTH_MAX && this.#position < end && this.#chunk[this.#at] === TAG.octetString) {
      const header = this.#header();
      const length = header.length as number;
      if (header.headerLength + length > this.#available || used + length > room.length) break;
      this.#advance(header.headerLength);
      room.set(this.#chunk.subarray(this.#at, this.#at + length), used);
      this.#advance(length);
      used += length;
    }
    return used;
  }

  /** Length of a primitive piece, or undefined after entering a constructed one. */
  async #octetStringHeader(tag: number, what: string): Promise<number | undefined> {
    const found = await this.peek();
    if (found === (tag | CONSTRUCTED)) {
      await this.open(found, what);
      return undefined;
    }
    if (found !== tag) throw this.malformed(`${what} is missing`);
    const header = this.#header();
    if (header.length === undefined) throw this.malformed(`${what} is primitive without a length`);
    this.#advance(header.headerLength);
    return header.length;
  }

  /** Whether the innermost scope is used up. Leaves a whole header in the chunk when it is not. */
  async #atEnd(): Promise<boolean> {
    const end = this.#scopes.at(-1);
    if (end !== undefined && this.#position >= end) return true;
    if (this.#available < HEADER_LENGTH_MAX) await this.#fill(HEADER_LENGTH_MAX);
    if (end === undefined && this.#scopes.length > 0) {
      if (this.#available < 2) throw this.malformed('it is cut short');
      return this.#chunk[this.#at] === 0 && this.#chunk[this.#at + 1] === 0;
    }
    return this.#available === 0 && this.#scopes.length === 0;
  }

  /** Decodes the header that stands at the current position, without passing over it. */
  #header(): Header {
    const available = this.#available;
    if (available < 2) throw this.malformed('it is cut short');
    const tag = this.#chunk[this.#at] as number;
    if ((tag & 0x1f) === 0x1f) throw this.malformed('it has a tag in the long form');
    const first = this.#chunk[this.#at + 1] as number;
    let length: number | undefined;
    let headerLength = 2;
    if (first === 0x80) {
      if ((tag & CONSTRUCTED) === 0) throw this.malformed('a primitive element has no length');
    } else if (first < 0x80) {
      length = first;
    } else {
      const count = first & 0x7f;
      headerLength = 2 + count;
      if (headerLength > HEADER_LENGTH_MAX) throw this.malformed('a length is beyond all bounds');
      if (available < headerLength) throw this.malformed('it is cut short');
      length = 0;
      for (let i = 2; i < headerLength; i++) length = length * 256 + (this.#chunk[this.#at + i] as number);
    }
    const end = this.#scopes.findLast((scope) => scope !== undefined);
    if (end !== undefined && this.#position + headerLength + (length ?? 2) > end) {
      throw this.malformed('an element is longer than what holds it');
    }
    return { tag, length, headerLength };
  }

  async #copyElement(
    parts: Uint8Array[],
    budget: { octets: number; elements: number; what: string },
    depth: number,
  ): Promise<void> {
    if (depth > ELEMENT_DEPTH_MAX) throw this.malformed(`${budget.what} is nested too deeply`);
    if (--budget.elements < 0) throw this.malformed(`${budget.what} has too many elements`);
    if (this.#available < HEADER_LENGTH_MAX) await this.#fill(HEADER_LENGTH_MAX);
    const header = this.#header();
    const length = header.headerLength + (header.length ?? 2);
    budget.octets -= length;
    if (budget.octets < 0) throw this.malformed(`${budget.what} is too long`);
    if (header.length !== undefined) {
      parts.push(await this.#take(length));
      return;
    }
    parts.push(await this.#take(header.headerLength));
    this.#scopes.push(undefined);
    while (!(await this.#atEnd())) await this.#copyElement(parts, budget, depth + 1);
    this.#scopes.pop();
    parts.push(await this.#take(2));
  }

  /** A copy of the next octets. The caller has checked the length against its limit. */
  async #take(length: number): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const run = await this.#run(length - at);
      taken.set(run, at);
      at += run.length;
    }
    return taken;
  }

  /** A view of at least one and at most `lengthMax` of the next octets. */
  async #run(lengthMax: number): Promise<Uint8Array> {
    if (this.#available === 0) await this.#fill(1);
    if (this.#available === 0) throw this.malformed('it is cut short');
    const run = this.#chunk.subarray(this.#at, this.#at + lengthMax);
    this.#advance(run.length);
    return run;
  }

  get #available(): number {
    return this.#chunk.length - this.#at;
  }

  #advance(count: number): void {
    this.#at += count;
    this.#position += count;
  }

  /** Gets at least `count` octets into one chunk, or what is left of the source. */
  async #fill(count: number): Promise<void> {
    while (this.#available < count) {
      // The remainder is copied before the source is asked again: its memory may be reused.
      const rest = Uint8Array.from(this.#chunk.subarray(this.#at));
      const next = await this.#source.next();
      if (next.done) {
        this.#chunk = rest;
        this.#at = 0;
        return;
      }
      this.#chunk = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
      this.#at = 0;
    }
  }
}

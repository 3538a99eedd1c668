/**
 * The memory that calls to the file system lie in on their way to the disk thread, as both ends see it: places with
 * what a call needs and what came of it, and two rings with numbers of places, of calls that wait and of calls that are
 * done. Nothing is serialised, and nobody is woken for a single call: that is what makes many small calls cheap.
 */

/** The calls that the thread makes; their codes are the positions here. */
const CALL_NAMES = ['open', 'close', 'fstat', 'lstat', 'link', 'rename', 'unlink', 'read', 'write'] as const;

export type CallName = (typeof CALL_NAMES)[number];

/** How many calls may be under way; a power of two. */
export const PLACES = 256;

/** Octets of content, or of paths, that a call may have. */
export const CONTENT_MAX = 8192;

/** What a call needs. */
export interface Call {
  readonly name: CallName;
  readonly paths: readonly string[];
  /** At most {@link ARGUMENTS_MAX}, in the order in which the thread has them. */
  readonly numbers: readonly number[];
  /** At most {@link CONTENT_MAX}, for `write`. */
  readonly octets?: Uint8Array;
}

/** Arguments that are numbers: descriptor, length and position. */
const ARGUMENTS_MAX = 3;

/** The numbers of a place: code, arguments, lengths of two paths, result. */
const CODE = 0;
const ARGUMENTS = 1;
const PATH_LENGTHS = ARGUMENTS + ARGUMENTS_MAX;
const RESULT = 7;
const NUMBERS = 8;

/** Counters, modulo 2^32; their last bits are positions in the rings. */
const SUBMITTED = 0;
const TAKEN = 1;
const DONE = 2;
/** Not a counter: 1 while the owner waits to be woken. */
const LISTENING = 3;
const COUNTERS = 4;

const POSITION = PLACES - 1;

export class CallMemory {
  readonly shared: SharedArrayBuffer;
  readonly #numbers: Float64Array;
  readonly #content: Buffer;
  readonly #entries: BigInt64Array;
  readonly #counters: Int32Array;
  readonly #waiting: Int32Array;
  readonly #done: Int32Array;
  /** Of the owner: how many calls it has submitted, and seen done. */
  #submitted = 0;
  #seen = 0;

  /** @param shared that of the owner; a new one for the owner itself */
  constructor(shared?: SharedArrayBuffer) {
    const lengths = [PLACES * NUMBERS * 8, PLACES * CONTENT_MAX, COUNTERS * 4, PLACES * 4, PLACES * 4];
    this.shared = shared ?? new SharedArrayBuffer(lengths.reduce((sum, length) => sum + length));
    let start = 0;
    const [numbers, content, counters, waiting, done] = lengths.map((length) => {
      start += length;
      return start - length;
    }) as [number, number, number, number, number];
    this.#numbers = new Float64Array(this.shared, numbers, PLACES * NUMBERS);
    this.#content = Buffer.from(this.shared, content, PLACES * CONTENT_MAX);
    this.#entries = new BigInt64Array(this.shared, content, (PLACES * CONTENT_MAX) / 8);
    this.#counters = new Int32Array(this.shared, counters, COUNTERS);
    this.#waiting = new Int32Array(this.shared, waiting, PLACES);
    this.#done = new Int32Array(this.shared, done, PLACES);
  }

  /** The owner lays a call down in a free place. Nobody knows of it before `publish`. */
  submit(place: number, { name, paths, numbers, octets }: Call): void {
    const at = place * NUMBERS;
    this.#numbers[at + CODE] = CALL_NAMES.indexOf(name);
    for (let index = 0; index < numbers.length; index += 1) this.#numbers[at + ARGUMENTS + index] = numbers[index]!;
    let start = place * CONTENT_MAX;
    for (let index = 0; index < paths.length; index += 1) {
      const length = this.#content.write(paths[index]!, start);
      this.#numbers[at + PATH_LENGTHS + index] = length;
      start += length;
    }
    if (octets !== undefined) this.#content.set(octets, start);
    this.#waiting[this.#submitted & POSITION] = place;
    this.#submitted = (this.#submitted + 1) | 0;
  }

  /** Lets the thread have what was submitted, and wakes it if it sleeps. */
  publish(): void {
    Atomics.store(this.#counters, SUBMITTED, this.#submitted);
    Atomics.notify(this.#counters, SUBMITTED);
  }

  /** Takes the next call that waits, if there is one. Each is taken once: by the thread, or by its owner again. */
  take(): number | undefined {
    for (;;) {
      const taken = Atomics.load(this.#counters, TAKEN);
      if (taken === Atomics.load(this.#counters, SUBMITTED)) return undefined;
      const place = Atomics.load(this.#waiting, taken & POSITION);
      if (Atomics.compareExchange(this.#counters, TAKEN, taken, (taken + 1) | 0) === taken) return place;
    }
  }

  /** As `take`; the thread sleeps until there is one. */
  takeNext(): number {
    for (;;) {
      const submitted = Atomics.load(this.#counters, SUBMITTED);
      const place = this.take();
      if (place !== undefined) return place;
      Atomics.wait(this.#counters, SUBMITTED, submitted);
    }
  }

  /** The thread has made a call that it took. @param result as `resultAt` gives it */
  finish(place: number, result: number): void {
    this.#numbers[place * NUMBERS + RESULT] = result;
    const done = Atomics.load(this.#counters, DONE);
    Atomics.store(this.#done, done & POSITION, place);
    Atomics.store(this.#counters, DONE, (done + 1) | 0);
    if (Atomics.compareExchange(this.#counters, LISTENING, 1, 0) === 1) Atomics.notify(this.#counters, DONE);
  }

  /** The next call that is done and that the owner has not seen yet. */
  nextDone(): number | undefined {
    if (this.#seen === Atomics.load(this.#counters, DONE)) return undefined;
    const place = Atomics.load(this.#done, this.#seen & POSITION);
    this.#seen = (this.#seen + 1) | 0;
    return place;
  }

  /** Resolves when `nextDone` has something: at once where it has already. */
  async listen(): Promise<void> {
    Atomics.store(this.#counters, LISTENING, 1);
    await Atomics.waitAsync(this.#counters, DONE, this.#seen).value;
  }

  nameAt(place: number): CallName {
    return CALL_NAMES[this.#numbers[place * NUMBERS + CODE]!]!;
  }

  numberAt(place: number, index: number): number {
    return this.#numbers[place * NUMBERS + ARGUMENTS + index]!;
  }

  pathAt(place: number, index: 0 | 1): string {
    const [first, second] = [this.#pathLength(place, 0), this.#pathLength(place, 1)];
    const start = place * CONTENT_MAX + (index === 0 ? 0 : first);
    return this.#content.toString('utf8', start, start + (index === 0 ? first : second));
  }

  /** The content of a `read` or `write`: no paths are in front of it. */
  octetsAt(place: number, length: number): Buffer {
    return this.#content.subarray(place * CONTENT_MAX, place * CONTENT_MAX + length);
  }

  /** What a call like `lstat` has found, as many numbers as its caller needs. */
  entryAt(place: number, length: number): BigInt64Array {
    const start = (place * CONTENT_MAX) / 8;
    return this.#entries.subarray(start, start + length);
  }

  /** What the call gave; an `errno` of the system, which is negative; or NaN where it could not even be made. */
  resultAt(place: number): number {
    return this.#numbers[place * NUMBERS + RESULT]!;
  }

  #pathLength(place: number, index: 0 | 1): number {
    return this.#numbers[place * NUMBERS + PATH_LENGTHS + index]!;
  }
}

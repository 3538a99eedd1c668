import { constants } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { Worker } from 'node:worker_threads';
import { workerProgram } from '../pool/programs.js';
import { type Entry, errnoError } from './filesystem.js';
import { type Call, CallMemory, CONTENT_MAX, PLACES } from './thread/call-memory.js';
import { ENTRY_NUMBERS, NS_PER_MS } from './thread/make-call.js';

/** One call that somebody waits for. */
export interface Errand {
  readonly call: Call;
  /** It was made: what came of it can be read from its place until this returns. */
  done(answer: Answer): void;
  failed(error: Error): void;
  /** Makes it in the thread pool of Node.js instead. */
  alone(): void;
}

/** What a call gave. */
export class Answer {
  readonly #memory: CallMemory;
  readonly #place: number;

  constructor(memory: CallMemory, place: number) {
    this.#memory = memory;
    this.#place = place;
  }

  /** A descriptor, or a number of octets. */
  get number(): number {
    return this.#memory.resultAt(this.#place);
  }

  /** What was read; the memory is used again. */
  get octets(): Uint8Array {
    return this.#memory.octetsAt(this.#place, this.number);
  }

  get entry(): Entry {
    return new FoundEntry(this.#memory.entryAt(this.#place, ENTRY_NUMBERS));
  }
}

class FoundEntry implements Entry {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly nlink: bigint;
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly mtimeNs: bigint;
  readonly #type: number;

  constructor(numbers: BigInt64Array) {
    this.dev = numbers[0]!;
    this.ino = numbers[1]!;
    this.nlink = numbers[2]!;
    this.size = numbers[3]!;
    this.mtimeMs = numbers[4]!;
    this.mtimeNs = this.mtimeMs * NS_PER_MS + numbers[5]!;
    this.#type = Number(numbers[6]!) & constants.S_IFMT;
  }

  isFile(): boolean {
    return this.#type === constants.S_IFREG;
  }

  isDirectory(): boolean {
    return this.#type === constants.S_IFDIR;
  }
}

/** How long the thread may keep anybody waiting if nothing else is said. */
const PATIENCE_MS = 20;

/** How long it is given nothing after that: the disk is slow, and calls that wait in a row wait longest. */
const REST_MS = 1000;

/** Octets of UTF-8 that a character of a string can become. */
const UTF8_MAX = 3;

/** Whether the thread has room for a call of this kind. */
export function fits({ paths, octets }: Call): boolean {
  const characters = paths.reduce((sum, { length }) => sum + length, 0);
  return characters * UTF8_MAX <= CONTENT_MAX && (octets?.length ?? 0) <= CONTENT_MAX;
}

/**
 * A thread that makes calls to the file system one after the other. Who gives it many at a time wakes one thread, once,
 * where the pool of Node.js wakes a thread and the event loop for each; for a small file that costs more than all that
 * is done with it. One call that hangs, as on a network share that is gone, would hold up all behind it: those are
 * taken back then and made in the pool.
 */
export class DiskThread {
  readonly #memory = new CallMemory();
  readonly #worker: Worker;
  readonly #patienceMs: number;
  readonly #free = Array.from({ length: PLACES }, (_, place) => place);
  readonly #underWay: (Errand | undefined)[] = Array.from({ length: PLACES });
  readonly #since = new Float64Array(PLACES);
  #state: 'starting' | 'ready' | 'ended' = 'starting';
  #restsUntil = 0;
  #watch: NodeJS.Timeout | undefined;

  /**
   * @param program what runs on the thread
   * @param patienceMs how long it may keep anybody waiting, in milliseconds
   * @throws OFTPError 10022 where the program is missing
   */
  constructor(program = workerProgram('disk.js'), patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
    // What it opens is not its own: it must not be closed with it, nor missed when somebody else closes it.
    this.#worker = new Worker(program, { workerData: this.#memory.shared, trackUnmanagedFds: false });
    this.#worker.unref();
    this.#worker.on('online', () => {
      this.#state = 'ready';
      void this.#listen();
    });
    // Its end, which follows, is what counts.
    this.#worker.on('error', () => {});
    this.#worker.on('exit', () => this.#end());
  }

  /** How many calls can be given to it now. */
  get room(): number {
    return this.#state === 'ready' && performance.now() >= this.#restsUntil ? this.#free.length : 0;
  }

  /** Has calls made in this order, at most `room` of those that `fits` says yes to. */
  run(errands: readonly Errand[]): void {
    if (this.#count === 0) this.#worker.ref();
    const now = performance.now();
    for (const errand of errands) {
      const place = this.#free.pop()!;
      this.#underWay[place] = errand;
      this.#since[place] = now;
      this.#memory.submit(place, errand.call);
    }
    this.#memory.publish();
    this.#watch ??= setTimeout(this.#look, this.#patienceMs).unref();
  }

  get #count(): number {
    return PLACES - this.#free.length;
  }

  async #listen(): Promise<void> {
    while (this.#state === 'ready') {
      await this.#memory.listen();
      this.#settle();
    }
  }

  #settle(): void {
    for (let place = this.#memory.nextDone(); place !== undefined; place = this.#memory.nextDone()) {
      const result = this.#memory.resultAt(place);
      const errand = this.#underWay[place]!;
      if (result >= 0) errand.done(new Answer(this.#memory, place));
      else if (result < 0) errand.failed(systemError(errand.call, result));
      else errand.alone();
      this.#leave(place);
    }
  }

  #leave(place: number): Errand {
    const errand = this.#underWay[place]!;
    this.#underWay[place] = undefined;
    this.#free.push(place);
    if (this.#count === 0) this.#worker.unref();
    return errand;
  }

  readonly #look = (): void => {
    this.#watch = undefined;
    this.#settle();
    if (this.#count === 0) return;
    const now = performance.now();
    if (this.#underWay.some((errand, place) => errand !== undefined && now - this.#since[place]! > this.#patienceMs)) {
      this.#restsUntil = now + REST_MS;
      this.#takeBack();
    }
    this.#watch = setTimeout(this.#look, this.#patienceMs).unref();
  };

  #takeBack(): void {
    for (let place = this.#memory.take(); place !== undefined; place = this.#memory.take()) this.#leave(place).alone();
  }

  /** Of a call that it had begun nobody knows whether it was made. */
  #end(): void {
    this.#state = 'ended';
    this.#settle();
    this.#takeBack();
    for (const [place, errand] of this.#underWay.entries()) {
      if (errand === undefined) continue;
      this.#leave(place);
      errand.failed(errnoError('EIO', errand.call.paths[0] ?? '', 'the thread that works on files has ended'));
    }
  }
}

/** Asked for once: the system makes a new map each time. */
const ERRORS = getSystemErrorMap();

/** The error that `node:fs` has for it. */
function systemError({ name, paths: [path, dest] }: Call, errno: number): NodeJS.ErrnoException {
  const [code, reason] = ERRORS.get(errno) ?? ['UNKNOWN', 'unknown error'];
  const where = path === undefined ? '' : ` '${path}'${dest === undefined ? '' : ` -> '${dest}'`}`;
  const error = new Error(`${code}: ${reason}, ${name}${where}`);
  return Object.assign(error, {
    errno,
    code,
    syscall: name,
    ...(path !== undefined && { path }),
    ...(dest !== undefined && { dest }),
  });
}

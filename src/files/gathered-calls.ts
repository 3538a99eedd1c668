import { isMainThread } from 'node:worker_threads';
import { type Answer, DiskThread, type Errand, fits } from './disk-thread.js';
import { type Entry, type FileSystem, type Moved, moved, nodeFileSystem } from './filesystem.js';
import { type Call, CONTENT_MAX } from './thread/call-memory.js';

export interface GatheredOptions {
  /** What makes the calls that the thread does not get. */
  readonly pool?: FileSystem;
  /** With how many calls in one turn of the event loop waking the thread is worth while; fewer go to the pool. */
  readonly many?: number;
  /** The thread is started in the how manieth such turn: a process that is seldom busy does without it. */
  readonly turnsBefore?: number;
  readonly start?: () => DiskThread;
}

const MANY = 3;
const TURNS_BEFORE = 100;

/**
 * The file system of a busy process: calls of one turn of the event loop are gathered, and where they are many, one
 * thread makes them all. What may take its time is left to the pool: syncs, long reads and writes, and everything
 * while the disk is slow.
 */
export class GatheredCalls implements FileSystem {
  readonly #pool: FileSystem;
  readonly #many: number;
  readonly #start: () => DiskThread;
  #turnsBefore: number;
  #thread: DiskThread | undefined;
  #turn: Errand[] = [];

  readonly fsync: FileSystem['fsync'];
  readonly ftruncate: FileSystem['ftruncate'];
  readonly names: FileSystem['names'];

  constructor({
    pool = nodeFileSystem,
    many = MANY,
    turnsBefore = TURNS_BEFORE,
    start = () => new DiskThread(),
  }: GatheredOptions = {}) {
    this.#pool = pool;
    this.#many = many;
    this.#turnsBefore = turnsBefore;
    this.#start = start;
    this.fsync = pool.fsync;
    this.ftruncate = pool.ftruncate;
    this.names = pool.names;
  }

  open(path: string, flags: number, mode = 0o666): Promise<number> {
    const call: Call = { name: 'open', paths: [path], numbers: [flags, mode] };
    return this.#gather(call, numberOf, () => this.#pool.open(path, flags, mode));
  }

  close(fd: number): Promise<void> {
    return this.#gather({ name: 'close', paths: [], numbers: [fd] }, nothing, () => this.#pool.close(fd));
  }

  fstat(fd: number): Promise<Entry> {
    return this.#gather({ name: 'fstat', paths: [], numbers: [fd] }, entryOf, () => this.#pool.fstat(fd));
  }

  lstat(path: string): Promise<Entry> {
    return this.#gather({ name: 'lstat', paths: [path], numbers: [] }, entryOf, () => this.#pool.lstat(path));
  }

  link(existing: string, added: string): Promise<void> {
    const call: Call = { name: 'link', paths: [existing, added], numbers: [] };
    return this.#gather(call, nothing, () => this.#pool.link(existing, added));
  }

  rename(from: string, to: string): Promise<void> {
    const call: Call = { name: 'rename', paths: [from, to], numbers: [] };
    return this.#gather(call, nothing, () => this.#pool.rename(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#gather({ name: 'unlink', paths: [path], numbers: [] }, nothing, () => this.#pool.unlink(path));
  }

  read(fd: number, into: Uint8Array, start: number, length: number, position: number, done: Moved): void {
    if (!isShort(into, start, length)) {
      this.#pool.read(fd, into, start, length, position, done);
      return;
    }
    const call: Call = { name: 'read', paths: [], numbers: [fd, length, position] };
    const copied = ({ number, octets }: Answer): number => {
      into.set(octets, start);
      return number;
    };
    const alone = () => moved((then) => this.#pool.read(fd, into, start, length, position, then));
    report(this.#gather(call, copied, alone), done);
  }

  write(fd: number, from: Uint8Array, start: number, length: number, position: number, done: Moved): void {
    if (!isShort(from, start, length)) {
      this.#pool.write(fd, from, start, length, position, done);
      return;
    }
    const octets = from.subarray(start, start + length);
    const call: Call = { name: 'write', paths: [], numbers: [fd, length, position], octets };
    const alone = () => moved((then) => this.#pool.write(fd, from, start, length, position, then));
    report(this.#gather(call, numberOf, alone), done);
  }

  #gather<T>(call: Call, resultOf: (answer: Answer) => T, alone: () => Promise<T>): Promise<T> {
    if (!fits(call)) return alone();
    return new Promise((resolve, reject) => {
      const errand: Errand = {
        call,
        done: (answer) => resolve(resultOf(answer)),
        failed: reject,
        alone: () => void alone().then(resolve, reject),
      };
      if (this.#turn.push(errand) === 1) setImmediate(this.#make);
    });
  }

  readonly #make = (): void => {
    const turn = this.#turn;
    this.#turn = [];
    const count = turn.length < this.#many ? 0 : Math.min(turn.length, this.#room());
    if (count > 0) this.#thread!.run(turn.slice(0, count));
    for (let index = count; index < turn.length; index += 1) turn[index]!.alone();
  };

  #room(): number {
    if (this.#turnsBefore > 0) {
      this.#turnsBefore -= 1;
      if (this.#turnsBefore === 0) this.#thread = this.#started();
    }
    return this.#thread?.room ?? 0;
  }

  /** Nothing where it cannot be started, as in a bundle without the programs of threads: the pool can do all of it. */
  #started(): DiskThread | undefined {
    try {
      return this.#start();
    } catch {
      return undefined;
    }
  }
}

/** Whether a place takes these octets. Those that are not there at all are for the pool to refuse. */
function isShort({ length: end }: Uint8Array, start: number, length: number): boolean {
  return length <= CONTENT_MAX && start >= 0 && start + length <= end;
}

function numberOf({ number }: Answer): number {
  return number;
}

function entryOf({ entry }: Answer): Entry {
  return entry;
}

function nothing(): void {}

function report(octets: Promise<number>, done: Moved): void {
  octets.then(
    (count) => done(null, count),
    (error: NodeJS.ErrnoException) => done(error, 0),
  );
}

/**
 * The file system for all servers and clients of this process. Its thread ends with the process. A worker thread of the
 * application does without it: Node.js notes which descriptors each worker opens and closes, and closes the rest with
 * it. One that the disk thread has closed would be among the rest, though it may be somebody else's by then.
 */
export const sharedFileSystem: FileSystem = isMainThread ? new GatheredCalls() : nodeFileSystem;

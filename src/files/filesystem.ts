/**
 * The calls of `node:fs` that this folder uses, and nothing else of it, so that a test can put a failing or a stopping
 * file system in their place. Reading and writing take callbacks, because they run once for every piece of content;
 * everything that runs a few times for a file is a promise.
 */
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { Places } from './places.js';

/** What a read or a write reports: how many octets it moved, which may be fewer than asked for. */
export type Moved = (error: NodeJS.ErrnoException | null, octets: number) => void;

/** What is known of a file; as bigint, because inode numbers and nanoseconds do not fit a double. */
export interface Entry {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly nlink: bigint;
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly mtimeNs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface FileSystem {
  read(fd: number, into: Uint8Array, start: number, length: number, position: number, moved: Moved): void;
  write(fd: number, from: Uint8Array, start: number, length: number, position: number, moved: Moved): void;
  open(path: string, flags: number, mode?: number): Promise<number>;
  close(fd: number): Promise<void>;
  fstat(fd: number): Promise<Entry>;
  /** The entry itself, not what a symbolic link points to. */
  lstat(path: string): Promise<Entry>;
  fsync(fd: number): Promise<void>;
  ftruncate(fd: number, length: number): Promise<void>;
  link(existing: string, added: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** The names in a directory, one by one: it may hold more than fit in memory. */
  names(directory: string): AsyncIterable<string>;
}

const { constants } = fs;

/**
 * Symbolic links are refused, and opening a pipe or a device that someone put under the name does not block a thread of
 * the pool for ever. Windows knows neither flag.
 */
const GUARDS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Flags for `open`. */
export const OPEN = {
  /** A file of the user's own choice: a link is followed. */
  read: constants.O_RDONLY | (constants.O_NONBLOCK ?? 0),
  readOwn: constants.O_RDONLY | GUARDS,
  updateOwn: constants.O_RDWR | GUARDS,
  /** Fails when anything stands under the name already. */
  createOwn: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | GUARDS,
  directory: constants.O_RDONLY | (constants.O_DIRECTORY ?? 0),
} as const;

const fstat = promisify(fs.fstat);
const lstat = promisify(fs.lstat);

/** Threads of the pool of Node.js, which makes all these calls: as libuv counts them. */
const POOL_THREADS = Math.max(1, Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '4', 10) || 1);

/** A call that moves no more octets than this is short. */
const SHORT_MOVE = 8192;

/**
 * The pool makes calls in the order in which they come: behind the content of a few big files everybody else would
 * wait, for an `open` too. So one thread is left to what is short, and two where the disk is being waited for.
 */
const moves = new Places(POOL_THREADS - 1);
const syncs = new Places(POOL_THREADS - 2);

/** The same read or write, with a few long ones under way at most. */
function leavingRoom(move: FileSystem['read']): FileSystem['read'] {
  return (fd, octets, start, length, position, done) => {
    if (length <= SHORT_MOVE) {
      move(fd, octets, start, length, position, done);
      return;
    }
    moves.take(() => {
      move(fd, octets, start, length, position, (error, count) => {
        moves.leave();
        done(error, count);
      });
    });
  };
}

const sync = promisify(fs.fsync);

async function fsync(fd: number): Promise<void> {
  await new Promise<void>((resolve) => syncs.take(resolve));
  try {
    await sync(fd);
  } finally {
    syncs.leave();
  }
}

export const nodeFileSystem: FileSystem = {
  read: leavingRoom(fs.read),
  write: leavingRoom(fs.write),
  open: promisify(fs.open),
  close: promisify(fs.close),
  fstat: (fd) => fstat(fd, { bigint: true }),
  lstat: (path) => lstat(path, { bigint: true }),
  fsync,
  ftruncate: promisify(fs.ftruncate),
  link: promisify(fs.link),
  rename: promisify(fs.rename),
  unlink: promisify(fs.unlink),
  async *names(directory) {
    for await (const entry of await fs.promises.opendir(directory)) yield entry.name;
  },
};

/** Starts a read or a write, and resolves to the number of octets that it moved. */
export function moved(start: (done: Moved) => void): Promise<number> {
  return new Promise((resolve, reject) => start((error, octets) => (error ? reject(error) : resolve(octets))));
}

/** Reads from a position of a file to into[0..length). Resolves to the octets read, fewer only where the file ends. */
export async function readAll(
  fileSystem: FileSystem,
  fd: number,
  into: Uint8Array,
  length: number,
  position: number,
): Promise<number> {
  let end = 0;
  while (end < length) {
    const octets = await moved((done) => fileSystem.read(fd, into, end, length - end, position + end, done));
    if (octets === 0) break;
    end += octets;
  }
  return end;
}

/** Writes all of `from` to a position of the file that is open as `fd` and stands at `path`. */
export async function writeAll(
  fileSystem: FileSystem,
  { fd, path }: { readonly fd: number; readonly path: string },
  from: Uint8Array,
  position: number,
): Promise<void> {
  for (let start = 0; start < from.length; ) {
    const left = from.length - start;
    const octets = await moved((done) => fileSystem.write(fd, from, start, left, position + start, done));
    if (octets === 0) throw errnoError('EIO', path, 'the disk took no octets');
    start += octets;
  }
}

/** Whether `error` is a system error of one of these names, such as `ENOENT`. */
export function hasErrno(error: unknown, ...names: readonly string[]): boolean {
  const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
  return code !== undefined && names.includes(code);
}

/** A refusal of our own that callers map like one of the system's, by its `code`. */
export function errnoError(code: string, path: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}, '${path}'`), { code, path });
}

/** Removes a name; that it does not exist is fine. Resolves to whether it existed. */
export async function removeIfThere(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    await fileSystem.unlink(path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The entry under a name, or undefined when there is none. */
export async function entryAt(fileSystem: FileSystem, path: string): Promise<Entry | undefined> {
  try {
    return await fileSystem.lstat(path);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

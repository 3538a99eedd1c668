import { type BigIntStats, constants } from 'node:fs';
import type { FileSystem, Moved } from '../../src/files/filesystem.js';
import type { Disk, Folder, Inode } from './disk.js';
import type { Caller } from './world.js';

/** How a disk behaves in one life of a process. */
export interface DiskTemper {
  /** The longest that a call takes, in milliseconds. */
  readonly delayMax: number;
  /** How likely a call fails, and how likely a read or a write moves less than it could. */
  readonly fails: number;
  readonly short: number;
}

/**
 * Every life of a process sees the disk below a path of its own, `/L7/inbox`: what the process keeps in its memory
 * about paths must not meet what a dead one has kept.
 */
const LIFE = /^\/L\d+(?=\/)/;

/** Calls that can fail for want of space or descriptors, or because the device does. */
const FAILURES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  write: ['ENOSPC', 'EIO', 'EDQUOT'],
  open: ['EMFILE', 'EACCES', 'ENOSPC'],
  fsync: ['EIO', 'ENOSPC'],
  link: ['EIO', 'ENOSPC'],
  rename: ['EIO', 'ENOSPC'],
  unlink: ['EIO', 'EACCES'],
};

/** The file system as one life of a process sees it: each call takes its time, and none returns to a dead process. */
export class DiskAccess implements FileSystem {
  /** Told before a file gets another name in a folder, and before one is written to that is open. */
  onName: (path: string, inode: Inode) => void = () => {};
  onWrite: (inode: Inode) => void = () => {};
  readonly #disk: Disk;
  readonly #caller: Caller;
  readonly #temper: DiskTemper;
  readonly #open = new Map<number, Inode | Folder>();
  #lastFd = 2;

  constructor(disk: Disk, caller: Caller, temper: DiskTemper) {
    this.#disk = disk;
    this.#caller = caller;
    this.#temper = temper;
  }

  /** Descriptors that are open. */
  get descriptors(): number {
    return this.#open.size;
  }

  read(fd: number, into: Uint8Array, start: number, length: number, position: number, moved: Moved): void {
    this.#move('read', moved, () => {
      const octets = this.#file(fd).octets.subarray(position, position + this.#amount(length));
      into.set(octets, start);
      return octets.length;
    });
  }

  write(fd: number, from: Uint8Array, start: number, length: number, position: number, moved: Moved): void {
    // Looks at the octets at the end of the call: they must stay as they are until then.
    this.#move('write', moved, () => {
      const amount = this.#amount(length);
      this.onWrite(this.#file(fd));
      this.#file(fd).write(from.subarray(start, start + amount), position);
      return amount;
    });
  }

  open(path: string, flags: number): Promise<number> {
    return this.#call('open', () => {
      this.#lastFd += 1;
      const folder = this.#disk.folder(path.replace(LIFE, ''));
      this.#open.set(this.#lastFd, folder ?? this.#openFile(path, flags));
      return this.#lastFd;
    });
  }

  close(fd: number): Promise<void> {
    this.#open.delete(fd);
    return this.#call('close', () => {});
  }

  fstat(fd: number): Promise<BigIntStats> {
    return this.#call('fstat', () => statsOf(this.#file(fd)));
  }

  lstat(path: string): Promise<BigIntStats> {
    return this.#call('lstat', () => statsOf(this.#find(path)));
  }

  fsync(fd: number): Promise<void> {
    return this.#call('fsync', () => this.#open.get(fd)?.sync());
  }

  ftruncate(fd: number, length: number): Promise<void> {
    return this.#call('ftruncate', () => {
      this.onWrite(this.#file(fd));
      this.#file(fd).truncate(length);
    });
  }

  link(existing: string, added: string): Promise<void> {
    return this.#call('link', () => {
      const inode = this.#find(existing);
      const { folder, name } = this.#place(added);
      if (folder.get(name) !== undefined) throw errno('EEXIST', added);
      this.onName(added, inode);
      folder.set(name, inode);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', () => {
      const inode = this.#find(from);
      const [source, target] = [this.#place(from), this.#place(to)];
      if (target.folder.get(target.name) === inode) return;
      this.onName(to, inode);
      target.folder.set(target.name, inode);
      source.folder.set(source.name, undefined);
    });
  }

  unlink(path: string): Promise<void> {
    return this.#call('unlink', () => {
      this.#find(path);
      const { folder, name } = this.#place(path);
      folder.set(name, undefined);
    });
  }

  async *names(directory: string): AsyncIterable<string> {
    yield* await this.#call('names', () => this.#disk.folder(directory.replace(LIFE, ''))?.names() ?? []);
  }

  #openFile(path: string, flags: number): Inode {
    const { folder, name } = this.#place(path);
    const existing = folder.get(name);
    if ((flags & constants.O_CREAT) === 0) return this.#find(path);
    if (existing !== undefined) throw errno('EEXIST', path);
    const inode = this.#disk.create();
    folder.set(name, inode);
    return inode;
  }

  #place(path: string): { readonly folder: Folder; readonly name: string } {
    const slash = path.lastIndexOf('/');
    const folder = this.#disk.folder(path.slice(0, slash).replace(LIFE, ''));
    if (folder === undefined) throw errno('ENOENT', path);
    return { folder, name: path.slice(slash + 1) };
  }

  #find(path: string): Inode {
    const { folder, name } = this.#place(path);
    const inode = folder.get(name);
    if (inode === undefined) throw errno('ENOENT', path);
    return inode;
  }

  #file(fd: number): Inode {
    const file = this.#open.get(fd);
    if (file === undefined || !('octets' in file)) throw errno('EBADF', `descriptor ${fd}`);
    return file;
  }

  #amount(length: number): number {
    const { random } = this.#caller;
    return length > 1 && random.chance(this.#temper.short) ? random.between(1, length) : length;
  }

  #move(name: string, moved: Moved, work: () => number): void {
    this.#call(name, work).then(
      (octets) => moved(null, octets),
      (error: NodeJS.ErrnoException) => moved(error, 0),
    );
  }

  #call<T>(name: string, work: () => T): Promise<T> {
    const { random } = this.#caller;
    return new Promise((resolve, reject) => {
      this.#caller.later(random.between(0, this.#temper.delayMax), () => {
        const failures = FAILURES[name];
        if (failures !== undefined && random.chance(this.#temper.fails)) {
          this.#disk.mishaps += 1;
          reject(errno(random.pick(failures), name));
          return;
        }
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

function errno(code: string, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, ${what}`), { code });
}

function statsOf(inode: Inode): BigIntStats {
  const changed = BigInt(inode.version);
  const stats = {
    dev: 1n,
    ino: BigInt(inode.ino),
    nlink: BigInt(inode.links),
    size: BigInt(inode.octets.length),
    mtimeNs: changed,
    mtimeMs: changed,
    isFile: () => true,
    isDirectory: () => false,
  };
  return stats as Partial<BigIntStats> as BigIntStats;
}

import type { Random } from './random.js';

/** What a disk writes at once: a power failure leaves whole ones, old or new. */
const PAGE_LENGTH = 512;

/** A file, whatever names it has. */
export class Inode {
  readonly ino: number;
  /** Names in the directories as processes see them. */
  links = 0;
  /** Changes with every write, as a time stamp of the file system does. */
  version = 0;
  #memory = Buffer.alloc(0);
  #length = 0;
  #synced: Buffer = Buffer.alloc(0);
  #dirty = false;

  constructor(ino: number) {
    this.ino = ino;
  }

  get octets(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  write(octets: Uint8Array, position: number): void {
    this.#reserve(position + octets.length);
    this.#memory.set(octets, position);
    this.#length = Math.max(this.#length, position + octets.length);
    this.#changed();
  }

  truncate(length: number): void {
    this.#reserve(length);
    this.#memory.fill(0, Math.min(length, this.#length), Math.max(length, this.#length));
    this.#length = length;
    this.#changed();
  }

  sync(): void {
    if (this.#dirty) this.#synced = Buffer.from(this.octets);
    this.#dirty = false;
  }

  /** Of what was not synced any page may have reached the disk, and the length any value in between. */
  loseUnsynced(random: Random): void {
    if (!this.#dirty) return;
    const [now, then] = [Buffer.from(this.octets), this.#synced];
    const length = random.pick([now.length, then.length, random.between(0, Math.max(now.length, then.length))]);
    const left = Buffer.alloc(length);
    for (let at = 0; at < length; at += PAGE_LENGTH) {
      const source = random.pick([now, then]);
      left.set(source.subarray(at, Math.min(at + PAGE_LENGTH, length)), at);
    }
    this.truncate(0);
    this.write(left, 0);
    this.sync();
  }

  #reserve(length: number): void {
    if (length <= this.#memory.length) return;
    const memory = Buffer.alloc(Math.max(length, this.#memory.length * 2, 1024));
    this.octets.copy(memory);
    this.#memory = memory;
  }

  #changed(): void {
    this.version += 1;
    this.#dirty = true;
  }
}

/** The names in a folder. Changes reach the disk in their order, at the latest when the folder is synced. */
export class Folder {
  readonly #entries = new Map<string, Inode>();
  readonly #synced = new Map<string, Inode>();
  #unsynced: (readonly [name: string, inode: Inode | undefined])[] = [];

  get(name: string): Inode | undefined {
    return this.#entries.get(name);
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  set(name: string, inode: Inode | undefined): void {
    this.#enter(name, inode);
    this.#unsynced.push([name, inode]);
  }

  sync(): void {
    this.#write(this.#unsynced.length);
  }

  loseUnsynced(random: Random): void {
    this.#write(random.between(0, this.#unsynced.length));
    for (const name of this.names()) this.#enter(name, undefined);
    for (const [name, inode] of this.#synced) this.#enter(name, inode);
    for (const inode of new Set(this.#entries.values())) inode.loseUnsynced(random);
  }

  #write(changes: number): void {
    for (const [name, inode] of this.#unsynced.slice(0, changes)) {
      if (inode === undefined) this.#synced.delete(name);
      else this.#synced.set(name, inode);
    }
    this.#unsynced = [];
  }

  #enter(name: string, inode: Inode | undefined): void {
    const before = this.#entries.get(name);
    if (before !== undefined) before.links -= 1;
    if (inode === undefined) {
      this.#entries.delete(name);
    } else {
      inode.links += 1;
      this.#entries.set(name, inode);
    }
  }
}

/** The disk of one machine: a folder for received files and one for files to be sent. */
export class Disk {
  readonly inbox = new Folder();
  readonly outbox = new Folder();
  /** Calls that failed for no fault of theirs, and deaths: they may leave hidden files for some time. */
  mishaps = 0;
  #lastIno = 0;

  create(): Inode {
    this.#lastIno += 1;
    return new Inode(this.#lastIno);
  }

  folder(path: string): Folder | undefined {
    return { '/inbox': this.inbox, '/outbox': this.outbox }[path];
  }

  failPower(random: Random): void {
    this.inbox.loseUnsynced(random);
  }
}

/** A file system of a few hundred KiB of its own, where the system allows tests to mount one. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';

const FILLER = '.filler';
const PIECE = Buffer.alloc(4096);

export class TinyDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Nothing where mounting is not allowed: it takes a superuser of Linux. */
  static mount(kibibytes: number): TinyDisk | undefined {
    const path = temporaryFolder();
    if (!run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', path)) return undefined;
    // Lazily, because whoever still has a file open there closes it later.
    onCleanUp(() => void run('umount', '-l', path));
    return new TinyDisk(path);
  }

  /** Leaves no room for even one octet more. */
  fill(): void {
    const fd = openSync(join(this.path, FILLER), 'a');
    try {
      for (;;) writeSync(fd, PIECE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(fd);
    }
  }

  free(): void {
    rmSync(join(this.path, FILLER));
  }

  resize(kibibytes: number): void {
    this.#remount(`size=${kibibytes}k`);
  }

  setWritable(writable: boolean): void {
    this.#remount(writable ? 'rw' : 'ro');
  }

  #remount(options: string): void {
    execFileSync('mount', ['-o', `remount,${options}`, this.path], { stdio: 'ignore' });
  }
}

function run(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether tests can have disks of their own. */
export function canMount(): boolean {
  const path = temporaryFolder();
  return run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path) && run('umount', path);
}

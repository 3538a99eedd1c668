import { readFileSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, opendir, realpath, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { networkFileSystem } from '../store/network-file-system.js';
import { identityFrom, identityText, isGone, ownIdentity } from '../store/process-identity.js';

/** The end that `mkdtemp` gives a name is letters and digits. */
const NAME = /^oftp-(.+)-[0-9A-Za-z]{6}$/;

/**
 * A folder for files that need not outlive the process, removed with all that is in it. Its name says whose it is, so
 * that what a killed process has left behind can be removed by the next.
 */
export class ScratchFolder {
  #folder: Promise<string> | undefined;
  /** The looks that are being taken for folders of others. */
  readonly #looking = new Set<Promise<void>>();

  /** The folder, made when it is first needed. */
  async in(parent: string): Promise<string> {
    this.#folder ??= this.#make(parent);
    try {
      return await this.#folder;
    } catch (error) {
      // The next one may find the place in order.
      this.#folder = undefined;
      throw error;
    }
  }

  /**
   * Removes the folders of processes that are gone for certain. What is not the own user's, what is no folder, and what
   * may belong to a process of another container or machine is left alone.
   *
   * @throws the error of the file system, except that a folder that does not exist holds none
   */
  async removeAbandoned(parent: string): Promise<void> {
    const looking = this.#removeAbandoned(parent);
    this.#looking.add(looking);
    await looking.finally(() => this.#looking.delete(looking));
  }

  /** Settles when the folder is gone, and nobody looks for those of others any more. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#looking);
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  async #make(parent: string): Promise<string> {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    const identity = await ownIdentity();
    return mkdtemp(join(parent, identity === undefined ? 'oftp-' : `oftp-${identityText(identity)}-`));
  }

  async #removeAbandoned(parent: string): Promise<void> {
    const own = await ownIdentity();
    if (own === undefined) return;
    let failure: unknown;
    try {
      const isLocal = await isOnDisk(parent);
      for await (const { name } of await opendir(parent)) {
        const identity = identityFrom(NAME.exec(name)?.[1] ?? '');
        if (identity === undefined || !(await isGone(identity, own, isLocal))) continue;
        const path = join(parent, name);
        if (!(await isOwnFolder(path))) continue;
        await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
          failure ??= error;
        });
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (failure !== undefined) throw failure;
  }
}

async function isOnDisk(folder: string): Promise<boolean> {
  const [real, { type }] = await Promise.all([realpath(folder), statfs(folder)]);
  return networkFileSystem(real, type, () => readFileSync('/proc/self/mountinfo', 'utf8')) === undefined;
}

/** What a link leads to is never looked at. */
async function isOwnFolder(path: string): Promise<boolean> {
  // Somebody else may remove it at this moment.
  const entry = await lstat(path).catch(() => undefined);
  return entry?.isDirectory() === true && entry.uid === process.geteuid?.();
}

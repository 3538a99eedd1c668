/**
 * Which paths the transfers of this process are working on, so that two of them never work on one; nor two of processes
 * that share their state.
 */
import { resolve } from 'node:path';
import { ALONE, type Locks } from '../locks/locks.js';
import { errnoError } from './filesystem.js';

/** File systems there take `A` and `a` for the same name. */
const FOLDS_CASE = process.platform === 'win32' || process.platform === 'darwin';

const held = new Map<string, Claim>();

/** As the paths, they are of the process and not of one server in it. */
let locks = ALONE;

/** From now on claims exclude the transfers of other processes as well. */
export function shareClaims(withOthers: Locks): void {
  locks = withOthers;
}

const lockOf = (key: string): string => `path:${key}`;

export class Claim {
  readonly #key: string;
  readonly #isLeaving: () => boolean;
  readonly #locks = locks;
  #left: Promise<void> | undefined;
  #release: () => void = () => {};

  private constructor(key: string, isLeaving: () => boolean) {
    this.#key = key;
    this.#isLeaving = isLeaving;
  }

  /**
   * Takes a path for the caller alone. Where the holder is on its way out, this waits for it.
   * @param isLeaving whether the caller is on its way out, asked when somebody else wants the path; see also `leave`
   * @throws an error with `code` EBUSY when another transfer holds the path
   */
  static async take(path: string, isLeaving = () => false): Promise<Claim> {
    const absolute = resolve(path);
    const key = FOLDS_CASE ? absolute.toLowerCase() : absolute;
    for (let holder = held.get(key); holder; holder = held.get(key)) {
      if (holder.#isLeaving()) holder.leave();
      if (!holder.#left) throw errnoError('EBUSY', path, 'another transfer is working on this file');
      await holder.#left;
    }
    const claim = new Claim(key, isLeaving);
    held.set(key, claim);
    if (claim.#locks.shared) await claim.#takeFromOthers(path);
    return claim;
  }

  async #takeFromOthers(path: string): Promise<void> {
    let taken = false;
    try {
      taken = await this.#locks.take(lockOf(this.#key));
    } finally {
      if (!taken) this.#releaseHere();
    }
    if (!taken) throw errnoError('EBUSY', path, 'a transfer of another process is working on this file');
  }

  /**
   * Says that the path will be released soon, so that whoever asks for it from now on waits instead of being refused.
   */
  leave(): void {
    this.#left ??= new Promise((resolveLeft) => {
      this.#release = resolveLeft;
    });
    this.#locks.leave(lockOf(this.#key));
  }

  /** Releases the path. Further calls do nothing. */
  release(): void {
    // A second call must not release what another transfer has taken since.
    if (held.get(this.#key) === this) this.#locks.release(lockOf(this.#key));
    this.#releaseHere();
  }

  #releaseHere(): void {
    if (held.get(this.#key) === this) held.delete(this.#key);
    this.#release();
  }
}

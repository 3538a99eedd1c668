/** Which paths the transfers of this process are working on, so that two of them never work on one. */
import { resolve } from 'node:path';
import { errnoError } from './filesystem.js';

/** File systems there take `A` and `a` for the same name. */
const FOLDS_CASE = process.platform === 'win32' || process.platform === 'darwin';

const held = new Map<string, Claim>();

export class Claim {
  readonly #key: string;
  readonly #isLeaving: () => boolean;
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
    return claim;
  }

  /**
   * Says that the path will be released soon, so that whoever asks for it from now on waits instead of being refused.
   */
  leave(): void {
    this.#left ??= new Promise((resolveLeft) => {
      this.#release = resolveLeft;
    });
  }

  /** Releases the path. Further calls do nothing. */
  release(): void {
    if (held.get(this.#key) === this) held.delete(this.#key);
    this.#release();
  }
}

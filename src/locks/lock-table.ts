import { OFTPError } from '../settings/errors.js';

/** Locks that one process may have; far more than 100,000 connections need. */
const HELD_MAX = 1_000_000;

interface Held {
  readonly holder: LockHolder;
  /** Who waits for the name, once it is about to be released. */
  left: Promise<void> | undefined;
  release: () => void;
}

/** One process, as the table of locks knows it. */
export class LockHolder {
  readonly names = new Set<string>();
  /** Nothing is given to it any more. */
  gone = false;
}

/** Which process has which name; kept by the process that owns the state. */
export class LockTable {
  readonly #held = new Map<string, Held>();

  /**
   * Whether the name is the holder's from now on. Waits for one who is on its way out.
   * @throws OFTPError 10055 when the holder has too many
   */
  async take(name: string, holder: LockHolder): Promise<boolean> {
    for (let held = this.#held.get(name); held; held = this.#held.get(name)) {
      if (held.left === undefined) return false;
      await held.left;
    }
    if (holder.gone) return false;
    if (holder.names.size >= HELD_MAX)
      throw new OFTPError(10055, `one process has ${HELD_MAX} locks: that is the most`);
    holder.names.add(name);
    this.#held.set(name, { holder, left: undefined, release: () => {} });
    return true;
  }

  /** Does nothing for a name that the holder does not have. */
  leave(name: string, holder: LockHolder): void {
    const held = this.#held.get(name);
    if (held?.holder !== holder || held.left !== undefined) return;
    held.left = new Promise((resolve) => {
      held.release = resolve;
    });
  }

  /** Does nothing for a name that the holder does not have. */
  release(name: string, holder: LockHolder): void {
    const held = this.#held.get(name);
    if (held?.holder !== holder) return;
    this.#held.delete(name);
    holder.names.delete(name);
    held.release();
  }

  /** The process is gone: all that it had is free, and what it waits for is not given to it. */
  releaseAll(holder: LockHolder): void {
    holder.gone = true;
    for (const name of [...holder.names]) this.release(name, holder);
  }
}

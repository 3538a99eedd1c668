import { ALONE, type Locks } from './locks.js';

/** Things of one kind that one session at a time works on, be it of another process that shares the state. */
export class Exclusive {
  readonly #kind: string;
  readonly #locks: Locks;
  /** What sessions of this process have, or ask the others for; each settles when it is given back. */
  readonly #held = new Map<string, Promise<void>>();

  /** @param kind keeps its locks apart from those of other things */
  constructor(kind: string, locks: Locks = ALONE) {
    this.#kind = kind;
    this.#locks = locks;
  }

  /** What this process has now. */
  get keys(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** Settles when all that this process has now is given back. */
  get released(): Promise<unknown> {
    return Promise.all(this.#held.values());
  }

  /**
   * Takes a thing for the caller alone, until the function that comes back is called; that it is called again does
   * nothing. Undefined when another session has the thing.
   *
   * @param isLeft whether there is still something to do, asked where another process may just have done it
   * @throws the error of the locks, or of `isLeft`; the thing is not taken then
   */
  async take(key: string, isLeft?: () => Promise<boolean>): Promise<(() => void) | undefined> {
    if (this.#held.has(key)) return undefined;
    const lock = `${this.#kind}:${key}`;
    let locked = false;
    let settle = (): void => {};
    const released = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const release = (): void => {
      // A second call must not give back what somebody else has taken since.
      if (this.#held.get(key) !== released) return;
      this.#held.delete(key);
      if (locked) this.#locks.release(lock);
      settle();
    };
    this.#held.set(key, released);
    if (!this.#locks.shared) return release;
    let taken = false;
    try {
      locked = await this.#locks.take(lock);
      taken = locked && ((await isLeft?.()) ?? true);
    } finally {
      if (!taken) release();
    }
    return taken ? release : undefined;
  }
}

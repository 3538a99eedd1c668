import { ALONE, type Locks } from '../locks/locks.js';
import { fileKey } from '../store/keys.js';
import type { FileIdentity } from '../store/store.js';

/** Acknowledged files that are being processed: no other session takes them up, be it of another process. */
export class HeldFiles {
  readonly #locks: Locks;
  readonly #held = new Map<string, Promise<void>>();

  constructor(locks: Locks = ALONE) {
    this.#locks = locks;
  }

  /** What identifies each of them. */
  get all(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** Settles when all that are being processed now are released. */
  get released(): Promise<unknown> {
    return Promise.allSettled(this.#held.values());
  }

  /** Takes a file for the caller alone; undefined when another session has it. What is given back releases it. */
  async take(identity: FileIdentity): Promise<(() => void) | undefined> {
    const key = fileKey(identity);
    if (this.#held.has(key)) return undefined;
    const release = this.#hold(key);
    if (!this.#locks.shared) return release;
    const lock = `processing:${key}`;
    let taken = false;
    try {
      taken = await this.#locks.take(lock);
    } finally {
      if (!taken) release();
    }
    if (!taken) return undefined;
    return () => {
      if (this.#held.has(key)) this.#locks.release(lock);
      release();
    };
  }

  #hold(key: string): () => void {
    let release = (): void => {};
    this.#held.set(
      key,
      new Promise<void>((resolve) => {
        release = () => {
          this.#held.delete(key);
          resolve();
        };
      }),
    );
    return release;
  }
}

import type { Stamp } from '../store/store.js';

/** What an end response of the application needs to know about its file. */
export interface RememberedFile extends Stamp {
  /** base64; empty unless a signed end response was asked for. */
  readonly fileHash: string;
}

/** Files whose answer is left to the application, remembered until newer ones take their place. */
const REMEMBERED_MAX = 10_000;

/**
 * The full stamps of received files, found by the text that the application was given. Most date formats drop the
 * counter of the stamp, and an end response without it fits no file.
 */
export class ReceivedStamps {
  readonly #stamps = new Map<string, RememberedFile>();

  remember(name: string, destination: string, originator: string, text: string, stamp: RememberedFile): void {
    const key = [name, destination, originator, text].join('\0');
    this.#stamps.delete(key);
    this.#stamps.set(key, stamp);
    const [oldest] = this.#stamps.keys();
    if (this.#stamps.size > REMEMBERED_MAX && oldest !== undefined) this.#stamps.delete(oldest);
  }

  recall(name: string, destination: string, originator: string, text: string): RememberedFile | undefined {
    return this.#stamps.get([name, destination, originator, text].join('\0'));
  }
}

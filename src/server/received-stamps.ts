import type { Stamp } from '../store/store.js';

/** Files whose answer is left to the application, remembered until newer ones take their place. */
const REMEMBERED_MAX = 10_000;

/**
 * The full stamps of received files, found by the text that the application was given. Most date formats drop the
 * counter of the stamp, and an end response without it fits no file.
 */
export class ReceivedStamps {
  readonly #stamps = new Map<string, Stamp>();

  remember(name: string, destination: string, originator: string, text: string, stamp: Stamp): void {
    const key = [name, destination, originator, text].join('\0');
    this.#stamps.delete(key);
    this.#stamps.set(key, stamp);
    const [oldest] = this.#stamps.keys();
    if (this.#stamps.size > REMEMBERED_MAX && oldest !== undefined) this.#stamps.delete(oldest);
  }

  recall(name: string, destination: string, originator: string, text: string): Stamp | undefined {
    return this.#stamps.get([name, destination, originator, text].join('\0'));
  }
}

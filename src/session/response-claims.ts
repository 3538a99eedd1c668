import { Exclusive } from '../locks/exclusive.js';
import type { Locks } from '../locks/locks.js';
import type { Store } from '../store/store.js';

/** The end responses to one partner that a session has read from the store, until it has sent them. */
export interface Reading {
  readonly partner: string;
  /** What other sessions have confirmed since. */
  readonly confirmed: Set<number>;
}

/**
 * Parallel sessions with one partner share the end responses that are to be sent: each goes out on one of them, and one
 * that is confirmed does not go out again from a list that was read before.
 */
export class ResponseClaims {
  readonly #store: Pick<Store, 'pendingResponses'>;
  readonly #exclusive: Exclusive;
  /** How each response that is being sent is given back. */
  readonly #claimed = new Map<number, () => void>();
  /** Of these the peers have confirmed, but the store could not be told. */
  readonly #unrecorded = new Set<number>();
  readonly #readings = new Set<Reading>();

  constructor(store: Pick<Store, 'pendingResponses'>, locks?: Locks) {
    this.#store = store;
    this.#exclusive = new Exclusive('response', locks);
  }

  /** To be called before responses are read, and to be ended by `close`. */
  open(partner: string): Reading {
    const reading = { partner, confirmed: new Set<number>() };
    this.#readings.add(reading);
    return reading;
  }

  close(reading: Reading): void {
    this.#readings.delete(reading);
  }

  /** Whether a response is the caller's to send; then `confirm`, `postpone` or `release` must follow. */
  async take({ partner, confirmed }: Reading, id: number): Promise<boolean> {
    if (confirmed.has(id)) return false;
    // A session of another process may have sent the response since it was read.
    const release = await this.#exclusive.take(String(id), async () => {
      const [first] = await this.#store.pendingResponses(partner, id - 1, 1);
      return first?.id === id;
    });
    if (release === undefined) return false;
    this.#claimed.set(id, release);
    return true;
  }

  /** The store knows that the response was confirmed. */
  confirm({ partner }: Reading, id: number): void {
    for (const reading of this.#readings) if (reading.partner === partner) reading.confirmed.add(id);
    this.release(id);
  }

  /**
   * The peer has confirmed the response, but the store could not be told, on a full disk for example: as long as this
   * process lives nobody sends it again, and every session of the partner tries to make up for it by `confirm`.
   */
  postpone(id: number): void {
    this.#unrecorded.add(id);
  }

  /** Whether a response that the store has as pending was confirmed all the same. */
  isUnrecorded(id: number): boolean {
    return this.#unrecorded.has(id);
  }

  /** The response was not confirmed: another session may send it. */
  release(id: number): void {
    this.#claimed.get(id)?.();
    this.#claimed.delete(id);
    this.#unrecorded.delete(id);
  }
}

import { OFTPError } from '../settings/errors.js';
import type { Arrival } from '../transport/arrival.js';
import type { CoarseClock } from '../transport/clock.js';

/** Milliseconds that a handshake has before it may have to give way. That of a partner takes a fraction of it. */
const PROTECTED_MS = 1000;

interface Handshake {
  readonly arrival: Arrival;
  readonly controller: AbortController;
  /** Time of the clock. */
  readonly began: number;
}

/**
 * The TLS handshakes with clients that are under way. Whoever opens connections and never finishes a handshake takes
 * places of MaxConnections from nobody: when they are needed, the oldest handshakes give way.
 */
export class Handshakes {
  /** The oldest first. */
  readonly #underWay = new Set<Handshake>();

  /** A handshake begins: what ends it early, and what to call when it is over. */
  begin(arrival: Arrival, clock: CoarseClock): { readonly signal: AbortSignal; readonly done: () => void } {
    const controller = new AbortController();
    const handshake = { arrival, controller, began: clock.now() };
    this.#underWay.add(handshake);
    return { signal: controller.signal, done: () => this.#underWay.delete(handshake) };
  }

  /** Ends the oldest handshake if it is old enough; whether there was one. */
  makeRoom(clock: CoarseClock): boolean {
    const [oldest] = this.#underWay;
    if (oldest === undefined || clock.now() - oldest.began < PROTECTED_MS) return false;
    this.#underWay.delete(oldest);
    oldest.arrival.giveWay();
    oldest.controller.abort(new OFTPError(10055, 'the TLS handshake was not done and gave way to another client'));
    return true;
  }

  /** Ends all of them with an error. */
  abort(reason: Error): void {
    for (const { controller } of this.#underWay) controller.abort(reason);
  }
}

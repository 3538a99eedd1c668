/** Clients beyond the maximum who are still told so, as a share of the maximum. */
const RESERVE_SHARE = 0.1;

/** What a client gets: a session, an answer that there is none (the reserve), or nothing. */
export type Seat = 'session' | 'reserve';

/** Where clients get their seats. */
export interface Places {
  /** A seat for one more client, or undefined when not even the reserve has one. */
  enter(): Seat | undefined | Promise<Seat | undefined>;
  leave(seat: Seat): void;
}

/** Counts the clients of a listener against the setting MaxConnections. */
export class Admission implements Places {
  readonly #free: Record<Seat, number>;

  /** @param maxConnections 1 to 100000 sessions at a time */
  constructor(maxConnections: number) {
    this.#free = { session: maxConnections, reserve: Math.ceil(maxConnections * RESERVE_SHARE) };
  }

  enter(): Seat | undefined {
    const seat = this.#free.session > 0 ? 'session' : 'reserve';
    if (this.#free[seat] === 0) return undefined;
    this.#free[seat] -= 1;
    return seat;
  }

  leave(seat: Seat): void {
    this.#free[seat] += 1;
  }
}

import { LockHolder } from '../locks/lock-table.js';
import type { Admission, Seat } from '../transport/admission.js';

/** What one worker has of what all share, so that it can be taken back when the worker is gone. */
export class Member {
  readonly holder = new LockHolder();
  readonly #seats: Record<Seat, number> = { session: 0, reserve: 0 };

  enter(places: Admission): Seat | null {
    if (this.holder.gone) return null;
    const seat = places.enter();
    if (seat !== undefined) this.#seats[seat] += 1;
    return seat ?? null;
  }

  /** Does nothing for a seat that the worker does not have. */
  giveBack(places: Admission, seat: Seat): void {
    if (this.#seats[seat] === 0) return;
    this.#seats[seat] -= 1;
    places.leave(seat);
  }

  /** The worker is gone, and with it all its clients. */
  leaveAll(places: Admission): void {
    for (const seat of ['session', 'reserve'] as const) while (this.#seats[seat] > 0) this.giveBack(places, seat);
  }
}

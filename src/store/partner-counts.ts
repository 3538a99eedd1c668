import type { PartnerCount } from './thread/operations.js';

/**
 * How many records there may be for a partner: never too few. "None", the usual answer, then needs no look into the
 * database. It has an entry only for the partners that have records there.
 */
export class PartnerCounts {
  readonly #counts: Map<string, number>;

  constructor(counts: Iterable<PartnerCount>) {
    this.#counts = new Map(counts);
  }

  has(partner: string): boolean {
    return this.#counts.has(partner);
  }

  add(partner: string): void {
    this.#counts.set(partner, (this.#counts.get(partner) ?? 0) + 1);
  }

  remove(partner: string): void {
    const left = (this.#counts.get(partner) ?? 0) - 1;
    if (left > 0) this.#counts.set(partner, left);
    else this.#counts.delete(partner);
  }
}

/** So many may be at it at a time; the others wait, in their order. */
export class Places {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param count how many; one at least */
  constructor(count: number) {
    this.#free = Math.max(1, count);
  }

  /** Calls `begin` as soon as there is a place, which is to be left again. */
  take(begin: () => void): void {
    if (this.#free === 0) {
      this.#waiting.push(begin);
      return;
    }
    this.#free -= 1;
    begin();
  }

  /** Whoever has waited longest takes the place over. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

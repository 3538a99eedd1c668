// A cache of answers that each hold until a time of their own.

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
  readonly weight: number;
}

/** When it is full, the oldest entry makes room. Times are in milliseconds since 1970. */
export class ExpiringCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #weightMax: number;
  #weight = 0;

  /** @param weightMax of all entries together */
  constructor(weightMax: number) {
    this.#weightMax = weightMax;
  }

  get(key: string, now: number): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.until) return entry?.value;
    this.#delete(key);
    return undefined;
  }

  /** What is heavier than the whole cache is not kept. */
  set(key: string, value: Value, until: number, weight = 1): void {
    this.#delete(key);
    if (weight > this.#weightMax) return;
    this.#entries.set(key, { value, until, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#weightMax) return;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}

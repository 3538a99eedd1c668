/** The ids of records by a key that several of them may share, in the order in which they were added. */
export class IdIndex {
  readonly #ids = new Map<string, Set<number>>();

  add(key: string, id: number): void {
    const ids = this.#ids.get(key);
    if (ids === undefined) this.#ids.set(key, new Set([id]));
    else ids.add(id);
  }

  remove(key: string, id: number): void {
    const ids = this.#ids.get(key);
    if (ids?.delete(id) && ids.size === 0) this.#ids.delete(key);
  }

  of(key: string): Iterable<number> {
    return this.#ids.get(key) ?? [];
  }
}

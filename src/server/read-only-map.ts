import { type InspectOptions, inspect } from 'node:util';

/**
 * Shows a map as it is at any moment, and has no way to change it: TypeScript's `ReadonlyMap` would keep nobody from
 * calling `set` in JavaScript.
 */
export class ReadOnlyMap<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly #map: ReadonlyMap<Key, Value>;

  constructor(map: ReadonlyMap<Key, Value>) {
    this.#map = map;
    Object.freeze(this);
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  keys(): MapIterator<Key> {
    return this.#map.keys();
  }

  values(): MapIterator<Value> {
    return this.#map.values();
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#map.entries();
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.#map.entries();
  }

  /** As of a `Map`; the third argument of the callback is this view, not the map behind it. */
  forEach(callback: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void, thisArgument?: unknown): void {
    this.#map.forEach((value, key) => {
      callback.call(thisArgument, value, key, this);
    });
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `ReadOnlyMap ${inspect(new Map(this.#map), options)}`;
  }
}

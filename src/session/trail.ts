import type { Command } from '../protocol/commands/codec.js';
import { STH_LENGTH } from '../protocol/framing/stream-header.js';
import type { Direction, Monitor } from './monitor.js';

const DATA = 0x44;

/** Octets of DATA that are kept at first: memory follows arrival, not announcement. */
const DATA_LENGTH_MIN = 256;

/**
 * Shows exchange buffers to whoever listens to the trail. DATA passes by in pieces and is only put together if somebody
 * looks at it; otherwise this costs one test a buffer.
 */
export class Trail {
  readonly #monitor: Monitor;
  /** The DATA exchange buffer under way, as far as it has come, and its length. */
  #data: Uint8Array | undefined;
  #length = 0;
  #fill = 0;

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  command(direction: Direction, octets: Uint8Array, command: Command | undefined): void {
    if (this.#monitor.trails) this.#monitor.trail(direction, octets.slice(), command);
  }

  dataStart(length: number): void {
    if (!this.#monitor.trailsData) return;
    this.#data = new Uint8Array(Math.min(length, DATA_LENGTH_MIN));
    this.#data[0] = DATA;
    this.#length = length;
    this.#fill = 1;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.#data === undefined) return;
    const fill = this.#fill + end - start;
    if (fill > this.#data.length) {
      const grown = new Uint8Array(Math.min(Math.max(fill, 2 * this.#data.length), this.#length));
      grown.set(this.#data.subarray(0, this.#fill));
      this.#data = grown;
    }
    this.#data.set(bytes.subarray(start, end), this.#fill);
    this.#fill = fill;
  }

  dataEnd(): void {
    if (this.#data !== undefined) this.#monitor.trail('received', this.#data.subarray(0, this.#fill), undefined);
    this.#data = undefined;
  }

  /** One or more whole Stream Transmission Buffers that are being sent. */
  sent(octets: Uint8Array): void {
    if (!this.#monitor.trails) return;
    for (let start = 0; start + STH_LENGTH <= octets.length; ) {
      const length = ((octets[start + 1] ?? 0) << 16) | ((octets[start + 2] ?? 0) << 8) | (octets[start + 3] ?? 0);
      const shown = octets[start + STH_LENGTH] !== DATA || this.#monitor.trailsData;
      if (shown) this.#monitor.trail('sent', octets.slice(start + STH_LENGTH, start + length), undefined);
      start += length;
    }
  }
}

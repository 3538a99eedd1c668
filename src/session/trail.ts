import type { Command } from '../protocol/commands/codec.js';
import { STH_LENGTH } from '../protocol/framing/stream-header.js';
import type { Direction, Monitor } from './monitor.js';

const DATA = 0x44;

/**
 * Shows exchange buffers to whoever listens to the trail. DATA passes by in pieces and is only put together if somebody
 * does; without a listener this costs one test a buffer.
 */
export class Trail {
  readonly #monitor: Monitor;
  #data: Uint8Array | undefined;
  #fill = 0;

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  command(direction: Direction, octets: Uint8Array, command: Command | undefined): void {
    if (this.#monitor.trails) this.#monitor.trail(direction, octets.slice(), command);
  }

  dataStart(length: number): void {
    if (!this.#monitor.trails) return;
    this.#data = new Uint8Array(length);
    this.#data[0] = DATA;
    this.#fill = 1;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.#data === undefined) return;
    this.#data.set(bytes.subarray(start, end), this.#fill);
    this.#fill += end - start;
  }

  dataEnd(): void {
    if (this.#data !== undefined) this.#monitor.trail('received', this.#data, undefined);
    this.#data = undefined;
  }

  /** One or more whole Stream Transmission Buffers that are being sent. */
  sent(octets: Uint8Array): void {
    if (!this.#monitor.trails) return;
    for (let start = 0; start + STH_LENGTH <= octets.length; ) {
      const length = ((octets[start + 1] ?? 0) << 16) | ((octets[start + 2] ?? 0) << 8) | (octets[start + 3] ?? 0);
      this.#monitor.trail('sent', octets.slice(start + STH_LENGTH, start + length), undefined);
      start += length;
    }
  }
}

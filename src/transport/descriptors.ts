import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { CoarseClock, Timer } from './clock.js';

/** Descriptors held back for the files of connected clients. Windows counts neither files nor sockets that way. */
const SPARE_COUNT = process.platform === 'win32' ? 0 : 8;

/** Milliseconds between attempts to get the spare descriptors back. */
const RETRY_MS = 1000;

/**
 * Notices that the process runs out of descriptors before its connected clients do. Node.js does not tell: without a
 * descriptor for a new client, libuv accepts and closes the connection by itself. So a few are held back, and each new
 * client is a reason to see whether there is one more. When there is none, those held back are given up for the files
 * of the clients who are already there, and new clients have to be turned away until all can be had again.
 */
export class DescriptorReserve {
  readonly #clock: CoarseClock;
  readonly #exhausted: (error: NodeJS.ErrnoException) => void;
  readonly #spares: number[] = [];
  #retry: Timer | undefined;

  /** @param exhausted told once each time descriptors run out, with the error of the attempt to open one */
  constructor(clock: CoarseClock, exhausted: (error: NodeJS.ErrnoException) => void) {
    this.#clock = clock;
    this.#exhausted = exhausted;
  }

  /** Whether there is a descriptor to spare. Also for whoever has met EMFILE or ENFILE elsewhere. */
  check(): boolean {
    if (this.#retry?.pending) return false;
    const error = this.#fill();
    if (error === undefined) return true;
    this.#giveUp();
    this.#retry = this.#clock.schedule(RETRY_MS, () => this.#tryAgain());
    this.#exhausted(error);
    return false;
  }

  close(): void {
    this.#retry?.cancel();
    this.#giveUp();
  }

  #tryAgain(): void {
    if (this.#fill() === undefined) return;
    this.#giveUp();
    this.#retry?.reschedule(RETRY_MS);
  }

  /** Opens the missing spares and, for a moment, one more. */
  #fill(): NodeJS.ErrnoException | undefined {
    if (SPARE_COUNT === 0) return undefined;
    try {
      while (this.#spares.length <= SPARE_COUNT) this.#spares.push(openSync(devNull, 'r'));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Without a null device (some jails have none) nothing can be said.
      return code === 'EMFILE' || code === 'ENFILE' ? (error as NodeJS.ErrnoException) : undefined;
    }
    closeSync(this.#spares.pop() as number);
    return undefined;
  }

  #giveUp(): void {
    for (const descriptor of this.#spares.splice(0)) closeSync(descriptor);
  }
}

import { envelope } from './messages.js';

/** Messages that go together, so that the answers to a long queue do not wait for its end. */
const GROUP_MAX = 200;

/**
 * One end of the channel between two processes. What is to be sent in one turn of the event loop, or while a message is
 * on its way, goes together in the next one: the channel never holds more than one message of ours.
 */
export class Pipe {
  readonly #send: (message: object, sent: () => void) => void;
  #waiting: unknown[] = [];
  #scheduled = false;

  /** @param send gives a message to the channel, and calls `sent` once that has taken it or is closed */
  constructor(send: (message: object, sent: () => void) => void) {
    this.#send = send;
  }

  /** How many wait to be sent. Who calls `push` keeps this bounded. */
  get length(): number {
    return this.#waiting.length;
  }

  push(item: unknown): void {
    this.#waiting.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#send(envelope(this.#waiting.splice(0, GROUP_MAX)), () => {
        this.#scheduled = false;
        this.#schedule();
      });
    });
  }
}

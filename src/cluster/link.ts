import { OFTPError } from '../settings/errors.js';
import type { OperationName, Operations } from './calls.js';
import { type Answer, errorFrom, itemsOf, type Request } from './messages.js';
import { Pipe } from './pipe.js';

/** Calls that may wait for their answers. */
const WAITING_MAX = 100_000;

interface Waiting {
  /** The parts of a long list that have come. */
  readonly parts: unknown[];
  resolve(value: unknown): void;
  reject(error: OFTPError): void;
}

/** The channel to the primary. */
export interface Channel {
  readonly connected: boolean;
  /** Calls `sent` once the message has been taken, or the channel is closed. */
  send(message: object, sent: () => void): void;
  onMessage(hear: (message: unknown) => void): void;
  onClose(closed: () => void): void;
}

/** The worker's end: what it asks of the owner of the state. */
export class Link {
  readonly #channel: Channel;
  readonly #pipe: Pipe;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onDrained = new Set<() => void>();
  #lastId = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#pipe = new Pipe((message, sent) => channel.send(message, sent));
    channel.onMessage((message) => {
      for (const item of itemsOf(message) ?? []) this.#take(item as Answer);
    });
    channel.onClose(() => this.#failAll());
  }

  /**
   * @throws OFTPError of the owner, 10055 when too many calls wait, 10058 when the primary is gone or goes before it
   *   has answered: whether it has done what was asked for is not known then
   */
  call<Name extends OperationName>(
    name: Name,
    ...args: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>> {
    if (!this.#channel.connected) return Promise.reject(primaryGone());
    if (this.#waiting.size >= WAITING_MAX) {
      const why = `${WAITING_MAX} requests wait for the primary: it is too slow for so many connections`;
      return Promise.reject(new OFTPError(10055, why));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { parts: [], resolve, reject });
    });
    this.#push({ id, name, args });
    return answered as Promise<ReturnType<Operations[Name]>>;
  }

  /** Tells the owner something that has no answer. They are as many as calls that have succeeded, at most. */
  tell<Name extends 'leave' | 'release' | 'giveBack'>(name: Name, ...args: Parameters<Operations[Name]>): void {
    if (this.#channel.connected) this.#push({ name, args });
  }

  /** Settles when no call waits for its answer. */
  async drained(): Promise<void> {
    if (this.#waiting.size === 0) return;
    await new Promise<void>((resolve) => this.#onDrained.add(resolve));
  }

  #push(request: Request): void {
    this.#pipe.push(request);
  }

  #take({ id, part, value, failure }: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (part !== undefined) {
      waiting.parts.push(...part);
      return;
    }
    this.#waiting.delete(id);
    if (failure !== undefined) waiting.reject(errorFrom(failure));
    else waiting.resolve(waiting.parts.length > 0 ? [...waiting.parts, ...(value as unknown[])] : value);
    if (this.#waiting.size === 0) this.#tellDrained();
  }

  #failAll(): void {
    for (const { reject } of this.#waiting.values()) reject(primaryGone());
    this.#waiting.clear();
    this.#tellDrained();
  }

  #tellDrained(): void {
    for (const resolve of this.#onDrained) resolve();
    this.#onDrained.clear();
  }
}

function primaryGone(): OFTPError {
  return new OFTPError(10058, 'the primary of the cluster is gone, and with it the state: start the cluster again');
}

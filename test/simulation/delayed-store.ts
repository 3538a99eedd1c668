import { OFTPError } from '../../src/settings/errors.js';
import type { MemoryStore } from '../../src/store/memory-store.js';
import type {
  AcknowledgedFile,
  EndResponse,
  FileIdentity,
  OutgoingFile,
  OutgoingKey,
  OutgoingPhase,
  QueuedResponse,
  ReceivedFile,
  Stamp,
  Store,
} from '../../src/store/store.js';
import type { Caller } from './world.js';

/** Told about changes as they become durable, whether or not the process lives to hear of it. */
export interface StoreWatch {
  acknowledged(file: ReceivedFile): void;
  queued(response: EndResponse): void;
  repeated(identity: FileIdentity): void;
  /** Something has become durable: a moment at which it matters what the others know of it. */
  changed(): void;
  /** A change was not made, for no fault of its own. */
  failed(): void;
}

/** How a store behaves in one life of a process. */
export interface StoreTemper {
  /** The longest that one of the two steps of an operation takes, in milliseconds. */
  readonly delayMax: number;
  /** How likely there is no room for a change, from 0 to 1. */
  readonly fails: number;
}

/** What the database says when its disk is full. */
const FULL: NodeJS.ErrnoException = Object.assign(new Error('database or disk is full'), { code: 'ENOSPC' });

/**
 * The durable store as one life of a process sees it. An operation becomes durable after a while, in the order of the
 * calls, and settles a while later; one that is not durable when the process dies is lost.
 */
export class DelayedStore implements Store {
  readonly #durable: MemoryStore;
  readonly #caller: Caller;
  readonly #temper: StoreTemper;
  readonly #watch: StoreWatch;
  #last: Promise<unknown> = Promise.resolve();

  constructor(durable: MemoryStore, caller: Caller, temper: StoreTemper, watch: StoreWatch) {
    this.#durable = durable;
    this.#caller = caller;
    this.#temper = temper;
    this.#watch = watch;
  }

  findReceived(identity: FileIdentity): Promise<AcknowledgedFile | undefined> {
    return this.#call(() => this.#durable.findReceived(identity));
  }

  receivedStamps(file: Omit<FileIdentity, keyof Stamp>): Promise<readonly Stamp[]> {
    return this.#call(() => this.#durable.receivedStamps(file));
  }

  acknowledge(file: ReceivedFile): Promise<AcknowledgedFile> {
    return this.#change(async () => {
      const acknowledged = await this.#durable.acknowledge(file);
      this.#watch.acknowledged(file);
      return acknowledged;
    });
  }

  finish(id: number, response: EndResponse | undefined): Promise<void> {
    return this.#change(async () => {
      await this.#durable.finish(id, response);
      if (response !== undefined) this.#watch.queued(response);
    });
  }

  unfinished(partner: string): Promise<readonly AcknowledgedFile[]> {
    return this.#call(() => this.#durable.unfinished(partner));
  }

  queueResponse(response: EndResponse): Promise<void> {
    return this.#change(async () => {
      await this.#durable.queueResponse(response);
      this.#watch.queued(response);
    });
  }

  pendingResponses(partner: string, after?: number, limit?: number): Promise<readonly QueuedResponse[]> {
    return this.#call(() => this.#durable.pendingResponses(partner, after, limit));
  }

  confirmResponse(id: number): Promise<void> {
    return this.#change(() => this.#durable.confirmResponse(id));
  }

  repeatResponse(identity: FileIdentity): Promise<void> {
    return this.#change(async () => {
      await this.#durable.repeatResponse(identity);
      this.#watch.repeated(identity);
    });
  }

  beginOutgoing(key: OutgoingKey, stamp: () => Stamp | Promise<Stamp>): Promise<OutgoingFile> {
    return this.#change(() => this.#durable.beginOutgoing(key, stamp));
  }

  outgoingPhase(id: number, phase: OutgoingPhase): Promise<void> {
    return this.#change(() => this.#durable.outgoingPhase(id, phase));
  }

  outgoingReached(id: number, reached: number): Promise<void> {
    return this.#change(() => this.#durable.outgoingReached(id, reached));
  }

  noteAttributes(id: number, attributes: string): Promise<void> {
    return this.#change(() => this.#durable.noteAttributes(id, attributes));
  }

  outgoingPrepared(id: number, attributes: string): Promise<void> {
    return this.#change(() => this.#durable.outgoingPrepared(id, attributes));
  }

  endOutgoing(id: number): Promise<void> {
    return this.#change(() => this.#durable.endOutgoing(id));
  }

  findOutgoing(identity: FileIdentity): Promise<OutgoingFile | undefined> {
    return this.#call(() => this.#durable.findOutgoing(identity));
  }

  async close(): Promise<void> {
    await this.#last;
  }

  #change<T>(operation: () => Promise<T>): Promise<T> {
    return this.#call(async () => {
      if (this.#caller.random.chance(this.#temper.fails)) {
        this.#watch.failed();
        throw new OFTPError(10069, 'the state could not be written', { cause: FULL });
      }
      const result = await operation();
      this.#watch.changed();
      return result;
    });
  }

  #call<T>(operation: () => Promise<T>): Promise<T> {
    const durable = this.#last.then(() => this.#pause()).then(operation);
    this.#last = durable.catch(() => {});
    return durable.then(
      (result) => this.#pause().then(() => result),
      (error: unknown) =>
        this.#pause().then(() => {
          throw error;
        }),
    );
  }

  /** Does not settle in a process that dies meanwhile. */
  #pause(): Promise<void> {
    const { random } = this.#caller;
    return new Promise((resolve) => this.#caller.later(random.between(0, this.#temper.delayMax), resolve));
  }
}

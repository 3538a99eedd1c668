import { Worker } from 'node:worker_threads';
import { workerProgram } from '../pool/programs.js';
import { OFTPError } from '../settings/errors.js';
import { storeError } from './store-error.js';
import type {
  Call,
  FromThread,
  Leftovers,
  OperationName,
  Operations,
  Outcome,
  ThreadStart,
  ToThread,
} from './thread/operations.js';

/** Calls that may wait for the thread: two for each of the 100,000 connections that a server may have. */
const WAITING_MAX = 200_000;

/** Calls in one transaction, so that the first one of a long queue does not wait for the last one. */
const GROUP_MAX = 1000;

/** How long a call that nobody waits for may wait for others that it can share a commit with, in milliseconds. */
const DEFERRED_MS = 5;

/** Calls that do not take deferred ones along: what they ask for must not wait for the disk. */
const OVERTAKING: ReadonlySet<OperationName> = new Set<OperationName>(['findReceived']);

interface Waiting {
  readonly call: Call;
  resolve(value: unknown): void;
  reject(error: OFTPError): void;
}

/**
 * The owner's end of the store's thread. One group of calls is under way at a time; what is called meanwhile becomes
 * the next group, so that the number of waits for the disk does not grow with the number of callers.
 */
export class StoreThread {
  /** Settles when the database is open: what is left over from before. */
  readonly opened: Promise<Leftovers>;
  readonly #folder: string;
  readonly #worker: Worker;
  readonly #onGroup: (calls: number) => void;
  readonly #exited: Promise<void>;
  #waiting: Waiting[] = [];
  #underWay: Waiting[] = [];
  /** Calls that wait for the next one that is to be written, and the time when they go without one. */
  #deferred: Waiting[] = [];
  #deferral: NodeJS.Timeout | undefined;
  #scheduled = false;
  #closing: Promise<void> | undefined;
  /** Why nothing can be done any more. */
  #stopped: OFTPError | undefined;
  #onDrained = () => {};

  /**
   * @param folder the state folder, for messages
   * @param onGroup is called after each group with the number of its calls
   * @param program what runs on the thread
   * @throws OFTPError 10022 where the program is missing
   */
  constructor(
    folder: string,
    start: ThreadStart,
    onGroup: (calls: number) => void,
    program = workerProgram('store.js'),
  ) {
    this.#folder = folder;
    this.#onGroup = onGroup;
    const worker = new Worker(program, { workerData: start });
    this.#worker = worker;
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => resolve());
    });
    this.opened = new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'done') this.#settle(message.outcomes);
        else if (message.kind === 'opened') resolve(message.leftovers);
        else this.#stop(storeError(folder, message.failure));
        // While it has nothing to do, the thread keeps no process alive.
        if (message.kind !== 'refused' && this.#underWay.length === 0) worker.unref();
      });
      worker.on('error', (error) => this.#stop(this.#ended(error.message, error)));
      worker.on('exit', (code) => {
        this.#stop(this.#ended(`exit code ${code}`));
        // Not before: until then the thread may have the database open.
        reject(this.#stopped);
      });
    });
  }

  /**
   * Runs an operation. Settles when its changes are on the disk; calls take effect in the order in which they are made.
   * @throws OFTPError for what failed, 10055 when too many calls wait, 10058 after `close` or when the thread has ended
   */
  call<Name extends OperationName>(
    name: Name,
    ...args: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>> {
    return this.#enter(name, args, (waiting) => {
      if (!OVERTAKING.has(name)) this.#takeDeferred();
      this.#waiting.push(waiting);
      this.#schedule();
    });
  }

  /**
   * As `call`, for a change that nobody waits for: it goes to the disk together with the next call, or a few
   * milliseconds later. Only `findReceived` may overtake it.
   */
  defer<Name extends OperationName>(
    name: Name,
    ...args: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>> {
    return this.#enter(name, args, (waiting) => {
      this.#deferred.push(waiting);
      this.#deferral ??= setTimeout(() => {
        this.#takeDeferred();
        this.#schedule();
      }, DEFERRED_MS);
    });
  }

  /**
   * Lets what was called come to its end, then closes the database and ends the thread.
   * @param release is called in between, while nobody else can open the database yet
   */
  close(release?: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#close(release);
    return this.#closing;
  }

  #enter<Name extends OperationName>(
    name: Name,
    args: Parameters<Operations[Name]>,
    enqueue: (waiting: Waiting) => void,
  ): Promise<ReturnType<Operations[Name]>> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const call = { name, args } as unknown as Call;
      enqueue({ call, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  #takeDeferred(): void {
    clearTimeout(this.#deferral);
    this.#deferral = undefined;
    if (this.#deferred.length > 0) this.#waiting.push(...this.#deferred.splice(0));
  }

  #refusal(): OFTPError | undefined {
    if (this.#closing !== undefined) return new OFTPError(10058, `the state in ${this.#folder} was closed`);
    if (this.#stopped !== undefined) return this.#stopped;
    if (this.#waiting.length + this.#deferred.length < WAITING_MAX) return undefined;
    return new OFTPError(
      10055,
      `${WAITING_MAX} changes wait to be written to ${this.#folder}: its disk is too slow for so many connections`,
    );
  }

  /** Everything that one turn of the event loop brings goes into one group. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay.length > 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#waiting.length === 0) return;
    this.#underWay = this.#waiting.splice(0, GROUP_MAX);
    this.#worker.ref();
    this.#post({ kind: 'run', calls: this.#underWay.map(({ call }) => call) });
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #settle(outcomes: readonly Outcome[]): void {
    const settled = this.#underWay;
    this.#underWay = [];
    for (const [index, outcome] of outcomes.entries()) {
      const waiting = settled[index] as Waiting;
      if ('failure' in outcome) waiting.reject(storeError(this.#folder, outcome.failure));
      else waiting.resolve(outcome.value);
    }
    this.#onGroup(settled.length);
    if (this.#waiting.length > 0) this.#schedule();
    else this.#onDrained();
  }

  async #close(release?: () => Promise<void>): Promise<void> {
    if (this.#stopped !== undefined) return;
    this.#takeDeferred();
    this.#schedule();
    if (this.#waiting.length + this.#underWay.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve;
      });
    }
    await release?.();
    this.#worker.ref();
    this.#post({ kind: 'close' });
    await this.#exited;
  }

  #ended(why: string, cause?: Error): OFTPError {
    return new OFTPError(
      10058,
      `the state in ${this.#folder} can no longer be written, its thread ended (${why}): start the process again`,
      { cause },
    );
  }

  /** Nothing that waits can succeed any more. The first error tells why. */
  #stop(error: OFTPError): void {
    this.#stopped ??= error;
    this.#takeDeferred();
    for (const { reject } of [...this.#underWay, ...this.#waiting]) reject(this.#stopped);
    this.#underWay = [];
    this.#waiting = [];
    this.#onDrained();
  }
}

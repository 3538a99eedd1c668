// The pool of worker threads: everything that computes over content or keys runs here, never on the main thread.
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { partPathOf } from '../security/file-io.js';
import { workerProgram } from './programs.js';
import {
  errorOf,
  SHORT_TASKS,
  TASK_MODULES,
  TASK_STATE,
  type TaskInput,
  type TaskMessage,
  type TaskName,
  type TaskOutcome,
  type TaskResult,
} from './tasks.js';
import { Turnstile } from './turnstile.js';

export interface WorkerPoolOptions {
  /** Threads (`WorkerThreads`): 1 to 256. Default: as many as the machine has processors. */
  readonly threads?: number | undefined;
  /** Tasks over files that may wait, and as many short ones beside them. Default: 1000. */
  readonly queueLengthMax?: number | undefined;
  /**
   * Milliseconds an aborted task may take to notice before its thread is ended. A stuck disk is the reason for that,
   * not computation. Default: 5000.
   */
  readonly abortGraceMs?: number | undefined;
}

/** The pool cannot take or finish a task; the task itself is not to blame. */
export class WorkerPoolError extends Error {
  override readonly name = 'WorkerPoolError';
  /**
   * `QUEUE_FULL`: refused before anything was done. `WORKER_LOST`: its thread ended under it. `CLOSED`: the pool has
   * been closed.
   */
  readonly code: 'QUEUE_FULL' | 'WORKER_LOST' | 'CLOSED';

  constructor(code: WorkerPoolError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const THREADS_MAX = 256;
const QUEUE_LENGTH_DEFAULT = 1_000;
/** How long an idle thread is kept. */
const IDLE_MS = 30_000;
const ABORT_GRACE_MS_DEFAULT = 5_000;

export class WorkerPool {
  readonly #threads: number;
  readonly #queueLengthMax: number;
  /** Tasks over files, and as many short ones, that run or wait. */
  readonly #limit: number;
  readonly #abortGraceMs: number;
  /** Made for the first task: many clients never have one. */
  #started: Piscina | undefined;
  readonly #pending = { file: 0, short: 0 };
  readonly #turnstile: Turnstile;
  #closed: WorkerPoolError | undefined;

  /** @throws RangeError for a number of threads or a queue length out of range */
  constructor(options: WorkerPoolOptions = {}) {
    const { threads = availableParallelism(), queueLengthMax = QUEUE_LENGTH_DEFAULT } = options;
    this.#abortGraceMs = options.abortGraceMs ?? ABORT_GRACE_MS_DEFAULT;
    if (!Number.isInteger(threads) || threads < 1 || threads > THREADS_MAX) {
      throw new RangeError(`${threads} worker threads: the number must be from 1 to ${THREADS_MAX}`);
    }
    if (!Number.isInteger(queueLengthMax) || queueLengthMax < 0) {
      throw new RangeError(`A queue of ${queueLengthMax} tasks: the length must be 0 or more`);
    }
    this.#threads = threads;
    this.#queueLengthMax = queueLengthMax;
    this.#limit = threads + queueLengthMax;
    this.#turnstile = new Turnstile(threads);
  }

  /** Tasks that run or wait. */
  get pending(): number {
    return this.#pending.file + this.#pending.short;
  }

  /** Whether a task over a file would be taken now. */
  get hasRoom(): boolean {
    return this.#pending.file < this.#limit;
  }

  /**
   * Runs a task.
   *
   * @param signal takes the task out of the queue, or ends it at its next chunk; a file task leaves nothing behind
   * @throws WorkerPoolError; the signal's reason; OFTPError 10022 where the program of the task is missing; what the
   *   task threw, with `code` and `errno` of system errors
   */
  async run<N extends TaskName>(name: N, input: TaskInput<N>, signal?: AbortSignal): Promise<TaskResult<N>> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    const kind = SHORT_TASKS.has(name) ? 'short' : 'file';
    if (this.#pending[kind] >= this.#limit) {
      const message = `All threads are busy and ${this.#queueLengthMax} tasks wait already`;
      throw new WorkerPoolError('QUEUE_FULL', message);
    }
    this.#pending[kind] += 1;
    try {
      await this.#turnstile.enter(kind, signal);
      const outcome = await this.#post(name, input, signal).finally(() => this.#turnstile.leave());
      if (outcome.ok) return outcome.result;
      signal?.throwIfAborted();
      throw errorOf(outcome.failure);
    } finally {
      this.#pending[kind] -= 1;
    }
  }

  /**
   * As `run`, but a task whose thread ended under it is tried once more: that need not have been this task's fault.
   */
  async runTwice<N extends TaskName>(name: N, input: TaskInput<N>, signal?: AbortSignal): Promise<TaskResult<N>> {
    try {
      return await this.run(name, input, signal);
    } catch (error) {
      if (!(error instanceof WorkerPoolError && error.code === 'WORKER_LOST')) throw error;
      return this.run(name, input, signal);
    }
  }

  /** @throws WorkerPoolError when the pool was closed since the task was asked for: nobody would end the threads */
  get #piscina(): Piscina {
    if (this.#closed) throw this.#closed;
    this.#started ??= startPiscina(this.#threads);
    return this.#started;
  }

  async #post<N extends TaskName>(
    name: N,
    input: TaskInput<N>,
    signal: AbortSignal | undefined,
  ): Promise<TaskOutcome<N>> {
    const filename = workerProgram(TASK_MODULES[name]).href;
    const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const ending = new AbortController();
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      // Ending the thread of a task that has not begun costs nothing; one that runs is asked first.
      if (Atomics.exchange(state, 0, TASK_STATE.aborted) === TASK_STATE.waiting) ending.abort();
      else grace = setTimeout(() => ending.abort(), this.#abortGraceMs);
    };
    signal?.addEventListener('abort', abort, { once: true });
    const message: TaskMessage<N> = { input, state };
    try {
      return (await this.#piscina.run(message, { filename, signal: ending.signal })) as TaskOutcome<N>;
    } catch (error) {
      if ('target' in input) await rm(partPathOf(input.target), { force: true });
      signal?.throwIfAborted();
      if (this.#closed) throw this.#closed;
      throw new WorkerPoolError('WORKER_LOST', `The thread of ${name} ended before it was done`, { cause: error });
    } finally {
      clearTimeout(grace);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends all threads; tasks that run or wait are rejected. */
  async close(): Promise<void> {
    this.#closed ??= new WorkerPoolError('CLOSED', 'The worker pool was closed');
    this.#turnstile.close(this.#closed);
    await this.#started?.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function startPiscina(maxThreads: number): Piscina {
  const piscina = new Piscina({ minThreads: 0, maxThreads, idleTimeout: IDLE_MS });
  // A thread that ends between tasks is replaced by the next one; a task that it held is rejected on its own.
  piscina.on('error', () => undefined);
  return piscina;
}

/** Sessions with files, many at a time, and what they took: the work of `oftp bench`. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { OFTPClient } from '../server/client.js';
import type { ClientOptions } from '../server/client-options.js';
import type { EndResponseEvent } from '../server/events.js';
import type { SendFileOptions } from '../server/send-file.js';
import { leaveFiles } from './arrivals.js';
import { type Agreed, Cost, LoadResult } from './load-result.js';

export interface LoadPlan {
  /** Sessions altogether, Infinity where only the time counts. */
  readonly sessions: number;
  /** Milliseconds after which nothing more is started; sessions end behind the file that they are at. */
  readonly duration: number;
  /** Sessions before those that are measured. */
  readonly warmUp: number;
  /** Sessions at the same time at most. */
  readonly concurrency: number;
  /** Files in each session. */
  readonly files: number;
  /** What each file is, but for its virtual name. */
  readonly file: SendFileOptions;
  /** Hand over the turn behind the files, so that the server can answer with end responses. */
  readonly receipts: boolean;
  /** Sessions to start in a second; without it the next one starts when one has ended. */
  readonly rate?: number | undefined;
  /** The client of a session; `slot` counts the sessions that run side by side, from 0. */
  readonly client: (slot: number) => ClientOptions;
  /** Why a session failed, in the words of an operator. */
  readonly explain: (error: Error) => string;
}

/** So many sessions in a row, and one for each that runs beside them, may fail before the others are left alone. */
const FAILURES_MAX = 10;

/** For so many files without an end response the time is kept: a server may answer none, and the load run for days. */
const AWAITED_MAX = 100_000;

/** Virtual names of two runs must differ: the same name under the same stamp is the same file to a server. */
const RUN = Math.floor(Math.random() * 36 ** 6)
  .toString(36)
  .toUpperCase()
  .padStart(6, '0');

/** A file that the server has to answer, and where its answer counts. */
interface Awaited {
  /** When it was offered, or acknowledged. */
  readonly since: number;
  readonly result: LoadResult;
}

/** What the sessions of a run share. */
class Run {
  readonly plan: LoadPlan;
  readonly signal: AbortSignal;
  readonly clients = new Set<OFTPClient>();
  /** Sessions started, those before the measured ones included. */
  started = 0;
  /** Files that have got a name. */
  #named = 0;
  /** Sessions that failed since one has gone through. */
  failures = 0;
  /** Whether the first session of the run has opened; settles when that is known. */
  readonly reached: Promise<boolean>;
  #settleReached!: (opened: boolean) => void;
  #opened: boolean | undefined;
  /** By their virtual names: a server may answer a file in any session of its sender. */
  readonly #awaited = new Map<string, Awaited>();

  constructor(plan: LoadPlan, signal: AbortSignal) {
    this.plan = plan;
    this.signal = signal;
    this.reached = new Promise((resolve) => {
      this.#settleReached = resolve;
    });
  }

  /** Whether to go on would only fill the log of a server, or lock the partner out. */
  get hopeless(): boolean {
    return this.#opened === false || this.failures >= FAILURES_MAX + this.plan.concurrency;
  }

  /** Only the first call counts: what a later session meets is no reason to stop by itself. */
  answered(opened: boolean): void {
    this.#opened ??= opened;
    this.#settleReached(opened);
  }

  /** At most 26 characters: 12, and 14 digits. */
  nextName(): string {
    return `LOAD.${RUN}.${this.#named++}`;
  }

  await(virtualFileName: string, result: LoadResult): void {
    const [oldest] = this.#awaited.keys();
    if (oldest !== undefined && this.#awaited.size >= AWAITED_MAX) this.#awaited.delete(oldest);
    this.#awaited.set(virtualFileName, { since: performance.now(), result });
  }

  /** From here on the answer is waited for, unless another session has brought it already. */
  acknowledged(virtualFileName: string, since: number): void {
    const awaited = this.#awaited.get(virtualFileName);
    if (awaited !== undefined) this.#awaited.set(virtualFileName, { ...awaited, since });
  }

  /** The file that was waited for by this name, which is not any longer. */
  take(virtualFileName: string): Awaited | undefined {
    const awaited = this.#awaited.get(virtualFileName);
    this.#awaited.delete(virtualFileName);
    return awaited;
  }
}

/**
 * Runs the sessions. The first one goes alone: when it does not open, no other is tried. Nor is one when so many in a
 * row have failed that the server seems to be gone. When `signal` aborts, none is started any more and those under way
 * are ended with ESID 05.
 */
export async function runLoad(plan: LoadPlan, signal: AbortSignal): Promise<LoadResult> {
  const run = new Run(plan, signal);
  const stop = (): void => {
    run.answered(false);
    for (const client of run.clients) void client.shutdown();
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  setMaxListeners(0, signal);
  const result = new LoadResult();
  if (plan.warmUp > 0) {
    const warmUp = new LoadResult();
    await runStage(run, warmUp, { sessions: plan.warmUp, duration: Number.POSITIVE_INFINITY });
    result.addWarmUp(warmUp);
  }
  const cost = new Cost();
  const started = await runStage(run, result, plan);
  cost.addTo(result);
  signal.removeEventListener('abort', stop);
  if (!signal.aborted && run.hopeless && Number.isFinite(plan.sessions)) result.givenUp = plan.sessions - started;
  return result;
}

/** Sessions whose latencies go to one result. Returns how many were started. */
async function runStage(
  run: Run,
  result: LoadResult,
  { sessions, duration }: Pick<LoadPlan, 'sessions' | 'duration'>,
): Promise<number> {
  const { plan, signal } = run;
  let began = performance.now();
  const first = run.started === 0;
  let started = 0;
  const slot = async (index: number): Promise<void> => {
    if (first && index > 0) await run.reached;
    while (started < sessions && !signal.aborted && !run.hopeless) {
      const due = plan.rate === undefined ? performance.now() : began + (started / plan.rate) * 1000;
      if (Math.max(due, performance.now()) >= began + duration) return;
      started += 1;
      run.started += 1;
      await delay(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      if (plan.rate !== undefined) result.took('wait', Math.max(0, performance.now() - due));
      await new LoadSession(run, result, began + duration).run(index, due);
    }
  };
  // Those that waited for the first one to open are not late.
  if (first) {
    void run.reached.then(() => {
      began = performance.now();
    });
  }
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, sessions) }, (_, index) => slot(index)));
  return started;
}

/** One session: connect, send, take the end responses, end. */
class LoadSession {
  readonly #run: Run;
  readonly #result: LoadResult;
  readonly #ends: number;

  /** @param ends when it is to send no further file */
  constructor(run: Run, result: LoadResult, ends: number) {
    this.#run = run;
    this.#result = result;
    this.#ends = ends;
  }

  /** @param due when it should have begun: what came too late counts as its time (no coordinated omission) */
  async run(slot: number, due: number): Promise<void> {
    const { plan, clients } = this.#run;
    const result = this.#result;
    const client = new OFTPClient(plan.client(slot));
    clients.add(client);
    client.on('endResponse', (event) => this.#answered(event));
    // What ends the session rejects the calls below as well.
    client.on('error', () => {});
    if (plan.receipts) leaveFiles(client);
    try {
      await client.connect();
      this.#run.answered(true);
      result.took('open', performance.now() - due);
      result.agreed ??= agreedIn(client);
      for (let file = 0; file < plan.files && (file === 0 || performance.now() < this.#ends); file += 1) {
        await this.#send(client);
      }
      if (plan.receipts && client.connection !== null) await client.receiveFiles();
      await client.logoff();
      this.#run.failures = 0;
      result.sessions += 1;
      result.took('session', performance.now() - due);
    } catch (error) {
      result.failedSessions += 1;
      this.#run.failures += 1;
      result.problem(plan.explain(error as Error));
      this.#run.answered(false);
    } finally {
      await client.shutdown();
      clients.delete(client);
    }
  }

  /** @throws OFTPError when the session has ended; a file that is refused is counted */
  async #send(client: OFTPClient): Promise<void> {
    const run = this.#run;
    const { plan } = run;
    const result = this.#result;
    const virtualFileName = run.nextName();
    const began = performance.now();
    if (plan.receipts) run.await(virtualFileName, result);
    try {
      const { fileSize } = await client.sendFile({ ...plan.file, virtualFileName });
      const now = performance.now();
      run.acknowledged(virtualFileName, now);
      result.took('file', now - began);
      result.files += 1;
      result.octets += fileSize;
    } catch (error) {
      run.take(virtualFileName);
      if (client.connection === null) throw error;
      result.refusedFiles += 1;
      result.problem(`a file was not taken: ${(error as Error).message.replace(virtualFileName, 'it')}`);
    }
  }

  #answered({ direction, virtualFileName, reasonCode }: EndResponseEvent): void {
    if (direction !== 'received') return;
    const awaited = this.#run.take(virtualFileName);
    if (awaited === undefined) return;
    const { result, since } = awaited;
    result.receipts += 1;
    if (reasonCode !== 0) result.negativeReceipts += 1;
    result.took('receipt', performance.now() - since);
  }
}

function agreedIn({ connection }: OFTPClient): Agreed | undefined {
  if (connection?.negotiated == null) return undefined;
  const { bufferSize, credit } = connection.negotiated;
  return { version: connection.version, bufferSize, credit, tls: connection.tls?.version ?? null };
}

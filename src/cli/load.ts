/** Sessions with files, many at a time, and what they took: the work of `oftp bench`. */
import { setMaxListeners } from 'node:events';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { OFTPClient } from '../server/client.js';
import type { ClientOptions } from '../server/client-options.js';
import type { EndResponseEvent } from '../server/events.js';
import type { SendFileOptions } from '../server/send-file.js';
import { leaveFiles } from './arrivals.js';

export interface LoadPlan {
  /** Sessions altogether. */
  readonly sessions: number;
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
}

/** What is measured of a session, in the order in which it happens. */
export const PHASES = ['open', 'file', 'receipt', 'session'] as const;
export type Phase = (typeof PHASES)[number];

/** So many sessions in a row, and one for each that runs beside them, may fail before the others are left alone. */
const FAILURES_MAX = 10;

/** How many different problems are kept; a server that answers everything differently must not fill the memory. */
const PROBLEMS_MAX = 100;

/** What a run has brought. */
export class LoadResult {
  sessions = 0;
  failedSessions = 0;
  /** Sessions that were left alone because none succeeded any more. */
  givenUp = 0;
  files = 0;
  refusedFiles = 0;
  octets = 0;
  receipts = 0;
  negativeReceipts = 0;
  seconds = 0;
  /** CPU seconds of this process, all threads. */
  cpuSeconds = 0;
  readonly #problems = new Map<string, number>();
  readonly #latencies = Object.fromEntries(PHASES.map((phase) => [phase, createHistogram()])) as Readonly<
    Record<Phase, RecordableHistogram>
  >;

  /** What went wrong, and how often. */
  get problems(): ReadonlyMap<string, number> {
    return this.#problems;
  }

  problem(text: string): void {
    const known = this.#problems.has(text) || this.#problems.size < PROBLEMS_MAX;
    const key = known ? text : 'other problems';
    this.#problems.set(key, (this.#problems.get(key) ?? 0) + 1);
  }

  took(phase: Phase, milliseconds: number): void {
    this.#latencies[phase].record(Math.max(1, Math.round(milliseconds * 1e6)));
  }

  /** How often a phase was gone through. */
  count(phase: Phase): number {
    return this.#latencies[phase].count;
  }

  /** Milliseconds that so many percent of all took at most. */
  percentile(phase: Phase, percent: number): number {
    return this.#latencies[phase].percentile(percent) / 1e6;
  }
}

/** What the sessions of a run share. */
interface Run {
  readonly plan: LoadPlan;
  readonly result: LoadResult;
  readonly clients: Set<OFTPClient>;
  /**
   * When the files that have no end response yet were acknowledged, by their virtual names. A server may answer a file
   * in any session of its sender.
   */
  readonly awaited: Map<string, number>;
  /** Sessions that failed since one has opened. */
  failures: number;
}

/**
 * Runs the sessions. When `signal` aborts, none is started any more and those under way are ended with ESID 05. Nor is
 * one started when so many in a row did not even open: the server is gone, or does not want this client, and to go on
 * would only fill its log, or lock the partner out.
 */
export async function runLoad(plan: LoadPlan, signal: AbortSignal): Promise<LoadResult> {
  const run: Run = { plan, result: new LoadResult(), clients: new Set(), awaited: new Map(), failures: 0 };
  const stop = (): void => {
    for (const client of run.clients) void client.shutdown();
  };
  signal.addEventListener('abort', stop);
  setMaxListeners(0, signal);
  const cpu = process.cpuUsage();
  const began = performance.now();
  let started = 0;
  const slot = async (index: number): Promise<void> => {
    while (started < plan.sessions && !signal.aborted && run.failures < FAILURES_MAX + plan.concurrency) {
      const number = started++;
      const due = plan.rate === undefined ? performance.now() : began + (number / plan.rate) * 1000;
      await delay(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => {});
      if (!signal.aborted) await new LoadSession(run, number).run(index, due);
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, plan.sessions) }, (_, index) => slot(index)));
  signal.removeEventListener('abort', stop);
  const { result } = run;
  if (!signal.aborted) result.givenUp = plan.sessions - started;
  result.seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  result.cpuSeconds = (user + system) / 1e6;
  return result;
}

/** Virtual names of two runs must differ: the same name under the same stamp is the same file to a server. */
const RUN = Math.floor(Math.random() * 36 ** 6)
  .toString(36)
  .toUpperCase()
  .padStart(6, '0');

/** One session: connect, send, take the end responses, end. */
class LoadSession {
  readonly #run: Run;
  readonly #number: number;

  constructor(run: Run, number: number) {
    this.#run = run;
    this.#number = number;
  }

  /** @param due when it should have begun: what came too late counts as its time (no coordinated omission) */
  async run(slot: number, due: number): Promise<void> {
    const { plan, result, clients } = this.#run;
    const client = new OFTPClient(plan.client(slot));
    clients.add(client);
    client.on('endResponse', (event) => this.#answered(event));
    // What ends the session rejects the calls below as well.
    client.on('error', () => {});
    if (plan.receipts) leaveFiles(client);
    try {
      await client.connect();
      this.#run.failures = 0;
      result.took('open', performance.now() - due);
      for (let file = 0; file < plan.files; file += 1) await this.#send(client, file);
      if (plan.receipts && client.connection !== null) await client.receiveFiles();
      await client.logoff();
      result.sessions += 1;
      result.took('session', performance.now() - due);
    } catch (error) {
      result.failedSessions += 1;
      this.#run.failures += 1;
      result.problem((error as Error).message);
    } finally {
      await client.shutdown();
      clients.delete(client);
    }
  }

  /** @throws OFTPError when the session has ended; a file that is refused is counted */
  async #send(client: OFTPClient, index: number): Promise<void> {
    const { plan, result, awaited } = this.#run;
    const virtualFileName = `LOAD.${RUN}.${this.#number * plan.files + index}`;
    const began = performance.now();
    if (plan.receipts) awaited.set(virtualFileName, began);
    try {
      const { fileSize } = await client.sendFile({ ...plan.file, virtualFileName });
      const now = performance.now();
      // Unless another session has brought it already.
      if (awaited.has(virtualFileName)) awaited.set(virtualFileName, now);
      result.took('file', now - began);
      result.files += 1;
      result.octets += fileSize;
    } catch (error) {
      awaited.delete(virtualFileName);
      if (client.connection === null) throw error;
      result.refusedFiles += 1;
      result.problem(`a file was not taken: ${(error as Error).message.replace(virtualFileName, 'it')}`);
    }
  }

  #answered({ direction, virtualFileName, reasonCode }: EndResponseEvent): void {
    const { result, awaited } = this.#run;
    const acknowledged = awaited.get(virtualFileName);
    if (direction !== 'received' || acknowledged === undefined) return;
    awaited.delete(virtualFileName);
    result.receipts += 1;
    if (reasonCode !== 0) result.negativeReceipts += 1;
    result.took('receipt', performance.now() - acknowledged);
  }
}

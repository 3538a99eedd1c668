/** What the sessions of a run have brought: counts, latencies, and what the run cost this process. */
import { createHistogram, type EventLoopUtilization, performance, type RecordableHistogram } from 'node:perf_hooks';

/**
 * What is measured of a session, in the order in which it happens. `wait` is there with a rate only: how long a session
 * that was due found no place beside those under way.
 */
export const PHASES = ['wait', 'open', 'file', 'receipt', 'session'] as const;
export type Phase = (typeof PHASES)[number];

/** The percentiles that are told; 100 is the longest. */
export const PERCENTILES = [50, 90, 99, 99.9, 100] as const;

export const percentileName = (percent: number): string => (percent === 100 ? 'max' : `p${percent}`);

/** How many different problems are kept; a server that answers everything differently must not fill the memory. */
const PROBLEMS_MAX = 100;

/** What the first session agreed on with the server. */
export interface Agreed {
  readonly version: string;
  readonly bufferSize: number;
  readonly credit: number;
  /** Version of TLS; null without it. */
  readonly tls: string | null;
}

/** What sessions before the measured ones have sent, which the server has counted as well. */
export interface WarmUp {
  readonly sessions: number;
  readonly files: number;
  readonly octets: number;
}

export class LoadResult {
  sessions = 0;
  failedSessions = 0;
  /** Sessions that were left alone because too many in a row had failed, or the first one. */
  givenUp = 0;
  files = 0;
  refusedFiles = 0;
  octets = 0;
  receipts = 0;
  negativeReceipts = 0;
  seconds = 0;
  /** CPU seconds of this process, all threads. */
  cpuSeconds = 0;
  /** Share of the time in which the main thread had something to do, 0 to 1. Near 1 this process is the limit. */
  busy = 0;
  /** Most memory that this process has held, in octets. */
  peakMemory = 0;
  agreed: Agreed | undefined;
  warmUp: WarmUp = { sessions: 0, files: 0, octets: 0 };
  readonly #problems = new Map<string, number>();
  /** In nanoseconds, to three significant digits: an HDR histogram (HdrHistogram_c, which is in Node.js). */
  readonly #latencies = Object.fromEntries(PHASES.map((phase) => [phase, createHistogram()])) as Readonly<
    Record<Phase, RecordableHistogram>
  >;

  /** What went wrong, and how often. */
  get problems(): ReadonlyMap<string, number> {
    return this.#problems;
  }

  problem(text: string, count = 1): void {
    const known = this.#problems.has(text) || this.#problems.size < PROBLEMS_MAX;
    const key = known ? text : 'other problems';
    this.#problems.set(key, (this.#problems.get(key) ?? 0) + count);
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

  /** What went wrong before the measured sessions is told with them. */
  addWarmUp({ sessions, files, octets, failedSessions, agreed, problems }: LoadResult): void {
    this.warmUp = { sessions, files, octets };
    this.failedSessions += failedSessions;
    this.agreed = agreed;
    for (const [text, count] of problems) this.problem(text, count);
  }

  /** Times in milliseconds, a `count` beside them. Phases that nothing went through are left out. */
  get milliseconds(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    const measured = PHASES.filter((phase) => this.count(phase) > 0);
    return Object.fromEntries(
      measured.map((phase) => {
        const { count, min, mean } = this.#latencies[phase];
        const percentiles = PERCENTILES.map((percent) => [percentileName(percent), this.percentile(phase, percent)]);
        return [phase, { count, min: min / 1e6, mean: mean / 1e6, ...Object.fromEntries(percentiles) }];
      }),
    );
  }
}

/** What this process uses from here on. */
export class Cost {
  readonly #began = performance.now();
  readonly #cpu = process.cpuUsage();
  readonly #loop: EventLoopUtilization = performance.eventLoopUtilization();

  addTo(result: LoadResult): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    result.seconds = (performance.now() - this.#began) / 1000;
    result.cpuSeconds = (user + system) / 1e6;
    result.busy = performance.eventLoopUtilization(this.#loop).utilization;
    result.peakMemory = process.resourceUsage().maxRSS * 1024;
  }
}

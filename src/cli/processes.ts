/** `oftp serve` with several processes: the primary of a cluster, and its workers with one server each. */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { type SharedState, shareState } from '../cluster/share-state.js';
import { config as setByName } from '../settings/config.js';
import { serverSettings } from '../settings/settings.js';
import type { Config } from './config.js';
import { EXIT } from './exit.js';
import type { Log } from './log.js';
import { onSignals } from './signals.js';

/** What the primary tells its workers. Signals go to the primary alone, which passes on what they mean. */
const ORDERS = ['reload', 'stop'] as const;
type Order = (typeof ORDERS)[number];

/** Milliseconds until a worker that ended is replaced: the first time, and at most, when it ends again and again. */
const RESTART_MS = 1000;
const RESTART_MAX_MS = 60_000;

/** A worker that has lived so long, in milliseconds, did not end because of what it starts with. */
const STEADY_MS = 60_000;

/** Runs the workers until a signal stops them. */
export class Processes {
  readonly #log: Log;
  readonly #count: number;
  readonly #state: SharedState;
  readonly #waiting = new Set<NodeJS.Timeout>();
  #stopping = false;
  #delayMs = RESTART_MS;

  private constructor(log: Log, count: number, state: SharedState) {
    this.#log = log;
    this.#count = count;
    this.#state = state;
  }

  /**
   * Settles when the first worker listens, with the port; the others follow.
   * Where that one ends instead, so does this process, with its exit code.
   * @throws OFTPError when the state cannot be used
   */
  static async start(config: Config, log: Log, graceMs: number): Promise<number> {
    const processes = new Processes(log, config.processes, await shareState(sharedOf(config)));
    return processes.#start(graceMs);
  }

  async #start(graceMs: number): Promise<number> {
    const first = cluster.fork();
    let listens = false;
    first.once('exit', (code: number | null) => {
      if (!listens) void this.#giveUp(code);
    });
    const [{ port }] = (await once(first, 'listening')) as [{ port: number }];
    listens = true;
    cluster.on('exit', (worker, code, signal) => this.#ended(worker, signal ?? `exit code ${code}`));
    this.#watch(first);
    for (let count = 1; count < this.#count; count += 1) this.#fork();
    this.#obeySignals(graceMs);
    return port;
  }

  /** What was wrong with the first worker it has told itself. */
  async #giveUp(code: number | null): Promise<void> {
    await this.#state.close();
    process.exit(code || EXIT.failure);
  }

  #fork(): void {
    if (!this.#stopping) this.#watch(cluster.fork());
  }

  #watch(worker: Worker): void {
    const steady = setTimeout(() => {
      this.#delayMs = RESTART_MS;
    }, STEADY_MS).unref();
    worker.once('exit', () => clearTimeout(steady));
  }

  /** One that ends by itself takes only its connections: another one takes its place, a little later. */
  #ended({ process: { pid } }: Worker, how: string): void {
    if (this.#stopping) return;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, RESTART_MAX_MS);
    this.#log.error({ process: pid }, `process ${pid} has ended (${how}): another one starts in ${delayMs / 1000} s`);
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      this.#fork();
    }, delayMs);
    this.#waiting.add(timer);
  }

  #obeySignals(graceMs: number): void {
    onSignals({
      reload: () => this.#tell('reload'),
      stop: () => {
        setTimeout(() => {
          this.#force(`there was still something open after ${graceMs / 1000} s`);
        }, graceMs).unref();
        void this.#stop();
      },
      force: () => this.#force('a second signal came'),
    });
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#waiting) clearTimeout(timer);
    const ends = workers().map((worker) => once(worker, 'exit'));
    this.#tell('stop');
    await Promise.all(ends);
    await this.#state.close();
    this.#log.info('all processes have stopped');
  }

  /** What is under way ends as by a loss of power; the state is sound after that. */
  #force(why: string): void {
    this.#log.error(`stopped by force: ${why}`);
    for (const worker of workers()) worker.process.kill('SIGKILL');
    process.exit(EXIT.failure);
  }

  #tell(order: Order): void {
    for (const worker of workers()) if (worker.isConnected()) worker.send(order);
  }
}

/** Obeys the primary in a worker. Signals that a terminal sends to all processes are for the primary. */
export function obeyPrimary(orders: Readonly<Record<Order, () => void>>): void {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.on('message', (message) => {
    const order = ORDERS.find((known) => known === message);
    if (order !== undefined) orders[order]();
  });
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

/** The settings of the configuration that hold for all processes together. */
function sharedOf({ settings }: Config) {
  const store = serverSettings();
  for (const [name, text] of settings) setByName(`${name}=${text}`, store);
  const { statePath, keepStampsDays, maxConnections } = store.values;
  return { statePath, keepStampsDays, maxConnections };
}

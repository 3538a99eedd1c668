/** The owner of the state: the primary of a cluster. */
import cluster, { type Worker } from 'node:cluster';
import { resolve } from 'node:path';
import { StampCounter } from '../files/stamp.js';
import { LockTable } from '../locks/lock-table.js';
import { OFTPError } from '../settings/errors.js';
import { serverSettings } from '../settings/settings.js';
import { openStore } from '../store/open-store.js';
import { Admission } from '../transport/admission.js';
import type { SharedSettings } from './calls.js';
import { Desk } from './desk.js';
import type { Estate } from './estate.js';
import { itemsOf } from './messages.js';

/** What the workers of a cluster have in common. Each is a setting of a server, with its range and default. */
export interface SharedStateOptions {
  /** Folder of the state; `.oftp` if left out, null for one that ends with the primary. */
  readonly statePath?: string | null;
  /** How long the stamp of a received file is kept, in days: 30, the default, to 3650. */
  readonly keepStampsDays?: number;
  /** Clients of all workers together: 1 to 100,000; 1000 if left out. */
  readonly maxConnections?: number;
}

/** The state that the workers of this cluster share, until it is closed. */
export class SharedState {
  readonly #estate: Estate;
  readonly #desks = new Map<number, Desk>();
  #closed: Promise<void> | undefined;

  /** @internal Use `shareState`. */
  constructor(estate: Estate) {
    this.#estate = estate;
    detach();
    cluster.on('message', this.#hear).on('exit', this.#forget);
    detach = () => cluster.off('message', this.#hear).off('exit', this.#forget);
  }

  /** The folder of the state; null for one that ends with this process. */
  get statePath(): string | null {
    return this.#estate.settings.statePath;
  }

  /**
   * Settles when all that was asked for is on the disk and the folder is free. What workers ask for afterwards fails:
   * let them end first.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#estate.store.close();
    if (shared === this) shared = undefined;
  }

  readonly #hear = (worker: Worker, message: unknown): void => {
    // What a worker sent before it was killed may come after the news of its end.
    if (itemsOf(message) === undefined || worker.isDead()) return;
    if (this.#deskFor(worker).hear(message, this.#closed !== undefined)) return;
    // The memory of all others is worth more than a worker that does not read.
    worker.process.kill('SIGKILL');
  };

  #deskFor(worker: Worker): Desk {
    const known = this.#desks.get(worker.id);
    if (known !== undefined) return known;
    const desk = new Desk(this.#estate, (message, sent) => {
      // After an error the channel is closed: nothing will ever arrive there again.
      if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => sent());
    });
    this.#desks.set(worker.id, desk);
    return desk;
  }

  readonly #forget = (worker: Worker): void => {
    void this.#desks.get(worker.id)?.leave();
    this.#desks.delete(worker.id);
  };
}

/** A state that was closed still answers that it is, until there is another one. */
let detach = (): unknown => undefined;

/** The one of this process. */
let shared: SharedState | 'opening' | undefined;

/**
 * Opens the state in the primary of a cluster for its workers: their servers with `sharedState: true` use it as if each
 * had it alone. To be called before the first worker is forked.
 *
 * @throws OFTPError 10022 for an option out of range, outside the primary of a cluster and for a folder that cannot be
 *   used, 10013 when the state is in use, 104 when this process shares one already
 */
export async function shareState(options: SharedStateOptions = {}): Promise<SharedState> {
  if (!cluster.isPrimary)
    throw new OFTPError(10022, 'only the primary of a cluster can share a state: call shareState there');
  if (shared !== undefined) throw new OFTPError(104, 'this process shares a state already: close it first');
  const { statePath, keepStampsDays, maxConnections } = serverSettings(options).values;
  const path = statePath === null ? null : resolve(statePath);
  const settings: SharedSettings = { statePath: path, keepStampsDays, maxConnections };
  shared = 'opening';
  try {
    const store = await openStore(path, { keepStampsDays });
    const estate = {
      settings,
      store,
      locks: new LockTable(),
      places: new Admission(maxConnections),
      stamps: new StampCounter(),
    };
    shared = new SharedState(estate);
    return shared;
  } catch (error) {
    shared = undefined;
    throw error;
  }
}

import { PartnerCounts } from './partner-counts.js';
import { StateFolder } from './state-folder.js';
import {
  type AcknowledgedFile,
  type EndResponse,
  type FileIdentity,
  type OutgoingFile,
  type OutgoingKey,
  type OutgoingPhase,
  type QueuedResponse,
  RESPONSES_PAGE,
  type ReceivedFile,
  STAMPS_MAX,
  type Stamp,
  type Store,
} from './store.js';
import { StoreThread } from './store-thread.js';
import type { Leftovers } from './thread/operations.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const CLEANING_INTERVAL_MS = 60 * 60 * 1000;

/** Records removed in one transaction: what waits behind it waits a few milliseconds longer. */
const CLEANING_GROUP = 200;

export interface SqlStoreOptions {
  /** How long the stamp of a received file is kept, in days; at least 30, which is the default. */
  readonly keepStampsDays?: number;
  /** The time in ms since 1970; default that of the system. */
  readonly now?: () => number;
  /** Is called after each group of operations that went to the disk together, with their number. */
  readonly onGroup?: (operations: number) => void;
}

/**
 * The state in a database on the disk. It survives the process and the machine: what a method has settled is there
 * after a crash at any moment.
 *
 * Most sessions have nothing pending and nothing unfinished; they learn it from counts in memory, which have an entry
 * for each partner that has something. That is no more than the partners that `acceptConnection` ever let in.
 */
export class SqlStore implements Store {
  readonly #folder: StateFolder;
  readonly #thread: StoreThread;
  readonly #unfinished: PartnerCounts;
  readonly #pending: PartnerCounts;
  readonly #keepMs: number;
  readonly #now: () => number;
  readonly #cleaning: NodeJS.Timeout;

  private constructor(folder: StateFolder, thread: StoreThread, leftovers: Leftovers, options: SqlStoreOptions) {
    const { keepStampsDays = 30, now = Date.now } = options;
    this.#folder = folder;
    this.#thread = thread;
    this.#unfinished = new PartnerCounts(leftovers.unfinished);
    this.#pending = new PartnerCounts(leftovers.pending);
    this.#keepMs = keepStampsDays * DAY_MS;
    this.#now = now;
    this.#cleaning = setInterval(() => void this.#clean(), CLEANING_INTERVAL_MS).unref();
  }

  /** @throws OFTPError where the folder cannot be used, or somebody else uses it; its message says what to do */
  static async open(statePath: string, options: SqlStoreOptions = {}): Promise<SqlStore> {
    const folder = await StateFolder.prepare(statePath);
    const { path, database, used } = folder;
    const thread = new StoreThread(path, { path: database, used }, options.onGroup ?? (() => {}));
    const leftovers = await thread.opened.catch(async (error: Error) => {
      throw (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EBUSY' ? await folder.inUse(error) : error;
    });
    try {
      await folder.claim();
    } catch (error) {
      await thread.close();
      throw error;
    }
    const store = new SqlStore(folder, thread, leftovers, options);
    void store.#clean();
    return store;
  }

  findReceived(identity: FileIdentity): Promise<AcknowledgedFile | undefined> {
    return this.#thread.call('findReceived', identity);
  }

  receivedStamps(file: Omit<FileIdentity, keyof Stamp>): Promise<readonly Stamp[]> {
    return this.#thread.call('receivedStamps', file, STAMPS_MAX);
  }

  async acknowledge(file: ReceivedFile): Promise<AcknowledgedFile> {
    const acknowledged = this.#thread.call('acknowledge', file, this.#now());
    const id = await counted(this.#unfinished, file.partner, acknowledged);
    return { ...file, id, finished: false };
  }

  noteAttributes(id: number, attributes: string): Promise<void> {
    return this.#thread.call('noteAttributes', id, attributes);
  }

  async finish(id: number, response: EndResponse | undefined): Promise<void> {
    const finishing = this.#thread.defer('finish', id, response && compact(response));
    const partner =
      response === undefined
        ? await finishing
        : await counted(this.#pending, response.file.partner, finishing, (finished) => finished !== undefined);
    if (partner !== undefined) this.#unfinished.remove(partner);
  }

  async unfinished(partner: string): Promise<readonly AcknowledgedFile[]> {
    return this.#unfinished.has(partner) ? this.#thread.call('unfinished', partner) : [];
  }

  async queueResponse(response: EndResponse): Promise<void> {
    await counted(this.#pending, response.file.partner, this.#thread.call('queueResponse', compact(response)));
  }

  async pendingResponses(partner: string, after = 0, limit = RESPONSES_PAGE): Promise<readonly QueuedResponse[]> {
    return this.#pending.has(partner) ? this.#thread.call('pendingResponses', partner, after, limit) : [];
  }

  async confirmResponse(id: number): Promise<void> {
    const partner = await this.#thread.call('confirmResponse', id);
    if (partner !== undefined) this.#pending.remove(partner);
  }

  async repeatResponse(identity: FileIdentity): Promise<void> {
    const repeating = this.#thread.call('repeatResponse', identity);
    await counted(this.#pending, identity.partner, repeating, (queued) => queued);
  }

  async beginOutgoing(key: OutgoingKey, stamp: () => Stamp | Promise<Stamp>): Promise<OutgoingFile> {
    const attempt = await this.#thread.call('findAttempt', key);
    return attempt ?? this.#thread.call('beginOutgoing', key, await stamp(), this.#now());
  }

  outgoingPhase(id: number, phase: OutgoingPhase): Promise<void> {
    return this.#thread.call('outgoingPhase', id, phase, this.#now());
  }

  outgoingReached(id: number, reached: number): Promise<void> {
    return this.#thread.call('outgoingReached', id, reached, this.#now());
  }

  outgoingPrepared(id: number, attributes: string): Promise<void> {
    return this.#thread.call('outgoingPrepared', id, attributes, this.#now());
  }

  endOutgoing(id: number): Promise<void> {
    return this.#thread.call('endOutgoing', id);
  }

  findOutgoing(identity: FileIdentity): Promise<OutgoingFile | undefined> {
    return this.#thread.call('findOutgoing', identity);
  }

  /** Removes stamps and outgoing files that are past their time, in small groups: at the start, then every hour. */
  async removeExpired(): Promise<void> {
    const before = this.#now() - this.#keepMs;
    let removed: number;
    do {
      removed = await this.#thread.call('removeExpired', before, CLEANING_GROUP);
    } while (removed === CLEANING_GROUP);
  }

  /** Settles when everything that was asked for is on the disk and the folder is free for another owner. */
  async close(): Promise<void> {
    clearInterval(this.#cleaning);
    await this.#thread.close(() => this.#folder.release());
  }

  async #clean(): Promise<void> {
    try {
      await this.removeExpired();
    } catch {
      // What is wrong with the disk shows in the next operation of a session; the cleaning is done again in an hour.
    }
  }
}

/**
 * Counts a record of a partner as soon as it is asked for, so that no later call can miss it, and takes that back
 * where nothing was made of it.
 */
async function counted<Result>(
  counts: PartnerCounts,
  partner: string,
  operation: Promise<Result>,
  isMade: (result: Result) => boolean = () => true,
): Promise<Result> {
  counts.add(partner);
  let made = false;
  try {
    const result = await operation;
    made = isMade(result);
    return result;
  } finally {
    if (!made) counts.remove(partner);
  }
}

/** With octets of its own: a message takes along the whole memory that octets are a part of. */
function compact(response: EndResponse): EndResponse {
  return { ...response, hash: new Uint8Array(response.hash), signature: new Uint8Array(response.signature) };
}

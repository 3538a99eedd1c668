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
} from './store.js';

/**
 * Stamps of received files that are kept to recognise duplicates. Beyond it the oldest are forgotten: memory is bounded,
 * and a partner that repeats a file does so soon.
 */
const RECEIVED_MAX = 100_000;

/** Outgoing files whose end response never comes are forgotten in the same way. */
const OUTGOING_MAX = 100_000;

/**
 * The state of one process life (`statePath` null): responses survive the connection, but not the process. Everything
 * is done at once, so that calls take effect in the order in which they are made.
 */
export class MemoryStore implements Store {
  readonly #received = new Map<string, AcknowledgedFile & { response?: EndResponse }>();
  readonly #identityById = new Map<number, string>();
  readonly #responses = new Map<number, QueuedResponse>();
  readonly #outgoing = new Map<number, OutgoingFile>();
  #lastId = 0;

  async findReceived(identity: FileIdentity): Promise<AcknowledgedFile | undefined> {
    return this.#received.get(keyOf(identity));
  }

  async acknowledge(file: ReceivedFile): Promise<AcknowledgedFile> {
    const record = { ...file, id: this.#nextId(), finished: false };
    const key = keyOf(file);
    this.#received.set(key, record);
    this.#identityById.set(record.id, key);
    const [oldest] = this.#received;
    if (this.#received.size > RECEIVED_MAX && oldest !== undefined) {
      this.#received.delete(oldest[0]);
      this.#identityById.delete(oldest[1].id);
    }
    return record;
  }

  async finish(id: number, response: EndResponse | undefined): Promise<void> {
    const key = this.#identityById.get(id);
    const record = key === undefined ? undefined : this.#received.get(key);
    if (key !== undefined && record !== undefined) {
      this.#received.set(key, { ...record, finished: true, ...(response && { response }) });
    }
    if (response !== undefined) await this.queueResponse(response);
  }

  async unfinished(partner: string): Promise<readonly AcknowledgedFile[]> {
    return [...this.#received.values()].filter((file) => file.partner === partner && !file.finished);
  }

  async queueResponse(response: EndResponse): Promise<void> {
    const id = this.#nextId();
    this.#responses.set(id, { ...response, id });
  }

  async pendingResponses(partner: string): Promise<readonly QueuedResponse[]> {
    if (this.#responses.size === 0) return [];
    return [...this.#responses.values()].filter(({ file }) => file.partner === partner);
  }

  async confirmResponse(id: number): Promise<void> {
    this.#responses.delete(id);
  }

  async repeatResponse(identity: FileIdentity): Promise<void> {
    const response = this.#received.get(keyOf(identity))?.response;
    if (response === undefined) return;
    const key = keyOf(identity);
    const queued = [...this.#responses.values()].some(({ file }) => keyOf(file) === key);
    if (!queued) await this.queueResponse(response);
  }

  async beginOutgoing(key: OutgoingKey, stamp: () => Stamp): Promise<OutgoingFile> {
    for (const file of this.#outgoing.values()) {
      if (file.phase !== 'acknowledged' && isSameContent(file, key)) return file;
    }
    const file: OutgoingFile = { ...key, ...stamp(), id: this.#nextId(), phase: 'started', reached: 0, attributes: '' };
    this.#outgoing.set(file.id, file);
    const [oldest] = this.#outgoing.keys();
    if (this.#outgoing.size > OUTGOING_MAX && oldest !== undefined) this.#outgoing.delete(oldest);
    return file;
  }

  async outgoingPhase(id: number, phase: OutgoingPhase): Promise<void> {
    const file = this.#outgoing.get(id);
    if (file !== undefined) this.#outgoing.set(id, { ...file, phase });
  }

  async outgoingReached(id: number, reached: number): Promise<void> {
    const file = this.#outgoing.get(id);
    if (file !== undefined) this.#outgoing.set(id, { ...file, reached });
  }

  async outgoingPrepared(id: number, attributes: string): Promise<void> {
    const file = this.#outgoing.get(id);
    if (file !== undefined) this.#outgoing.set(id, { ...file, attributes });
  }

  async endOutgoing(id: number): Promise<void> {
    this.#outgoing.delete(id);
  }

  async findOutgoing(identity: FileIdentity): Promise<OutgoingFile | undefined> {
    for (const file of this.#outgoing.values()) {
      if (keyOf(file) === keyOf(identity)) return file;
    }
    return undefined;
  }

  async close(): Promise<void> {}

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

function keyOf({ partner, name, date, time, destination, originator }: FileIdentity): string {
  return [partner, name, date, time, destination, originator].join('\0');
}

function isSameContent(file: OutgoingKey, key: OutgoingKey): boolean {
  return (
    file.partner === key.partner &&
    file.name === key.name &&
    file.destination === key.destination &&
    file.originator === key.originator &&
    file.path === key.path &&
    file.version === key.version
  );
}

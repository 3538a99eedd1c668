import { OFTPError } from '../settings/errors.js';
import { IdIndex } from './id-index.js';
import { fileKey, sendingKey } from './keys.js';
import {
  type AcknowledgedFile,
  type EndResponse,
  type FileIdentity,
  LAST_PHASE,
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

/**
 * Stamps of received files that are kept to recognise duplicates. Beyond it the oldest are forgotten: memory is
 * bounded, and a partner that repeats a file does so soon.
 */
const RECEIVED_MAX = 100_000;

/** Outgoing files whose end response never comes are forgotten in the same way. */
const OUTGOING_MAX = 100_000;

/** End responses are promises: none is forgotten, but more are not made. */
const RESPONSES_MAX = 100_000;

interface Received {
  readonly file: AcknowledgedFile;
  /** The end response that the partner has confirmed. */
  readonly response?: EndResponse | undefined;
}

/**
 * The state of one process life (`statePath` null): responses survive the connection, but not the process. Everything
 * is done at once, so that calls take effect in the order in which they are made.
 */
export class MemoryStore implements Store {
  readonly #received = new Map<string, Received>();
  /** Where the files that are not finished stand among the received ones, by their ids. */
  readonly #unfinished = new Map<number, { readonly key: string; readonly partner: string }>();
  readonly #unfinishedOf = new IdIndex();
  readonly #responses = new Map<number, QueuedResponse>();
  readonly #responsesOf = new IdIndex();
  readonly #outgoing = new Map<number, OutgoingFile>();
  readonly #outgoingByContent = new IdIndex();
  readonly #outgoingByIdentity = new IdIndex();
  #lastId = 0;

  async findReceived(identity: FileIdentity): Promise<AcknowledgedFile | undefined> {
    return this.#received.get(fileKey(identity))?.file;
  }

  async receivedStamps(wanted: Omit<FileIdentity, keyof Stamp>): Promise<readonly Stamp[]> {
    const stamps: Stamp[] = [];
    for (const { file } of this.#received.values()) {
      const { date, time } = file;
      if (isSameFile(file, { ...wanted, date, time })) stamps.push({ date, time });
    }
    return stamps.reverse().slice(0, STAMPS_MAX);
  }

  async acknowledge(file: ReceivedFile): Promise<AcknowledgedFile> {
    const key = fileKey(file);
    if (this.#received.has(key))
      throw new OFTPError(671, `the file ${file.name} was acknowledged before, on another session`);
    const acknowledged = { ...file, id: this.#nextId(), finished: false };
    this.#received.set(key, { file: acknowledged });
    this.#unfinished.set(acknowledged.id, { key, partner: file.partner });
    this.#unfinishedOf.add(file.partner, acknowledged.id);
    const [oldest] = this.#received.keys();
    if (this.#received.size > RECEIVED_MAX && oldest !== undefined) this.#received.delete(oldest);
    return acknowledged;
  }

  async noteAttributes(id: number, attributes: string): Promise<void> {
    const key = this.#unfinished.get(id)?.key;
    const received = key === undefined ? undefined : this.#received.get(key);
    if (key === undefined || received === undefined) return;
    this.#received.set(key, { ...received, file: { ...received.file, attributes } });
  }

  async finish(id: number, response: EndResponse | undefined): Promise<void> {
    const unfinished = this.#unfinished.get(id);
    if (unfinished === undefined) return;
    if (response !== undefined) this.#queue(response);
    this.#unfinished.delete(id);
    this.#unfinishedOf.remove(unfinished.partner, id);
    const received = this.#received.get(unfinished.key);
    if (received === undefined) return;
    this.#received.set(unfinished.key, { ...received, file: { ...received.file, finished: true } });
  }

  async unfinished(partner: string): Promise<readonly AcknowledgedFile[]> {
    return [...this.#unfinishedOf.of(partner)].flatMap((id) => {
      const key = this.#unfinished.get(id)?.key;
      return (key !== undefined && this.#received.get(key)?.file) || [];
    });
  }

  async queueResponse(response: EndResponse): Promise<void> {
    this.#queue(response);
  }

  async pendingResponses(partner: string, after = 0, limit = RESPONSES_PAGE): Promise<readonly QueuedResponse[]> {
    const page: QueuedResponse[] = [];
    for (const id of this.#responsesOf.of(partner)) {
      const response = this.#responses.get(id);
      if (response === undefined || id <= after) continue;
      page.push(response);
      if (page.length === limit) break;
    }
    return page;
  }

  async confirmResponse(id: number): Promise<void> {
    const confirmed = this.#responses.get(id);
    if (confirmed === undefined) return;
    this.#responses.delete(id);
    this.#responsesOf.remove(confirmed.file.partner, id);
    const key = fileKey(confirmed.file);
    const received = this.#received.get(key);
    if (received !== undefined) this.#received.set(key, { ...received, response: confirmed });
  }

  async repeatResponse(identity: FileIdentity): Promise<void> {
    const received = this.#received.get(fileKey(identity));
    if (received?.response === undefined || !received.file.finished) return;
    for (const id of this.#responsesOf.of(identity.partner)) {
      const queued = this.#responses.get(id);
      if (queued !== undefined && isSameFile(queued.file, identity)) return;
    }
    this.#queue(received.response);
  }

  async beginOutgoing(key: OutgoingKey, stamp: () => Stamp | Promise<Stamp>): Promise<OutgoingFile> {
    for (const id of this.#outgoingByContent.of(sendingKey(key))) {
      const attempt = this.#outgoing.get(id);
      if (attempt !== undefined && attempt.phase !== 'acknowledged') return attempt;
    }
    const made = stamp();
    // One that is there takes no turn: calls take effect in the order in which they are made.
    const { date, time } = made instanceof Promise ? await made : made;
    const file: OutgoingFile = { ...key, date, time, id: this.#nextId(), phase: 'started', reached: 0, attributes: '' };
    this.#outgoing.set(file.id, file);
    this.#outgoingByContent.add(sendingKey(file), file.id);
    this.#outgoingByIdentity.add(fileKey(file), file.id);
    const [oldest] = this.#outgoing.keys();
    if (this.#outgoing.size > OUTGOING_MAX && oldest !== undefined) this.#forgetOutgoing(oldest);
    return file;
  }

  async outgoingPhase(id: number, phase: OutgoingPhase): Promise<void> {
    const file = this.#outgoing.get(id);
    if (file === undefined) return;
    if (LAST_PHASE[file.phase] === phase) this.#forgetOutgoing(id);
    else if (file.phase !== 'answered') this.#outgoing.set(id, { ...file, phase });
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
    this.#forgetOutgoing(id);
  }

  async findOutgoing(identity: FileIdentity): Promise<OutgoingFile | undefined> {
    const files = [...this.#outgoingByIdentity.of(fileKey(identity))].flatMap((id) => this.#outgoing.get(id) ?? []);
    return files.find(({ phase }) => phase === 'acknowledged') ?? files[0];
  }

  async close(): Promise<void> {}

  #queue(response: EndResponse): void {
    if (this.#responses.size >= RESPONSES_MAX) {
      throw new OFTPError(10055, `${RESPONSES_MAX} end responses wait for their partners: set statePath to keep more`);
    }
    const id = this.#nextId();
    this.#responses.set(id, { ...response, id });
    this.#responsesOf.add(response.file.partner, id);
  }

  #forgetOutgoing(id: number): void {
    const file = this.#outgoing.get(id);
    if (file === undefined) return;
    this.#outgoing.delete(id);
    this.#outgoingByContent.remove(sendingKey(file), id);
    this.#outgoingByIdentity.remove(fileKey(file), id);
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

function isSameFile(file: FileIdentity, identity: FileIdentity): boolean {
  return (
    file.name === identity.name &&
    file.time === identity.time &&
    file.date === identity.date &&
    file.partner === identity.partner &&
    file.destination === identity.destination &&
    file.originator === identity.originator
  );
}

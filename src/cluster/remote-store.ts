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
  type Stamp,
  type Store,
} from '../store/store.js';
import type { Link } from './link.js';
import { type SpelledResponse, spelled, unspelledQueued } from './spelling.js';

/** The state as a worker has it: every call is one of the owner's store. */
export class RemoteStore implements Store {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  async findReceived(identity: FileIdentity): Promise<AcknowledgedFile | undefined> {
    return (await this.#link.call('findReceived', identityIn(identity))) ?? undefined;
  }

  receivedStamps(file: Omit<FileIdentity, keyof Stamp>): Promise<readonly Stamp[]> {
    return this.#link.call('receivedStamps', partiesIn(file));
  }

  acknowledge(file: ReceivedFile): Promise<AcknowledgedFile> {
    const { localFile, size, level, userData, description, attributes } = file;
    const more = { localFile, size, level, userData, description, attributes };
    return this.#link.call('acknowledge', { ...identityIn(file), ...more });
  }

  noteAttributes(id: number, attributes: string): Promise<void> {
    return this.#link.call('noteAttributes', id, attributes);
  }

  finish(id: number, response: EndResponse | undefined): Promise<void> {
    return this.#link.call('finish', id, response === undefined ? null : messageOf(response));
  }

  unfinished(partner: string): Promise<readonly AcknowledgedFile[]> {
    return this.#link.call('unfinished', partner);
  }

  queueResponse(response: EndResponse): Promise<void> {
    return this.#link.call('queueResponse', messageOf(response));
  }

  async pendingResponses(partner: string, after = 0, limit = RESPONSES_PAGE): Promise<readonly QueuedResponse[]> {
    return (await this.#link.call('pendingResponses', partner, after, limit)).map(unspelledQueued);
  }

  confirmResponse(id: number): Promise<void> {
    return this.#link.call('confirmResponse', id);
  }

  repeatResponse(identity: FileIdentity): Promise<void> {
    return this.#link.call('repeatResponse', identityIn(identity));
  }

  async beginOutgoing(key: OutgoingKey, stamp: () => Stamp | Promise<Stamp>): Promise<OutgoingFile> {
    const content = { ...partiesIn(key), path: key.path, version: key.version };
    const attempt = await this.#link.call('beginOutgoing', content, null);
    if (attempt !== null) return attempt;
    const { date, time } = await stamp();
    return (await this.#link.call('beginOutgoing', content, { date, time })) as OutgoingFile;
  }

  outgoingPhase(id: number, phase: OutgoingPhase): Promise<void> {
    return this.#link.call('outgoingPhase', id, phase);
  }

  outgoingReached(id: number, reached: number): Promise<void> {
    return this.#link.call('outgoingReached', id, reached);
  }

  outgoingPrepared(id: number, attributes: string): Promise<void> {
    return this.#link.call('outgoingPrepared', id, attributes);
  }

  endOutgoing(id: number): Promise<void> {
    return this.#link.call('endOutgoing', id);
  }

  async findOutgoing(identity: FileIdentity): Promise<OutgoingFile | undefined> {
    return (await this.#link.call('findOutgoing', identityIn(identity))) ?? undefined;
  }

  /** Settles when all calls have been answered. The state itself is its owner's to close. */
  close(): Promise<void> {
    return this.#link.drained();
  }
}

/** The owner takes the fields that an operation has, and no others. */
function partiesIn({ partner, name, destination, originator }: Omit<FileIdentity, keyof Stamp>) {
  return { partner, name, destination, originator };
}

function identityIn(file: FileIdentity): FileIdentity {
  const { date, time } = file;
  return { ...partiesIn(file), date, time };
}

function messageOf(response: EndResponse): SpelledResponse {
  const { name, file, userData, destination, originator, creator, reasonCode, reasonText, hash, signature } = response;
  const parties = { destination, originator, creator };
  return spelled({ name, file: identityIn(file), userData, ...parties, reasonCode, reasonText, hash, signature });
}

/** What a worker may ask of the owner of the state, as it calls it. */
import type {
  AcknowledgedFile,
  FileIdentity,
  OutgoingFile,
  OutgoingKey,
  OutgoingPhase,
  ReceivedFile,
  Stamp,
} from '../store/store.js';
import type { Seat } from '../transport/admission.js';
import type { SpelledQueuedResponse, SpelledResponse } from './spelling.js';

/** Settings that the owner of the state has for all workers. */
export interface SharedSettings {
  /** Absolute; null for a state that ends with the primary. */
  readonly statePath: string | null;
  readonly keepStampsDays: number;
  readonly maxConnections: number;
}

export interface Operations {
  join(): SharedSettings;
  take(lock: string): boolean;
  leave(lock: string): void;
  release(lock: string): void;
  enter(): Seat | null;
  giveBack(seat: Seat): void;
  nextStamp(wholeSecond: boolean): Stamp;
  findReceived(identity: FileIdentity): AcknowledgedFile | null;
  receivedStamps(file: Omit<FileIdentity, keyof Stamp>): readonly Stamp[];
  acknowledge(file: ReceivedFile): AcknowledgedFile;
  noteAttributes(id: number, attributes: string): void;
  finish(id: number, response: SpelledResponse | null): void;
  unfinished(partner: string): readonly AcknowledgedFile[];
  queueResponse(response: SpelledResponse): void;
  pendingResponses(partner: string, after: number, limit: number): readonly SpelledQueuedResponse[];
  confirmResponse(id: number): void;
  repeatResponse(identity: FileIdentity): void;
  /** Without a stamp only the record of an earlier attempt is looked for. */
  beginOutgoing(key: OutgoingKey, stamp: Stamp | null): OutgoingFile | null;
  outgoingPhase(id: number, phase: OutgoingPhase): void;
  outgoingReached(id: number, reached: number): void;
  outgoingPrepared(id: number, attributes: string): void;
  endOutgoing(id: number): void;
  findOutgoing(identity: FileIdentity): OutgoingFile | null;
}

export type OperationName = keyof Operations;

/** What can be asked of the database, and the messages in which it is asked. The other thread sees nothing else. */

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
} from '../store.js';
import type { Failure } from './failure.js';

/** Times are in ms since 1970 and come from the caller: the database has no clock. */
export interface Operations {
  findReceived(identity: FileIdentity): AcknowledgedFile | undefined;
  /** Latest first. */
  receivedStamps(file: Omit<FileIdentity, keyof Stamp>, limit: number): readonly Stamp[];
  /** @returns the id of the record */
  acknowledge(file: ReceivedFile, now: number): number;
  noteAttributes(id: number, attributes: string): void;
  /** @returns the partner of the file; undefined, and nothing queued, if it was finished before */
  finish(id: number, response: EndResponse | undefined): string | undefined;
  unfinished(partner: string): readonly AcknowledgedFile[];

  queueResponse(response: EndResponse): void;
  pendingResponses(partner: string, after: number, limit: number): readonly QueuedResponse[];
  /** @returns the partner of the response, if it was pending */
  confirmResponse(id: number): string | undefined;
  /** @returns whether a response was queued */
  repeatResponse(identity: FileIdentity): boolean;

  findAttempt(key: OutgoingKey): OutgoingFile | undefined;
  beginOutgoing(key: OutgoingKey, stamp: Stamp, now: number): OutgoingFile;
  outgoingPhase(id: number, phase: OutgoingPhase, now: number): void;
  outgoingReached(id: number, reached: number, now: number): void;
  outgoingPrepared(id: number, attributes: string, now: number): void;
  endOutgoing(id: number): void;
  findOutgoing(identity: FileIdentity): OutgoingFile | undefined;

  /**
   * Removes what was finished, or not touched any more, since before a time.
   * @param limit the most records to remove
   * @returns how many were removed
   */
  removeExpired(before: number, limit: number): number;
}

export type OperationName = keyof Operations;

/** Operations that change nothing, so that they need no transaction. */
export const READS: ReadonlySet<OperationName> = new Set<OperationName>([
  'findReceived',
  'receivedStamps',
  'unfinished',
  'pendingResponses',
  'findAttempt',
  'findOutgoing',
]);

/** A call of an operation. */
export type Call<Name extends OperationName = OperationName> = {
  readonly [Key in Name]: { readonly name: Key; readonly args: Parameters<Operations[Key]> };
}[Name];

export type Outcome = { readonly value: unknown } | { readonly failure: Failure };

/** What the thread is started with. */
export interface ThreadStart {
  /** The database file. */
  readonly path: string;
  /** Whether it was in use before: then it must not be missing or empty. */
  readonly used: boolean;
}

/** How many records there are for a partner. */
export type PartnerCount = readonly [partner: string, count: number];

/** What is left over from before. */
export interface Leftovers {
  readonly unfinished: readonly PartnerCount[];
  readonly pending: readonly PartnerCount[];
}

export type ToThread = { readonly kind: 'run'; readonly calls: readonly Call[] } | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'opened'; readonly leftovers: Leftovers }
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** One outcome for each call, in their order, after the changes have been put on the disk. */
  | { readonly kind: 'done'; readonly outcomes: readonly Outcome[] };

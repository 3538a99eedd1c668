/**
 * What must outlive a connection, and a crash: an EFPA, an EERP and an RTR are promises. Every method that changes
 * something settles only when the change is durable; the order of calls on one connection is kept.
 */

/** The most end responses that `pendingResponses` gives at a time: a partner that stayed away may have many. */
export const RESPONSES_PAGE = 500;

/** What makes a virtual file the same one (RFC 5024 §1.5.2), together with the partner it is exchanged with. */
export interface FileIdentity {
  /** SSIDCODE of the peer of the session. */
  readonly partner: string;
  /** SFIDDSN */
  readonly name: string;
  /** SFIDDATE, digits as on the wire. */
  readonly date: string;
  /** SFIDTIME, digits as on the wire. */
  readonly time: string;
  /** SFIDDEST */
  readonly destination: string;
  /** SFIDORIG */
  readonly originator: string;
}

/** An EERP or NERP as it goes out, octet for octet the same in every attempt. */
export interface EndResponse {
  readonly name: 'EERP' | 'NERP';
  /** The file that is answered. */
  readonly file: FileIdentity;
  /** SFIDUSER of the file, given back in EERPUSER. */
  readonly userData: string;
  /** EERPDEST, NERPDEST: the originator of the file. */
  readonly destination: string;
  /** EERPORIG, NERPORIG: its destination. */
  readonly originator: string;
  /** NERPCREA; empty in an EERP. */
  readonly creator: string;
  /** NERPREAS; 0 in an EERP. */
  readonly reasonCode: number;
  readonly reasonText: string;
  /** EERPHSH, NERPHSH. */
  readonly hash: Uint8Array;
  /** EERPSIG, NERPSIG. */
  readonly signature: Uint8Array;
}

export interface QueuedResponse extends EndResponse {
  readonly id: number;
}

/** A file that is complete here. What it takes to process and to answer it in a later life of the process. */
export interface ReceivedFile extends FileIdentity {
  readonly localFile: string;
  /** Octets as transmitted. */
  readonly size: number;
  /** SSIDLEV of the session it came in. */
  readonly level: number;
  /** SFIDUSER */
  readonly userData: string;
  /** SFIDDESC */
  readonly description: string;
  /** The other fields of the SFID (format, security …) as JSON, for the processing that is left to do. */
  readonly attributes: string;
}

export interface AcknowledgedFile extends ReceivedFile {
  readonly id: number;
  /** Processed, and the handler of `endTransfer` has run. */
  readonly finished: boolean;
}

/** A virtual file to be sent: the same path, content, parties and name are the same file. */
export interface OutgoingKey {
  readonly partner: string;
  readonly name: string;
  readonly destination: string;
  readonly originator: string;
  readonly path: string;
  /** Stands for the content, what is to be done to it, and a chosen stamp: another one means another file. */
  readonly version: string;
}

export interface Stamp {
  readonly date: string;
  readonly time: string;
}

/** How far the sending of a virtual file has come. */
export type OutgoingPhase =
  /** An SFID may have gone out. */
  | 'started'
  /** All data has been sent, EFID may have gone out, and nothing says that the peer does not hold the whole file. */
  | 'sent'
  /** EFPA has come: an end response is owed by the peer. */
  | 'acknowledged'
  /** EERP has come, but EFPA has not: whoever sends the file again is told that it has arrived. */
  | 'answered';

/** EFPA and EERP: the phase that a file ends with which is in the other one already. */
export const LAST_PHASE: Readonly<Partial<Record<OutgoingPhase, OutgoingPhase>>> = {
  acknowledged: 'answered',
  answered: 'acknowledged',
};

export interface OutgoingFile extends OutgoingKey, Stamp {
  readonly id: number;
  readonly phase: OutgoingPhase;
  /** Octets (U, T, secured) or records (F, V) that the last attempt reached; 0 when it is not known. */
  readonly reached: number;
  /** What was prepared for the sending, as JSON; empty before that, and where nothing is to be prepared. */
  readonly attributes: string;
}

/** The most stamps that `receivedStamps` gives. */
export const STAMPS_MAX = 1000;

export interface Store {
  /** The acknowledged file with this identity, as long as its stamp is kept. */
  findReceived(identity: FileIdentity): Promise<AcknowledgedFile | undefined>;
  /** Stamps of the acknowledged files of this name and these parties, latest first, at most {@link STAMPS_MAX}. */
  receivedStamps(file: Omit<FileIdentity, keyof Stamp>): Promise<readonly Stamp[]>;
  /**
   * From here on the file is ours: only then EFPA may go out.
   * @throws OFTPError 671 for a file that was acknowledged before, on another session at the same time
   */
  acknowledge(file: ReceivedFile): Promise<AcknowledgedFile>;
  /** More is known about a file that is not finished. */
  noteAttributes(id: number, attributes: string): Promise<void>;
  /**
   * The file is processed; in the same step its end response is queued, if it gets one. Nothing happens where it was
   * finished before. It may take some milliseconds longer than other changes, to share a commit with the next one;
   * until it settles, `findReceived` may still tell of the file as unfinished.
   */
  finish(id: number, response: EndResponse | undefined): Promise<void>;
  /** Files of a partner that were acknowledged but not finished, oldest first. */
  unfinished(partner: string): Promise<readonly AcknowledgedFile[]>;

  /** Queues an end response for the partner of its file. */
  queueResponse(response: EndResponse): Promise<void>;
  /**
   * End responses that have not been confirmed by RTR, in the order in which they were queued: the first
   * `limit` (default {@link RESPONSES_PAGE}, which is the most), or those that follow the one with the id `after`.
   */
  pendingResponses(partner: string, after?: number, limit?: number): Promise<readonly QueuedResponse[]>;
  /** RTR has come. */
  confirmResponse(id: number): Promise<void>;
  /**
   * The file came again because its EFPA was lost: its end response, if there was one, is to be sent once more. It is
   * queued only if it is not queued already; that of a file which is not finished comes when it is.
   */
  repeatResponse(identity: FileIdentity): Promise<void>;

  /**
   * The record of an outgoing file: that of an earlier attempt which the peer has not acknowledged, as long as the
   * content is the same, else a new one with the stamp that `stamp` supplies, durable before the first SFID.
   */
  beginOutgoing(key: OutgoingKey, stamp: () => Stamp | Promise<Stamp>): Promise<OutgoingFile>;
  /**
   * EFPA and EERP may come in either order: with the second of them (`acknowledged` after `answered`, or the other way
   * round) nothing is left to remember, and the record ends. Of an answered file no other phase is noted any more.
   */
  outgoingPhase(id: number, phase: OutgoingPhase): Promise<void>;
  outgoingReached(id: number, reached: number): Promise<void>;
  /** What the file was made into to be sent: from here on every attempt sends that. */
  outgoingPrepared(id: number, attributes: string): Promise<void>;
  /** The file was delivered, as its sender knows by now, or refused for good: nothing is left to remember. */
  endOutgoing(id: number): Promise<void>;
  /**
   * The outgoing file that an incoming end response is about. Of several with this identity it is an acknowledged one,
   * then the oldest: a response tells that the file has arrived even where its EFPA was lost.
   */
  findOutgoing(identity: FileIdentity): Promise<OutgoingFile | undefined>;

  /** Settles when everything is durable and nothing is held any more. Further calls do nothing. */
  close(): Promise<void>;
}

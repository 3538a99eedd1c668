import type { Writable } from 'node:stream';
import type { Command, SFID, SSID } from '../protocol/commands/codec.js';
import type { FileRefusal } from '../protocol/entity.js';
import type { SessionEnd } from '../protocol/indications.js';
import type { Agreement, SessionOffer } from '../protocol/negotiate.js';
import type { OFTPError } from '../settings/errors.js';
import type { EndResponse, FileIdentity } from '../store/store.js';
import type { ExchangeType } from './certificate-exchange.js';
import type { Identities } from './identities.js';

/** Seen from this end. */
export type Direction = 'received' | 'sent';

/** Where an offered file goes, or why it does not. A stream comes with a listener for its errors. */
export type FileDecision =
  | { readonly accept: true; readonly path: string; readonly overwrite: boolean; readonly relayed: boolean }
  | { readonly accept: true; readonly stream: Writable; readonly relayed: boolean }
  | { readonly accept: false; readonly refusal: FileRefusal };

/** A transfer under way or done, in either direction. */
export interface Transfer {
  readonly direction: Direction;
  readonly identity: FileIdentity;
  /** Full path; empty for a stream. */
  localFile: string;
  /** Octets so far, from the start of the file. */
  bytesTransferred: number;
  /** Octets of the file itself where those are not the ones that were transmitted. */
  fileSize?: number;
  /** Hash of the transmitted octets, base64, where a signed end response is asked for. */
  fileHash?: string;
  /** A received file that is a certificate, in exchange with the partner's. */
  readonly exchange?: ExchangeType | undefined;
  /** SFID of the file. */
  readonly sfid: SFID;
}

/** How a transfer ended: reason 0 is success, else one of SFNA or EFNA, or of NERP for a file that was acknowledged. */
export interface TransferEnd {
  readonly reasonCode: number;
  readonly reasonText: string;
  /** The peer has its acknowledgement: a failure is answered by NERP. */
  readonly acknowledged?: boolean;
  /** The file was acknowledged by an earlier life of the process, which may have told the application already. */
  readonly replayed?: boolean;
}

/** What is to be answered to a received file. `undefined`: nothing by itself, the application answers later. */
export type EndResponseDecision = { readonly reasonCode: number; readonly reasonText: string } | undefined;

/**
 * The "User Monitor" of RFC 5024 §3: everything a session asks or tells the layer above. Questions are promises; a
 * rejected one is answered for by the caller as each method says.
 */
export interface Monitor {
  /** Somebody looks at the exchange buffers: they are only kept and described if so. */
  readonly trails: boolean;
  /** Somebody looks at those with DATA, too. */
  readonly trailsData: boolean;
  trail(direction: Direction, octets: Uint8Array, command: Command | undefined): void;

  /** The file octets of this block are wanted; they are only copied if so. */
  readonly watchesTransfers: boolean;
  transferred(transfer: Transfer, block: Uint8Array | undefined): void;

  error(error: OFTPError): void;

  /** The keys and certificates as they are set at the moment. */
  identities(): Identities;

  /**
   * Of the partner's certificates (DER) that are about to be used, those that have not been revoked.
   *
   * @throws OFTPError 690 when none is left
   */
  usable(certificates: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;

  /** An Initiator has identified itself: let it in with this offer, or end the session. A rejection ends it with 99. */
  identify(ssid: SSID): Promise<SessionOffer | SessionEnd>;
  opened(agreement: Agreement, ssid: SSID): void;

  /** A file is not taken, by SFNA or EFNA: something for the log. */
  refused(sfid: SFID, by: 'SFNA' | 'EFNA', refusal: Pick<FileRefusal, 'reason' | 'text'>): void;
  /** A file is offered. */
  offered(sfid: SFID, identity: FileIdentity): Promise<FileDecision>;
  /** Called before an own file is offered; may not redirect it. A rejection cancels the sending. */
  starting(transfer: Transfer): Promise<void>;
  /** A transfer has ended. For a file that arrived, the answer that its originator is to get. */
  ended(transfer: Transfer, end: TransferEnd): Promise<EndResponseDecision>;

  /** This side has the turn, and pending end responses are out. Settles when the application needs it no longer. */
  readonly turn: () => Promise<void>;
  /**
   * An EERP or NERP has come. Whether it is about the octets that the application says it has sent. A rejection ends
   * the session with 99, so that the peer sends it again.
   */
  answered(response: EndResponse, verified: boolean | null): Promise<boolean>;
  /** The peer has confirmed an own EERP or NERP. */
  responded(response: EndResponse): void;

  /** The session is over; the network connection may still be closing. */
  finished(): void;
  /** The network connection is gone. `error`: what the system said, or that the peer left without ESID. */
  closed(error: OFTPError | undefined): void;
}

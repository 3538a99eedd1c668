import { createHash, timingSafeEqual } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { Version } from '../protocol/commands/version.js';
import type { StoreType } from '../security/certificates/stores.js';
import type { Direction } from '../session/monitor.js';
import type { Certificate } from './certificate.js';
import type { CertificateReceivedEvent } from './certificate-received.js';
import type { OFTPConnection } from './connection.js';

/** Fields that every event of a connection has. */
export interface ConnectionEvent {
  readonly connectionId: number;
  readonly connection: OFTPConnection;
}

/**
 * A client wants to connect; no connection exists yet. Refused if a handler throws or does not settle in
 * `defaultTimeout`.
 */
export interface ConnectionRequestEvent {
  readonly connectionId: 0;
  readonly connection: null;
  /** IP address of the client. */
  readonly address: string;
  readonly port: number;
  /** Preset from AllowedClients and BlockedClients; false closes the connection without a word. */
  accept: boolean;
}

/**
 * The TLS handshake of a client is done, and `sslAuthenticateClients` asks for its certificate. Refused if a handler
 * throws or does not settle in `defaultTimeout`. Nothing has been sent on the connection yet, and it is not in
 * `connections`.
 */
export interface SslClientAuthenticationEvent extends ConnectionEvent {
  /** The certificate in PEM; with SSLIncludeCertChain the whole chain. Empty when the client has presented none. */
  readonly certEncoded: Buffer;
  readonly certSubject: string;
  readonly certIssuer: string;
  /** The certificate; null when the client has presented none. */
  readonly certificate: Certificate | null;
  /** `OK`, or what is wrong with the certificate, in words. */
  readonly status: string;
  /** Starts as true when `status` is `OK`; false closes the connection. */
  accept: boolean;
}

/**
 * A TLS client has said hello, and has not been answered yet: another certificate than `sslCertificate` may be chosen
 * for it. If a handler throws or does not settle in `defaultTimeout`, or the certificate cannot be used, it is
 * `sslCertificate`. Not raised for octets that are no hello, or one of more than 16 KiB.
 */
export interface SslConnectionRequestEvent extends ConnectionEvent {
  /** Cipher suites of the client in the names of IANA, its favourites first, separated by commas. */
  readonly supportedCipherSuites: string;
  /**
   * Signature algorithms of the client in the names of RFC 8446 §4.2.3 (`ecdsa_secp256r1_sha256`), separated by commas;
   * empty where it does not tell, as before TLS 1.2.
   */
  readonly supportedSignatureAlgs: string;
  /** The host name that the client wants to reach (SNI); empty where it does not tell. */
  readonly serverName: string;
  /** The certificate to present, with its private key. It counts before the four fields that follow. */
  certificate: Certificate | null;
  /** What `certStore` is; told from its content by default (`auto`). */
  certStoreType: StoreType;
  /** Path or content of a store to take the certificate from; empty for `sslCertificate`. */
  certStore: string | Uint8Array;
  certPassword: string;
  /** `*`, the default, for the first certificate of the store, a distinguished name, or a part of one. */
  certSubject: string;
}

/** Progress of a TLS handshake, and with LogSSLPackets every TLS record. It may come before `connected`. */
export interface SslStatusEvent extends ConnectionEvent {
  readonly message: string;
}

/**
 * The network connection stands, and nothing has been said on it yet; or, with a `statusCode` other than 0, its TLS
 * handshake has failed, and it is closed.
 */
export interface ConnectedEvent extends ConnectionEvent {
  /** 0, or the number of the error that ended the connection. */
  readonly statusCode: number;
  /** `OK`, or the text of that error. */
  readonly description: string;
}

/** The network connection is gone. */
export type DisconnectedEvent = ConnectedEvent;

/**
 * What `acceptConnection` decides about. A handler that throws or does not settle in `defaultTimeout` means ESID 99.
 */
export class AcceptConnectionEvent implements ConnectionEvent {
  readonly connectionId: number;
  readonly connection: OFTPConnection;
  /** SSIDCODE */
  readonly clientSsidCode: string;
  /** SSIDPSWD. To check it, `passwordMatches` is the safe way. */
  readonly clientPassword: string;
  /** The certificate of the TLS client; null without TLS, and where none was asked for or presented. */
  readonly clientCertificate: Certificate | null;
  /** The version that the client offers. */
  readonly clientVersion: Version;
  /** The version to answer; may be lowered, never raised above `clientVersion`. */
  serverVersion: Version;
  /** Starts as true. */
  accept = true;
  /** ESIDREAS of a refusal: 3 unknown, 4 wrong password, 10 version or capabilities, 99 unspecified. */
  errorCode = 99;
  /** Reason text for the client, sent in 2.0 only; empty for the standard text. */
  errorDescription = '';

  constructor(connection: OFTPConnection, code: string, password: string, version: Version) {
    this.connectionId = connection.id;
    this.connection = connection;
    this.clientSsidCode = code;
    this.clientPassword = password;
    this.clientCertificate = connection.tls?.peerCertificate ?? null;
    this.clientVersion = version;
    this.serverVersion = version;
  }

  /**
   * Compares the client's password in constant time. Padding is no part of a password; an empty one matches nothing.
   */
  passwordMatches(expected: string): boolean {
    return passwordsEqual(this.clientPassword, expected);
  }
}

/** A file is offered. SFNA 99 if a handler throws (retry N) or does not settle in `defaultTimeout` (retry Y). */
export interface AcceptFileEvent extends ConnectionEvent {
  /** SFIDDSN */
  readonly virtualFileName: string;
  /** SFIDDATE and SFIDTIME in `virtualFileDateFormat`. */
  readonly virtualFileDate: string;
  /** SFIDDEST */
  readonly destination: string;
  /** SFIDORIG */
  readonly originator: string;
  /** Starts as true for files to one of the own codes, as false for others: accepting those makes a relayed file. */
  accept: boolean;
  /** Full path to store the file under; preset from `downloadDirectory` and `receivedFileNameFormat`. */
  filename: string;
  /** Whether an existing file may be replaced; false refuses the offer (SFNA 13, error 681). */
  overwrite: boolean;
  /** Takes the file instead of the disk. It is acknowledged when the stream has finished. */
  stream: Writable | undefined;
  /** SFNAREAS of a refusal. */
  errorCode: number;
  /** Reason text for the peer, sent in 2.0 only; empty for the standard text. */
  errorDescription: string;
}

/** Fields of the events of a transfer. */
export interface TransferEventBase extends ConnectionEvent {
  readonly direction: Direction;
  readonly virtualFileName: string;
  readonly virtualFileDate: string;
  readonly destination: string;
  readonly originator: string;
}

/** A transfer is about to begin. For a received file `localFile` may be changed. */
export interface StartTransferEvent extends TransferEventBase {
  localFile: string;
}

/** Part of a file has been transferred. */
export interface TransferEvent extends TransferEventBase {
  readonly localFile: string;
  /** Octets from the start of the file. */
  readonly bytesTransferred: number;
  /** The block just received; empty when sending. */
  readonly text: Buffer;
}

/**
 * A transfer has ended. For a received file a handler that fails, or does not settle in `defaultTimeout`, means NERP
 * 34.
 */
export interface EndTransferEvent extends TransferEventBase {
  readonly localFile: string;
  /** Octets of the file. */
  readonly fileSize: number;
  /** Hash of the transmitted octets, base64; empty unless a signed receipt was asked for. */
  readonly fileHash: string;
  /** 0, or why the transfer failed: SFNAREAS, EFNAREAS or 99; of a received file also 31 to 34, as in the NERP. */
  readonly reasonCode: number;
  readonly reasonText: string;
  /** The file was acknowledged before a crash or shutdown, and this event may have been raised for it before. */
  readonly replayed: boolean;
  /**
   * Received files: whether the end response goes out by itself; if not, `connection.sendEndResponse` does it later.
   */
  sendEndResponse: boolean;
}

/**
 * An EERP or NERP has come, or (with FireEndResponseOnSend) was confirmed by the peer. A failing handler ends the
 * session.
 */
export interface EndResponseEvent extends ConnectionEvent {
  readonly direction: Direction;
  readonly virtualFileName: string;
  readonly virtualFileDate: string;
  /** EERPDEST, NERPDEST: the originator of the file. */
  readonly destination: string;
  /** EERPORIG, NERPORIG: the destination of the file. */
  readonly originator: string;
  /** NERPCREA; empty for an EERP. */
  readonly creator: string;
  /** 0 for an EERP, NERPREAS otherwise. */
  readonly reasonCode: number;
  readonly reasonText: string;
  /**
   * base64. Of a received response: a handler that knows which octets were sent, where this process does not (any
   * more), sets the hash that `sendFile` gave; another one than came is error 682.
   */
  fileHash: string;
  /** base64 */
  readonly signature: string;
  /** Received: true if signature and hash hold, false if not (see `error`), null if there was nothing to check. */
  readonly verified: boolean | null;
}

/**
 * The peer has handed over the turn: time for `sendFile`, `logoff`, `changeDirection`. It ends when the handler
 * settles.
 */
export type ReadyToSendEvent = ConnectionEvent;

/** A problem that no call reports. */
export interface ErrorEvent {
  readonly connectionId: number;
  readonly connection: OFTPConnection | null;
  readonly errorCode: number;
  readonly description: string;
  /** The error itself, with its cause. */
  readonly error: Error;
}

export interface LogEvent {
  readonly connectionId: number;
  readonly connection: OFTPConnection | null;
  /** 1 info, 2 verbose, 3 debug. */
  readonly logLevel: 1 | 2 | 3;
  readonly message: string;
  readonly logType: 'Info' | 'OFTP';
}

/** One exchange buffer, as it passed. */
export interface PiTrailEvent extends ConnectionEvent {
  readonly direction: Direction;
  /** With FriendlyLogFormat a readable line in UTF-8, otherwise the octets of the exchange buffer without its STH. */
  readonly data: Buffer;
  /** The octets of the exchange buffer; passwords and challenges are masked unless MaskSensitive is off. */
  readonly raw: Buffer;
  /** The command octet. */
  readonly commandId: number;
  /** Name and meaning, for example `SFID (Start File)`. */
  readonly commandDescription: string;
}

/** All events with what their handlers get. */
export interface EventMap {
  connectionRequest: [ConnectionRequestEvent];
  sslConnectionRequest: [SslConnectionRequestEvent];
  sslClientAuthentication: [SslClientAuthenticationEvent];
  sslStatus: [SslStatusEvent];
  connected: [ConnectedEvent];
  acceptConnection: [AcceptConnectionEvent];
  acceptFile: [AcceptFileEvent];
  startTransfer: [StartTransferEvent];
  transfer: [TransferEvent];
  endTransfer: [EndTransferEvent];
  endResponse: [EndResponseEvent];
  readyToSend: [ReadyToSendEvent];
  certificateReceived: [CertificateReceivedEvent];
  disconnected: [DisconnectedEvent];
  error: [ErrorEvent];
  log: [LogEvent];
  piTrail: [PiTrailEvent];
}

export type EventName = keyof EventMap;

/**
 * Whether two passwords are equal, in constant time; an empty expectation matches nothing, so that nobody gets in by
 * default.
 */
export function passwordsEqual(given: string, expected: string): boolean {
  if (typeof expected !== 'string' || expected.trimEnd() === '') return false;
  const digest = (text: string) => createHash('sha256').update(text.trimEnd()).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

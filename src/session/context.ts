import type { Entity } from '../protocol/entity.js';
import type { Indication } from '../protocol/indications.js';
import type { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { Channel } from '../transport/channel.js';
import type { Environment } from './environment.js';
import type { Monitor } from './monitor.js';

/** An answer of the peer to a command of the Speaker. */
export type Confirmation = Extract<
  Indication,
  { name: 'F_START_FILE_CF(+)' | 'F_START_FILE_CF(-)' | 'F_CLOSE_FILE_CF(+)' | 'F_CLOSE_FILE_CF(-)' | 'F_RTR_CF' }
>;

/** What the parts of a session have in common, and how they ask each other for something. */
export interface SessionContext {
  readonly channel: Channel;
  readonly environment: Environment;
  readonly settings: SettingValues;
  readonly monitor: Monitor;
  readonly entity: Entity;
  /** SSIDCODE of the peer, once it is known. */
  readonly partner: string;
  /** The session has been opened; it may be over by now. */
  readonly opened: boolean;
  /** The session has ended, by whatever way. */
  readonly over: boolean;
  /** Received octets have to wait for the own disk or memory: silence is not the peer's. */
  readonly full: boolean;
  /** An exchange buffer has begun that is not complete yet, and nothing but the peer delays it. */
  readonly midBuffer: boolean;
  /** The peer has sent its last octet; what is being decided about is still finished. */
  readonly peerEnded: boolean;
  /** This side has ended its direction of the connection. */
  readonly halfClosed: boolean;
  /** Exchange buffers received so far. */
  readonly buffersRead: number;

  /** Sends what the entity has to say and acts on what it indicates. To be called after every input to the entity. */
  flush(): void;
  /** Runs a task after those before it have settled. Its failure is a defect and ends the session. */
  inOrder(task: () => Promise<void>): void;
  /** Reports an error and ends the session with ESID 99. */
  fail(error: OFTPError): void;
  /** Ends the session with ESID 09, because of a time limit; says which. */
  timedOut(expiry: string): void;
  /** The data path has room again. */
  roomAgain(): void;
  /** Shows Stream Transmission Buffers that did not come from the entity. */
  trailSent(octets: Uint8Array): void;
  /** Runs an action when the network connection is gone, unless the function that this returns is called before. */
  whenClosed(action: () => void): () => void;
  /** Sends something that the peer has to confirm, and waits for that; rejects when the session ends before. */
  exchange(send: () => void): Promise<Confirmation>;
  /** An end response was queued: it goes out at once if this side has the turn. */
  responseQueued(): void;
  /** The end response to the file just acknowledged is ready, and EFPA has asked for the turn. */
  answerAtOnce(): void;
}

import type { AUCH, AURP, EERP, EFID, EFNA, NERP, SFID, SFNA, SSID } from './commands/codec.js';
import type { Agreement } from './negotiate.js';

/** Who ended the session: this entity, the distant one by an ESID, or the network (RFC 5024 §3.4.2). */
export type AbortOrigin = 'local' | 'distant' | 'network';

/**
 * What the entity tells its user: the service primitives of RFC 5024 §3, and three requests for what the entity cannot
 * do by itself, because it has neither keys nor randomness. F_DATA_IND has no object: octets of DATA go their own way.
 */
export type Indication =
  /** An Initiator has identified itself: answer with `confirmSession` or `abort`. */
  | { readonly name: 'F_CONNECT_IND'; readonly ssid: SSID }
  /** The session is open, authentication included. */
  | { readonly name: 'F_CONNECT_CF'; readonly ssid: SSID; readonly agreement: Agreement }
  /** A file is offered: answer with `acceptFile` or `refuseFile`. */
  | { readonly name: 'F_START_FILE_IND'; readonly sfid: SFID }
  /** The own file was taken, from `position` on. */
  | { readonly name: 'F_START_FILE_CF(+)'; readonly position: bigint }
  | { readonly name: 'F_START_FILE_CF(-)'; readonly sfna: SFNA }
  /** The peer granted credit. */
  | { readonly name: 'F_DATA_CF' }
  /** The file is complete according to the Speaker: answer with `acceptEnd` or `refuseEnd`. */
  | { readonly name: 'F_CLOSE_FILE_IND'; readonly efid: EFID }
  /** `speaker`: whether this side still has the turn. */
  | { readonly name: 'F_CLOSE_FILE_CF(+)'; readonly speaker: boolean }
  | { readonly name: 'F_CLOSE_FILE_CF(-)'; readonly efna: EFNA }
  /** An end response: answer with `confirmResponse`. */
  | { readonly name: 'F_EERP_IND'; readonly eerp: EERP }
  | { readonly name: 'F_NERP_IND'; readonly nerp: NERP }
  | { readonly name: 'F_RTR_CF' }
  /** This side has the turn. */
  | { readonly name: 'F_CD_IND' }
  /** The peer ended the session in good order. */
  | { readonly name: 'F_RELEASE_IND' }
  | {
      readonly name: 'F_ABORT_IND';
      readonly origin: AbortOrigin;
      /** ESIDREAS; 99 where the network gave none. */
      readonly reason: number;
      /** The reason text of the peer's ESID, or what went wrong here. */
      readonly detail: string;
    }
  /** The network connection is to be closed. */
  | { readonly name: 'N_DISC_RQ' }
  /** Wanted: a challenge, enveloped for the peer. Answer with `challenge`. */
  | { readonly name: 'CHALLENGE_RQ' }
  /** Wanted: the decrypted challenge of the peer. Answer with `respond`. */
  | { readonly name: 'RESPONSE_RQ'; readonly auch: AUCH }
  /** Wanted: whether the peer's response equals the challenge. Answer with `authenticate`. */
  | { readonly name: 'VERIFY_RQ'; readonly aurp: AURP };

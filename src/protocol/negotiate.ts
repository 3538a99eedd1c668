/**
 * What two SSIDs agree on (RFC 5024 §5.3.2): the lower level, the smaller buffer and credit, restart and compression
 * only if both want them, and directions that fit. Readings where the RFC is silent stand beside the rule.
 */
import type { SSID } from './commands/codec.js';
import { LEVELS, type Level, layoutLevel, VERSION_OF_LEVEL } from './commands/version.js';
import type { Mode } from './machine/variables.js';

/** What one side brings into a session: the values of its own SSID. */
export interface SessionOffer {
  /** Highest release level to speak. */
  readonly level: Level;
  /** SSIDCODE, at most 25 octets. */
  readonly code: string;
  /** SSIDPSWD, at most 8 octets. */
  readonly password: string;
  readonly mode: Mode;
  /** SSIDSDEB, 128..99999 octets of a DATA exchange buffer, command octet included. */
  readonly bufferSize: number;
  /** SSIDCRED, 1..999 exchange buffers. */
  readonly credit: number;
  readonly compression: boolean;
  readonly restart: boolean;
  /** SSIDAUTH; exists from level 5 on. */
  readonly authentication: boolean;
  /** SSIDUSER, at most 8 octets. */
  readonly user: string;
}

/** What holds for the session once both SSIDs are known. */
export interface Agreement {
  readonly level: Level;
  /** What this side may do: send, receive, both. */
  readonly mode: Mode;
  readonly bufferSize: number;
  readonly window: number;
  readonly compression: boolean;
  readonly restart: boolean;
  readonly authentication: boolean;
}

export type Negotiation =
  | { readonly outcome: 'successful'; readonly agreement: Agreement }
  | {
      readonly outcome: 'mode' | 'authentication' | 'other';
      /** ESIDREAS (§5.3.11). */
      readonly reason: typeof INCOMPATIBLE | typeof AUTHENTICATION_INCOMPATIBLE;
      readonly detail: string;
    };

const INCOMPATIBLE = 10;
const AUTHENTICATION_INCOMPATIBLE = 12;

/**
 * The level to answer: the lower one of the own and the offered. Level 3 was never assigned and levels above 5 do not
 * exist yet, so an offer of 3 is answered by 2, one of 9 by 5.
 */
export function agreedLevel(own: Level, offered: number): Level {
  return Math.min(own, layoutLevel(offered)) as Level;
}

/** S must meet R, R must meet S, B meets anything; `undefined` where both want the same one direction (§3.2.1). */
function agreedMode(own: Mode, peer: Mode): Mode | undefined {
  if (peer === 'B') return own;
  const left: Mode = peer === 'S' ? 'R' : 'S';
  return own === 'B' || own === left ? left : undefined;
}

/** The Responder's side: what to answer to the SSID of the Initiator. */
export function negotiateAsResponder(own: SessionOffer, peer: SSID): Negotiation {
  const level = agreedLevel(own.level, peer.lev);
  return authenticationConflict(own, peer, level) ?? agree(own, peer, level);
}

/**
 * The Initiator's side: what the answer of the Responder leaves of the own offer. The answer must not name a higher
 * level or more credit than was offered; a larger buffer size or a capability that this side lacks only says what the
 * Responder could do, and is not used.
 */
export function negotiateAsInitiator(own: SessionOffer, peer: SSID): Negotiation {
  const level = LEVELS.find((known) => known === peer.lev);
  if (level === undefined || level > own.level) return raised('SSIDLEV', peer.lev, own.level);
  if (peer.cred > own.credit) return raised('SSIDCRED', peer.cred, own.credit);
  const negotiation = agree(own, peer, level);
  if (negotiation.outcome !== 'successful') return negotiation;
  return authenticationConflict(own, peer, level) ?? negotiation;
}

/** The SSID of the Initiator, or with an agreement the answer of the Responder. Special logic is for X.25 (§5.3.2). */
export function ssidOf(offer: SessionOffer, agreement?: Agreement): SSID {
  return {
    name: 'SSID',
    lev: agreement?.level ?? offer.level,
    code: offer.code,
    pswd: offer.password,
    sdeb: agreement?.bufferSize ?? offer.bufferSize,
    sr: agreement?.mode ?? offer.mode,
    cmpr: agreement?.compression ?? offer.compression,
    rest: agreement?.restart ?? offer.restart,
    spec: false,
    cred: agreement?.window ?? offer.credit,
    auth: offer.authentication,
    user: offer.user,
  };
}

function agree(own: SessionOffer, peer: SSID, level: Level): Negotiation {
  const mode = agreedMode(own.mode, peer.sr);
  if (mode === undefined) {
    const detail = `SSIDSR ${peer.sr} does not go with ${own.mode} on this side: one has to send, the other to receive`;
    return { outcome: 'mode', reason: INCOMPATIBLE, detail };
  }
  return {
    outcome: 'successful',
    agreement: {
      level,
      mode,
      bufferSize: Math.min(own.bufferSize, peer.sdeb),
      window: Math.min(own.credit, peer.cred),
      compression: own.compression && peer.cmpr,
      restart: own.restart && peer.rest,
      authentication: own.authentication,
    },
  };
}

/**
 * Authentication is not negotiable: both sides want it, or neither. Levels below 5 have neither SSIDAUTH nor a reason
 * of its own for a refusal, so there the capabilities are incompatible (reason 10).
 */
function authenticationConflict(own: SessionOffer, peer: SSID, level: Level): Negotiation | undefined {
  if (own.authentication === (level === 5 && peer.auth)) return undefined;
  if (level < 5) {
    const detail = `secure authentication is required here, which ${VERSION_OF_LEVEL[level]} does not have`;
    return { outcome: 'other', reason: INCOMPATIBLE, detail };
  }
  const detail = own.authentication
    ? 'SSIDAUTH is N, secure authentication is required here'
    : 'SSIDAUTH is Y, secure authentication is not used here';
  return { outcome: 'authentication', reason: AUTHENTICATION_INCOMPATIBLE, detail };
}

function raised(field: string, answered: number, offered: number): Negotiation {
  return { outcome: 'other', reason: INCOMPATIBLE, detail: `${field} ${answered} answered to an offer of ${offered}` };
}

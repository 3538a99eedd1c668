/**
 * What two SSIDs agree on (RFC 5024 §5.3.2): the lowest level, the smaller buffer and credit, restart and compression
 * only if both want them, and capabilities that fit. Readings where the RFC is silent stand beside the rule.
 */
import type { SSID } from './commands/codec.js';
import type { Level } from './commands/version.js';
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
  | { readonly outcome: 'mode' | 'authentication' | 'other'; readonly detail: string };

const LEVELS_DESCENDING: readonly Level[] = [5, 4, 2, 1];

/**
 * The level to answer: the highest own one that is not above the offer. Level 3 was never assigned and levels above 5
 * do not exist yet, so an offer of 3 is answered by 2, one of 9 by 5.
 */
export function agreedLevel(own: Level, offered: number): Level {
  return LEVELS_DESCENDING.find((level) => level <= own && level <= offered) ?? 1;
}

/** S must meet R, R must meet S, B meets anything; `undefined` where both want the same one direction (§3.2.1). */
export function agreedMode(own: Mode, peer: Mode): Mode | undefined {
  if (peer === 'B') return own;
  const left: Mode = peer === 'S' ? 'R' : 'S';
  return own === 'B' || own === left ? left : undefined;
}

/** The Responder's side: what to answer to the SSID of the Initiator. */
export function negotiateAsResponder(own: SessionOffer, peer: SSID): Negotiation {
  const level = agreedLevel(own.level, peer.lev);
  const mode = agreedMode(own.mode, peer.sr);
  if (mode === undefined) return modeConflict(own, peer);
  const authentication = level === 5 && peer.auth;
  if (authentication !== own.authentication) {
    return {
      outcome: 'authentication',
      detail: own.authentication
        ? `secure authentication is required here, but SSIDAUTH is N or the agreed level ${level} does not have it`
        : 'SSIDAUTH is Y, but secure authentication is not used here',
    };
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
      authentication,
    },
  };
}

/** The Initiator's side: what the answer of the Responder leaves of the own offer. A Responder may only ever reduce it. */
export function negotiateAsInitiator(own: SessionOffer, peer: SSID): Negotiation {
  const level = LEVELS_DESCENDING.find((known) => known === peer.lev);
  if (level === undefined || level > own.level) {
    return { outcome: 'other', detail: `SSIDLEV ${peer.lev} answered to an offer of ${own.level}` };
  }
  const raised = [
    peer.sdeb > own.bufferSize ? `SSIDSDEB ${peer.sdeb} answered to an offer of ${own.bufferSize}` : '',
    peer.cred > own.credit ? `SSIDCRED ${peer.cred} answered to an offer of ${own.credit}` : '',
    peer.spec ? 'SSIDSPEC Y answered, special logic does not exist over TCP' : '',
  ].filter((text) => text !== '');
  if (raised.length > 0) return { outcome: 'other', detail: raised.join('; ') };
  const mode = agreedMode(own.mode, peer.sr);
  if (mode === undefined) return modeConflict(own, peer);
  const authentication = level === 5 && peer.auth;
  if (authentication !== own.authentication) {
    return {
      outcome: 'authentication',
      detail: `SSIDAUTH ${peer.auth ? 'Y' : 'N'} at level ${level} answered to an offer of ${own.authentication ? 'Y' : 'N'}`,
    };
  }
  return {
    outcome: 'successful',
    agreement: {
      level,
      mode,
      bufferSize: peer.sdeb,
      window: peer.cred,
      compression: own.compression && peer.cmpr,
      restart: own.restart && peer.rest,
      authentication,
    },
  };
}

function modeConflict(own: SessionOffer, peer: SSID): Negotiation {
  return { outcome: 'mode', detail: `SSIDSR ${peer.sr} does not go with the own ${own.mode}: nobody could receive` };
}

import type { AUCH, AURP, Command, EERP, EFID, EFNA, NERP, SFID, SFNA, SSID } from './commands/codec.js';
import { reasonText } from './commands/reasons.js';
import type { Output, State } from './machine/states.js';
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

/** Reason and explanation of an ESID. */
export interface SessionEnd {
  /** ESIDREAS (RFC 5024 §5.3.11). */
  readonly reason: number;
  /** Why, for the log, and for the peer at level 2.0. Must not hold secrets. */
  readonly detail: string;
}

/** An end of which nothing is known. */
export const UNEXPLAINED: SessionEnd = { reason: 99, detail: '' };

/** What the entity knows when it builds an indication. */
export interface Facts {
  /** The command that the event brought. */
  readonly command: Command | undefined;
  readonly peer: SSID | undefined;
  readonly agreement: Agreement | undefined;
  /** Why the session ends, if it does. */
  readonly end: SessionEnd;
}

type Named<N extends Command['name']> = Extract<Command, { name: N }>;

/** Builds an indication from the command that the tables say it comes from. */
function from<N extends Command['name']>(
  name: N,
  build: (command: Named<N>) => Indication,
): (facts: Facts) => Indication | undefined {
  return ({ command }) => (command?.name === name ? build(command as Named<N>) : undefined);
}

/** What only the user can supply, before the transition for a command of the authentication phase can be taken. */
export interface Question {
  readonly event: 'SECD' | 'AUCH' | 'AURP';
  readonly indication: Indication;
}

/** The question that a command raises, if it is an authentication command where one is due (§9.8 I, J, K). */
export function questionOf(command: Command, state: State): Question | undefined {
  if (command.name === 'SECD' && state === 'WF_SECD') return { event: 'SECD', indication: { name: 'CHALLENGE_RQ' } };
  if (command.name === 'AUCH' && state === 'WF_AUCH') {
    return { event: 'AUCH', indication: { name: 'RESPONSE_RQ', auch: command } };
  }
  if (command.name === 'AURP' && state === 'WF_AURP') {
    return { event: 'AURP', indication: { name: 'VERIFY_RQ', aurp: command } };
  }
  return undefined;
}

/** What the peer's ESID says, or what came in place of one. */
function receivedEnd({ command, end }: Facts): SessionEnd {
  if (command?.name !== 'ESID') return end;
  return { reason: command.reas, detail: command.reast || reasonText('ESID', command.reas) };
}

/** The primitives of RFC 5024 §9.5 that have parameters, and where these come from. */
const BUILDERS: Partial<Record<Output, (facts: Facts) => Indication | undefined>> = {
  F_CONNECT_IND: ({ peer }) => peer && { name: 'F_CONNECT_IND', ssid: peer },
  F_CONNECT_CF: ({ peer, agreement }) => peer && agreement && { name: 'F_CONNECT_CF', ssid: peer, agreement },
  F_START_FILE_IND: from('SFID', (sfid) => ({ name: 'F_START_FILE_IND', sfid })),
  'F_START_FILE_CF(+)': from('SFPA', ({ acnt }) => ({ name: 'F_START_FILE_CF(+)', position: acnt })),
  'F_START_FILE_CF(-)': from('SFNA', (sfna) => ({ name: 'F_START_FILE_CF(-)', sfna })),
  F_CLOSE_FILE_IND: from('EFID', (efid) => ({ name: 'F_CLOSE_FILE_IND', efid })),
  'F_CLOSE_FILE_CF(+)': from('EFPA', ({ cd }) => ({ name: 'F_CLOSE_FILE_CF(+)', speaker: !cd })),
  'F_CLOSE_FILE_CF(-)': from('EFNA', (efna) => ({ name: 'F_CLOSE_FILE_CF(-)', efna })),
  F_EERP_IND: from('EERP', (eerp) => ({ name: 'F_EERP_IND', eerp })),
  F_NERP_IND: from('NERP', (nerp) => ({ name: 'F_NERP_IND', nerp })),
  F_RTR_CF: () => ({ name: 'F_RTR_CF' }),
  F_CD_IND: () => ({ name: 'F_CD_IND' }),
  F_RELEASE_IND: () => ({ name: 'F_RELEASE_IND' }),
  F_DATA_CF: () => ({ name: 'F_DATA_CF' }),
  N_DISC_RQ: () => ({ name: 'N_DISC_RQ' }),
  'F_ABORT_IND(L)': ({ end }) => ({ name: 'F_ABORT_IND', origin: 'local', ...end }),
  'F_ABORT_IND(D)': (facts) => ({ name: 'F_ABORT_IND', origin: 'distant', ...receivedEnd(facts) }),
  'F_ABORT_IND(N)': ({ end }) => ({ name: 'F_ABORT_IND', origin: 'network', ...end }),
};

/** The indication for an output event of the tables; none where the output concerns the network or data alone. */
export function indicate(output: Output, facts: Facts): Indication | undefined {
  return BUILDERS[output]?.(facts);
}

/** Send and receive capability as SSIDSR carries it: sender only, receiver only, both (RFC 5024 §5.3.2). */
export type Mode = 'S' | 'R' | 'B';

/** Local variables of RFC 5024 §9.6 that the tables read or write. */
export interface Variables {
  /** V.Mode: what this entity may do in this session. */
  mode: Mode;
  /** V.Restart: restart agreed. */
  restart: boolean;
  /** V.Restart-pos: the position asked for by the SFID that is being answered. */
  restartPosition: bigint;
  /** V.Window: agreed credit, 1..999 exchange buffers. */
  window: number;
  /** V.Credit_S: DATA exchange buffers that may still be sent before the peer's CDT. */
  creditSpeaker: number;
  /** V.Credit_L: DATA exchange buffers that the peer may still send. */
  creditListener: number;
  /** V.Caller: this entity initiated the session. */
  caller: boolean;
  /** V.Authentication: secure authentication in use. */
  authentication: boolean;
}

/** The variables of a session that has not begun, for an entity that calls (`caller`) or is called. */
export function initialVariables(caller: boolean, offer: Pick<Variables, 'mode' | 'authentication'>): Variables {
  return {
    mode: offer.mode,
    restart: false,
    restartPosition: 0n,
    window: 0,
    creditSpeaker: 0,
    creditListener: 0,
    caller,
    authentication: offer.authentication,
  };
}

/**
 * Parameters of the event being handled, as far as predicates ask for them (`I.…` in the RFC). Which ones are set
 * follows from the event.
 */
export interface Input {
  /** SFIDREST, SFPAACNT, or the position of F_START_FILE_RQ and F_START_FILE_RS. */
  readonly position?: bigint;
  /** I.EFPA.CD-Request. */
  readonly changeDirection?: boolean;
  /** F_START_FILE_RS and F_CLOSE_FILE_RS: the positive form. */
  readonly positive?: boolean;
  /** I.F_CLOSE_FILE_RS(+).Speaker: the Listener asks for the turn. */
  readonly speaker?: boolean;
  /** Outcome of comparing the two SSIDs; `mode` and `authentication` name what does not fit. */
  readonly negotiation?: 'successful' | 'mode' | 'authentication' | 'other';
  /** F_CONNECT_RS.Authentication. */
  readonly authentication?: boolean;
  /** AURP equals V.Challenge. */
  readonly challengeMet?: boolean;
  /** A signed EERP or NERP was requested. */
  readonly signed?: boolean;
}

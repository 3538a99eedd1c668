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

/**
 * Parameters of the event being handled, as far as predicates ask for them (`I.…` in the RFC). Which ones are set follows
 * from the event.
 */
export interface Input {
  /** SFIDREST, SFPAACNT, or the position of F_START_FILE_RQ. */
  position?: bigint;
  /** I.EFPA.CD-Request. */
  changeDirection?: boolean;
  /** F_START_FILE_RS and F_CLOSE_FILE_RS: the positive form. */
  positive?: boolean;
  /** I.F_CLOSE_FILE_RS(+).Speaker: the Listener asks for the turn. */
  speaker?: boolean;
  /** Outcome of comparing the two SSIDs; `mode` and `authentication` name what does not fit. */
  negotiation?: 'successful' | 'mode' | 'authentication' | 'other';
  /** F_CONNECT_RS.Authentication. */
  authentication?: boolean;
  /** AURP equals V.Challenge. */
  challengeMet?: boolean;
  /** A signed EERP or NERP was requested. */
  signed?: boolean;
}

/** What predicates and actions work on. */
export interface Context {
  readonly v: Variables;
  i: Input;
}

/** The states of RFC 5024 §9.3. `WF_NDISC` waits for the peer's disconnect after an ESID; `IDLE` is start and end. */
export const STATES = [
  'IDLE',
  'I_WF_NC',
  'I_WF_RM',
  'I_WF_SSID',
  'A_NC_ONLY',
  'A_WF_CONRS',
  'WF_SECD',
  'WF_AUCH',
  'WF_AURP',
  'IDLESP',
  'IDLESPCD',
  'WF_RTR',
  'WF_CD',
  'ERSTWFCD',
  'NRSTWFCD',
  'SFSTWFCD',
  'CDSTWFCD',
  'OPOP',
  'OPO',
  'OPOWFC',
  'CLOP',
  'IDLELI',
  'IDLELICD',
  'OPIP',
  'OPI',
  'CLIP',
  'RTRP',
  'WF_NDISC',
] as const;

export type State = (typeof STATES)[number];

/** Both forms of ESID, split by its reason as the Listener table splits it. */
export const END_EVENTS = ['ESID(R=00)', 'ESID(R<>00)'] as const;

/** Commands of the peer (RFC 5024 §9.4) that do not end the session. */
export const COMMAND_EVENTS = [
  'SSRM',
  'SSID',
  'SECD',
  'AUCH',
  'AURP',
  'SFID',
  'SFPA',
  'SFNA',
  'DATA',
  'CDT',
  'EFID',
  'EFPA',
  'EFNA',
  'CD',
  'EERP',
  'NERP',
  'RTR',
] as const;

/** Requests and responses of the User Monitor (RFC 5024 §9.4). */
const USER_EVENTS = [
  'F_CONNECT_RQ',
  'F_CONNECT_RS',
  'F_START_FILE_RQ',
  'F_START_FILE_RS',
  'F_DATA_RQ',
  'F_CLOSE_FILE_RQ',
  'F_CLOSE_FILE_RS',
  'F_EERP_RQ',
  'F_NERP_RQ',
  'F_RTR_RS',
  'F_CD_RQ',
  'F_RELEASE_RQ(Normal)',
  'F_RELEASE_RQ(Error)',
  'F_ABORT_RQ',
] as const;

/** Events of the network and of the entity itself (RFC 5024 §9.4). */
const NETWORK_EVENTS = ['N_CON_IND', 'N_CON_CF', 'N_DISC_IND', 'N_RST_IND', 'TIME-OUT', 'Invalid Buffer'] as const;

export const EVENTS = [...COMMAND_EVENTS, ...END_EVENTS, ...USER_EVENTS, ...NETWORK_EVENTS] as const;

/** What the peer sends. */
export type PeerEvent = (typeof COMMAND_EVENTS)[number] | (typeof END_EVENTS)[number];

export type MachineEvent = (typeof EVENTS)[number];

/**
 * Output events (RFC 5024 §9.5): commands for the peer, primitives for the user, requests to the network.
 * `ESID(R)` carries the reason that the user gave, `ESID(R=nn)` the one the table prints.
 */
export type Output =
  | 'SSRM'
  | 'SSID'
  | 'SECD'
  | 'AUCH'
  | 'AURP'
  | 'SFID'
  | 'SFPA'
  | 'SFNA'
  | 'DATA'
  | 'CDT'
  | 'EFID'
  | 'EFPA'
  | 'EFNA'
  | 'ESID(R)'
  | 'ESID(R=00)'
  | 'ESID(R=01)'
  | 'ESID(R=02)'
  | 'ESID(R=07)'
  | 'ESID(R=10)'
  | 'ESID(R=11)'
  | 'ESID(R=12)'
  | 'CD'
  | 'EERP'
  | 'NERP'
  | 'RTR'
  | 'F_CONNECT_IND'
  | 'F_CONNECT_CF'
  | 'F_START_FILE_IND'
  | 'F_START_FILE_CF(+)'
  | 'F_START_FILE_CF(-)'
  | 'F_DATA_IND'
  | 'F_DATA_CF'
  | 'F_CLOSE_FILE_IND'
  | 'F_CLOSE_FILE_CF(+)'
  | 'F_CLOSE_FILE_CF(-)'
  | 'F_EERP_IND'
  | 'F_NERP_IND'
  | 'F_RTR_CF'
  | 'F_CD_IND'
  | 'F_RELEASE_IND'
  | 'F_ABORT_IND(L)'
  | 'F_ABORT_IND(D)'
  | 'F_ABORT_IND(N)'
  | 'N_CON_RQ'
  | 'N_CON_RS'
  | 'N_DISC_RQ';

/**
 * States in which the next move is the peer's, so that silence is guarded by the inactivity timer (RFC 5024 §4.7.2).
 * Left out are those in which the own user decides or holds the turn: how long it may take is not the peer's fault.
 */
export const WAITS_FOR_PEER: ReadonlySet<State> = new Set<State>([
  'I_WF_RM',
  'I_WF_SSID',
  'A_NC_ONLY',
  'WF_SECD',
  'WF_AUCH',
  'WF_AURP',
  'WF_RTR',
  'WF_CD',
  'ERSTWFCD',
  'NRSTWFCD',
  'SFSTWFCD',
  'CDSTWFCD',
  'OPOP',
  'OPOWFC',
  'CLOP',
  'IDLELI',
  'IDLELICD',
  'OPI',
  'WF_NDISC',
]);

/** States in which this side has the turn (RFC 5024 §9.3). */
export const SPEAKER_STATES: ReadonlySet<State> = new Set<State>([
  'IDLESP',
  'IDLESPCD',
  'WF_RTR',
  'OPOP',
  'OPO',
  'OPOWFC',
  'CLOP',
]);

/** States in which the next move is the own user's: an answer to what it was told. */
export const USER_DECIDES: ReadonlySet<State> = new Set<State>(['A_WF_CONRS', 'OPIP', 'CLIP', 'RTRP']);

import { COMMAND_EVENTS, END_EVENTS, type MachineEvent, type State } from './states.js';
import { type Line, line } from './table.js';

/** A place where the RFC's tables are silent or contradict its text, and what is done there. */
export interface Amendment {
  readonly state: State | 'Other States';
  readonly events: readonly MachineEvent[];
  readonly lines: readonly Line[];
  readonly reason: string;
}

function ignored(state: State, events: readonly MachineEvent[], reason: string): Amendment {
  return { state, events, lines: [line('', [], [], state)], reason };
}

const NO_CONNECTION =
  '§9.8 prints X: without a connection, what arrives is a leftover of one, such as what follows an ESID';

/**
 * Searched after the named columns of the RFC's tables and before their "Other States". The last entry says that a
 * command which nothing covers is a protocol violation: the tables leave these out, or print them as impossible, in
 * states where a peer can well send them.
 */
export const AMENDMENTS: readonly Amendment[] = [
  ignored('IDLE', [...COMMAND_EVENTS, ...END_EVENTS], NO_CONNECTION),
  ignored('I_WF_NC', [...COMMAND_EVENTS, ...END_EVENTS], NO_CONNECTION),
  ignored(
    'CLOP',
    ['CDT'],
    'a Listener may still grant the credit that the last DATA used up when the EFID is already under way',
  ),
  ignored(
    'WF_NDISC',
    COMMAND_EVENTS,
    '§9.9 H for whole commands: once the ESID is out, nothing but the disconnect matters',
  ),
  {
    state: 'WF_NDISC',
    events: END_EVENTS,
    lines: [line('', [], ['N_DISC_RQ'], 'IDLE')],
    reason: 'two ESIDs that cross: the user has been told, only the connection is left to close',
  },
  {
    state: 'Other States',
    events: END_EVENTS,
    lines: [line('', [1], ['F_ABORT_IND(D)', 'N_DISC_RQ'], 'IDLE')],
    reason: '§3.4.2 lets either side end the session at any time; an ESID is never answered by an ESID (§9.12 D)',
  },
  {
    state: 'Other States',
    events: ['TIME-OUT'],
    lines: [line('', [], ['ESID(R)', 'F_ABORT_IND(L)', 'N_DISC_RQ'], 'IDLE')],
    reason: '§9.9 B closes in silence although §5.3.11 defines reason 09: it is sent on a best-effort basis',
  },
  {
    state: 'Other States',
    events: COMMAND_EVENTS,
    lines: [line('', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC')],
    reason: '§5.3.11 reason 02: a command that is invalid for the state of the receiver',
  },
];

import type { MachineEvent, State } from './states.js';
import type { Line } from './table.js';
import { line } from './table.js';

/** A place where the RFC's tables are silent or contradict its text, and what is done there. */
export interface Amendment {
  readonly states: readonly State[] | 'Other States';
  readonly event: MachineEvent;
  readonly lines: readonly Line[];
  readonly reason: string;
}

const VIOLATION = [line('', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC')];
const IGNORED = (state: State) => [line('', [], [], state)];
const CLOSE = [line('', [1], ['F_ABORT_IND(D)', 'N_DISC_RQ'], 'IDLE')];

/** The tables leave these out, or print them as impossible, in states where a peer can well send them. */
const PLAIN_COMMANDS: readonly MachineEvent[] = [
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
];

/** Everything that a peer can send. */
export const COMMANDS: ReadonlySet<MachineEvent> = new Set([...PLAIN_COMMANDS, 'ESID(R=00)', 'ESID(R<>00)']);

/**
 * Searched before the "Other States" column of the RFC's tables, after their named columns. A command that nothing
 * covers is a protocol violation; the last entries say so.
 */
export const AMENDMENTS: readonly Amendment[] = [
  {
    states: ['CLOP'],
    event: 'CDT',
    lines: IGNORED('CLOP'),
    reason: 'a Listener may still grant the credit that the last DATA used up when the EFID is already under way',
  },
  ...PLAIN_COMMANDS.map(
    (event): Amendment => ({
      states: ['WF_NDISC'],
      event,
      lines: IGNORED('WF_NDISC'),
      reason: '§9.9 H for whole commands: once the ESID is out, nothing but the disconnect matters',
    }),
  ),
  ...(['ESID(R=00)', 'ESID(R<>00)'] as const).map(
    (event): Amendment => ({
      states: ['WF_NDISC'],
      event,
      lines: [line('', [], ['N_DISC_RQ'], 'IDLE')],
      reason: 'two ESIDs that cross: the user has been told, only the connection is left to close',
    }),
  ),
  ...(['ESID(R=00)', 'ESID(R<>00)'] as const).map(
    (event): Amendment => ({
      states: 'Other States',
      event,
      lines: CLOSE,
      reason: '§3.4.2 lets either side end the session at any time; an ESID is never answered by an ESID (§9.12 D)',
    }),
  ),
  {
    states: 'Other States',
    event: 'TIME-OUT',
    lines: [line('', [], ['ESID(R)', 'F_ABORT_IND(L)', 'N_DISC_RQ'], 'IDLE')],
    reason: '§9.9 B closes in silence although §5.3.11 defines reason 09: it is sent on a best-effort basis',
  },
  ...PLAIN_COMMANDS.map(
    (event): Amendment => ({
      states: 'Other States',
      event,
      lines: VIOLATION,
      reason: '§5.3.11 reason 02: a command that is invalid for the state of the receiver',
    }),
  ),
];

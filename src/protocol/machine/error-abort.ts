import { line, type SectionSource, timer } from './table.js';

/** RFC 5024 §9.9, error and abort. */
export const ERROR_ABORT: SectionSource = {
  section: '9.9',
  columns: ['IDLE', 'I_WF_NC', 'WF_NDISC', 'Other States'],
  grid: {
    'TIME-OUT': 'X X A B',
    F_ABORT_RQ: 'X A X C',
    N_RST_IND: 'X X A D',
    N_DISC_IND: 'X E F G',
    'Invalid Buffer': 'X X H I',
  },
  transitions: {
    A: [line('', [], ['N_DISC_RQ'], 'IDLE')],
    B: [line('', [], ['F_ABORT_IND(L)', 'N_DISC_RQ'], 'IDLE')],
    C: [line('', [1], ['N_DISC_RQ'], 'IDLE')],
    D: [line('', [1], ['N_DISC_RQ', 'F_ABORT_IND(N)'], 'IDLE')],
    E: [line('', [], ['F_ABORT_IND(N)'], 'IDLE')],
    F: [line('', [1], [], 'IDLE')],
    G: [line('', [1], ['F_ABORT_IND(N)'], 'IDLE')],
    H: [line('', [], [], 'WF_NDISC')],
    I: [line('', [1, 2], ['ESID(R=01)', 'F_ABORT_IND(L)'], 'WF_NDISC')],
  },
  predicates: {},
  actions: { 1: timer, 2: timer },
};

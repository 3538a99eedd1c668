import { buildsOutput, line, type SectionSource, timer } from './table.js';

/** RFC 5024 §9.8, session connection. */
export const SESSION_CONNECTION: SectionSource = {
  section: '9.8',
  columns: [
    'IDLE',
    'I_WF_NC',
    'I_WF_RM',
    'I_WF_SSID',
    'A_NC_ONLY',
    'A_WF_CONRS',
    'WF_AUCH',
    'WF_AURP',
    'WF_SECD',
    'Other States',
  ],
  grid: {
    F_CONNECT_RQ: 'A X X X X X X X X X',
    N_CON_CF: 'X C X X X X X X X X',
    SSRM: 'X X H X X X L L L X',
    SSID: 'X X X D E F L L L F',
    N_CON_IND: 'B X X X X X X X X X',
    F_CONNECT_RS: 'X U U U U G X X X U',
    'ESID(R=00)': 'X X X F X X F F F X',
    'ESID(R<>00)': 'X X X F X X F F F X',
    AUCH: 'X X U U X X I L L U',
    AURP: 'X X U U X X L K L U',
    SECD: 'X X U U X X L L J U',
  },
  transitions: {
    A: [line('P1', [], ['F_ABORT_IND(L)'], 'IDLE'), line('!P1', [1, 2], ['N_CON_RQ'], 'I_WF_NC')],
    B: [line('P3', [], ['N_DISC_RQ'], 'IDLE'), line('!P3', [2], ['N_CON_RS', 'SSRM'], 'A_NC_ONLY')],
    C: [line('', [4, 2], [], 'I_WF_RM')],
    D: [
      line('P2 & P8 & P11', [4, 2, 5], ['SECD'], 'WF_AUCH'),
      line('P2 & P8 & !P11', [4, 2, 5], ['F_CONNECT_CF'], 'IDLESP'),
      line('P2 & !P8', [4, 2], ['ESID(R=12)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
      line('', [4, 2], ['ESID(R=10)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
    ],
    E: [line('P4', [4], ['N_DISC_RQ'], 'IDLE'), line('!P4', [4, 2], ['F_CONNECT_IND'], 'A_WF_CONRS')],
    F: [line('', [4], ['F_ABORT_IND(D)', 'N_DISC_RQ'], 'IDLE')],
    G: [
      line('P2 & P9 & P10', [4, 2, 5], ['SSID'], 'WF_SECD'),
      line('P2 & !P9 & P10', [4, 2, 5], ['SSID'], 'IDLELI'),
      line('!P10', [4, 2], ['ESID(R=12)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
      line('', [4, 2], ['ESID(R=10)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
    ],
    H: [line('', [4, 2, 3], ['SSID'], 'I_WF_SSID')],
    I: [line('P5', [4, 2], ['AURP'], 'WF_SECD'), line('!P5', [4, 2], ['AURP'], 'IDLELI')],
    J: [line('', [4, 2], ['AUCH'], 'WF_AURP')],
    K: [
      line('P6', [4, 2], ['F_CONNECT_CF'], 'IDLESP'),
      line('P7', [4, 2], ['SECD'], 'WF_AUCH'),
      line('', [4, 2], ['ESID(R=11)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
    ],
    L: [line('', [4, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC')],
  },
  predicates: {
    // Lack of resources is the listener's business: it never gets as far as an entity.
    P1: () => false,
    P2: (_v, i) => i.negotiation !== 'mode' && i.negotiation !== 'other',
    // A server answers and a client calls: no entity is ever asked for the role it does not have.
    P3: () => false,
    // Mode conflicts are judged in G, so that the peer hears ESID(10) instead of a silent close.
    P4: () => false,
    P5: (v) => v.caller,
    P6: (v, i) => v.caller && i.challengeMet === true,
    P7: (v, i) => !v.caller && i.challengeMet === true,
    P8: (_v, i) => i.negotiation !== 'authentication',
    P9: (_v, i) => i.authentication === true,
    P10: (_v, i) => i.negotiation !== 'authentication',
    P11: (v) => v.authentication,
  },
  actions: {
    1: (v) => {
      v.caller = true;
    },
    2: timer,
    3: buildsOutput,
    4: timer,
    // What the two SSIDs agree on is loaded by the entity, which has both at hand (negotiate.ts).
    5: buildsOutput,
    6: buildsOutput,
  },
};

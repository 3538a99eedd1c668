import { type Action, buildsOutput, line, type SectionSource, specialLogic, timer } from './table.js';

const keepRestartPosition: Action = (v, i) => {
  v.restartPosition = i.position ?? 0n;
};

/** RFC 5024 §9.10, Speaker table 1. The two F_REL_RQ rows carry their parameter in full here. */
export const SPEAKER_1: SectionSource = {
  section: '9.10',
  columns: [
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
    'WF_NDISC',
    'Other States',
  ],
  grid: {
    F_EERP_RQ: 'A A W F W W U U U U U U U',
    F_NERP_RQ: 'Y Y W Z W W U U U U U U U',
    F_START_FILE_RQ: 'B B W G W W U U U U U X U',
    SFPA: 'C C C C C C C C K C C S C',
    SFNA: 'C C C C C C C C L C C S C',
    CD: 'C C C H R Z1 I J C C C S C',
    F_DATA_RQ: 'U U U U U U U U U M U S U',
    CDT: 'C C C C C C C C C P O S C',
    F_CD_RQ: 'D U W T W W U U U U U X U',
    'F_RELEASE_RQ(Normal)': 'U E U U U U U U U U U X U',
    'F_RELEASE_RQ(Error)': 'Q Q Q Q Q Q Q Q Q Q Q S Q',
    RTR: 'C C N C C C C C C C C S C',
  },
  transitions: {
    A: [line('P5', [1, 2, 3, 18], ['EERP'], 'WF_RTR'), line('!P5', [1, 2, 3], ['EERP'], 'WF_RTR')],
    B: [line('P1', [], [], 'UE'), line('!P1', [1, 2, 5], ['SFID'], 'OPOP')],
    C: [line('', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC')],
    D: [line('', [1, 2], ['CD'], 'IDLELICD')],
    E: [line('', [1, 2], ['ESID(R=00)'], 'WF_NDISC')],
    F: [line('', [4], [], 'ERSTWFCD')],
    G: [line('P1', [], [], 'UE'), line('!P1', [6], [], 'SFSTWFCD')],
    H: [line('', [1, 2], [], 'IDLESP')],
    I: [line('', [1, 2, 10], ['SFID'], 'OPOP')],
    J: [line('', [1, 2], ['CD'], 'IDLELICD')],
    K: [
      line('P2', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
      line('!P2', [1, 2, 7, 12], ['F_START_FILE_CF(+)'], 'OPO'),
    ],
    L: [line('', [1, 2, 8], ['F_START_FILE_CF(-)'], 'IDLESP')],
    M: [line('P3', [1, 2, 11, 13], ['DATA'], 'OPOWFC'), line('!P3', [1, 2, 11, 13], ['DATA', 'F_DATA_CF'], 'OPO')],
    N: [line('', [], ['F_RTR_CF'], 'IDLESP')],
    O: [line('', [12], ['F_DATA_CF'], 'OPO')],
    P: [line('', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC')],
    Q: [line('', [1, 2], ['ESID(R)'], 'WF_NDISC')],
    R: [line('', [1, 2, 9], ['EERP'], 'WF_RTR')],
    S: [line('', [], [], 'WF_NDISC')],
    T: [line('', [], [], 'CDSTWFCD')],
    Y: [
      line('P4 & P5', [1, 2, 15, 18], ['NERP'], 'WF_RTR'),
      line('!P4 & !P5', [1, 2, 15, 14], ['NERP'], 'WF_RTR'),
      line('P4 & !P5', [1, 2, 15], ['NERP'], 'WF_RTR'),
      line('!P4 & P5', [1, 2, 15, 14, 18], ['NERP'], 'WF_RTR'),
    ],
    Z: [line('', [16], [], 'NRSTWFCD')],
    Z1: [line('P4', [1, 2, 17], ['NERP'], 'WF_RTR'), line('!P4', [1, 2, 17, 14], ['NERP'], 'WF_RTR')],
  },
  predicates: {
    P1: (v, i) => ((i.position ?? 0n) > 0n && !v.restart) || v.mode === 'R',
    P2: (v, i) => (i.position ?? 0n) > v.restartPosition,
    P3: (v) => v.creditSpeaker - 1 === 0,
    P4: (v, i) => !specialLogic(v, i),
    // Responses are signed by the user before it asks for them, also those parked in WF_CD.
    P5: (_v, i) => i.signed === true,
  },
  actions: {
    1: timer,
    2: timer,
    3: buildsOutput,
    4: buildsOutput,
    5: keepRestartPosition,
    6: keepRestartPosition,
    7: buildsOutput,
    8: buildsOutput,
    9: buildsOutput,
    10: buildsOutput,
    11: buildsOutput,
    12: (v) => {
      v.creditSpeaker = v.window;
    },
    13: (v) => {
      v.creditSpeaker -= 1;
    },
    14: buildsOutput,
    15: buildsOutput,
    16: buildsOutput,
    17: buildsOutput,
    18: buildsOutput,
  },
};

/** RFC 5024 §9.11, Speaker table 2. E forbids EFID while waiting for credit: half duplex (note 1). */
export const SPEAKER_2: SectionSource = {
  section: '9.11',
  columns: ['OPO', 'OPOWFC', 'CLOP'],
  grid: {
    F_CLOSE_FILE_RQ: 'A E U',
    EFPA: 'B B C',
    EFNA: 'B B D',
  },
  transitions: {
    A: [line('', [1, 2, 5, 7], ['EFID'], 'CLOP')],
    B: [line('', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC')],
    C: [
      line('P1', [1, 2, 3], ['F_CLOSE_FILE_CF(+)', 'CD'], 'IDLELI'),
      line('!P1', [1, 2, 4], ['F_CLOSE_FILE_CF(+)'], 'IDLESP'),
    ],
    D: [line('', [1, 2, 6], ['F_CLOSE_FILE_CF(-)'], 'IDLESP')],
    E: [line('', [], [], 'UE')],
  },
  predicates: { P1: (_v, i) => i.changeDirection === true },
  actions: {
    1: timer,
    2: timer,
    3: buildsOutput,
    4: buildsOutput,
    5: buildsOutput,
    6: buildsOutput,
    7: (v) => {
      v.creditSpeaker = 0;
    },
  },
};

import { buildsOutput, line, type SectionSource, specialLogic, timer } from './table.js';

/** RFC 5024 §9.12, Listener. */
export const LISTENER: SectionSource = {
  section: '9.12',
  columns: ['IDLELI', 'IDLELICD', 'OPIP', 'OPI', 'CLIP', 'RTRP'],
  grid: {
    SFID: 'A A B B B B',
    DATA: 'B B B I B B',
    EFID: 'B B B J B B',
    F_START_FILE_RS: 'U U H U U U',
    F_CLOSE_FILE_RS: 'U U U U K U',
    CD: 'C B B B B B',
    'ESID(R=00)': 'D F D D D D',
    'ESID(R<>00)': 'D D D D D D',
    EERP: 'E E B B B B',
    NERP: 'L L B B B B',
    F_RTR_RS: 'U U U U U M',
  },
  transitions: {
    A: [
      line('P1', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
      line('!P1', [1, 2, 3], ['F_START_FILE_IND'], 'OPIP'),
    ],
    B: [line('', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC')],
    C: [line('', [1, 2], ['F_CD_IND'], 'IDLESPCD')],
    D: [line('', [1], ['F_ABORT_IND(D)', 'N_DISC_RQ'], 'IDLE')],
    E: [line('', [1, 2, 4], ['F_EERP_IND'], 'RTRP')],
    F: [line('', [1], ['F_RELEASE_IND', 'N_DISC_RQ'], 'IDLE')],
    H: [
      line('P4', [], [], 'UE'),
      line('P2 & !P4 & !P5', [1, 2, 8], ['SFPA'], 'OPI'),
      line('!P2 & !P4 & !P5', [1, 2], ['SFNA'], 'IDLELI'),
      line('P2 & !P4 & P5', [1, 2, 5, 8], ['SFPA'], 'OPI'),
      line('!P2 & !P4 & P5', [1, 2, 5], ['SFNA'], 'IDLELI'),
    ],
    I: [
      line('P6', [1, 2], ['ESID(R=02)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
      line('!P5 & !P6 & !P7', [1, 2, 7], ['F_DATA_IND'], 'OPI'),
      line('!P5 & !P6 & P7', [1, 2, 8], ['F_DATA_IND', 'CDT'], 'OPI'),
      line('P5 & !P6 & P8', [1, 2], ['ESID(R=07)', 'F_ABORT_IND(L)'], 'WF_NDISC'),
      line('P5 & !P6 & !P7 & !P8', [1, 2, 6, 7], ['F_DATA_IND'], 'OPI'),
      line('P5 & !P6 & P7 & !P8', [1, 2, 5, 6, 8], ['F_DATA_IND', 'CDT'], 'OPI'),
    ],
    J: [line('', [1, 2], ['F_CLOSE_FILE_IND'], 'CLIP')],
    K: [
      line('P2 & P3 & !P5', [1, 2], ['EFPA'], 'WF_CD'),
      line('P2 & !P3 & !P5', [1, 2], ['EFPA'], 'IDLELI'),
      line('!P2 & !P5', [1, 2], ['EFNA'], 'IDLELI'),
      line('P2 & !P3 & P5', [1, 2, 5], ['EFPA'], 'IDLELI'),
      line('!P2 & P5', [1, 2, 5], ['EFNA'], 'IDLELI'),
      line('P2 & P3 & P5', [1, 2, 5], ['EFPA'], 'WF_CD'),
    ],
    L: [line('', [1, 2, 10], ['F_NERP_IND'], 'RTRP')],
    M: [line('', [1, 2], ['RTR'], 'IDLELI')],
  },
  predicates: {
    P1: (v, i) => ((i.position ?? 0n) > 0n && !v.restart) || v.mode === 'S',
    P2: (_v, i) => i.positive === true,
    P3: (_v, i) => i.speaker === true,
    // The RFC prints V.Restart, a Yes/No; the position that the SFID asked for is what an answer can exceed.
    P4: (v, i) => (i.position ?? 0n) > v.restartPosition,
    P5: specialLogic,
    P6: (v) => v.creditListener - 1 < 0,
    P7: (v) => v.creditListener - 1 === 0,
    P8: () => false,
  },
  actions: {
    1: timer,
    2: timer,
    3: (v, i) => {
      v.restartPosition = i.position ?? 0n;
    },
    4: buildsOutput,
    5: buildsOutput,
    6: buildsOutput,
    7: (v) => {
      v.creditListener -= 1;
    },
    8: (v) => {
      v.creditListener = v.window;
    },
    10: buildsOutput,
  },
};

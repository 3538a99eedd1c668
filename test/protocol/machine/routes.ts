/** Machines in any state, brought there by events alone. */
import type { MachineEvent, State } from '../../../src/protocol/machine/states.js';
import { Machine } from '../../../src/protocol/machine/step.js';
import type { Input, Variables } from '../../../src/protocol/machine/variables.js';

type Step = MachineEvent | readonly [MachineEvent, Input];

const CALLED: readonly Step[] = ['N_CON_IND', 'SSID'];
const CALLING: readonly Step[] = ['F_CONNECT_RQ', 'N_CON_CF', 'SSRM'];
const LISTENER: readonly Step[] = [...CALLED, 'F_CONNECT_RS'];
const SPEAKER: readonly Step[] = [...CALLING, 'SSID'];
const RECEIVING: readonly Step[] = [...LISTENER, 'SFID', ['F_START_FILE_RS', { positive: true }]];
const SENDING: readonly Step[] = [...SPEAKER, 'F_START_FILE_RQ', 'SFPA'];
const TURN_WANTED: readonly Step[] = [...RECEIVING, 'EFID', ['F_CLOSE_FILE_RS', { positive: true, speaker: true }]];

/** The shortest way to every state. */
const ROUTES: Readonly<Record<State, readonly Step[]>> = {
  IDLE: [],
  I_WF_NC: ['F_CONNECT_RQ'],
  I_WF_RM: ['F_CONNECT_RQ', 'N_CON_CF'],
  I_WF_SSID: CALLING,
  A_NC_ONLY: ['N_CON_IND'],
  A_WF_CONRS: CALLED,
  WF_SECD: [...CALLED, ['F_CONNECT_RS', { authentication: true }]],
  WF_AURP: [...CALLED, ['F_CONNECT_RS', { authentication: true }], 'SECD'],
  WF_AUCH: [...CALLED, ['F_CONNECT_RS', { authentication: true }], 'SECD', ['AURP', { challengeMet: true }]],
  IDLESP: SPEAKER,
  IDLESPCD: [...LISTENER, 'CD'],
  WF_RTR: [...SPEAKER, 'F_EERP_RQ'],
  WF_CD: TURN_WANTED,
  ERSTWFCD: [...TURN_WANTED, 'F_EERP_RQ'],
  NRSTWFCD: [...TURN_WANTED, 'F_NERP_RQ'],
  SFSTWFCD: [...TURN_WANTED, 'F_START_FILE_RQ'],
  CDSTWFCD: [...TURN_WANTED, 'F_CD_RQ'],
  OPOP: [...SPEAKER, 'F_START_FILE_RQ'],
  OPO: SENDING,
  OPOWFC: [...SENDING, 'F_DATA_RQ'],
  CLOP: [...SENDING, 'F_CLOSE_FILE_RQ'],
  IDLELI: LISTENER,
  IDLELICD: [...SPEAKER, 'F_CD_RQ'],
  OPIP: [...LISTENER, 'SFID'],
  OPI: RECEIVING,
  CLIP: [...RECEIVING, 'EFID'],
  RTRP: [...LISTENER, 'EERP'],
  WF_NDISC: [...LISTENER, 'F_RELEASE_RQ(Error)'],
};

/** A machine of a session without restart and authentication and with a window of 1, and then with these variables. */
export function machineIn(state: State, variables: Partial<Variables> = {}): Machine {
  const machine = new Machine({
    mode: 'B',
    restart: false,
    restartPosition: 0n,
    window: 1,
    creditSpeaker: 0,
    creditListener: 0,
    caller: false,
    authentication: false,
  });
  for (const step of ROUTES[state]) {
    const [event, input]: readonly [MachineEvent, Input] = typeof step === 'string' ? [step, {}] : step;
    machine.step(event, input);
  }
  if (machine.state !== state) throw new Error(`the route to ${state} leads to ${machine.state}`);
  Object.assign(machine.v, variables);
  return machine;
}

/** The engine: which entry counts, what a user error leaves behind, and what predicates and actions do. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  COMMAND_EVENTS,
  END_EVENTS,
  EVENTS,
  type MachineEvent,
  STATES,
  type State,
} from '../../../src/protocol/machine/states.js';
import { UserError } from '../../../src/protocol/machine/step.js';
import type { Input, Variables } from '../../../src/protocol/machine/variables.js';
import { machineIn } from './routes.js';

const FIXTURE = new URL('../../../../fixtures/state-tables.json', import.meta.url);
const {
  tables,
}: {
  readonly tables: Readonly<
    Record<string, { readonly columns: readonly string[]; readonly grid: Record<string, string> }>
  >;
} = JSON.parse(readFileSync(FIXTURE, 'utf8'));

/** Takes the event and gives the output events and the next state in one line. */
function outcome(state: State, event: MachineEvent, input: Input = {}, variables: Partial<Variables> = {}): string {
  const machine = machineIn(state, variables);
  return [...machine.step(event, input), machine.state].join(' ');
}

function refuses(state: State, event: MachineEvent, input: Input = {}, variables: Partial<Variables> = {}): void {
  const machine = machineIn(state, variables);
  const before = { ...machine.v };
  assert.not(machine.allows(event, input), `${event} is allowed in ${state}`);
  assert.throws(
    () => machine.step(event, input),
    (error: unknown) => error instanceof UserError && error.event === event && error.state === state,
  );
  assert.is(machine.state, state);
  assert.equal(machine.v, before);
}

// Which entry counts

test('a named column beats "Other States": CD in IDLELI is 9.12 C, not 9.10 C', () => {
  assert.is(outcome('IDLELI', 'CD'), 'F_CD_IND IDLESPCD');
});

test('a named column beats an amendment: a second SSID in A_WF_CONRS closes in silence (9.8 F)', () => {
  assert.is(outcome('A_WF_CONRS', 'SSID'), 'F_ABORT_IND(D) N_DISC_RQ IDLE');
});

test('an amendment beats "Other States": SSID in IDLELI is ESID 02, not 9.8 F', () => {
  assert.is(outcome('IDLELI', 'SSID'), 'ESID(R=02) F_ABORT_IND(L) WF_NDISC');
});

test('the amendment of a state beats the one for other states: CDT in CLOP is dropped', () => {
  assert.is(outcome('CLOP', 'CDT'), 'CLOP');
});

test('"Other States" counts where nothing else has the event: F_RELEASE_RQ(Error) in CLIP is 9.10 Q', () => {
  assert.is(outcome('CLIP', 'F_RELEASE_RQ(Error)'), 'ESID(R) WF_NDISC');
});

test('a printed X is no excuse for a peer: SSID in I_WF_RM is ESID 02', () => {
  assert.is(outcome('I_WF_RM', 'SSID'), 'ESID(R=02) F_ABORT_IND(L) WF_NDISC');
});

test('a printed X in a named column is final for the network, whatever "Other States" says', () => {
  refuses('IDLE', 'N_DISC_IND');
  refuses('IDLE', 'TIME-OUT');
});

test('a printed X in a named column is final for the own user: F_ABORT_RQ in WF_NDISC', () => {
  assert.is(outcome('OPI', 'F_ABORT_RQ'), 'N_DISC_RQ IDLE');
  refuses('WF_NDISC', 'F_ABORT_RQ');
});

for (const state of ['IDLE', 'I_WF_NC'] as const) {
  test(`${state}: without a connection nothing that a peer may have sent has any effect`, () => {
    for (const event of [...COMMAND_EVENTS, ...END_EVENTS]) assert.is(outcome(state, event), state);
  });
}

for (const event of END_EVENTS) {
  test(`${event} is never answered by an ESID, in no state`, () => {
    for (const state of STATES) assert.not.match(outcome(state, event), 'ESID');
  });
}

// User errors

/** The letter of a cell as printed, in the column of the state or else in "Other States". */
function letterOf(state: State, event: string): string | undefined {
  for (const column of [state, 'Other States']) {
    for (const { columns, grid } of Object.values(tables)) {
      const letter = grid[event]?.split(' ')[columns.indexOf(column)];
      if (letter !== undefined) return letter;
    }
  }
  return undefined;
}

/** Without a letter: F_CLOSE_FILE_RQ and the Listener's answers have rows only where they can be legal. */
const REFUSED = new Set([undefined, 'U', 'W', 'X']);

for (const event of EVENTS.filter((name) => name.startsWith('F_'))) {
  test(`${event} is refused where the tables print a user error, without effect, and taken everywhere else`, () => {
    for (const state of STATES) {
      const forbiddenByNote = event === 'F_CLOSE_FILE_RQ' && state === 'OPOWFC';
      if (REFUSED.has(letterOf(state, event)) || forbiddenByNote) refuses(state, event);
      else assert.ok(machineIn(state).allows(event), `${event} in ${state}`);
    }
  });
}

test('a user error names the request and the state', () => {
  assert.throws(() => machineIn('IDLELI').step('F_CD_RQ'), /^F_CD_RQ is not allowed in state IDLELI/);
});

test('asking whether an event is allowed changes nothing', () => {
  const machine = machineIn('OPO');
  const before = { ...machine.v };
  assert.ok(machine.allows('F_DATA_RQ'));
  assert.is(machine.state, 'OPO');
  assert.equal(machine.v, before);
});

// Predicates and actions of the Speaker, §9.10 and §9.11

for (const state of ['IDLESP', 'IDLESPCD', 'WF_CD'] as const) {
  test(`9.10 P1 in ${state}: no restart position without agreed restart, no file from a receiver`, () => {
    refuses(state, 'F_START_FILE_RQ', { position: 1n });
    refuses(state, 'F_START_FILE_RQ', { position: 0n }, { mode: 'R' });
    assert.ok(machineIn(state, { restart: true }).allows('F_START_FILE_RQ', { position: 1n }));
    assert.ok(machineIn(state, { mode: 'S' }).allows('F_START_FILE_RQ', { position: 0n }));
  });
}

for (const [state, steps] of [
  ['IDLESP', []],
  ['WF_CD', ['CD']],
] as const) {
  test(`9.10 P2 from ${state}: an answer up to the requested position is taken, one beyond it is ESID 02`, () => {
    for (const [answer, next] of [
      [0n, 'OPO'],
      [7n, 'OPO'],
      [8n, 'WF_NDISC'],
    ] as const) {
      const machine = machineIn(state, { restart: true });
      machine.step('F_START_FILE_RQ', { position: 7n });
      for (const step of steps) machine.step(step);
      machine.step('SFPA', { position: answer });
      assert.is(machine.state, next);
    }
  });
}

test('C-178 C-189 9.10 M, O: a window of 3 is three DATA, then CDT is due and gives three more', () => {
  const machine = machineIn('OPOP', { window: 3 });
  machine.step('SFPA', { position: 0n });
  for (let round = 0; round < 3; round += 1) {
    assert.equal(machine.step('F_DATA_RQ'), ['DATA', 'F_DATA_CF']);
    assert.equal(machine.step('F_DATA_RQ'), ['DATA', 'F_DATA_CF']);
    assert.equal(machine.step('F_DATA_RQ'), ['DATA']);
    assert.is(machine.state, 'OPOWFC');
    assert.not(machine.allows('F_DATA_RQ'));
    assert.equal(machine.step('CDT'), ['F_DATA_CF']);
    assert.is(machine.v.creditSpeaker, 3);
  }
});

test('C-186 9.10 P: CDT while credit is left is ESID 02', () => {
  assert.is(outcome('OPO', 'CDT'), 'ESID(R=02) F_ABORT_IND(L) WF_NDISC');
});

test('C-188 9.11 A: EFID zeroes the credit', () => {
  const machine = machineIn('OPO', { creditSpeaker: 5 });
  machine.step('F_CLOSE_FILE_RQ');
  assert.is(machine.v.creditSpeaker, 0);
});

test('C-184 9.11 E: no EFID while waiting for credit', () => {
  refuses('OPOWFC', 'F_CLOSE_FILE_RQ');
});

test('9.10 A, Y: EERP and NERP go out signed and unsigned', () => {
  for (const signed of [true, false]) {
    assert.is(outcome('IDLESP', 'F_EERP_RQ', { signed }), 'EERP WF_RTR');
    assert.is(outcome('IDLESPCD', 'F_NERP_RQ', { signed }), 'NERP WF_RTR');
  }
});

// Predicates and actions of the Listener, §9.12

test('9.12 P4: an answer beyond the position of SFID is a user error, one up to it is SFPA', () => {
  const offered = { restart: true, restartPosition: 7n };
  refuses('OPIP', 'F_START_FILE_RS', { positive: true, position: 8n }, offered);
  assert.is(outcome('OPIP', 'F_START_FILE_RS', { positive: true, position: 7n }, offered), 'SFPA OPI');
  assert.is(outcome('OPIP', 'F_START_FILE_RS', { positive: false }, offered), 'SFNA IDLELI');
});

test('9.12 A action 3: the position of SFID bounds the answer', () => {
  const machine = machineIn('IDLELI', { restart: true });
  machine.step('SFID', { position: 5n });
  assert.is(machine.v.restartPosition, 5n);
});

test('C-178 C-179 C-180 9.12 I: a window of 3 is one CDT after every third DATA', () => {
  const machine = machineIn('OPIP', { window: 3 });
  machine.step('F_START_FILE_RS', { positive: true });
  for (let round = 0; round < 3; round += 1) {
    assert.is(machine.v.creditListener, 3);
    assert.equal(machine.step('DATA'), ['F_DATA_IND']);
    assert.equal(machine.step('DATA'), ['F_DATA_IND']);
    assert.equal(machine.step('DATA'), ['F_DATA_IND', 'CDT']);
  }
});

test('C-198 C-203 9.12 K: EFPA with and without the wish for the turn, EFNA never moves it', () => {
  assert.is(outcome('CLIP', 'F_CLOSE_FILE_RS', { positive: true, speaker: true }), 'EFPA WF_CD');
  assert.is(outcome('CLIP', 'F_CLOSE_FILE_RS', { positive: true, speaker: false }), 'EFPA IDLELI');
  assert.is(outcome('CLIP', 'F_CLOSE_FILE_RS', { positive: false, speaker: true }), 'EFNA IDLELI');
});

test('C-260 C-259 9.12 D, F: ESID 00 is the normal end only straight after the own CD', () => {
  assert.is(outcome('IDLELICD', 'ESID(R=00)'), 'F_RELEASE_IND N_DISC_RQ IDLE');
  assert.is(outcome('IDLELICD', 'ESID(R<>00)'), 'F_ABORT_IND(D) N_DISC_RQ IDLE');
  assert.is(outcome('IDLELI', 'ESID(R=00)'), 'F_ABORT_IND(D) N_DISC_RQ IDLE');
});

// The start of a session, §9.8

test('C-063 C-070 9.8 G: what does not fit is ESID 10, authentication that does not fit ESID 12', () => {
  const refusal = (reason: string) => `ESID(R=${reason}) F_ABORT_IND(L) WF_NDISC`;
  assert.is(outcome('A_WF_CONRS', 'F_CONNECT_RS', { negotiation: 'mode' }), refusal('10'));
  assert.is(outcome('A_WF_CONRS', 'F_CONNECT_RS', { negotiation: 'other' }), refusal('10'));
  assert.is(outcome('A_WF_CONRS', 'F_CONNECT_RS', { negotiation: 'authentication' }), refusal('12'));
  const agreed = { negotiation: 'successful' } as const;
  assert.is(outcome('A_WF_CONRS', 'F_CONNECT_RS', { ...agreed, authentication: true }), 'SSID WF_SECD');
  assert.is(outcome('A_WF_CONRS', 'F_CONNECT_RS', { ...agreed, authentication: false }), 'SSID IDLELI');
});

test('9.8 A action 1: the side that calls is the Initiator', () => {
  const machine = machineIn('IDLE', { caller: false });
  machine.step('F_CONNECT_RQ');
  assert.ok(machine.v.caller);
});

test.run();

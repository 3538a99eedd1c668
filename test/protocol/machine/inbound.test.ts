/** C-286: what comes of every event of the peer and of the network in every state a connection can be in. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MachineEvent, Output, State } from '../../../src/protocol/machine/states.js';
import type { Input, Variables } from '../../../src/protocol/machine/variables.js';
import { machineIn } from './routes.js';

/** By state: a reaction and the next state, and the events that have them. */
type Fixture = Readonly<Record<State, Readonly<Record<string, readonly MachineEvent[]>>>>;

const FIXTURE = new URL('../../../../fixtures/inbound-transitions.json', import.meta.url);
const { states }: { readonly states: Fixture } = JSON.parse(readFileSync(FIXTURE, 'utf8'));

/** A way to make a predicate of the fixture hold. */
interface Case {
  readonly predicate: string;
  readonly variables?: Partial<Variables>;
  readonly input?: Input;
}

const OFFER: readonly Case[] = [
  { predicate: 'P1', variables: { restart: false }, input: { position: 1n } },
  { predicate: 'P1', variables: { mode: 'S' }, input: { position: 0n } },
  { predicate: '!P1', variables: { restart: true }, input: { position: 1n } },
  { predicate: '!P1', variables: { mode: 'R' }, input: { position: 0n } },
];

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'I_WF_SSID SSID': [
    { predicate: 'P2 & P8 & P11', variables: { authentication: true }, input: { negotiation: 'successful' } },
    { predicate: 'P2 & P8 & !P11', variables: { authentication: false }, input: { negotiation: 'successful' } },
    { predicate: 'P2 & !P8', input: { negotiation: 'authentication' } },
    { predicate: 'else', input: { negotiation: 'mode' } },
    { predicate: 'else', input: { negotiation: 'other' } },
  ],
  'A_NC_ONLY SSID': [{ predicate: '!P4' }],
  'WF_AUCH AUCH': [
    { predicate: 'P5', variables: { caller: true } },
    { predicate: '!P5', variables: { caller: false } },
  ],
  'WF_AURP AURP': [
    { predicate: 'P6', variables: { caller: true }, input: { challengeMet: true } },
    { predicate: 'P7', variables: { caller: false }, input: { challengeMet: true } },
    { predicate: 'else', variables: { caller: true }, input: { challengeMet: false } },
    { predicate: 'else', variables: { caller: false }, input: { challengeMet: false } },
  ],
  'OPOP SFPA': [
    { predicate: 'P2', variables: { restartPosition: 3n }, input: { position: 4n } },
    { predicate: '!P2', variables: { restartPosition: 3n }, input: { position: 3n } },
  ],
  'CLOP EFPA': [
    { predicate: 'P1', input: { changeDirection: true } },
    { predicate: '!P1', input: { changeDirection: false } },
  ],
  'IDLELI SFID': OFFER,
  'IDLELICD SFID': OFFER,
  'OPI DATA': [
    { predicate: 'P6', variables: { creditListener: 0 } },
    { predicate: '!P6 & !P7', variables: { creditListener: 2 } },
    { predicate: '!P6 & P7', variables: { creditListener: 1 } },
  ],
};

/** Where the tables are not followed, and why. */
const READINGS: readonly {
  readonly applies: (state: State, event: MachineEvent, expected: string) => boolean;
  readonly instead: string;
  readonly reason: string;
}[] = [
  {
    applies: (state, event) => event === 'TIME-OUT' && state !== 'WF_NDISC',
    instead: 'ESID(R) IDLE',
    reason: '§5.3.11 has a reason for it, 09: sent on a best-effort basis before the disconnect',
  },
  {
    applies: (state, event) => event === 'SSID' && state === 'WF_NDISC',
    instead: '- WF_NDISC',
    reason: 'the ESID is out already: nothing but the disconnect matters (§9.9 H)',
  },
  {
    applies: (state, event, expected) => event === 'SSID' && state !== 'A_WF_CONRS' && expected === 'close IDLE',
    instead: 'ESID(R=02) WF_NDISC',
    reason: 'a second SSID is a command invalid for the state (§5.3.11), the peer is told',
  },
  {
    applies: (state, event) => event === 'CDT' && state === 'CLOP',
    instead: '- CLOP',
    reason: 'the Listener may still grant credit when the EFID is already under way',
  },
];

/** What the peer sees of the output events. */
function reactionTo(output: readonly Output[]): string {
  const command = output.find((event) => !event.startsWith('F_') && !event.startsWith('N_'));
  return command ?? (output.includes('N_DISC_RQ') ? 'close' : '-');
}

/** The alternatives of an entry: predicate, or nothing where the entry has only one, and what is expected. */
function alternativesOf(entry: string): [predicate: string, expected: string][] {
  const alternatives = entry.replace(' ?', '').split(' | ');
  return alternatives.map((alternative) => {
    const [predicate, expected] = alternative.includes(': ') ? alternative.split(': ') : ['', alternative];
    return [predicate ?? '', expected ?? ''];
  });
}

for (const [state, entries] of Object.entries(states) as [State, Fixture[State]][]) {
  for (const [entry, events] of Object.entries(entries)) {
    for (const event of events) {
      for (const [predicate, printed] of alternativesOf(entry)) {
        // The Responder's user hears of every SSID: what does not fit is refused with ESID 10 instead of silence.
        if (state === 'A_NC_ONLY' && predicate === 'P4') continue;
        const cases = (CASES[`${state} ${event}`] ?? [{ predicate: '' }]).filter(
          (known) => known.predicate === predicate,
        );
        const reading = READINGS.find(({ applies }) => applies(state, event, printed));
        const expected = reading?.instead ?? printed;

        test(`C-286 ${state}, ${event}${predicate && `, ${predicate}`}: ${expected}`, () => {
          assert.ok(cases.length > 0, `no case makes ${predicate} hold`);
          for (const { variables, input } of cases) {
            const machine = machineIn(state, variables);
            const output = machine.step(event, input);
            assert.is(`${reactionTo(output)} ${machine.state}`, expected);
          }
        });
      }
    }
  }
}

test('every reading is needed, and every case belongs to an entry', () => {
  const places = Object.entries(states).flatMap(([state, entries]) =>
    Object.entries(entries).flatMap(([entry, events]) =>
      events.map((event) => ({ state: state as State, entry, event })),
    ),
  );
  assert.is(places.length, 598);
  for (const { applies, reason } of READINGS) {
    const used = places.some(({ state, entry, event }) => applies(state, event, entry.replace(' ?', '')));
    assert.ok(used && reason !== '', reason);
  }
  for (const place of Object.keys(CASES)) {
    assert.ok(
      places.some(({ state, event }) => `${state} ${event}` === place),
      place,
    );
  }
});

test.run();

/** The state tables against an independent transcription of RFC 5024 §9.8 to §9.12, cell by cell and line by line. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SECTIONS } from '../../../src/protocol/machine/cells.js';
import { COMMAND_EVENTS, END_EVENTS, EVENTS, type Output, STATES } from '../../../src/protocol/machine/states.js';
import { type Line, letterAt, NO_TRANSITION, type SectionSource } from '../../../src/protocol/machine/table.js';

type PrintedLine = readonly [predicate: string, actions: string, output: string, next: string];

interface PrintedTable {
  readonly columns: readonly string[];
  readonly grid: Readonly<Record<string, string>>;
  readonly transitions: Readonly<Record<string, readonly PrintedLine[]>>;
}

const FIXTURE = new URL('../../../../fixtures/state-tables.json', import.meta.url);
const printed: { readonly tables: Readonly<Record<string, PrintedTable>> } = JSON.parse(readFileSync(FIXTURE, 'utf8'));

/** Output events whose parameters the RFC prints; in the code the names carry the origin, the rest is in the input. */
const OUTPUTS: Readonly<Record<string, Output>> = {
  'F_ABORT_IND(R,AO=L)': 'F_ABORT_IND(L)',
  'F_ABORT_IND(Received ESID Reason,AO=D)': 'F_ABORT_IND(D)',
  'F_CLOSE_FILE_CF(+,SP=No)': 'F_CLOSE_FILE_CF(+)',
  'F_CLOSE_FILE_CF(+,SP=Yes)': 'F_CLOSE_FILE_CF(+)',
  'EFPA(CD-Req)': 'EFPA',
  'EFPA(no CD)': 'EFPA',
};

/** Every line that differs from print, and why. */
const READINGS: Readonly<Record<string, { readonly line: PrintedLine; readonly reason: string }>> = {
  '9.8 A': { line: ['P1', '', 'F_ABORT_IND(L)', 'IDLE'], reason: 'the origin is not printed: a request is refused' },
  '9.8 F': { line: ['', '4', 'F_ABORT_IND(D), N_DISC_RQ', 'IDLE'], reason: 'the origin is not printed: the peer' },
  '9.9 B': { line: ['', '', 'F_ABORT_IND(L), N_DISC_RQ', 'IDLE'], reason: 'the origin is not printed: the timer' },
  '9.9 D': { line: ['', '1', 'N_DISC_RQ, F_ABORT_IND(N)', 'IDLE'], reason: 'the origin is not printed: the network' },
  '9.9 E': { line: ['', '', 'F_ABORT_IND(N)', 'IDLE'], reason: 'the origin is not printed: the network' },
  '9.9 G': { line: ['', '1', 'F_ABORT_IND(N)', 'IDLE'], reason: 'the origin is not printed: the network' },
  '9.10 P': {
    line: ['', '1,2', 'ESID(R=02), F_ABORT_IND(L)', 'WF_NDISC'],
    reason: '"Protocol Error" in the place of a predicate is a remark',
  },
  '9.11 E': { line: ['', '', '', 'UE'], reason: 'note 1 forbids EFID in OPOWFC: a user error' },
  '9.12 H': { line: ['P4', '', '', 'UE'], reason: '"User Error" is no output event: nothing is sent' },
};

/** One line of the code in the words of the fixture. */
function asPrinted({ when, actions, output, next }: Line): PrintedLine {
  return [when, actions.join(','), output.join(', '), next];
}

/** One printed line in the words of the code. */
function asRead([predicate, actions, output, next]: PrintedLine): PrintedLine {
  const events = output.split(', ').map((event) => OUTPUTS[event] ?? event);
  return [predicate === 'else' ? '' : predicate, actions, events.join(', '), next];
}

/** The printed rows: 9.8 has one row for ESID, which stands for both of its forms. */
function rowsOf({ grid }: PrintedTable): Readonly<Record<string, string>> {
  const { ESID: both, ...rows } = grid;
  return both === undefined ? rows : { ...rows, ...Object.fromEntries(END_EVENTS.map((event) => [event, both])) };
}

function tableOf({ section }: SectionSource): PrintedTable {
  const table = printed.tables[section];
  if (table === undefined) throw new Error(`the fixture has no table ${section}`);
  return table;
}

test('all five tables of the RFC are there, and nothing else', () => {
  assert.equal(
    SECTIONS.map(({ section }) => section),
    Object.keys(printed.tables),
  );
});

for (const source of SECTIONS) {
  const { section, columns, grid, transitions } = source;

  test(`§${section}: columns in printed order`, () => {
    assert.equal(columns, tableOf(source).columns);
  });

  for (const [event, letters] of Object.entries(rowsOf(tableOf(source)))) {
    test(`§${section}: row ${event}, letter by letter`, () => {
      const row = grid[event as keyof typeof grid]?.split(' ');
      assert.equal(row, letters.split(' '));
      assert.is(row?.length, columns.length);
    });
  }

  test(`§${section}: no row that the RFC does not have`, () => {
    assert.equal(Object.keys(grid).sort(), Object.keys(rowsOf(tableOf(source))).sort());
  });

  for (const [letter, lines] of Object.entries(tableOf(source).transitions)) {
    test(`§${section}: transition ${letter}, line by line`, () => {
      const expected = lines.map(asRead);
      const reading = READINGS[`${section} ${letter}`];
      if (reading !== undefined) expected[0] = reading.line;
      assert.equal(transitions[letter]?.map(asPrinted), expected);
    });
  }

  test(`§${section}: no transition that the RFC does not have`, () => {
    assert.equal(Object.keys(transitions).sort(), Object.keys(tableOf(source).transitions).sort());
  });
}

test('every reading names a line that the RFC prints differently', () => {
  for (const [place, { line, reason }] of Object.entries(READINGS)) {
    const [section = '', letter = ''] = place.split(' ');
    const first = printed.tables[section]?.transitions[letter]?.[0];
    assert.ok(first !== undefined && reason !== '', place);
    assert.not.equal(asRead(first), line);
  }
});

test('in one state, an event has a transition in one table at most', () => {
  for (const state of [...STATES, 'Other States'] as const) {
    for (const event of EVENTS) {
      const found = SECTIONS.filter((source) => {
        const letter = letterAt(source, event, state);
        return letter !== undefined && !NO_TRANSITION.has(letter);
      });
      assert.ok(found.length <= 1, `${event} in ${state}: ${found.map(({ section }) => section).join(' and ')}`);
    }
  }
});

test('§9.3, §9.4: every column is a state, every row an event; no state or event is missing', () => {
  const columns = new Set(SECTIONS.flatMap((source) => source.columns));
  columns.delete('Other States');
  assert.equal([...columns].sort(), [...STATES].sort());
  const rows = new Set(SECTIONS.flatMap(({ grid }) => Object.keys(grid)));
  assert.equal([...rows].sort(), [...EVENTS].sort());
  assert.is(STATES.length, 28);
  // 18 commands of §9.4, ESID in two forms.
  assert.is(COMMAND_EVENTS.length + END_EVENTS.length, 19);
});

test.run();

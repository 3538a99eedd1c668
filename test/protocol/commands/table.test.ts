/** The row tables against an independent transcription of RFC 5024 §5.3 and RFC 2204 §5.3, cell by cell. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFields, layoutOf } from '../../../src/protocol/commands/layout.js';
import { REASONS, type ReasonKind } from '../../../src/protocol/commands/reasons.js';
import { type Row, rowsOfLevel } from '../../../src/protocol/commands/rows.js';
import { COMMAND_NAMES, COMMAND_OCTET, COMMANDS, type CommandName } from '../../../src/protocol/commands/table.js';
import {
  LEVEL_OF_VERSION,
  LEVELS,
  type Level,
  layoutLevel,
  VERSION_OF_LEVEL,
  type Version,
} from '../../../src/protocol/commands/version.js';

interface PrintedRow {
  readonly pos: number | null;
  readonly field: string;
  readonly format: string;
  readonly values?: readonly string[];
  readonly min?: number;
  readonly length?: string;
}

interface PrintedCommand {
  readonly lengthMin: number;
  readonly fixed: boolean;
  readonly rows: readonly PrintedRow[];
}

interface Printed {
  readonly octets: Readonly<Record<string, string>>;
  readonly levels: Readonly<
    Record<Version, { readonly SSIDLEV: number; readonly commands: Readonly<Record<string, PrintedCommand>> }>
  >;
}

const FIXTURE = new URL('../../../../fixtures/commands.json', import.meta.url);
const printed: Printed = JSON.parse(readFileSync(FIXTURE, 'utf8'));

/** A row of the tables in the words of the fixture. */
function asPrinted(command: CommandName, level: Level, row: Row): PrintedRow {
  const name = (field: string) => command + field.toUpperCase();
  const codes = row.reasons && REASONS[command as ReasonKind].filter(({ since }) => since <= level);
  const values = codes ? codes.map(({ code }) => String(code).padStart(2, '0')) : row.values;
  // The enumeration of SSIDLEV says what may be sent; its minimum says what may come.
  const min = row.field === 'lev' ? undefined : row.min;
  return {
    pos: row.pos,
    field: name(row.field),
    format: row.format,
    ...(values === undefined ? {} : { values: [...values] }),
    ...(min === undefined ? {} : { min }),
    ...(row.length === undefined ? {} : { length: name(row.length) }),
  };
}

for (const [version, { SSIDLEV, commands }] of Object.entries(printed.levels)) {
  const level = LEVEL_OF_VERSION[version as Version];

  test(`${version}: level and commands are those of the fixture`, () => {
    assert.is(level, SSIDLEV);
    assert.is(VERSION_OF_LEVEL[level], version);
    const known = COMMAND_NAMES.filter((name) => COMMANDS[name].since <= level);
    assert.equal([...known].sort(), Object.keys(commands).sort());
  });

  for (const [name, { rows, lengthMin, fixed }] of Object.entries(commands)) {
    const command = name as CommandName;

    test(`${version}: ${name} has the rows of the fixture`, () => {
      const own = rowsOfLevel(COMMANDS[command].rows, level).map((row) => asPrinted(command, level, row));
      assert.is(own.length, rows.length);
      for (const [index, row] of rows.entries()) assert.equal(own[index], row);
    });

    test(`${version}: ${name} has the length of the fixture`, () => {
      const layout = layoutOf(level, COMMAND_OCTET[command]);
      assert.is(layout?.command, command);
      assert.is(layout?.lengthMin, lengthMin);
      assert.is(layout?.variables.length === 0, fixed);
    });
  }
}

test('the command octets are those of the fixture, DATA included', () => {
  const octets = Object.entries(COMMAND_OCTET).map(([name, octet]) => [name, String.fromCharCode(octet)]);
  assert.equal(Object.fromEntries(octets), printed.octets);
});

test('1.2 and 1.3 have the same layouts', () => {
  for (const name of COMMAND_NAMES) {
    assert.equal(rowsOfLevel(COMMANDS[name].rows, 1), rowsOfLevel(COMMANDS[name].rows, 2));
  }
});

test('the levels are 1, 2, 4 and 5; others take the layout of the level below', () => {
  assert.equal(LEVELS, [1, 2, 4, 5]);
  const layouts = [0, 1, 2, 3, 4, 5, 6, 9, Number.NaN].map(layoutLevel);
  assert.equal(layouts, [1, 1, 2, 2, 4, 5, 5, 5, 1]);
});

test('a row at a position where the rows before it do not end is refused', () => {
  const rows: readonly Row[] = [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['4'] },
    { pos: 2, field: 'cd', format: 'F X(1)', values: ['Y', 'N'] },
  ];
  assert.throws(() => compileFields('EFPA', rows, 5), 'EFPACD: the row says position 2, the rows before it end at 1');
});

test('a text that does not follow its length directly is refused', () => {
  const rows: readonly Row[] = [
    { pos: 0, field: 'reasl', format: 'V 9(3)' },
    { pos: 3, field: 'reas', format: 'F 9(2)', reasons: true },
    { pos: 5, field: 'reast', format: 'V T(n)', length: 'reasl' },
  ];
  assert.throws(() => compileFields('EFNA', rows, 5), 'EFNAREAST: reasl does not stand directly before it');
});

test.run();

/**
 * The rows of every command, compiled once when the module is loaded into one layout per level. Octets stand directly
 * one after another, so a layout is a walk over its fields; that the printed positions say the same is checked here.
 */
import {
  type Field,
  type FixedField,
  fixedField,
  type LengthField,
  lengthField,
  type VariableField,
  variableField,
} from './fields.js';
import { lenientShapes } from './leniencies.js';
import { REASONS, type ReasonKind } from './reasons.js';
import { isFraming, type Row, rowsOfLevel, type Value } from './rows.js';
import { COMMAND_NAMES, COMMAND_OCTET, COMMANDS, type CommandName } from './table.js';
import type { Level } from './version.js';

/** A length field, and where it stands while every variable part before it is empty. */
export interface LengthAt {
  readonly field: LengthField;
  readonly pos: number;
}

export interface Layout {
  readonly command: CommandName;
  /** In wire order. */
  readonly fields: readonly Field[];
  readonly lengths: readonly LengthAt[];
  readonly variables: readonly VariableField[];
  /** Fields of level 5 that the level lacks and that cannot be left out unless their value is the neutral one. */
  readonly absent: readonly FixedField[];
  /** Octets of the exchange buffer while all variable parts are empty: its length, where there are none. */
  readonly lengthMin: number;
  /** A command in which every field has its neutral value. */
  readonly blank: Readonly<Record<string, Value>>;
  /** Layouts to try where the length is wrong: `leniencies.ts`. */
  readonly alternatives: readonly Layout[];
}

function codesOf(command: CommandName, { reasons, values }: Row, level: Level): readonly number[] | undefined {
  if (!reasons) return values?.map(Number);
  return REASONS[command as ReasonKind].filter(({ since }) => since <= level).map(({ code }) => code);
}

function isCount(command: CommandName, field: string): boolean {
  const rows: readonly Row[] = COMMANDS[command].rows;
  return rows.some((row) => row.field === field && row.format === 'V 9(17)');
}

/**
 * The fields of these rows. Throws an `Error` if a position is not where the rows before it end, or if a part of
 * variable length does not stand directly behind the field that announces it.
 */
export function compileFields(command: CommandName, rows: readonly Row[], level: Level): readonly Field[] {
  const lengthFields = new Set(rows.flatMap(({ length }) => length ?? []));
  const fields: Field[] = [];
  let pos: number | null = 0;
  for (const [at, row] of rows.entries()) {
    const name = command + row.field.toUpperCase();
    if (row.pos !== pos) throw new Error(`${name}: the row says position ${row.pos}, the rows before it end at ${pos}`);
    if (row.length !== undefined) {
      if (rows[at - 1]?.field !== row.length) {
        throw new Error(`${name}: ${row.length} does not stand directly before it`);
      }
      fields.push(variableField(name, row));
      pos = null;
      continue;
    }
    const field: Field = lengthFields.has(row.field)
      ? lengthField(name, row)
      : fixedField({
          name,
          row,
          codes: codesOf(command, row, level),
          isCount: isCount(command, row.field),
          framing: isFraming(row.field),
        });
    fields.push(field);
    if (pos !== null) pos += field.width;
  }
  return fields;
}

/** Enumerated fields say how the rest is to be understood; estimates, texts, hashes and signatures may be left out. */
function absentFields(command: CommandName, full: readonly Field[], rows: readonly Row[]): readonly FixedField[] {
  const present = new Set(rows.map(({ field }) => field));
  const enumerated = new Set(
    COMMANDS[command].rows.filter(({ format }) => format.startsWith('F')).map(({ field }): string => field),
  );
  return full.filter(
    (field) =>
      field.kind === 'fixed' && field.key !== undefined && enumerated.has(field.key) && !present.has(field.key),
  ) as FixedField[];
}

function compileLayout(command: CommandName, rows: readonly Row[], level: Level): Omit<Layout, 'alternatives'> {
  const fields = compileFields(command, rows, level);
  const lengths: LengthAt[] = [];
  let lengthMin = 0;
  for (const field of fields) {
    if (field.kind === 'length') lengths.push({ field, pos: lengthMin });
    if (field.kind !== 'variable') lengthMin += field.width;
  }
  // Level 5 has every field of every command.
  const full = compileFields(command, rowsOfLevel(COMMANDS[command].rows, 5), 5);
  const neutral = full.flatMap((field): [string, Value][] =>
    field.key === undefined ? [] : [[field.key, field.neutral]],
  );
  // Made at once: an object that grew key by key would be a hash table to the engine, ten times as slow to copy.
  const blank: Readonly<Record<string, Value>> = Object.fromEntries([['name', command], ...neutral]);
  const variables = fields.filter((field) => field.kind === 'variable');
  return { command, fields, lengths, variables, absent: absentFields(command, full, rows), lengthMin, blank };
}

function compileCommand(command: CommandName, level: Level): Layout {
  const rowsAt = (other: Level): readonly Row[] => rowsOfLevel(COMMANDS[command].rows, other);
  const alternatives = lenientShapes(command, level, rowsAt).map(
    (rows): Layout => ({ ...compileLayout(command, rows, level), alternatives: [] }),
  );
  return { ...compileLayout(command, rowsAt(level), level), alternatives };
}

function compileLevel(level: Level): readonly (Layout | undefined)[] {
  const layouts = new Array<Layout | undefined>(256).fill(undefined);
  for (const name of COMMAND_NAMES) {
    if (COMMANDS[name].since <= level) layouts[COMMAND_OCTET[name]] = compileCommand(name, level);
  }
  return layouts;
}

const BY_OCTET: Readonly<Record<Level, readonly (Layout | undefined)[]>> = {
  1: compileLevel(1),
  2: compileLevel(2),
  4: compileLevel(4),
  5: compileLevel(5),
};

/** The layout of the command that begins with `octet`, undefined if the level has none. */
export function layoutOf(level: Level, octet: number): Layout | undefined {
  return BY_OCTET[level][octet];
}

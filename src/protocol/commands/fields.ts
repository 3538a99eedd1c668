/**
 * Fields compiled from rows: how the octets of each format become a value and back. A fixed field reads `undefined`
 * where its octets are not what `expected` says; writing a value that does not fit throws an `EncodeError`.
 */
import { EncodeError } from './encode-error.js';
import { LENIENCIES } from './leniencies.js';
import {
  equalsLatin1,
  readCount,
  readLatin1,
  readNumber,
  readUnsigned16,
  writeCount,
  writeLatin1,
  writeNumber,
  writeUnsigned16,
} from './octets.js';
import { quote } from './printable.js';
import type { Row, Value } from './rows.js';

interface FieldBase {
  /** RFC name, such as SFIDDSN. */
  readonly name: string;
}

export interface FixedField extends FieldBase {
  readonly kind: 'fixed';
  /** The name of its value in a command object; undefined for a field that frames the command and says nothing. */
  readonly key: string | undefined;
  readonly secret: boolean;
  readonly width: number;
  /** What its octets have to be, for messages. */
  readonly expected: string;
  /** The value where a level does not have the field. */
  readonly neutral: Value;
  /** The value of the `width` octets from `start` on. */
  readonly read: (octets: Uint8Array, start: number) => Value | undefined;
  readonly write: (octets: Uint8Array, start: number, value: Value | undefined) => void;
}

/** Announces the octets of the variable field that follows it. */
export interface LengthField extends FieldBase {
  readonly kind: 'length';
  readonly key: undefined;
  readonly width: number;
  readonly min: number;
  readonly expected: string;
  /** -1 where the octets are no number. */
  readonly read: (octets: Uint8Array, start: number) => number;
  readonly write: (octets: Uint8Array, start: number, length: number) => void;
}

export interface VariableField extends FieldBase {
  readonly kind: 'variable';
  readonly key: string;
  readonly secret: boolean;
  readonly neutral: Value;
  readonly read: (octets: Uint8Array, start: number, end: number) => Value;
  /** The octets to send for a value. */
  readonly pack: (value: Value | undefined) => Uint8Array;
}

export type Field = FixedField | LengthField | VariableField;

/** Largest T(n): its length field has three digits. */
const TEXT_MAX = 999;
/** Largest U(n): its length field has two octets. */
const BINARY_MAX = 65_535;

const EMPTY = new Uint8Array(0);

// A byte order mark is a character of the text like any other.
const decoder = new TextDecoder('utf-8', { fatal: LENIENCIES.malformedText.fatal, ignoreBOM: true });
const encoder = new TextEncoder();

/** What a format makes of its octets. */
type Format = Pick<FixedField, 'expected' | 'neutral' | 'read' | 'write'>;

function wrongType(name: string, expected: string, value: unknown): EncodeError {
  return new EncodeError(name, `a value of type ${typeof value} was given, expected ${expected}`);
}

/** F X(n) with one value that carries no information: the command octet. */
function constant(text: string): Format {
  return {
    expected: quote(text),
    neutral: '',
    read: (octets, start) => (equalsLatin1(octets, start, text) ? '' : undefined),
    write: (octets, start) => writeLatin1(octets, start, text.length, text),
  };
}

function reserved(width: number): Format {
  return {
    expected: 'anything',
    neutral: '',
    read: LENIENCIES.reservedOctets.read,
    write: (octets, start) => writeLatin1(octets, start, width, ''),
  };
}

function carriageReturn(values: readonly string[]): Format {
  const legal = new Set([...values.map((value) => value.charCodeAt(0)), LENIENCIES.lineFeedAtEnd.octet]);
  return {
    expected: 'a carriage return, 0D or 8D',
    neutral: '',
    read: (octets, start) => (legal.has(octets[start] as number) ? '' : undefined),
    write: (octets, start) => writeLatin1(octets, start, 1, values[0] as string),
  };
}

/** F X(1) of Y and N. */
function flag(name: string, values: readonly string[]): Format {
  const readable = name === LENIENCIES.specialLogic.field ? LENIENCIES.specialLogic.values : values;
  const legal = new Map(readable.map((value) => [value.charCodeAt(0), value === 'Y']));
  return {
    expected: readable.join(' or '),
    neutral: false,
    read: (octets, start) => legal.get(octets[start] as number),
    write: (octets, start, value) => {
      if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
      const text = value ? 'Y' : 'N';
      if (!values.includes(text)) throw new EncodeError(name, `${text} is not allowed at this level, ${values} is`);
      writeLatin1(octets, start, 1, text);
    },
  };
}

/** F X(n) of other enumerated values. */
function choice(name: string, values: readonly string[]): Format {
  const expected = values.length === 1 ? quote(values[0] as string) : `one of ${values.join(', ')}`;
  return {
    expected,
    neutral: values[0] as string,
    read: (octets, start) => {
      for (const value of values) if (equalsLatin1(octets, start, value)) return value;
      return undefined;
    },
    write: (octets, start, value) => {
      if (typeof value !== 'string') throw wrongType(name, expected, value);
      if (!values.includes(value)) throw new EncodeError(name, `${quote(value)} was given, expected ${expected}`);
      writeLatin1(octets, start, value.length, value);
    },
  };
}

/** V X(n). Every octet is taken: whether a name or code is acceptable is judged by an answer, not by ESID. */
function text(name: string, width: number, { echo, secret }: Row): Format {
  const [first, last] = echo ? [0x00, 0xff] : [0x20, 0x7e];
  const given = (value: string): string => (secret ? 'the value' : quote(value));
  return {
    expected: `at most ${width} characters`,
    neutral: '',
    read: (octets, start) =>
      readLatin1(octets, start, LENIENCIES.trailingSpaces.endOfText(octets, start, start + width)),
    write: (octets, start, value) => {
      if (typeof value !== 'string') throw wrongType(name, 'a string', value);
      if (value.length > width) {
        throw new EncodeError(name, `${given(value)} has ${value.length} characters, at most ${width} fit`);
      }
      for (let at = 0; at < value.length; at += 1) {
        const code = value.charCodeAt(at);
        if (code < first || code > last) {
          const allowed = echo ? 'latin1' : 'printable ISO 646 (space to tilde)';
          throw new EncodeError(name, `${given(value)} has a character at ${at} that is not ${allowed}`);
        }
      }
      writeLatin1(octets, start, width, value);
    },
  };
}

/** Digits that stay text. They identify a file and are never read as a date (§1.5.2). */
function stamp(name: string, width: number, picture: string): Format {
  const expected = `${width} digits (${picture})`;
  const isStamp = (value: string): boolean => {
    for (let at = 0; at < width; at += 1) {
      const code = value.charCodeAt(at);
      if (!(code >= 0x30 && code <= 0x39)) return false;
    }
    return value.length === width;
  };
  return {
    expected,
    neutral: '',
    read: (octets, start) =>
      readNumber(octets, start, width) < 0 ? undefined : readLatin1(octets, start, start + width),
    write: (octets, start, value) => {
      if (typeof value !== 'string') throw wrongType(name, expected, value);
      if (!isStamp(value)) throw new EncodeError(name, `${quote(value)} was given, expected ${expected}`);
      writeLatin1(octets, start, width, value);
    },
  };
}

/** 9(n): a range, or an enumeration where `codes` is given. Inside 15 digits a number is exact. */
function number(name: string, width: number, min: number, codes: readonly number[] | undefined): Format {
  const max = 10 ** width - 1;
  const range = `${width} ${width === 1 ? 'digit' : 'digits'} from ${min} to ${max}`;
  const listed = codes && new Set(codes);
  const unlisted = LENIENCIES.unlistedNumbers.fields.some((field) => field === name);
  const toRead = unlisted ? undefined : listed;
  const unreadable = name === LENIENCIES.endReasonUnreadable.field ? LENIENCIES.endReasonUnreadable.reason : undefined;
  const toWrite = codes ? `one of ${codes.join(', ')} at this level` : `an integer from ${min} to ${max}`;
  return {
    expected: toRead && codes ? `one of ${codes.map((code) => String(code).padStart(width, '0')).join(', ')}` : range,
    neutral: 0,
    read: (octets, start) => {
      const value = readNumber(octets, start, width);
      if (value < 0) return unreadable;
      return value >= min && (toRead === undefined || toRead.has(value)) ? value : undefined;
    },
    write: (octets, start, value) => {
      if (typeof value !== 'number') throw wrongType(name, toWrite, value);
      const fits = listed ? listed.has(value) : Number.isInteger(value) && value >= min && value <= max;
      if (!fits) throw new EncodeError(name, `${value} was given, expected ${toWrite}`);
      writeNumber(octets, start, width, value);
    },
  };
}

/** 9(n) of a field that has 17 digits at some level. */
function count(name: string, width: number): Format {
  const max = 10n ** BigInt(width) - 1n;
  const toWrite = `a bigint from 0 to ${max}`;
  return {
    expected: `${width} digits`,
    neutral: 0n,
    read: (octets, start) => {
      const value = readCount(octets, start, width);
      return value < 0n ? undefined : value;
    },
    write: (octets, start, value) => {
      if (typeof value !== 'bigint') throw wrongType(name, toWrite, value);
      if (value < 0n || value > max) throw new EncodeError(name, `${value} was given, expected ${toWrite}`);
      writeCount(octets, start, width, value);
    },
  };
}

/** U(n) of fixed length. */
function binary(name: string, width: number): Format {
  const expected = `${width} octets`;
  return {
    expected,
    neutral: EMPTY,
    read: (octets, start) => new Uint8Array(octets.subarray(start, start + width)),
    write: (octets, start, value) => {
      if (!(value instanceof Uint8Array)) throw wrongType(name, expected, value);
      if (value.length !== width)
        throw new EncodeError(name, `${value.length} octets were given, expected ${expected}`);
      octets.set(value, start);
    },
  };
}

export interface RowToCompile {
  /** RFC name of the field. */
  readonly name: string;
  readonly row: Row;
  /** The codes of an enumerated number, at the level. */
  readonly codes: readonly number[] | undefined;
  /** The field has 17 digits at some level. */
  readonly isCount: boolean;
  /** The row frames the command. */
  readonly framing: boolean;
}

/** The n of a format such as X(n); NaN for the literal n. */
function widthOf({ format }: Row): number {
  return Number(format.slice(4, -1));
}

export function fixedField({ name, row, codes, isCount, framing }: RowToCompile): FixedField {
  const width = widthOf(row);
  const base = { kind: 'fixed', name, width, secret: row.secret ?? false } as const;
  if (framing) return { ...base, key: undefined, ...framingFormat(row, width) };
  return { ...base, key: row.field, ...valueFormat(name, row, width, codes, isCount) };
}

function framingFormat({ field, values }: Row, width: number): Format {
  if (values === undefined) return reserved(width);
  return field === 'cr' ? carriageReturn(values) : constant(values[0] as string);
}

function valueFormat(
  name: string,
  row: Row,
  width: number,
  codes: readonly number[] | undefined,
  isCount: boolean,
): Format {
  if (row.picture !== undefined) return stamp(name, width, row.picture);
  if (isCount) return count(name, width);
  if (row.format.includes(' 9(')) return number(name, width, row.min ?? 0, codes);
  if (row.format.includes(' U(')) return binary(name, width);
  if (row.values === undefined) return text(name, width, row);
  return row.values.includes('N') ? flag(name, row.values) : choice(name, row.values);
}

/** 9(3) or U(2), by the format of its row. */
export function lengthField(name: string, row: Row): LengthField {
  const width = widthOf(row);
  const base = { kind: 'length', name, key: undefined, width, min: row.min ?? 0 } as const;
  if (row.format.includes(' U(')) {
    return { ...base, expected: `a length of at least ${base.min}`, read: readUnsigned16, write: writeUnsigned16 };
  }
  return {
    ...base,
    expected: `${width} digits`,
    read: (octets, start) => readNumber(octets, start, width),
    write: (octets, start, length) => writeNumber(octets, start, width, length),
  };
}

/** T(n) or U(n) with an announced n. */
export function variableField(name: string, row: Row): VariableField {
  const base = { kind: 'variable', name, key: row.field, secret: row.secret ?? false } as const;
  if (row.format.includes(' T(')) {
    return {
      ...base,
      neutral: '',
      read: (octets, start, end) => (start === end ? '' : decoder.decode(octets.subarray(start, end))),
      pack: (value) => packText(name, value),
    };
  }
  return {
    ...base,
    neutral: EMPTY,
    read: (octets, start, end) => new Uint8Array(octets.subarray(start, end)),
    pack: (value) => {
      if (!(value instanceof Uint8Array)) throw wrongType(name, 'a Uint8Array', value);
      if (value.length <= BINARY_MAX) return value;
      throw new EncodeError(name, `${value.length} octets were given, at most ${BINARY_MAX} can be announced`);
    },
  };
}

/** Text beyond 999 octets is cut, at the border of a character. */
function packText(name: string, value: Value | undefined): Uint8Array {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  if (value === '') return EMPTY;
  const room = new Uint8Array(TEXT_MAX);
  return room.subarray(0, encoder.encodeInto(value, room).written);
}

/**
 * Commands ⇄ exchange buffers. Which octet holds what is said by the rows (`session.ts`, `file.ts` …) alone; what is
 * taken from peers beyond them, by `leniencies.ts`.
 */
import type { Command } from './command.js';
import { EncodeError } from './encode-error.js';
import type { FixedField, LengthField } from './fields.js';
import { type Layout, layoutOf } from './layout.js';
import { readLatin1 } from './octets.js';
import { quote } from './printable.js';
import type { Value } from './rows.js';
import { COMMAND_NAMES, COMMAND_OCTET, COMMANDS, type CommandName } from './table.js';
import { type Level, layoutLevel, VERSION_OF_LEVEL } from './version.js';

export type * from './command.js';
export { EncodeError } from './encode-error.js';

export type Decoded =
  | { readonly ok: true; readonly command: Command }
  | {
      readonly ok: false;
      /** ESIDREAS to answer with: 1 unknown command, 6 invalid content, 7 wrong length (§5.3.11). */
      readonly reason: 1 | 6 | 7;
      /** Known unless the first octet is no command's. */
      readonly command?: CommandName;
      /** RFC name of the field, such as SFIDDSN. For reason 7 the field from which the length follows. */
      readonly field: string;
      /** What was found and what was expected. Holds no secret. */
      readonly detail: string;
    };

type Failure = Extract<Decoded, { ok: false }>;

/** Stream Transmission Header (§8.2): version 1, no flags, and a length that counts the header. */
const STREAM_HEADER_LENGTH = 4;
const STREAM_HEADER_FIRST = 0x10;
/** The largest exchange buffer: a Stream Transmission Buffer has at most 100003 octets. */
const EXCHANGE_BUFFER_MAX = 99_999;

const LEV_POS = 1;
const DIGIT_ZERO = 0x30;

/**
 * Reads one command. `octets` is one exchange buffer without its Stream Transmission Header, and not DATA. What is
 * returned shares no memory with it. Never throws; checks the command octet first, then the length, then the content.
 *
 * An SSID is read by its own SSIDLEV, whatever `level` says, since no level is agreed before it.
 */
export function decodeCommand(level: Level, octets: Uint8Array): Decoded {
  const octet = octets[0];
  if (octet === undefined) return { ok: false, reason: 7, field: 'CMD', detail: 'the exchange buffer is empty' };
  const layout = layoutOf(octet === COMMAND_OCTET.SSID ? levelOfSsid(octets) : level, octet);
  if (layout === undefined) return unknownCommand(level, octet);

  const decoded = decodeAs(layout, octets);
  if (decoded.ok || decoded.reason !== 7) return decoded;
  for (const alternative of layout.alternatives) {
    const other = decodeAs(alternative, octets);
    if (other.ok) return other;
  }
  return decoded;
}

/** The level whose layout this exchange buffer with an SSID has, by its SSIDLEV; the rest need not be readable. */
export function levelOfSsid(octets: Uint8Array): Level {
  return layoutLevel((octets[LEV_POS] ?? 0) - DIGIT_ZERO);
}

function decodeAs(layout: Layout, octets: Uint8Array): Decoded {
  const implied = impliedLength(layout, octets);
  if (typeof implied !== 'number') return invalid(layout, implied.field, octets, implied.pos);
  if (implied !== octets.length) return wrongLength(layout, octets.length, implied);

  const command: Record<string, Value> = { ...layout.blank };
  let pos = 0;
  let announced = 0;
  for (const field of layout.fields) {
    switch (field.kind) {
      case 'fixed': {
        const value = field.read(octets, pos);
        if (value === undefined) return invalid(layout, field, octets, pos);
        if (field.key !== undefined) command[field.key] = value;
        pos += field.width;
        break;
      }
      case 'length':
        announced = field.read(octets, pos);
        if (announced < field.min) return invalid(layout, field, octets, pos);
        pos += field.width;
        break;
      case 'variable':
        command[field.key] = field.read(octets, pos, pos + announced);
        pos += announced;
        break;
    }
  }
  // The rows that the layout was compiled from are those that the type was derived from.
  return { ok: true, command: command as unknown as Command };
}

/**
 * Octets that the command and its length fields call for, as far as they can be read; or the length field that is no
 * number.
 */
function impliedLength(
  layout: Layout,
  octets: Uint8Array,
): number | { readonly field: LengthField; readonly pos: number } {
  let implied = layout.lengthMin;
  for (const { field, pos } of layout.lengths) {
    // Too short, whatever the rest: and what follows may not even be there to be read.
    if (octets.length < implied) return implied;
    const at = pos + implied - layout.lengthMin;
    const announced = field.read(octets, at);
    if (announced < 0) return { field, pos: at };
    implied += announced;
  }
  return implied;
}

function unknownCommand(level: Level, octet: number): Failure {
  const name = COMMAND_NAMES.find((known) => COMMAND_OCTET[known] === octet);
  if (name === undefined) {
    const detail = `${octet.toString(16).padStart(2, '0')} (hexadecimal) is the first octet of no command`;
    return { ok: false, reason: 1, field: 'CMD', detail };
  }
  return { ok: false, reason: 1, command: name, field: `${name}CMD`, detail: missingAtLevel(name, level) };
}

function missingAtLevel(name: CommandName, level: Level): string {
  const { since } = COMMANDS[name];
  return `${name} does not exist in ${VERSION_OF_LEVEL[level]}, but from ${VERSION_OF_LEVEL[since]} on`;
}

function wrongLength({ command, lengths }: Layout, found: number, implied: number): Failure {
  const field = lengths.at(-1)?.field.name ?? `${command}CMD`;
  return { ok: false, reason: 7, command, field, detail: `${found} octets were received, expected ${implied}` };
}

/** Fields that hold secrets never come here: they take any octets. */
function invalid({ command }: Layout, field: FixedField | LengthField, octets: Uint8Array, pos: number): Failure {
  const found = quote(readLatin1(octets, pos, pos + field.width));
  const detail = `${found} was received, expected ${field.expected}`;
  return { ok: false, reason: 6, command, field: field.name, detail };
}

/**
 * Writes one command as a whole Stream Transmission Buffer: header and exchange buffer. An SSID is written in the
 * layout of its own SSIDLEV.
 *
 * T(n) beyond 999 octets is cut. Where the level lacks a field, a text, hash, signature or estimate is left out; a
 * field that says how the file or session is to be understood (such as SFIDSEC or SSIDAUTH) must hold 0 or false.
 *
 * Throws an `EncodeError` for a command that the level lacks and for a value that does not fit its field; reason codes
 * are to be brought to the level by `reasonForLevel` before.
 */
export function encodeCommand(level: Level, command: Command): Uint8Array {
  const { name } = command;
  const layout = layoutOf(name === 'SSID' ? layoutLevel(command.lev) : level, COMMAND_OCTET[name]);
  if (layout === undefined) throw new EncodeError(`${name}CMD`, missingAtLevel(name, level));

  const values = command as unknown as Readonly<Record<string, Value | undefined>>;
  for (const absent of layout.absent) {
    const value = values[absent.key as string];
    if (value !== absent.neutral) {
      throw new EncodeError(absent.name, `${value} was given, but only 2.0 has the field; expected ${absent.neutral}`);
    }
  }
  const parts = layout.variables.map((field) => field.pack(values[field.key]));
  const length = parts.reduce((sum, part) => sum + part.length, layout.lengthMin);
  if (length > EXCHANGE_BUFFER_MAX) {
    throw new EncodeError(`${name}CMD`, `${length} octets are needed, an exchange buffer holds ${EXCHANGE_BUFFER_MAX}`);
  }
  const buffer = streamBuffer(length);
  writeFields(layout, values, parts, buffer);
  return buffer;
}

function streamBuffer(length: number): Uint8Array {
  const total = STREAM_HEADER_LENGTH + length;
  const buffer = new Uint8Array(total);
  buffer[0] = STREAM_HEADER_FIRST;
  buffer[1] = total >>> 16;
  buffer[2] = total >>> 8;
  buffer[3] = total;
  return buffer;
}

function writeFields(
  layout: Layout,
  values: Readonly<Record<string, Value | undefined>>,
  parts: readonly Uint8Array[],
  buffer: Uint8Array,
): void {
  let pos = STREAM_HEADER_LENGTH;
  let at = 0;
  for (const field of layout.fields) {
    // The part that the present field announces, or that stands in it.
    const part = parts[at];
    if (field.kind === 'fixed') {
      field.write(buffer, pos, field.key === undefined ? undefined : values[field.key]);
      pos += field.width;
    } else if (field.kind === 'length') {
      const { length } = part as Uint8Array;
      if (length < field.min) {
        throw new EncodeError(field.name, `${length} octets were given, expected ${field.expected}`);
      }
      field.write(buffer, pos, length);
      pos += field.width;
    } else {
      buffer.set(part as Uint8Array, pos);
      pos += (part as Uint8Array).length;
      at += 1;
    }
  }
}

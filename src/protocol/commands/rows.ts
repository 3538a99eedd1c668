/**
 * How a command is written down: as the rows that RFC 5024 §5.3 prints (position, field, format), each with the levels
 * that have it. What the RFCs print differently per level stands as several rows of the same field. The types below and
 * the layouts of `layout.ts` are derived from the rows; no other place knows a position or a width.
 */
import type { Level } from './version.js';

/**
 * Format as printed. `F`: one of enumerated values; `V`: a value in a range. `X(n)`: n characters, left justified,
 * padded with spaces; `9(n)`: n digits; `U(n)`: n octets, binary; `T(n)`: n octets of UTF-8. A literal n: announced by
 * a length field.
 */
export type Format = `${'F' | 'V'} ${'X' | '9' | 'U' | 'T'}(${number | 'n'})`;

export interface Row {
  /** Offset in the exchange buffer; null where the RFC prints none, because a part of variable length comes before. */
  readonly pos: number | null;
  /** RFC name without the command's name, in lower case: SFIDDSN is `dsn`. */
  readonly field: string;
  readonly format: Format;
  /** The enumerated values of an F field; the first of several equivalent ones is the one sent. */
  readonly values?: readonly string[];
  /** The enumerated values are the reason codes that `reasons.ts` lists for the command. */
  readonly reasons?: true;
  /** Smallest value of a number, 0 if absent. The largest is what its digits can hold. */
  readonly min?: number;
  /** Shape of a stamp: digits that are an identifier, never a number, and keep their leading zeros. */
  readonly picture?: string;
  /** Of a part of variable length: the field, directly before it, that announces its octets. */
  readonly length?: string;
  /** First and last level that has the row; absent: all that have the command. */
  readonly since?: Level;
  readonly until?: Level;
  /** Never in messages; in trails only on demand. */
  readonly secret?: true;
  /**
   * Repeats what a peer sent, perhaps long ago and through other hands, so every octet goes out as it came in. All
   * other text that is sent is printable ISO 646.
   */
  readonly echo?: true;
}

export interface CommandRows {
  /** The first octet of the exchange buffer (§5.2). */
  readonly octet: string;
  /** First level that has the command. */
  readonly since: Level;
  readonly rows: readonly Row[];
}

export type Value = string | number | bigint | boolean | Uint8Array;

export const YES_NO = ['Y', 'N'] as const;

/** SSRMCR, SSIDCR, ESIDCR. */
export const CARRIAGE_RETURN = ['\r', '\x8d'] as const;

export function rowsOfLevel(rows: readonly Row[], level: Level): readonly Row[] {
  return rows.filter(({ since = 1, until = 5 }) => since <= level && level <= until);
}

/**
 * Rows that frame the command and are no part of what it says: command octet, reserved octets, final carriage return.
 */
export type FramingField = 'cmd' | 'cr' | 'rsv1';

const FRAMING: ReadonlySet<string> = new Set<FramingField>(['cmd', 'cr', 'rsv1']);

export function isFraming(field: string): field is FramingField {
  return FRAMING.has(field);
}

type LengthField<R extends Row> = R extends { readonly length: infer F } ? F : never;

type PlainValue<R extends Row> = R extends { readonly picture: string }
  ? string
  : R extends { readonly values: readonly ('Y' | 'N')[] }
    ? boolean
    : R extends { readonly format: `${string} 9(${string})` }
      ? number
      : R extends { readonly format: `${string} U(${string})` }
        ? Uint8Array
        : R extends { readonly values: readonly (infer V)[] }
          ? V
          : string;

/** One type for all levels: a count that has 17 digits at some level is a bigint at every level. */
type ValueOf<R extends Row> = [Extract<R, { readonly format: 'V 9(17)' }>] extends [never] ? PlainValue<R> : bigint;

/** What a command with the rows `R` says, as an object. */
export type FieldsOf<R extends Row> = {
  readonly [F in Exclude<R['field'], FramingField | LengthField<R>>]: ValueOf<Extract<R, { readonly field: F }>>;
};

/** The records of virtual files of format F and V, and what a delimiter can tell apart (RFC 5024 §1.5.3). */
import type { SettingValues } from '../settings/settings.js';

/** How records stand in local files: the setting of the same name. */
export type RecordDelimiter = SettingValues['recordDelimiter'];

/** What SFIDFMT and SFIDLRECL say. */
export interface RecordFormat {
  /** Format F: every record has `maxLength` octets. Otherwise V: no record has more. */
  readonly fixed: boolean;
  /** SFIDLRECL, octets. */
  readonly maxLength: number;
}

/** The longest record that SFIDLRECL can announce, in octets. */
export const RECORD_LENGTH_MAX = 99_999;

/** The longest record that a prefix of two octets can announce. */
export const PREFIXED_LENGTH_MAX = 65_535;

/** What is wrong with a record of so many octets; undefined if nothing is. */
export function lengthFault({ fixed, maxLength }: RecordFormat, length: number): string | undefined {
  if (length > maxLength) return `is longer than ${maxLength} octets`;
  if (fixed && length < maxLength) return `has the length ${length} instead of ${maxLength}`;
  return undefined;
}

/**
 * What values in the configuration file and on the command line may be. Each function reads one text or throws a
 * `UsageError`.
 */
import { resolve } from 'node:path';
import { templateProblem } from '../files/template.js';
import { LEVEL_OF_VERSION, type Version } from '../protocol/commands/version.js';
import { CODE } from '../settings/row.js';
import type { Parse } from './config-reader.js';
import { UsageError } from './exit.js';

/** An identification code, X(25). */
export function code(text: string): string {
  if (text === '') throw new UsageError('a code of 1 to 25 characters is expected');
  if (text.length > CODE.maxLength) {
    throw new UsageError(`'${text}' has ${text.length} characters: a code has at most ${CODE.maxLength}`);
  }
  if (!CODE.pattern.test(text)) throw new UsageError(`'${text}' is not a code of ${CODE.words}`);
  return text;
}

/** More than any disk for tests has. */
const OCTETS_MAX = 2 ** 40;

export function wholeNumber(min: number, max: number): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new UsageError(`'${text}' is not a whole number from ${min} to ${max}`);
  };
}

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A number of octets, also in KiB, MiB or GiB: 4096, 64K, 10M, 1G. */
export function octetCount(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([KMG]?)$/i.exec(text) ?? [];
  const count = Number(digits) * (MULTIPLES[unit.toUpperCase()] ?? 0);
  if (digits !== '' && count <= OCTETS_MAX) return count;
  throw new UsageError(`'${text}' is not a number of octets up to 1T: use 4096, 64K, 10M or 1G`);
}

export function trueOrFalse(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new UsageError(`'${text}' is neither true nor false`);
  return text === 'true';
}

/** One of these words. */
export function oneOf<Word extends string>(words: readonly Word[]): Parse<Word> {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw new UsageError(`'${text}' is not known: use ${words.join(', ')}`);
    return word;
  };
}

/** An address to listen on. A blank one, which is all networks to the library, may be an oversight here. */
export function listenAddress(text: string): string {
  if (text === '')
    throw new UsageError('an address is expected: 127.0.0.1 for this machine only, 0.0.0.0 for all networks');
  return text;
}

/** A path; a relative one starts at `folder`. */
export function pathFrom(folder: string): Parse<string> {
  return (text) => {
    if (text === '') throw new UsageError('a path is expected');
    return resolve(folder, text);
  };
}

export function version(text: string): Version {
  const versions = Object.keys(LEVEL_OF_VERSION);
  if (!versions.includes(text)) throw new UsageError(`'${text}' is not a version: use ${versions.join(', ')}`);
  return text as Version;
}

/** A virtual file name that the user wants exactly so, X(26). */
export function virtualName(text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]{0,24}[\x21-\x7e])?$/.test(text)) return text;
  throw new UsageError(`'${text}' is not a virtual file name of 1 to 26 printable ISO 646 characters`);
}

/** A virtual file stamp with its counter, as SFID carries it. */
export const FULL_STAMP = 'yyyyMMddHHmmssffff';

/** Names of received files by default: files of one virtual name do not stand in each other's way. */
export const RECEIVED_NAME_FORMAT = `%VirtualFileName%_%VirtualFileDate:${FULL_STAMP}%`;

export function nameFormat(text: string): string {
  const problem = templateProblem(text);
  if (problem !== undefined) throw new UsageError(problem);
  return text;
}

export function anyText(text: string): string {
  return text;
}

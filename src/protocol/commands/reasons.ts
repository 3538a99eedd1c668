/**
 * Reason codes of SFNA, EFNA, ESID and NERP (RFC 5024 §5.3.5, §5.3.10, §5.3.11, §5.3.14; RFC 2204 for levels 1 and 2),
 * each with the first level that has it. §1.2 names 14 as new in 1.4; 15 and above, and ESID 11 and 12, came with 2.0.
 */
import type { Level } from './version.js';

export type ReasonKind = 'SFNA' | 'EFNA' | 'ESID' | 'NERP';

export interface Reason {
  readonly code: number;
  /** Plain English, for logs and for the reason text of 2.0. */
  readonly text: string;
  /** First level that has the code. */
  readonly since: Level;
}

/** The code that every list has for what has no code of its own. */
const UNSPECIFIED = 99;

const START_FILE: readonly Reason[] = [
  { code: 1, text: 'invalid file name', since: 1 },
  { code: 2, text: 'invalid destination', since: 1 },
  { code: 3, text: 'invalid originator', since: 1 },
  { code: 4, text: 'record format not supported', since: 1 },
  { code: 5, text: 'maximum record length not supported', since: 1 },
  { code: 6, text: 'file too big', since: 1 },
  { code: 10, text: 'invalid record count', since: 1 },
  { code: 11, text: 'invalid octet count', since: 1 },
  { code: 12, text: 'file access failed', since: 1 },
  { code: 13, text: 'duplicate file', since: 1 },
  { code: 14, text: 'file direction refused', since: 4 },
  { code: 15, text: 'cipher suite not supported', since: 5 },
  { code: 16, text: 'encrypted file not allowed', since: 5 },
  { code: 17, text: 'unencrypted file not allowed', since: 5 },
  { code: 18, text: 'compressed file not allowed', since: 5 },
  { code: 19, text: 'signed file not allowed', since: 5 },
  { code: 20, text: 'unsigned file not allowed', since: 5 },
];

const END_FILE: readonly Reason[] = [
  ...START_FILE,
  { code: 21, text: 'file signature not valid', since: 5 },
  { code: 22, text: 'file decryption failed', since: 5 },
  { code: 23, text: 'file decompression failed', since: 5 },
];

const END_SESSION: readonly Reason[] = [
  { code: 0, text: 'normal end of session', since: 1 },
  { code: 1, text: 'command not recognised', since: 1 },
  { code: 2, text: 'protocol violation', since: 1 },
  { code: 3, text: 'identification code not known', since: 1 },
  { code: 4, text: 'invalid password', since: 1 },
  { code: 5, text: 'emergency close down', since: 1 },
  { code: 6, text: 'command contained invalid data', since: 1 },
  { code: 7, text: 'exchange buffer size error', since: 1 },
  { code: 8, text: 'resources not available, retry later', since: 1 },
  { code: 9, text: 'time out', since: 1 },
  { code: 10, text: 'mode or capabilities incompatible', since: 1 },
  { code: 11, text: 'invalid challenge response', since: 5 },
  { code: 12, text: 'secure authentication requirements incompatible', since: 5 },
];

const NEGATIVE_END: readonly Reason[] = [
  { code: 3, text: 'session refused: identification code not known', since: 4 },
  { code: 4, text: 'session refused: invalid password', since: 4 },
  { code: 9, text: 'session ended for an unspecified reason', since: 4 },
  // What a recipient answered in SFNA or EFNA, plus 10.
  ...START_FILE.map(({ code, text, since }): Reason => ({ code: code + 10, text, since: since === 5 ? 5 : 4 })),
  { code: 31, text: 'file signature not valid', since: 5 },
  { code: 32, text: 'file decompression failed', since: 5 },
  { code: 33, text: 'file decryption failed', since: 5 },
  { code: 34, text: 'file processing failed', since: 4 },
  { code: 35, text: 'not delivered to the recipient', since: 4 },
  { code: 36, text: 'not acknowledged by the recipient', since: 4 },
  { code: 50, text: 'transmission stopped by the operator', since: 4 },
  { code: 90, text: "file size incompatible with the recipient's protocol version", since: 4 },
];

/** Every list ends with 99. */
export const REASONS: Readonly<Record<ReasonKind, readonly Reason[]>> = {
  SFNA: [...START_FILE, { code: UNSPECIFIED, text: 'unspecified reason', since: 1 }],
  EFNA: [...END_FILE, { code: UNSPECIFIED, text: 'unspecified reason', since: 1 }],
  ESID: [...END_SESSION, { code: UNSPECIFIED, text: 'unspecified reason', since: 1 }],
  NERP: [...NEGATIVE_END, { code: UNSPECIFIED, text: 'unspecified reason', since: 4 }],
};

/** The standard text of a code; for a code that no level has, the number itself. */
export function reasonText(kind: ReasonKind, code: number): string {
  return REASONS[kind].find((reason) => reason.code === code)?.text ?? `unknown reason ${code}`;
}

/** The code to send at a level: `code` if the level has it, otherwise 99. */
export function reasonForLevel(kind: ReasonKind, code: number, level: Level): number {
  const known = REASONS[kind].some((reason) => reason.code === code && reason.since <= level);
  return known ? code : UNSPECIFIED;
}

/** EFNA 22 is a failed decryption, 23 a failed decompression; NERP 32 and 33 are the other way round (§5.3.14). */
const SWAPPED: Readonly<Record<number, number>> = { 22: 33, 23: 32 };

/** ESID codes that NERP repeats (§5.3.14). */
const ENDED_SESSION: Readonly<Record<number, number>> = { 3: 3, 4: 4, 99: 9 };

/**
 * The NERP code for a file that the next location refused for good, by an SFNA without retry, by an EFNA or by an
 * ESID, with `code`; 99 where NERP has no code for it at the level (§5.3.14).
 */
export function nerpReason(refusedBy: 'SFNA' | 'EFNA' | 'ESID', code: number, level: Level): number {
  if (refusedBy === 'ESID') return reasonForLevel('NERP', ENDED_SESSION[code] ?? UNSPECIFIED, level);
  const reason = REASONS[refusedBy].some((known) => known.code === code) ? (SWAPPED[code] ?? code + 10) : UNSPECIFIED;
  return reasonForLevel('NERP', reason, level);
}

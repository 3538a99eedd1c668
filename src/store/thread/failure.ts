/** Why the database cannot be used, or an operation was not done, in a form that can be sent to another thread. */

/**
 * - `engine`: no SQLite that may be used
 * - `missing`: the database is gone or empty although it was in use before
 * - `damaged`: the database is not one, or its integrity is lost
 * - `foreign`: a database, but of another program
 * - `newer`: written by a later version of this one
 * - `duplicate`: the virtual file was acknowledged before
 * - `sqlite`: an error of SQLite, such as a full disk
 * - `defect`: an error that only a mistake in this program explains
 */
export type FailureKind = 'engine' | 'missing' | 'damaged' | 'foreign' | 'newer' | 'duplicate' | 'sqlite' | 'defect';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** Primary result code of SQLite, where it was the cause. */
  readonly resultCode?: number;
}

/** A failure that this program itself finds. */
export class StateError extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** What was thrown, by this program or by SQLite, as a failure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof StateError) return { kind: error.kind, message: error.message };
  const { message, errcode } = error as { readonly message?: string; readonly errcode?: number };
  if (errcode === undefined) return { kind: 'defect', message: String(message ?? error) };
  // The low octet is the primary code; the rest says more about it.
  const resultCode = errcode & 0xff;
  const damaged = resultCode === SQLITE_CORRUPT || resultCode === SQLITE_NOTADB;
  return { kind: damaged ? 'damaged' : 'sqlite', message: String(message), resultCode };
}

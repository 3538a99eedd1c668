/** `OFTPError`, the one class of error that the library throws or reports, and how system errors become one. */
import { CODE_OF_ERRNO, ERRORS, type ErrorCode, type ErrorDescription } from './error-table.js';

/** What an `OFTPError` carries beside its number and message, where it applies. */
export interface OFTPErrorDetails {
  /** Reason code that travelled on the wire: ESIDREAS, SFNAREAS, EFNAREAS or NERPREAS. */
  readonly reasonCode?: number;
  /** Whether the peer allows another attempt (SFNARRTR). */
  readonly retry?: boolean;
  /** Reason text that came with the reason code; OFTP 2.0 only. */
  readonly reasonText?: string;
  /** The connection concerned. */
  readonly connectionId?: number;
  /** The error underneath, for example the one of Node.js with its `errno`. */
  readonly cause?: unknown;
}

/**
 * An error of this library. `code` is a number of the table of errors (671–691, 100–135, 10004–11004), for programs;
 * `message` is for people and says what was wrong and how to fix it. It never contains passwords, keys or challenges.
 */
export class OFTPError extends Error {
  static {
    // On the prototype, so that stack traces start with it and instances print without an extra field.
    OFTPError.prototype.name = 'OFTPError';
  }

  readonly code: ErrorCode;
  declare readonly reasonCode?: number;
  declare readonly retry?: boolean;
  declare readonly reasonText?: string;
  declare readonly connectionId?: number;

  constructor(code: ErrorCode, message: string, details: OFTPErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, fields);
  }
}

/** The row of the table for an error number; `undefined` for a number that does not exist. */
export function describeError(code: number): ErrorDescription | undefined {
  return ERRORS.get(code);
}

/**
 * Wraps an error of the operating system or of Node.js: `EADDRINUSE` becomes 10048, and so on. An error whose name has
 * no
 * number of its own, such as ENOENT or ERR_INVALID_ARG_VALUE, becomes 10022: an argument that the system refused.
 * @param error kept in `cause`, with its `errno`, `syscall` and `path`
 * @param context what was being done, for example `listening on 127.0.0.1:3305`
 */
export function systemError(
  error: NodeJS.ErrnoException,
  context?: string,
  details: Omit<OFTPErrorDetails, 'cause'> = {},
): OFTPError {
  const code = CODE_OF_ERRNO.get(error.code ?? '') ?? 10022;
  // An AggregateError of several connection attempts has a code, but an empty message.
  const what = error.message || error.code || 'unknown system error';
  return new OFTPError(code, context === undefined ? what : `${context}: ${what}`, { ...details, cause: error });
}

import { OFTPError, systemError } from '../settings/errors.js';
import type { Failure, FailureKind } from './thread/failure.js';

/**
 * The system error that a primary result code of SQLite is closest to: the codes of `OFTPError` and the reasons of SFNA
 * and EFNA are found by it.
 */
const ERRNO_OF_RESULT: ReadonlyMap<number | undefined, string> = new Map([
  [3, 'EACCES'],
  [5, 'EBUSY'],
  [7, 'ENOMEM'],
  [8, 'EROFS'],
  [10, 'EIO'],
  [13, 'ENOSPC'],
]);

const START_OVER =
  '; restore the folder from a backup, or move it away to start with nothing: then files received before are not ' +
  'recognised when they come again, and end responses not yet delivered are lost';

/** What to do, where the failure itself does not say it. */
const REMEDIES: Partial<Readonly<Record<FailureKind, string>>> = {
  missing: START_OVER,
  damaged: START_OVER,
  foreign: '; use another statePath',
};

/** @param folder the state folder, for the message */
export function storeError(folder: string, { kind, message, resultCode }: Failure): OFTPError {
  if (kind === 'duplicate') return new OFTPError(671, message);
  const cause: NodeJS.ErrnoException = new Error(message);
  const errno = ERRNO_OF_RESULT.get(resultCode);
  if (errno !== undefined) cause.code = errno;
  if (kind === 'sqlite') return systemError(cause, `the state in ${folder} could not be read or written`);
  return new OFTPError(10022, `the state in ${folder} cannot be used: ${message}${REMEDIES[kind] ?? ''}`, { cause });
}

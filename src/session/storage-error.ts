import { ContentRefused } from '../files/refusal.js';
import { OFTPError, systemError } from '../settings/errors.js';

/**
 * The error to report where something could not be stored: the number of the error itself, such as 681 for a file that
 * exists or 10069 for a full disk, or 671 for content that the peer should not have sent.
 */
export function storageError(error: unknown, context: string): OFTPError {
  if (error instanceof OFTPError) return new OFTPError(error.code, `${context}: ${error.message}`, { cause: error });
  if (error instanceof ContentRefused) return new OFTPError(671, `${context}: ${error.message}`, { cause: error });
  return systemError(error as NodeJS.ErrnoException, context);
}

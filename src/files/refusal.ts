/**
 * What a failure of the file system means to the peer: the reason of SFNA or EFNA (RFC 5024 §5.3.5, §5.3.10) and
 * whether another attempt makes sense.
 */
import { OFTPError } from '../settings/errors.js';

/**
 * 01 invalid file name, 05 maximum record length not supported, 06 file size is too big, 12 access method failure,
 * 13 duplicate file, 99 unspecified.
 */
export interface Refusal {
  readonly reason: 1 | 5 | 6 | 12 | 13 | 99;
  /** SFNARRTR. */
  readonly retry: boolean;
}

/** What was received is not acceptable, whatever the disk says. The message is for the peer as well. */
export class ContentRefused extends Error {
  readonly reason: 5 | 6 | 99;

  constructor(reason: 5 | 6 | 99, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Space and access come back, so the peer may try again; a name stays what it is. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOSPC: { reason: 6, retry: true },
  EDQUOT: { reason: 6, retry: true },
  EFBIG: { reason: 6, retry: true },
  ENAMETOOLONG: { reason: 1, retry: false },
  EILSEQ: { reason: 1, retry: false },
};

const ACCESS_METHOD_FAILURE: Refusal = { reason: 12, retry: true };

/** The code of the error for a file that stands under the final name (`TargetName`). */
const FILE_EXISTS = 681;

/** Not for EEXIST of anything else: to the peer it may mean that its file is here. */
const DUPLICATE_FILE: Refusal = { reason: 13, retry: false };

/** How far the causes of an error are followed. */
const CAUSES_MAX = 8;

/**
 * The refusal for an error of this folder, or of the file system. The name of the system error (`ENOSPC`) may stand
 * in the error or in one of its causes. Everything else, such as EACCES, EROFS, EMFILE, EIO or EBUSY, is an access
 * method failure that may be tried again.
 */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof ContentRefused) return { reason: error.reason, retry: false };
  if (error instanceof OFTPError && error.code === FILE_EXISTS) return DUPLICATE_FILE;
  let current = error as { readonly code?: unknown; readonly cause?: unknown } | null | undefined;
  for (let depth = 0; depth < CAUSES_MAX && current; depth += 1) {
    if (typeof current.code === 'string' && Object.hasOwn(REFUSALS, current.code)) return REFUSALS[current.code]!;
    current = current.cause as typeof current;
  }
  return ACCESS_METHOD_FAILURE;
}

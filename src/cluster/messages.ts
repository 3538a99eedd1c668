/**
 * What the processes of a cluster say to each other about the state: over the channel that Node.js gives them, which
 * the application may use as well. Everything is JSON, so that nothing is asked of the `serialization` of the cluster.
 */
import { OFTPError } from '../settings/errors.js';
import type { OperationName } from './calls.js';

/** Marks our messages among others; the number changes with their form. */
const MARK = 'oftp state 1';

/** What a worker asks for; without an id, what it tells. */
export interface Request {
  readonly id?: number;
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

/** An error, as far as another process can make use of it. */
export interface Failure {
  readonly code: number;
  readonly message: string;
  readonly retry?: boolean | undefined;
  /** The name of the system error underneath, such as ENOSPC. */
  readonly errno?: string | undefined;
}

/** What the primary answers. Long lists come in parts, the last of them as `value`. */
export interface Answer {
  readonly id: number;
  readonly part?: readonly unknown[];
  readonly value?: unknown;
  readonly failure?: Failure;
}

interface Envelope {
  readonly kind: typeof MARK;
  readonly items: readonly unknown[];
}

export function envelope(items: readonly unknown[]): Envelope {
  return { kind: MARK, items };
}

/** What one of our messages holds; undefined for a message of somebody else. */
export function itemsOf(message: unknown): readonly unknown[] | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, items } = message as Partial<Envelope>;
  return kind === MARK && Array.isArray(items) ? items : undefined;
}

/** How far the causes of an error are followed. */
const CAUSES_MAX = 8;

export function failureFrom(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof OFTPError)) return { code: 671, message };
  let cause: { code?: unknown; cause?: unknown } | undefined = error;
  for (let depth = 0; depth < CAUSES_MAX && cause && typeof cause.code !== 'string'; depth += 1) {
    cause = cause.cause as typeof cause;
  }
  const errno = typeof cause?.code === 'string' ? cause.code : undefined;
  return { code: error.code, message, retry: error.retry, errno };
}

export function errorFrom({ code, message, retry, errno }: Failure): OFTPError {
  const cause = errno === undefined ? undefined : Object.assign(new Error(message), { code: errno });
  return new OFTPError(code as OFTPError['code'], message, { ...(retry === undefined ? {} : { retry }), cause });
}

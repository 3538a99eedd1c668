// What a revocation list or an OCSP responder says about one certificate.

export type RevocationAnswer =
  | { readonly status: 'good' /** Until when it may be used. */; readonly until: Date }
  | { readonly status: 'revoked'; readonly since: Date | undefined; readonly reason: string; readonly until: Date }
  /** It says nothing that may be believed; `message` completes "the list …" or "the responder …". */
  | { readonly status: 'unknown'; readonly message: string };

/** CRLReason by its number (RFC 5280 §5.3.1). */
const REASONS: readonly (string | undefined)[] = [
  'unspecified',
  'key compromise',
  'authority compromise',
  'affiliation changed',
  'superseded',
  'cessation of operation',
  'on hold',
  undefined,
  'removed',
  'privilege withdrawn',
  'attribute authority compromise',
];

export const reasonText = (code: number | undefined): string => REASONS[code ?? 0] ?? 'unspecified';

/** Clocks of authorities differ from this one by as much, in milliseconds. */
export const SKEW_MS = 5 * 60_000;

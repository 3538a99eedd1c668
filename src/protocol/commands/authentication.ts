/** Secure authentication, level 5 only: RFC 5024 §5.3.16 to §5.3.18. */
import type { CommandRows } from './rows.js';

/** Security Change Direction. */
export const SECD = {
  octet: 'J',
  since: 5,
  rows: [{ pos: 0, field: 'cmd', format: 'F X(1)', values: ['J'] }],
} as const satisfies CommandRows;

/** Authentication Challenge. An empty challenge would prove nothing: its length is 1 at least. */
export const AUCH = {
  octet: 'A',
  since: 5,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['A'] },
    { pos: 1, field: 'chll', format: 'V U(2)', min: 1 },
    { pos: 3, field: 'chal', format: 'V U(n)', length: 'chll', secret: true },
  ],
} as const satisfies CommandRows;

/** Authentication Response. */
export const AURP = {
  octet: 'S',
  since: 5,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['S'] },
    { pos: 1, field: 'rsp', format: 'V U(20)', secret: true },
  ],
} as const satisfies CommandRows;

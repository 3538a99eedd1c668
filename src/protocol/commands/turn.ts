/** The turn: RFC 5024 §5.3.12, RFC 2204 §5.3.12. */
import type { CommandRows } from './rows.js';

/** Change Direction. */
export const CD = {
  octet: 'R',
  since: 1,
  rows: [{ pos: 0, field: 'cmd', format: 'F X(1)', values: ['R'] }],
} as const satisfies CommandRows;

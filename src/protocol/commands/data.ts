/** Data transfer: RFC 5024 §5.3.6 and §5.3.7, RFC 2204 §5.3.6 and §5.3.7. */
import type { CommandRows } from './rows.js';

/** Command octet of DATA. It is no command with rows: behind the octet stand subrecords, which framing takes apart. */
export const DATA_OCTET = 0x44;

/** Set Credit. */
export const CDT = {
  octet: 'C',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['C'] },
    { pos: 1, field: 'rsv1', format: 'F X(2)' },
  ],
} as const satisfies CommandRows;

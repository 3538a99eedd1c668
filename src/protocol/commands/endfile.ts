/** End of a file: RFC 5024 §5.3.8 to §5.3.10, RFC 2204 §5.3.8 to §5.3.10. */
import { type CommandRows, YES_NO } from './rows.js';

/** End File. */
export const EFID = {
  octet: 'T',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['T'] },
    { pos: 1, field: 'rcnt', format: 'V 9(9)', until: 4 },
    { pos: 1, field: 'rcnt', format: 'V 9(17)', since: 5 },
    { pos: 10, field: 'ucnt', format: 'V 9(12)', until: 4 },
    { pos: 18, field: 'ucnt', format: 'V 9(17)', since: 5 },
  ],
} as const satisfies CommandRows;

/** End File Positive Answer. */
export const EFPA = {
  octet: '4',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['4'] },
    { pos: 1, field: 'cd', format: 'F X(1)', values: YES_NO },
  ],
} as const satisfies CommandRows;

/** End File Negative Answer. */
export const EFNA = {
  octet: '5',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['5'] },
    { pos: 1, field: 'reas', format: 'F 9(2)', reasons: true },
    { pos: 3, field: 'reasl', format: 'V 9(3)', since: 5 },
    { pos: 6, field: 'reast', format: 'V T(n)', length: 'reasl', since: 5 },
  ],
} as const satisfies CommandRows;

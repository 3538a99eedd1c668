/** Start and end of a session: RFC 5024 §5.3.1, §5.3.2 and §5.3.11, RFC 2204 §5.3.1, §5.3.2 and §5.3.11. */
import { CARRIAGE_RETURN, type CommandRows, YES_NO } from './rows.js';

/** Start Session Ready Message. */
export const SSRM = {
  octet: 'I',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['I'] },
    { pos: 1, field: 'msg', format: 'F X(17)', values: ['ODETTE FTP READY '] },
    { pos: 18, field: 'cr', format: 'F X(1)', values: CARRIAGE_RETURN },
  ],
} as const satisfies CommandRows;

/** Start Session. Its layout follows from its own SSIDLEV, since no level is agreed before it. */
export const SSID = {
  octet: 'X',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['X'] },
    { pos: 1, field: 'lev', format: 'F 9(1)', values: ['1', '2', '4', '5'], min: 1 },
    { pos: 2, field: 'code', format: 'V X(25)' },
    { pos: 27, field: 'pswd', format: 'V X(8)', secret: true },
    { pos: 35, field: 'sdeb', format: 'V 9(5)', min: 128 },
    { pos: 40, field: 'sr', format: 'F X(1)', values: ['S', 'R', 'B'] },
    { pos: 41, field: 'cmpr', format: 'F X(1)', values: YES_NO },
    { pos: 42, field: 'rest', format: 'F X(1)', values: YES_NO },
    { pos: 43, field: 'spec', format: 'F X(1)', values: ['N'], until: 2 },
    { pos: 43, field: 'spec', format: 'F X(1)', values: YES_NO, since: 4 },
    // The field's text gives the maximum only; the minimum is that of the credit window, §9.7.
    { pos: 44, field: 'cred', format: 'V 9(3)', min: 1 },
    { pos: 47, field: 'rsv1', format: 'F X(5)', until: 4 },
    { pos: 47, field: 'auth', format: 'F X(1)', values: YES_NO, since: 5 },
    { pos: 48, field: 'rsv1', format: 'F X(4)', since: 5 },
    { pos: 52, field: 'user', format: 'V X(8)' },
    { pos: 60, field: 'cr', format: 'F X(1)', values: CARRIAGE_RETURN },
  ],
} as const satisfies CommandRows;

/** End Session. */
export const ESID = {
  octet: 'F',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['F'] },
    { pos: 1, field: 'reas', format: 'F 9(2)', reasons: true },
    { pos: 3, field: 'cr', format: 'F X(1)', values: CARRIAGE_RETURN, until: 4 },
    { pos: 3, field: 'reasl', format: 'V 9(3)', since: 5 },
    { pos: 6, field: 'reast', format: 'V T(n)', length: 'reasl', since: 5 },
    { pos: null, field: 'cr', format: 'F X(1)', values: CARRIAGE_RETURN, since: 5 },
  ],
} as const satisfies CommandRows;

/**
 * Start of a file: RFC 5024 §5.3.3 to §5.3.5, RFC 2204 §5.3.3 to §5.3.5. No RFC describes 1.4: RFC 5024 §1.2 lists the
 * long stamp as its change, and deployed 1.4 systems keep everything else of the 1.3 layout.
 */
import { type CommandRows, YES_NO } from './rows.js';

/** Start File. */
export const SFID = {
  octet: 'H',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['H'] },
    { pos: 1, field: 'dsn', format: 'V X(26)' },
    { pos: 27, field: 'rsv1', format: 'F X(9)', until: 2 },
    { pos: 27, field: 'rsv1', format: 'F X(3)', since: 4 },
    { pos: 36, field: 'date', format: 'V X(6)', picture: 'YYMMDD', until: 2 },
    { pos: 30, field: 'date', format: 'V 9(8)', picture: 'CCYYMMDD', since: 4 },
    { pos: 42, field: 'time', format: 'V X(6)', picture: 'HHMMSS', until: 2 },
    { pos: 38, field: 'time', format: 'V 9(10)', picture: 'HHMMSScccc', since: 4 },
    { pos: 48, field: 'user', format: 'V X(8)' },
    { pos: 56, field: 'dest', format: 'V X(25)' },
    { pos: 81, field: 'orig', format: 'V X(25)' },
    { pos: 106, field: 'fmt', format: 'F X(1)', values: ['F', 'V', 'U', 'T'] },
    { pos: 107, field: 'lrecl', format: 'V 9(5)' },
    { pos: 112, field: 'fsiz', format: 'V 9(7)', until: 4 },
    { pos: 112, field: 'fsiz', format: 'V 9(13)', since: 5 },
    { pos: 125, field: 'osiz', format: 'V 9(13)', since: 5 },
    { pos: 119, field: 'rest', format: 'V 9(9)', until: 4 },
    { pos: 138, field: 'rest', format: 'V 9(17)', since: 5 },
    { pos: 155, field: 'sec', format: 'F 9(2)', values: ['00', '01', '02', '03'], since: 5 },
    // An open list: the RFC prints 00 and 01, §10.2 adds 02, Odette more. Whoever lacks a suite answers SFNA 15.
    { pos: 157, field: 'ciph', format: 'F 9(2)', since: 5 },
    { pos: 159, field: 'comp', format: 'F 9(1)', values: ['0', '1'], since: 5 },
    { pos: 160, field: 'env', format: 'F 9(1)', values: ['0', '1'], since: 5 },
    { pos: 161, field: 'sign', format: 'F X(1)', values: YES_NO, since: 5 },
    { pos: 162, field: 'descl', format: 'V 9(3)', since: 5 },
    { pos: 165, field: 'desc', format: 'V T(n)', length: 'descl', since: 5 },
  ],
} as const satisfies CommandRows;

/** Start File Positive Answer. */
export const SFPA = {
  octet: '2',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['2'] },
    { pos: 1, field: 'acnt', format: 'V 9(9)', until: 4 },
    { pos: 1, field: 'acnt', format: 'V 9(17)', since: 5 },
  ],
} as const satisfies CommandRows;

/** Start File Negative Answer. */
export const SFNA = {
  octet: '3',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['3'] },
    { pos: 1, field: 'reas', format: 'F 9(2)', reasons: true },
    { pos: 3, field: 'rrtr', format: 'F X(1)', values: YES_NO },
    { pos: 4, field: 'reasl', format: 'V 9(3)', since: 5 },
    { pos: 7, field: 'reast', format: 'V T(n)', length: 'reasl', since: 5 },
  ],
} as const satisfies CommandRows;

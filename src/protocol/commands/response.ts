/**
 * End responses: RFC 5024 §5.3.13 to §5.3.15, RFC 2204 §5.3.13 and §5.3.14. They repeat the file's name, stamp and
 * locations, and pass through intermediaries, hence `echo`. NERP has no user data and six reserved octets, so its
 * positions are its own.
 */
import type { CommandRows } from './rows.js';

/** End to End Response. DEST is the file's originator, ORIG its final recipient. */
export const EERP = {
  octet: 'E',
  since: 1,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['E'] },
    { pos: 1, field: 'dsn', format: 'V X(26)', echo: true },
    { pos: 27, field: 'rsv1', format: 'F X(9)', until: 2 },
    { pos: 27, field: 'rsv1', format: 'F X(3)', since: 4 },
    { pos: 36, field: 'date', format: 'V X(6)', picture: 'YYMMDD', until: 2 },
    { pos: 30, field: 'date', format: 'V 9(8)', picture: 'CCYYMMDD', since: 4 },
    { pos: 42, field: 'time', format: 'V X(6)', picture: 'HHMMSS', until: 2 },
    { pos: 38, field: 'time', format: 'V 9(10)', picture: 'HHMMSScccc', since: 4 },
    { pos: 48, field: 'user', format: 'V X(8)', echo: true },
    { pos: 56, field: 'dest', format: 'V X(25)', echo: true },
    { pos: 81, field: 'orig', format: 'V X(25)', echo: true },
    { pos: 106, field: 'hshl', format: 'V U(2)', since: 5 },
    { pos: 108, field: 'hsh', format: 'V U(n)', length: 'hshl', since: 5 },
    { pos: null, field: 'sigl', format: 'V U(2)', since: 5 },
    { pos: null, field: 'sig', format: 'V U(n)', length: 'sigl', since: 5 },
  ],
} as const satisfies CommandRows;

/**
 * Negative End Response, from 1.4 on (RFC 5024 §1.2). No RFC prints the layout of 1.4: deployed systems use the first
 * 128 octets of the 2.0 one.
 */
export const NERP = {
  octet: 'N',
  since: 4,
  rows: [
    { pos: 0, field: 'cmd', format: 'F X(1)', values: ['N'] },
    { pos: 1, field: 'dsn', format: 'V X(26)', echo: true },
    { pos: 27, field: 'rsv1', format: 'F X(6)' },
    { pos: 33, field: 'date', format: 'V 9(8)', picture: 'CCYYMMDD' },
    { pos: 41, field: 'time', format: 'V 9(10)', picture: 'HHMMSScccc' },
    { pos: 51, field: 'dest', format: 'V X(25)', echo: true },
    { pos: 76, field: 'orig', format: 'V X(25)', echo: true },
    { pos: 101, field: 'crea', format: 'V X(25)', echo: true },
    { pos: 126, field: 'reas', format: 'F 9(2)', reasons: true },
    { pos: 128, field: 'reasl', format: 'V 9(3)', since: 5 },
    { pos: 131, field: 'reast', format: 'V T(n)', length: 'reasl', since: 5 },
    { pos: null, field: 'hshl', format: 'V U(2)', since: 5 },
    { pos: null, field: 'hsh', format: 'V U(n)', length: 'hshl', since: 5 },
    { pos: null, field: 'sigl', format: 'V U(2)', since: 5 },
    { pos: null, field: 'sig', format: 'V U(n)', length: 'sigl', since: 5 },
  ],
} as const satisfies CommandRows;

/** Ready To Receive: the Listener's answer to EERP and NERP. */
export const RTR = {
  octet: 'P',
  since: 1,
  rows: [{ pos: 0, field: 'cmd', format: 'F X(1)', values: ['P'] }],
} as const satisfies CommandRows;

/** The types of the objects that stand for commands, derived from the rows. */
import type { FieldsOf } from './rows.js';
import type { COMMANDS, CommandName } from './table.js';

type RowsOf<N extends CommandName> = (typeof COMMANDS)[N]['rows'][number];

/**
 * A command as a plain object: its RFC name and its fields, in lower case and without the command's name.
 *
 * X(n) is a string of latin1 characters without its trailing spaces, 9(n) a number (a bigint where 17 digits are
 * possible), a stamp its digits as sent, U(n) a Uint8Array of its own memory, T(n) a string, Y/N a boolean. The type
 * is the same at every level: what a level does not have is 0, false, '' or empty after decoding.
 */
export type CommandOf<N extends CommandName> = N extends CommandName
  ? { readonly name: N } & FieldsOf<RowsOf<N>>
  : never;

export type SSRM = CommandOf<'SSRM'>;
export type SSID = CommandOf<'SSID'>;
export type SECD = CommandOf<'SECD'>;
export type AUCH = CommandOf<'AUCH'>;
export type AURP = CommandOf<'AURP'>;
export type SFID = CommandOf<'SFID'>;
export type SFPA = CommandOf<'SFPA'>;
export type SFNA = CommandOf<'SFNA'>;
export type CDT = CommandOf<'CDT'>;
export type EFID = CommandOf<'EFID'>;
export type EFPA = CommandOf<'EFPA'>;
export type EFNA = CommandOf<'EFNA'>;
export type CD = CommandOf<'CD'>;
export type EERP = CommandOf<'EERP'>;
export type NERP = CommandOf<'NERP'>;
export type RTR = CommandOf<'RTR'>;
export type ESID = CommandOf<'ESID'>;

export type Command = CommandOf<CommandName>;

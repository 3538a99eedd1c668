/** All commands: their rows, names and octets. */
import { AUCH, AURP, SECD } from './authentication.js';
import { CDT, DATA_OCTET } from './data.js';
import { EFID, EFNA, EFPA } from './endfile.js';
import { SFID, SFNA, SFPA } from './file.js';
import { EERP, NERP, RTR } from './response.js';
import { ESID, SSID, SSRM } from './session.js';
import { CD } from './turn.js';

export const COMMANDS = {
  SSRM,
  SSID,
  SECD,
  AUCH,
  AURP,
  SFID,
  SFPA,
  SFNA,
  CDT,
  EFID,
  EFPA,
  EFNA,
  CD,
  EERP,
  NERP,
  RTR,
  ESID,
} as const;

/** The commands that have rows: all but DATA. */
export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

/** The first octet of an exchange buffer, DATA included. */
export const COMMAND_OCTET: Readonly<Record<CommandName | 'DATA', number>> = {
  ...(Object.fromEntries(COMMAND_NAMES.map((name) => [name, COMMANDS[name].octet.charCodeAt(0)])) as Record<
    CommandName,
    number
  >),
  DATA: DATA_OCTET,
};

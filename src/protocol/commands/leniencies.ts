/**
 * All that is taken from a peer though RFC 5024 says otherwise, and the peer that needs it. Nothing here touches what
 * is sent. Whatever is not in this list is refused with reason 06 or 07.
 *
 * Two kinds. A leniency with `shapes` lets a command have other rows: they are tried, in order, when an exchange
 * buffer has not the length of its level's own layout, and count only if everything in them is valid. The others bear
 * on one field's content.
 */
import { endOfText } from './octets.js';
import type { Row } from './rows.js';
import type { Level } from './version.js';

type Rows = readonly Row[];

interface Leniency {
  /** What is taken. */
  readonly rule: string;
  /** Who sends it. */
  readonly peer: string;
  /** What the codec goes by. */
  readonly [by: string]: unknown;
}

/** Other rows for a command that has the rows `rowsAt(level)` at the level of the session. */
type Shapes = (level: Level, rowsAt: (level: Level) => Rows) => readonly Rows[];

const withoutFinalOctet: Shapes = (level, rowsAt) => [rowsAt(level).filter(({ field }) => field !== 'cr')];

const ofOtherLevel: Shapes = (level, rowsAt) => {
  const other = level === 5 ? 4 : 5;
  return [rowsAt(other), ...withoutFinalOctet(other, rowsAt)];
};

const withoutReserved: Shapes = (level, rowsAt) => {
  const alone = rowsAt(level).filter(({ field }) => field === 'cmd');
  return [alone, [...alone, { pos: 1, field: 'rsv1', format: 'F X(1)' }]];
};

const upToFirstLength: Shapes = (level, rowsAt) => {
  const rows = rowsAt(level);
  const lengths = new Set(rows.flatMap(({ length }) => length ?? []));
  const first = rows.findIndex(({ field }) => lengths.has(field));
  return first < 0 ? [] : [rows.slice(0, first)];
};

export const LENIENCIES = {
  lineFeedAtEnd: {
    rule: 'SSRMCR, SSIDCR and ESIDCR may be 0A; 0D and 8D are legal anyway',
    peer: 'systems that end the line with a character of their platform',
    octet: 0x0a,
  },
  reservedOctets: {
    rule: 'reserved octets may hold anything, such as an N where level 5 has SSIDAUTH',
    peer: 'level 5 systems that keep their SSID layout when they speak 1.2 to 1.4',
    /** A reserved field is never looked at. */
    read: (): string => '',
  },
  trailingSpaces: {
    rule: 'spaces at the end of X(n) are padding, also in codes and passwords; leading and inner ones are not',
    peer: 'systems with spaces in organisation codes and file names, which §5.3 excludes and §5.4 allows',
    endOfText,
  },
  specialLogic: {
    rule: 'SSIDSPEC may be Y at every level, though RFC 2204 allows N only; the answer is N',
    peer: 'systems configured for X.25 that call over TCP',
    field: 'SSIDSPEC',
    values: ['Y', 'N'],
  },
  unlistedNumbers: {
    rule: 'numbers that the level does not list are taken: levels 3 and 6 to 9, reason codes of other levels',
    peer: 'systems that use the reason codes of 2.0 at lower levels; revisions to come',
    fields: ['SSIDLEV', 'SFNAREAS', 'EFNAREAS', 'ESIDREAS', 'NERPREAS'],
  },
  endReasonUnreadable: {
    rule: 'ESIDREAS that is not two digits counts as 99, since an ESID is never answered by an ESID',
    peer: 'any: the session is over whatever the reason',
    field: 'ESIDREAS',
    reason: 99,
  },
  malformedText: {
    rule: 'malformed UTF-8 is read with replacement characters',
    peer: 'systems that put latin1 or their own code page into T(n)',
    fatal: false,
  },
  finalOctetMissing: {
    rule: 'SSRM, SSID and ESID may lack their final octet',
    peer: 'systems that take the carriage return for a line end to be stripped',
    commands: ['SSRM', 'SSID', 'ESID'],
    shapes: withoutFinalOctet,
  },
  endSessionOfOtherLevel: {
    rule: 'ESID at level 5 may have the layout of 1.x, and the other way round, with or without its final octet',
    peer: 'systems that end 2.0 sessions in the layout of 1.4, or refuse 1.2 and 1.4 in that of 2.0',
    commands: ['ESID'],
    shapes: ofOtherLevel,
  },
  creditWithoutReserved: {
    rule: 'CDT may lack one or both of its reserved octets',
    peer: 'systems that send the command octet alone',
    commands: ['CDT'],
    shapes: withoutReserved,
  },
  trailingLengthsMissing: {
    rule: 'SFID, SFNA, EFNA, EERP and NERP may end before their first length field, if nothing follows',
    peer: 'systems that keep the fixed part of 1.4 for what 2.0 made variable',
    commands: ['SFID', 'SFNA', 'EFNA', 'EERP', 'NERP'],
    shapes: upToFirstLength,
  },
} as const satisfies Readonly<Record<string, Leniency>>;

/** The other rows that a command may have at a level, in the order in which they are to be tried. */
export function lenientShapes(command: string, level: Level, rowsAt: (level: Level) => Rows): readonly Rows[] {
  return Object.values(LENIENCIES).flatMap((leniency) => {
    if (!('shapes' in leniency)) return [];
    const commands: readonly string[] = leniency.commands;
    return commands.includes(command) ? leniency.shapes(level, rowsAt) : [];
  });
}

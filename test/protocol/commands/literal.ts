/** Exchange buffers written out: every piece is one field as it stands on the wire. */
import type { Command } from '../../../src/protocol/commands/codec.js';
import type { Level } from '../../../src/protocol/commands/version.js';

/** The octets of latin1 text. */
export function octets(...pieces: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(pieces.join(''), 'latin1'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export interface Literal {
  readonly title: string;
  readonly levels: readonly Level[];
  readonly command: Command;
  readonly octets: Uint8Array;
}

const ALL: readonly Level[] = [1, 2, 4, 5];
const BELOW_2_0: readonly Level[] = [1, 2, 4];

const NONE = new Uint8Array(0);
const CHALLENGE = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
const RESPONSE = Uint8Array.from({ length: 20 }, (_, index) => 0xf0 + (index & 0x0f));
const HASH = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
const SIGNATURE = Uint8Array.of(0x30, 0x80, 0x00, 0x20, 0xff);

const session = (lev: Level, auth: boolean) =>
  ({
    name: 'SSID',
    lev,
    code: 'O0013HUB ONE     SUB1',
    pswd: 'SECRET',
    sdeb: 4096,
    sr: 'B',
    cmpr: true,
    rest: false,
    spec: false,
    cred: 99,
    auth,
    user: 'ME',
  }) as const;

const file = {
  name: 'SFID',
  dsn: 'A.B-C/D(E)&F',
  user: 'U1',
  dest: 'O0013DEST',
  orig: 'O0013ORIG',
  fmt: 'V',
  lrecl: 80,
  fsiz: 1234,
  rest: 7n,
} as const;

const plain = { osiz: 0, sec: 0, ciph: 0, comp: 0, env: 0, sign: false, desc: '' } as const;

const response = { name: 'EERP', dsn: 'ORDERS', user: '', dest: 'O0013ORIG', orig: 'O0013DEST' } as const;

const negative = {
  name: 'NERP',
  dsn: 'ORDERS',
  date: '20240229',
  time: '2359590001',
  dest: 'O0013ORIG',
  orig: 'O0013DEST',
  crea: 'O0013HUB',
} as const;

/** SSIDCODE to SSIDCRED of `session`. */
const SESSION = ['O0013HUB ONE     SUB1    ', 'SECRET  ', '04096', 'B', 'Y', 'N', 'N', '099'];
/** SFIDUSER to SFIDLRECL of `file`. */
const FILE = ['U1      ', 'O0013DEST                ', 'O0013ORIG                ', 'V', '00080'];
/** EERPUSER to EERPORIG of `response`. */
const RESPONSE_ENDS = ['        ', 'O0013ORIG                ', 'O0013DEST                '];
/** NERPCMD to NERPCREA of `negative`. */
const NEGATIVE = [
  'N',
  'ORDERS                    ',
  '      ',
  '20240229',
  '2359590001',
  'O0013ORIG                ',
  'O0013DEST                ',
  'O0013HUB                 ',
];

const START_AND_END: readonly Literal[] = [
  {
    title: 'SSRM, C-025',
    levels: ALL,
    command: { name: 'SSRM', msg: 'ODETTE FTP READY ' },
    octets: octets('IODETTE FTP READY \r'),
  },
  ...BELOW_2_0.map(
    (lev): Literal => ({
      title: `SSID of level ${lev} with five reserved octets, C-034`,
      levels: ALL,
      command: session(lev, false),
      octets: octets('X', `${lev}`, ...SESSION, '     ', 'ME      ', '\r'),
    }),
  ),
  {
    title: 'SSID of level 5 without authentication, C-033',
    levels: ALL,
    command: session(5, false),
    octets: octets('X', '5', ...SESSION, 'N', '    ', 'ME      ', '\r'),
  },
  {
    title: 'SSID of level 5 with authentication, C-033',
    levels: ALL,
    command: session(5, true),
    octets: octets('X', '5', ...SESSION, 'Y', '    ', 'ME      ', '\r'),
  },
  { title: 'SECD', levels: [5], command: { name: 'SECD' }, octets: octets('J') },
  {
    title: 'AUCH with its length in two octets, network order, C-076',
    levels: [5],
    command: { name: 'AUCH', chal: CHALLENGE },
    octets: octets('A', '\x01\x2c', Buffer.from(CHALLENGE).toString('latin1')),
  },
  {
    title: 'AURP, C-080',
    levels: [5],
    command: { name: 'AURP', rsp: RESPONSE },
    octets: octets('S', Buffer.from(RESPONSE).toString('latin1')),
  },
  {
    title: 'ESID in four octets, C-258',
    levels: BELOW_2_0,
    command: { name: 'ESID', reas: 2, reast: '' },
    octets: octets('F', '02', '\r'),
  },
  {
    title: 'ESID without text, C-258',
    levels: [5],
    command: { name: 'ESID', reas: 0, reast: '' },
    octets: octets('F', '00', '000', '\r'),
  },
  {
    title: 'ESID with a text counted in octets of UTF-8, C-264',
    levels: [5],
    command: { name: 'ESID', reas: 99, reast: 'Grüße' },
    octets: octets('F', '99', '007', 'Gr\xc3\xbc\xc3\x9fe', '\r'),
  },
];

const FILES: readonly Literal[] = [
  {
    title: 'SFID with nine reserved octets and the short stamp, C-094',
    levels: [1, 2],
    command: { ...file, ...plain, date: '240229', time: '235959' },
    octets: octets(
      ...['H', 'A.B-C/D(E)&F              ', '         ', '240229', '235959'],
      ...FILE,
      ...['0001234', '000000007'],
    ),
  },
  {
    title: 'SFID of 1.4 with the long stamp and the short counts, C-095',
    levels: [4],
    command: { ...file, ...plain, date: '20240229', time: '2359590001' },
    octets: octets(
      ...['H', 'A.B-C/D(E)&F              ', '   ', '20240229', '2359590001'],
      ...FILE,
      ...['0001234', '000000007'],
    ),
  },
  {
    title: 'SFID of 165 octets, C-093',
    levels: [5],
    command: { ...file, ...plain, date: '20240229', time: '2359590001', osiz: 1234 },
    octets: octets(
      ...['H', 'A.B-C/D(E)&F              ', '   ', '20240229', '2359590001'],
      ...FILE,
      ...['0000000001234', '0000000001234', '00000000000000007', '00', '00', '0', '0', 'N', '000'],
    ),
  },
  {
    title: 'SFID with all services and a description, C-097',
    levels: [5],
    command: {
      ...{ ...file, date: '20240229', time: '2359590001', fsiz: 9_999_999_999_999, osiz: 5 },
      ...{ rest: 99999999999999999n, sec: 3, ciph: 2, comp: 1, env: 1, sign: true, desc: '€' },
    },
    octets: octets(
      ...['H', 'A.B-C/D(E)&F              ', '   ', '20240229', '2359590001'],
      ...FILE,
      ...['9999999999999', '0000000000005', '99999999999999999', '03', '02', '1', '1', 'Y', '003', '\xe2\x82\xac'],
    ),
  },
  {
    title: 'SFPA with nine digits, C-134',
    levels: BELOW_2_0,
    command: { name: 'SFPA', acnt: 12n },
    octets: octets('2', '000000012'),
  },
  {
    title: 'SFPA with 17 digits, none lost, C-134',
    levels: [5],
    command: { name: 'SFPA', acnt: 99999999999999999n },
    octets: octets('2', '99999999999999999'),
  },
  {
    title: 'SFNA in four octets, C-148',
    levels: BELOW_2_0,
    command: { name: 'SFNA', reas: 13, rrtr: false, reast: '' },
    octets: octets('3', '13', 'N'),
  },
  {
    title: 'SFNA with a text, C-148',
    levels: [5],
    command: { name: 'SFNA', reas: 20, rrtr: true, reast: 'sign it' },
    octets: octets('3', '20', 'Y', '007', 'sign it'),
  },
  { title: 'CDT, C-182', levels: ALL, command: { name: 'CDT' }, octets: octets('C', '  ') },
  {
    title: 'EFID with 9 and 12 digits, C-190',
    levels: BELOW_2_0,
    command: { name: 'EFID', rcnt: 999999999n, ucnt: 999999999999n },
    octets: octets('T', '999999999', '999999999999'),
  },
  {
    title: 'EFID with 17 and 17 digits, none lost, C-190',
    levels: [5],
    command: { name: 'EFID', rcnt: 1n, ucnt: 99999999999999999n },
    octets: octets('T', '00000000000000001', '99999999999999999'),
  },
  { title: 'EFPA, C-197', levels: ALL, command: { name: 'EFPA', cd: false }, octets: octets('4', 'N') },
  {
    title: 'EFPA that asks for the turn, C-198',
    levels: ALL,
    command: { name: 'EFPA', cd: true },
    octets: octets('4', 'Y'),
  },
  {
    title: 'EFNA in three octets, C-204',
    levels: BELOW_2_0,
    command: { name: 'EFNA', reas: 11, reast: '' },
    octets: octets('5', '11'),
  },
  {
    title: 'EFNA with a text, C-204',
    levels: [5],
    command: { name: 'EFNA', reas: 23, reast: 'zlib' },
    octets: octets('5', '23', '004', 'zlib'),
  },
];

const RESPONSES: readonly Literal[] = [
  { title: 'CD, C-249', levels: ALL, command: { name: 'CD' }, octets: octets('R') },
  { title: 'RTR, C-219', levels: ALL, command: { name: 'RTR' }, octets: octets('P') },
  {
    title: 'EERP of 106 octets with the short stamp, C-212',
    levels: [1, 2],
    command: { ...response, date: '000101', time: '000000', hsh: NONE, sig: NONE },
    octets: octets('E', 'ORDERS                    ', '         ', '000101', '000000', ...RESPONSE_ENDS),
  },
  {
    title: 'EERP of 106 octets with the long stamp, C-212',
    levels: [4],
    command: { ...response, date: '20240229', time: '2359590001', hsh: NONE, sig: NONE },
    octets: octets('E', 'ORDERS                    ', '   ', '20240229', '2359590001', ...RESPONSE_ENDS),
  },
  {
    title: 'EERP of 110 octets, not signed, C-213',
    levels: [5],
    command: { ...response, date: '20240229', time: '2359590001', hsh: NONE, sig: NONE },
    octets: octets(
      ...['E', 'ORDERS                    ', '   ', '20240229', '2359590001'],
      ...RESPONSE_ENDS,
      ...['\0\0', '\0\0'],
    ),
  },
  {
    title: 'EERP with hash and signature, C-213',
    levels: [5],
    command: { ...response, date: '20240229', time: '2359590001', hsh: HASH, sig: SIGNATURE },
    octets: octets(
      ...['E', 'ORDERS                    ', '   ', '20240229', '2359590001'],
      ...RESPONSE_ENDS,
      ...['\0\x04', '\xde\xad\xbe\xef', '\0\x05', '\x30\x80\x00\x20\xff'],
    ),
  },
  {
    title: 'NERP of 128 octets, C-238',
    levels: [4],
    command: { ...negative, reas: 24, reast: '', hsh: NONE, sig: NONE },
    octets: octets(...NEGATIVE, '24'),
  },
  {
    title: 'NERP of 135 octets, C-237',
    levels: [5],
    command: { ...negative, reas: 34, reast: '', hsh: NONE, sig: NONE },
    octets: octets(...NEGATIVE, '34', '000', '\0\0', '\0\0'),
  },
  {
    title: 'NERP with text, hash and signature, C-237',
    levels: [5],
    command: { ...negative, reas: 90, reast: 'é', hsh: HASH, sig: SIGNATURE },
    octets: octets(
      ...NEGATIVE,
      ...['90', '002', '\xc3\xa9', '\0\x04', '\xde\xad\xbe\xef', '\0\x05', '\x30\x80\x00\x20\xff'],
    ),
  },
];

/** Every command in every layout it has. */
export const LITERALS: readonly Literal[] = [...START_AND_END, ...FILES, ...RESPONSES];

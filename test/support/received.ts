/**
 * Reads what the server sends, strictly: wrong lengths, letters in numbers, leading spaces and filled reserved octets
 * are failures. Fields keep the octets of the wire (latin1, padding included), so that tests compare them literally.
 */
import type { Level } from './wire.js';

export type CommandName =
  | 'SSRM'
  | 'SSID'
  | 'SECD'
  | 'AUCH'
  | 'AURP'
  | 'SFID'
  | 'SFPA'
  | 'SFNA'
  | 'DATA'
  | 'CDT'
  | 'EFID'
  | 'EFPA'
  | 'EFNA'
  | 'ESID'
  | 'CD'
  | 'EERP'
  | 'NERP'
  | 'RTR';

export interface Received {
  readonly name: CommandName;
  /** The exchange buffer, without the Stream Transmission Header. */
  readonly octets: Buffer;
  readonly fields: Readonly<Record<string, string>>;
}

const NAMES: Readonly<Record<string, CommandName>> = {
  I: 'SSRM',
  X: 'SSID',
  J: 'SECD',
  A: 'AUCH',
  S: 'AURP',
  H: 'SFID',
  '2': 'SFPA',
  '3': 'SFNA',
  D: 'DATA',
  C: 'CDT',
  T: 'EFID',
  '4': 'EFPA',
  '5': 'EFNA',
  F: 'ESID',
  R: 'CD',
  E: 'EERP',
  N: 'NERP',
  P: 'RTR',
};

class Cursor {
  readonly #octets: Buffer;
  #at = 1;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  get left(): number {
    return this.#octets.length - this.#at;
  }

  take(width: number): string {
    if (width > this.left) throw new Error(`ends at ${this.#octets.length}, needs ${width} octets at ${this.#at}`);
    const value = this.#octets.toString('latin1', this.#at, this.#at + width);
    this.#at += width;
    return value;
  }

  /** X(n) */
  text(width: number): string {
    const value = this.take(width);
    if (value.trim() !== '' && value.startsWith(' ')) throw new Error(`'${value}' is not left justified`);
    return value;
  }

  /** 9(n) */
  digits(width: number): string {
    const value = this.take(width);
    if (!/^[0-9]*$/.test(value)) throw new Error(`'${value}' is not numeric`);
    return value;
  }

  oneOf(values: string): string {
    const value = this.take(1);
    if (!values.includes(value)) throw new Error(`'${value}' is none of ${values}`);
    return value;
  }

  spaces(width: number): string {
    const value = this.take(width);
    if (value.trim() !== '') throw new Error(`reserved octets hold '${value}'`);
    return value;
  }

  /** T(n) behind its three digits. */
  measuredText(): string {
    const octets = Buffer.from(this.take(Number(this.digits(3))), 'latin1');
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  }

  /** U(n) behind its two octets. */
  measuredOctets(): string {
    return this.take(Buffer.from(this.take(2), 'latin1').readUInt16BE());
  }

  carriageReturn(): string {
    const value = this.take(1);
    if (value !== '\r' && value !== '\x8d') throw new Error('does not end with a carriage return');
    return value;
  }
}

type Fields = Record<string, string>;

function stampOf(c: Cursor, level: Level): Fields {
  if (level < 4) return { reserved: c.spaces(9), date: c.digits(6), time: c.digits(6) };
  return { reserved: c.spaces(3), date: c.digits(8), time: c.digits(10) };
}

function hashAndSignature(c: Cursor, level: Level): Fields {
  return level < 5 ? {} : { hash: c.measuredOctets(), signature: c.measuredOctets() };
}

function sfidFields(c: Cursor, level: Level): Fields {
  const start = { dsn: c.text(26), ...stampOf(c, level), user: c.text(8), dest: c.text(25), orig: c.text(25) };
  const format = { fmt: c.oneOf('FVUT'), lrecl: c.digits(5) };
  if (level < 5) return { ...start, ...format, fsiz: c.digits(7), rest: c.digits(9) };
  const counts = { fsiz: c.digits(13), osiz: c.digits(13), rest: c.digits(17) };
  const services = {
    sec: c.digits(2),
    ciph: c.digits(2),
    comp: c.oneOf('01'),
    env: c.oneOf('01'),
    sign: c.oneOf('YN'),
  };
  return { ...start, ...format, ...counts, ...services, desc: c.measuredText() };
}

const READERS: Readonly<Record<CommandName, (c: Cursor, level: Level) => Fields>> = {
  SSRM: (c) => ({ msg: c.take(17), cr: c.carriageReturn() }),
  SSID: (c) => {
    const lev = c.oneOf('1245');
    const parties = { lev, code: c.text(25), password: c.text(8), sdeb: c.digits(5) };
    const options = {
      sr: c.oneOf('SRB'),
      cmpr: c.oneOf('YN'),
      rest: c.oneOf('YN'),
      spec: c.oneOf('YN'),
      cred: c.digits(3),
    };
    const auth = lev === '5' ? c.oneOf('YN') : c.spaces(1);
    return { ...parties, ...options, auth, reserved: c.spaces(4), user: c.text(8), cr: c.carriageReturn() };
  },
  SECD: () => ({}),
  AUCH: (c) => ({ challenge: c.measuredOctets() }),
  AURP: (c) => ({ response: c.take(20) }),
  SFID: sfidFields,
  SFPA: (c, level) => ({ acnt: c.digits(level < 5 ? 9 : 17) }),
  SFNA: (c, level) => ({ reas: c.digits(2), rrtr: c.oneOf('YN'), ...(level < 5 ? {} : { text: c.measuredText() }) }),
  DATA: (c) => ({ buffer: c.take(c.left) }),
  CDT: (c) => ({ reserved: c.spaces(2) }),
  EFID: (c, level) => ({ rcnt: c.digits(level < 5 ? 9 : 17), ucnt: c.digits(level < 5 ? 12 : 17) }),
  EFPA: (c) => ({ cd: c.oneOf('YN') }),
  EFNA: (c, level) => ({ reas: c.digits(2), ...(level < 5 ? {} : { text: c.measuredText() }) }),
  ESID: (c, level) => ({
    reas: c.digits(2),
    ...(level < 5 ? {} : { text: c.measuredText() }),
    cr: c.carriageReturn(),
  }),
  CD: () => ({}),
  // What EERP and NERP repeat of an SFID is repeated as it came, right or wrong.
  EERP: (c, level) => ({
    dsn: c.take(26),
    ...stampOf(c, level),
    user: c.take(8),
    dest: c.take(25),
    orig: c.take(25),
    ...hashAndSignature(c, level),
  }),
  NERP: (c, level) => ({
    dsn: c.take(26),
    reserved: c.spaces(6),
    date: c.digits(8),
    time: c.digits(10),
    dest: c.take(25),
    orig: c.take(25),
    crea: c.text(25),
    reas: c.digits(2),
    ...(level < 5 ? {} : { text: c.measuredText() }),
    ...hashAndSignature(c, level),
  }),
  RTR: () => ({}),
};

export function nameOf(octets: Buffer): CommandName | undefined {
  return NAMES[octets.toString('latin1', 0, 1)];
}

function readAs(name: CommandName, level: Level, octets: Buffer): Fields {
  const cursor = new Cursor(octets);
  const fields = READERS[name](cursor, level);
  if (cursor.left > 0) throw new Error(`has ${cursor.left} octets too many at level ${level}`);
  return fields;
}

/** Reads one exchange buffer; throws when its first octet is no command or a field breaks RFC 5024 §5.3. */
export function read(level: Level, octets: Buffer): Received {
  const name = nameOf(octets);
  if (name === undefined) throw new Error(`no command starts with ${inHex(octets)}`);
  try {
    return { name, octets, fields: readAs(name, level, octets) };
  } catch (cause) {
    throw new Error(`${name} ${(cause as Error).message}: ${inHex(octets)}`, { cause });
  }
}

export function inHex(octets: Buffer): string {
  const shown = octets
    .subarray(0, 48)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');
  return octets.length > 48 ? `${shown} ... (${octets.length} octets)` : shown;
}

/** What came, for people: name, fields and octets. */
export function describe(level: Level, octets: Buffer): string {
  const name = nameOf(octets) ?? 'an unknown command';
  try {
    const fields = Object.entries(read(level, octets).fields).filter(
      ([, value]) => value.trim() !== '' && value.length < 100,
    );
    return `${name} ${fields.map(([field, value]) => `${field}=${value.trim()}`).join(' ')} [${inHex(octets)}]`;
  } catch {
    return `${name}, malformed at level ${level} [${inHex(octets)}]`;
  }
}

export interface Subrecord {
  readonly endOfRecord: boolean;
  readonly compressed: boolean;
  readonly count: number;
  readonly octets: Buffer;
}

/** The subrecords of one DATA buffer (RFC 5024 §7.2); throws when the last one does not fit exactly. */
export function subrecordsOf({ octets }: Received): Subrecord[] {
  const found: Subrecord[] = [];
  for (let at = 1; at < octets.length; ) {
    const header = octets.readUInt8(at);
    const compressed = (header & 0x40) !== 0;
    const count = header & 0x3f;
    const end = at + 1 + (compressed ? 1 : count);
    if (end > octets.length) throw new Error(`the subrecord at ${at} needs ${end} octets, DATA has ${octets.length}`);
    found.push({ endOfRecord: (header & 0x80) !== 0, compressed, count, octets: octets.subarray(at + 1, end) });
    at = end;
  }
  return found;
}

/** The octets of the virtual file that these DATA buffers carry. */
export function contentOf(buffers: readonly Received[]): Buffer {
  const pieces = buffers
    .flatMap(subrecordsOf)
    .map(({ compressed, count, octets }) => (compressed ? Buffer.alloc(count, octets) : octets));
  return Buffer.concat(pieces);
}

/**
 * Writes Stream Transmission Buffers field by field, straight from RFC 5024 §5.3, §7, §8 and, for levels 1 and 2,
 * RFC 2204 §5.3.
 * It shares nothing with src/: a mistake there cannot hide behind the same mistake here.
 */
import { HUB, PARTNER } from './parties.js';

export type Level = 1 | 2 | 4 | 5;
/** Numbers are zero padded to the field; strings go out as they are and must fill the field. */
export type Digits = number | bigint | string;

/** X(n): left justified, padded with spaces. */
function text(value: string, width: number): Buffer {
  const octets = Buffer.from(value, 'latin1');
  if (octets.length > width) throw new RangeError(`'${value}' does not fit into X(${width})`);
  return Buffer.concat([octets, Buffer.alloc(width - octets.length, 0x20)]);
}

/** 9(n): right justified, padded with zeros; a string stays as the test wrote it, so that it can be wrong. */
function digits(value: Digits, width: number): Buffer {
  const written = typeof value === 'string' ? value : value.toString().padStart(width, '0');
  if (written.length !== width) throw new RangeError(`'${written}' does not fill 9(${width})`);
  return Buffer.from(written, 'latin1');
}

/** U(2): unsigned, network order. */
function binary16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}

function octetsOf(value: string | Uint8Array): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
}

/** The Stream Transmission Header of RFC 5024 §8.2 with any values, right or wrong. */
export function sth(length: number, { version = 1, flags = 0 } = {}): Buffer {
  return Buffer.from([(version << 4) | flags, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff]);
}

/** One exchange buffer behind its Stream Transmission Header. Strings are latin1. */
export function stb(exchangeBuffer: string | Uint8Array): Buffer {
  const octets =
    typeof exchangeBuffer === 'string' ? Buffer.from(exchangeBuffer, 'latin1') : Buffer.from(exchangeBuffer);
  return Buffer.concat([sth(octets.length + 4), octets]);
}

/** The same command `delta` octets longer (filled with spaces) or shorter, with a header that fits the new length. */
export function resized(buffer: Buffer, delta: number): Buffer {
  const exchange = buffer.subarray(4);
  return delta < 0
    ? stb(exchange.subarray(0, exchange.length + delta))
    : stb(Buffer.concat([exchange, Buffer.alloc(delta, 0x20)]));
}

/** The same command with the octets from `position` (zero origin, as the RFC counts) replaced. */
export function patched(buffer: Buffer, position: number, octets: string | Uint8Array): Buffer {
  const copy = Buffer.from(buffer);
  const replacement = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : Buffer.from(octets);
  replacement.copy(copy, 4 + position);
  return copy;
}

export const ssrm = (cr = '\r'): Buffer => stb(`IODETTE FTP READY ${cr}`);
export const cdt = (): Buffer => stb('C  ');
export const cd = (): Buffer => stb('R');
export const rtr = (): Buffer => stb('P');
export const secd = (): Buffer => stb('J');
export const efpa = (changeDirection = 'N'): Buffer => stb(`4${changeDirection}`);

export function auch(challenge: Uint8Array, announced = challenge.length): Buffer {
  return stb(Buffer.concat([text('A', 1), binary16(announced), challenge]));
}

export function aurp(response: Uint8Array): Buffer {
  return stb(Buffer.concat([text('S', 1), response]));
}

export interface SsidFields {
  level?: Digits;
  code?: string;
  password?: string;
  sdeb?: Digits;
  sr?: string;
  cmpr?: string;
  rest?: string;
  spec?: string;
  cred?: Digits;
  auth?: string;
  reserved?: string;
  user?: string;
  cr?: string;
}

/** RFC 5024 §5.3.2. Below level 5 the octet of SSIDAUTH is the first of five reserved ones (RFC 2204 §5.3.2). */
export function ssid(fields: SsidFields = {}): Buffer {
  const { level = 5, code = PARTNER.code, password = PARTNER.password, sdeb = 2048, cred = 99 } = fields;
  const { sr = 'B', cmpr = 'N', rest = 'N', spec = 'N', reserved = '', user = '', cr = '\r' } = fields;
  const auth = fields.auth ?? (['1', '2', '4'].includes(String(level)) ? ' ' : 'N');
  return stb(
    Buffer.concat([
      text('X', 1),
      digits(level, 1),
      text(code, 25),
      text(password, 8),
      digits(sdeb, 5),
      text(sr + cmpr + rest + spec, 4),
      digits(cred, 3),
      text(auth, 1),
      text(reserved, 4),
      text(user, 8),
      Buffer.from(cr, 'latin1'),
    ]),
  );
}

/** What tells one virtual file from another (RFC 5024 §1.5.2). `dest` and `orig` are those of the SFID. */
export interface FileIdentity {
  dsn?: string;
  date?: string;
  time?: string;
  dest?: string;
  orig?: string;
  user?: string;
}

export interface SfidFields extends FileIdentity {
  fmt?: string;
  lrecl?: Digits;
  fsiz?: Digits;
  osiz?: Digits;
  rest?: Digits;
  sec?: Digits;
  ciph?: Digits;
  comp?: Digits;
  env?: Digits;
  sign?: string;
  descl?: Digits;
  desc?: string | Uint8Array;
}

/** The stamp of every test file that has no other; levels 1 and 2 have two-digit years and no counter. */
function stamp(level: Level): { date: string; time: string } {
  return level < 4 ? { date: '240229', time: '123456' } : { date: '20240229', time: '1234560001' };
}

/** Reserved octets and stamp between the name and the fields that follow at position 48. */
function stampFields(level: Level, fields: FileIdentity): Buffer {
  const { date = stamp(level).date, time = stamp(level).time } = fields;
  const [reserved, dateWidth, timeWidth] = level < 4 ? [9, 6, 6] : [3, 8, 10];
  return Buffer.concat([text('', reserved), digits(date, dateWidth), digits(time, timeWidth)]);
}

/** RFC 5024 §5.3.3; levels 1 and 2 as in RFC 2204 §5.3.3; level 4 has the 1.4 stamp and the short counts. */
export function sfid(level: Level, fields: SfidFields = {}): Buffer {
  const { dsn = 'TESTFILE', user = '', dest = HUB.code, orig = PARTNER.code } = fields;
  const { fmt = 'U', lrecl = 0, fsiz = 1, osiz = fsiz, rest = 0 } = fields;
  const parts = [
    text('H', 1),
    text(dsn, 26),
    stampFields(level, fields),
    text(user, 8),
    text(dest, 25),
    text(orig, 25),
  ];
  parts.push(text(fmt, 1), digits(lrecl, 5));
  if (level < 5) return stb(Buffer.concat([...parts, digits(fsiz, 7), digits(rest, 9)]));
  const { sec = 0, ciph = 0, comp = 0, env = 0, sign = 'N' } = fields;
  const desc = octetsOf(fields.desc ?? '');
  parts.push(digits(fsiz, 13), digits(osiz, 13), digits(rest, 17), digits(sec, 2), digits(ciph, 2));
  parts.push(digits(comp, 1), digits(env, 1), text(sign, 1), digits(fields.descl ?? desc.length, 3), desc);
  return stb(Buffer.concat(parts));
}

/** RFC 5024 §5.3.4. */
export const sfpa = (level: Level, answerCount: Digits = 0): Buffer =>
  stb(Buffer.concat([text('2', 1), digits(answerCount, level < 5 ? 9 : 17)]));

/** RFC 5024 §5.3.5. */
export function sfna(level: Level, reason: number, retry = 'N', reasonText = ''): Buffer {
  const short = Buffer.concat([text('3', 1), digits(reason, 2), text(retry, 1)]);
  return stb(level < 5 ? short : Buffer.concat([short, lengthAndText(reasonText)]));
}

/** RFC 5024 §5.3.10. */
export function efna(level: Level, reason: number, reasonText = ''): Buffer {
  const short = Buffer.concat([text('5', 1), digits(reason, 2)]);
  return stb(level < 5 ? short : Buffer.concat([short, lengthAndText(reasonText)]));
}

/** RFC 5024 §5.3.11. */
export function esid(level: Level, reason: number, reasonText = ''): Buffer {
  const start = Buffer.concat([text('F', 1), digits(reason, 2)]);
  const middle = level < 5 ? Buffer.alloc(0) : lengthAndText(reasonText);
  return stb(Buffer.concat([start, middle, Buffer.from('\r')]));
}

function lengthAndText(value: string): Buffer {
  const octets = octetsOf(value);
  return Buffer.concat([digits(octets.length, 3), octets]);
}

/** RFC 5024 §5.3.8. */
export function efid(level: Level, counts: { rcnt?: Digits; ucnt: Digits }): Buffer {
  const [recordWidth, unitWidth] = level < 5 ? [9, 12] : [17, 17];
  return stb(Buffer.concat([text('T', 1), digits(counts.rcnt ?? 0, recordWidth), digits(counts.ucnt, unitWidth)]));
}

export interface ResponseFields extends FileIdentity {
  hash?: Uint8Array;
  hshl?: number;
  signature?: Uint8Array;
  sigl?: number;
}

/** U(2) length and octets, twice: hash and signature at the end of EERP and NERP. */
function hashAndSignature(fields: ResponseFields): Buffer {
  const hash = fields.hash ?? new Uint8Array(0);
  const signature = fields.signature ?? new Uint8Array(0);
  return Buffer.concat([
    binary16(fields.hshl ?? hash.length),
    hash,
    binary16(fields.sigl ?? signature.length),
    signature,
  ]);
}

/** RFC 5024 §5.3.13. EERPDEST is the originator of the file: by default the partner acknowledges a file of the hub. */
export function eerp(level: Level, fields: ResponseFields = {}): Buffer {
  const { dsn = 'TESTFILE', user = '', dest = HUB.code, orig = PARTNER.code } = fields;
  const parts = [
    text('E', 1),
    text(dsn, 26),
    stampFields(level, fields),
    text(user, 8),
    text(dest, 25),
    text(orig, 25),
  ];
  if (level === 5) parts.push(hashAndSignature(fields));
  return stb(Buffer.concat(parts));
}

export interface NerpFields extends ResponseFields {
  crea?: string;
  reas?: Digits;
  text?: string;
}

/** RFC 5024 §5.3.14; the 1.4 form ends after the reason. */
export function nerp(level: 4 | 5, fields: NerpFields = {}): Buffer {
  const { dsn = 'TESTFILE', dest = HUB.code, orig = PARTNER.code, crea = PARTNER.code, reas = 34 } = fields;
  const { date = stamp(level).date, time = stamp(level).time } = fields;
  const parts = [text('N', 1), text(dsn, 26), text('', 6), digits(date, 8), digits(time, 10)];
  parts.push(text(dest, 25), text(orig, 25), text(crea, 25), digits(reas, 2));
  if (level === 5) parts.push(lengthAndText(fields.text ?? ''), hashAndSignature(fields));
  return stb(Buffer.concat(parts));
}

/** A DATA buffer with the subrecord headers written by the test. */
export const rawData = (subrecords: Uint8Array | string): Buffer =>
  stb(Buffer.concat([text('D', 1), typeof subrecords === 'string' ? Buffer.from(subrecords, 'latin1') : subrecords]));

/** Uncompressed subrecords of at most 63 octets (RFC 5024 §7.2). */
function subrecords(octets: Uint8Array, endOfRecord: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < octets.length; at += 63) {
    const piece = Buffer.from(octets.subarray(at, at + 63));
    const last = endOfRecord && at + 63 >= octets.length;
    parts.push(Buffer.from([(last ? 0x80 : 0) | piece.length]), piece);
  }
  if (octets.length === 0 && endOfRecord) parts.push(Buffer.from([0x80]));
  return Buffer.concat(parts);
}

/** One DATA buffer that carries these octets; `endOfRecord` marks its last subrecord. */
export function data(octets: Uint8Array | string, { endOfRecord = false } = {}): Buffer {
  return rawData(subrecords(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets, endOfRecord));
}

/** The DATA buffers of a U or T file, none longer than `size` octets (D included), the flag on the last subrecord. */
export function dataBuffers(octets: Uint8Array, size = 2048): Buffer[] {
  const whole = Math.floor((size - 1) / 64) * 63;
  const rest = Math.max(((size - 1) % 64) - 1, 0);
  const capacity = whole + rest;
  const buffers: Buffer[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += capacity) {
    buffers.push(data(octets.subarray(at, at + capacity), { endOfRecord: at + capacity >= octets.length }));
  }
  return buffers;
}

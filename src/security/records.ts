// Records of V format files inside secured content: each behind its length in two octets, network order (RFC 5024
// §6.5). Locally such a file is either the same (`length`) or text, one line a record (`crlf`).
import type { Octets } from './cms/ber-reader.js';

export type RecordDelimiter = 'crlf' | 'length';

export interface RecordOptions {
  readonly delimiter: RecordDelimiter;
  /** Octets in a record at most; 65535 is the most that fits. */
  readonly recordLengthMax: number;
}

/** A file whose records cannot be told apart, or are too long. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

const LENGTH_OCTETS = 2;
const RECORD_LENGTH_LIMIT = 65_535;
/** Octets of lines that are handed on at once; a record of any length and its CRLF fit in. */
const LINES_LENGTH = 2 * 65_536;
const CR = 0x0d;
const LF = 0x0a;
const CRLF = Buffer.from('\r\n');

/** A local file as it goes into secured content. */
export function toRecords(content: Octets, options: RecordOptions): Octets {
  return options.delimiter === 'crlf' ? recordsOfLines(content, options) : checkedRecords(content, options);
}

/** Secured content as it is kept in a local file. */
export function fromRecords(content: Octets, options: RecordOptions): Octets {
  return options.delimiter === 'crlf' ? linesOfRecords(content, options) : checkedRecords(content, options);
}

/** The records of a local file alone, one behind the other. None of them holds CRLF where that is their delimiter. */
export async function* withoutDelimiters(content: Octets, delimiter: RecordDelimiter): AsyncGenerator<Uint8Array> {
  if (delimiter === 'length') {
    for await (const { octets } of recordPieces(content, { delimiter, recordLengthMax: RECORD_LENGTH_LIMIT }))
      yield octets;
    return;
  }
  let heldCr = false;
  for await (const chunk of content) {
    const octets: Buffer = heldCr ? Buffer.concat([Uint8Array.of(CR), chunk]) : Buffer.from(chunk);
    heldCr = octets.at(-1) === CR;
    const end = heldCr ? octets.length - 1 : octets.length;
    let start = 0;
    for (let at = octets.indexOf(CRLF); at !== -1; at = octets.indexOf(CRLF, start)) {
      if (at > start) yield octets.subarray(start, at);
      start = at + CRLF.length;
    }
    if (end > start) yield octets.subarray(start, end);
  }
  if (heldCr) yield Uint8Array.of(CR);
}

/** Splits at CRLF; a last line without one is a record too. */
async function* recordsOfLines(content: Octets, { recordLengthMax }: RecordOptions): AsyncGenerator<Uint8Array> {
  const lengthMax = Math.min(recordLengthMax, RECORD_LENGTH_LIMIT);
  let rest: Uint8Array = new Uint8Array(0);
  let count = 0;
  const take = (line: Uint8Array): Uint8Array => {
    count += 1;
    if (line.length > lengthMax) throw tooLong(count, lengthMax);
    return framed(line);
  };
  for await (const chunk of content) {
    const octets = Buffer.concat([rest, chunk]);
    const records: Uint8Array[] = [];
    let start = 0;
    for (let end = octets.indexOf(CRLF); end !== -1; end = octets.indexOf(CRLF, start)) {
      records.push(take(octets.subarray(start, end)));
      start = end + CRLF.length;
    }
    if (records.length > 0) yield Buffer.concat(records);
    rest = octets.subarray(start);
    // One more than the longest: its last octet may be the CR of a delimiter that is cut in two.
    if (rest.length > lengthMax + 1) throw tooLong(count + 1, lengthMax);
  }
  if (rest.length > 0) yield take(rest);
}

function framed(record: Uint8Array): Uint8Array {
  const octets = Buffer.allocUnsafe(LENGTH_OCTETS + record.length);
  octets.writeUInt16BE(record.length);
  octets.set(record, LENGTH_OCTETS);
  return octets;
}

async function* linesOfRecords(content: Octets, options: RecordOptions): AsyncGenerator<Uint8Array> {
  let previous = -1;
  // Handed on when the next piece might not fit: a thousand long records must not be gathered.
  const lines = Buffer.allocUnsafeSlow(LINES_LENGTH);
  let used = 0;
  for await (const { octets, starts, ends, count } of recordPieces(content, options)) {
    // A record that holds CRLF would come back as two.
    if (
      Buffer.from(octets.buffer, octets.byteOffset, octets.length).includes(CRLF) ||
      (!starts && previous === CR && octets[0] === LF)
    ) {
      throw new RecordError(
        `Record ${count} holds CR LF, which would end its line: keep its records with delimiter "length"`,
      );
    }
    previous = ends ? -1 : (octets.at(-1) ?? -1);
    if (used + octets.length + CRLF.length > LINES_LENGTH) {
      yield lines.subarray(0, used);
      used = 0;
    }
    lines.set(octets, used);
    used += octets.length;
    if (ends) used += CRLF.copy(lines, used);
  }
  yield lines.subarray(0, used);
}

async function* checkedRecords(content: Octets, options: RecordOptions): AsyncGenerator<Uint8Array> {
  for await (const { octets, starts, length } of recordPieces(content, options)) {
    if (starts) yield Uint8Array.of(length >> 8, length & 0xff);
    if (octets.length > 0) yield octets;
  }
}

interface RecordPiece {
  readonly octets: Uint8Array;
  readonly starts: boolean;
  readonly ends: boolean;
  /** Number of this record, from 1. */
  readonly count: number;
  /** Octets of the whole record. */
  readonly length: number;
}

/** Walks records that stand behind their lengths, in pieces as they come. */
async function* recordPieces(content: Octets, { recordLengthMax }: RecordOptions): AsyncGenerator<RecordPiece> {
  let count = 0;
  let high = -1;
  let length = 0;
  let left = 0;
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        const octet = chunk[at++] as number;
        if (high < 0) {
          high = octet;
          continue;
        }
        length = high * 256 + octet;
        high = -1;
        left = length;
        count += 1;
        if (length > recordLengthMax) throw tooLong(count, recordLengthMax);
        if (length > 0) continue;
        yield { octets: chunk.subarray(at, at), starts: true, ends: true, count, length };
        continue;
      }
      const octets = chunk.subarray(at, at + left);
      const starts = left === length;
      left -= octets.length;
      at += octets.length;
      yield { octets, starts, ends: left === 0, count, length };
    }
  }
  if (left > 0 || high >= 0) throw new RecordError(`The file ends inside record ${high >= 0 ? count + 1 : count}`);
}

function tooLong(count: number, lengthMax: number): RecordError {
  return new RecordError(`Record ${count} is longer than ${lengthMax} octets, the most that is allowed for this file`);
}

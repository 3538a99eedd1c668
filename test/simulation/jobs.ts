import type { FileToSend } from '../../src/session/file-to-send.js';
import type { Random } from './random.js';

/** How the receiver's application deals with a file. */
export type Answer = 'EERP' | 'NERP' | 'none' | 'later';

/** The octets of a file, and what they are sent as. */
export interface Content extends Pick<FileToSend, 'format' | 'maxRecordSize'> {
  readonly octets: Buffer;
  /** The positions at which sending can go on: blocks of 1 KiB, or records. */
  readonly positions: number;
}

/** A file that an application wants its partner to have. It remembers across crashes, as a journal does. */
export interface Job {
  readonly name: string;
  readonly path: string;
  readonly content: Content;
  readonly answer: Answer;
  /** The receiver's application takes it into a stream of its own. */
  readonly streamed: boolean;
  /** The receiver's application allows it to replace what has its name. */
  readonly overwrites: boolean;
  /** The receiver will never take it. */
  readonly unwanted: boolean;
  /** Its NERP came while it was to be sent again: what the application has asked for it cannot take back. */
  overtaken: boolean;
  /** Attempts so far. */
  attempts: number;
  state: 'waiting' | 'sending' | 'done' | 'given up';
}

/** Of everything a bit: runs that compress, lines, noise. Files are cut out of it. */
const STOCK_LENGTH = 512 * 1024;
const LENGTH_MAX = 200 * 1024;
const EDGE_MAX = 256 * 1024 + 1;
const EDGES = [0, 1, 1023, 1024, 1025, 2048, EDGE_MAX - 2, EDGE_MAX - 1, EDGE_MAX] as const;

/** The longest line of the stock, and all of those in files of format F, in octets. */
const LINE_MAX = 300;
const FIXED = 80;
const CRLF = '\r\n';

/** Makes files of all sizes, with the ones at the edges of blocks and of slabs among them. */
export class FileMaker {
  readonly #noise = Buffer.alloc(STOCK_LENGTH);
  readonly #lines = Buffer.alloc(STOCK_LENGTH);
  readonly #records = Buffer.alloc(STOCK_LENGTH);

  constructor(random: Random) {
    for (let at = 0; at < STOCK_LENGTH; ) at = fill(random, this.#noise, at, random.magnitude(1, LINE_MAX), [0, 255]);
    for (let at = 0; at < STOCK_LENGTH; ) {
      const length = random.chance(0.05) ? 0 : random.magnitude(1, LINE_MAX);
      at = fill(random, this.#lines, at, length, [0x20, 0x7e]);
      at += this.#lines.write(CRLF, at, 'latin1');
    }
    for (let at = 0; at < STOCK_LENGTH; ) {
      at = fill(random, this.#records, at, FIXED, [0x20, 0x7e]);
      at += this.#records.write(CRLF, at, 'latin1');
    }
  }

  make(random: Random): Content {
    const length = lengthOf(random);
    const start = random.between(0, STOCK_LENGTH - EDGE_MAX - LINE_MAX);
    const format = random.pick(['U', 'U', 'T', 'F', 'V'] as const);
    if (format === 'F') {
      const record = FIXED + CRLF.length;
      const octets = this.#records.subarray(0, length - (length % record));
      return {
        format,
        maxRecordSize: FIXED,
        octets,
        positions: octets.length / record,
      };
    }
    if (format === 'V') {
      const first = this.#lines.indexOf(CRLF, start) + CRLF.length;
      const octets = this.#lines.subarray(first, this.#lines.lastIndexOf(CRLF, first + length - 1) + CRLF.length);
      const maxRecordSize = random.pick([LINE_MAX, 2048, 99_999]);
      return {
        format,
        maxRecordSize,
        octets,
        positions: octets.toString('latin1').split(CRLF).length - 1,
      };
    }
    const octets = (format === 'U' ? this.#noise : this.#lines).subarray(start, start + length);
    return {
      format,
      maxRecordSize: 0,
      octets,
      positions: Math.floor(length / 1024),
    };
  }
}

/** Fills octets of a stock, as far as it goes, with a run of one value or with all kinds. Returns where they end. */
function fill(random: Random, stock: Buffer, start: number, length: number, range: readonly [number, number]): number {
  const end = Math.min(start + length, STOCK_LENGTH);
  if (random.chance(0.5)) stock.fill(random.between(...range), start, end);
  else for (let at = start; at < end; at += 1) stock[at] = random.between(...range);
  return end;
}

function lengthOf(random: Random): number {
  if (random.chance(0.1)) return random.pick(EDGES);
  return random.magnitude(1, LENGTH_MAX);
}

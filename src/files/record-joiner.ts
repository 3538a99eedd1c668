/** Turns the marked records of a part file into a local file, as the setting RecordDelimiter says. */

import type { RecordDelimiter } from './record-format.js';
import { markSplitter } from './record-marks.js';
import type { RecordSplitter } from './record-splitter.js';
import { ContentRefused } from './refusal.js';

export interface RecordJoiner {
  /**
   * Takes the next octets of the part file, cut anywhere, and returns what they add to the local file, in memory of its
   * own.
   * @throws ContentRefused for a record that the delimiter cannot express
   */
  join(octets: Uint8Array): Buffer;
}

export function recordJoiner(delimiter: RecordDelimiter): RecordJoiner {
  if (delimiter === 'crlf') return new LineJoiner();
  return delimiter === 'length' ? new PrefixJoiner() : new PlainJoiner();
}

const CR = 0x0d;
const LF = 0x0a;

/** Each record and CR LF. A record that contains CR LF would come out as two: it is refused. */
class LineJoiner implements RecordJoiner {
  readonly #splitter: RecordSplitter = markSplitter();
  /** The last octet of the record so far. */
  #previous = 0;
  #record = 1;

  join(octets: Uint8Array): Buffer {
    const splitter = this.#splitter;
    splitter.begin(octets, 0, octets.length, false);
    // CR LF is shorter than the mark of its record, except that one mark may have come before.
    const lines = Buffer.allocUnsafe(octets.length + 2);
    let length = 0;
    while (splitter.next()) {
      for (let at = splitter.from; at < splitter.to; at += 1) {
        const octet = octets[at]!;
        if (octet === LF && this.#previous === CR) throw this.#refusal();
        lines[length++] = octet;
        this.#previous = octet;
      }
      if (!splitter.endsRecord) continue;
      lines[length++] = CR;
      lines[length++] = LF;
      this.#previous = 0;
      this.#record += 1;
    }
    return lines.subarray(0, length);
  }

  #refusal(): ContentRefused {
    const why = `record ${this.#record} contains CR LF, which ends a record in the local file (RecordDelimiter=crlf)`;
    return new ContentRefused(99, why);
  }
}

/** Each record behind its length in two octets. */
class PrefixJoiner implements RecordJoiner {
  readonly #splitter: RecordSplitter = markSplitter();
  /** What has come of a record that goes on: its length has to be known before it can be written. */
  #begun: Buffer = Buffer.alloc(0);

  join(octets: Uint8Array): Buffer {
    const splitter = this.#splitter;
    splitter.begin(octets, 0, octets.length, false);
    const file = Buffer.allocUnsafe(this.#begun.length + octets.length + 2);
    let length = 0;
    while (splitter.next()) {
      const part = octets.subarray(splitter.from, splitter.to);
      if (!splitter.endsRecord) {
        this.#begun = Buffer.concat([this.#begun, part]);
        continue;
      }
      length = file.writeUInt16BE(this.#begun.length + part.length, length);
      file.set(this.#begun, length);
      length += this.#begun.length;
      file.set(part, length);
      length += part.length;
      if (this.#begun.length > 0) this.#begun = Buffer.alloc(0);
    }
    return file.subarray(0, length);
  }
}

/** The records back to back. */
class PlainJoiner implements RecordJoiner {
  readonly #splitter: RecordSplitter = markSplitter();

  join(octets: Uint8Array): Buffer {
    const splitter = this.#splitter;
    splitter.begin(octets, 0, octets.length, false);
    const file = Buffer.allocUnsafe(octets.length);
    let length = 0;
    while (splitter.next()) {
      file.set(octets.subarray(splitter.from, splitter.to), length);
      length += splitter.to - splitter.from;
    }
    return file.subarray(0, length);
  }
}

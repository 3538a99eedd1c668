/**
 * How records stand in a part file: as fragments behind marks, the record marking of RFC 5531 §11. A mark is four
 * octets, most significant first: the highest bit tells that the record ends with this fragment, the others how many
 * octets the fragment has. A record is one fragment, except where its octets went to the disk in several writes.
 *
 *     80 00 00 03  41 42 43                                record ABC
 *     80 00 00 00                                          empty record
 *     00 00 00 01  44   80 00 00 02  45 46                 record DEF in two fragments
 */
import { PrefixSplitter, type RecordSplitter } from './record-splitter.js';

export const MARK_LENGTH = 4;

const LAST_FRAGMENT = 0x80;

/** Writes the mark of a fragment of `length` octets, less than 2^24, to bytes[at..at + 4). */
export function writeMark(bytes: Uint8Array, at: number, length: number, endsRecord: boolean): void {
  bytes[at] = endsRecord ? LAST_FRAGMENT : 0;
  bytes[at + 1] = length >>> 16;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
}

/** Finds the records in a part file. */
export function markSplitter(): RecordSplitter {
  return new PrefixSplitter(MARK_LENGTH, LAST_FRAGMENT * 0x1_00_00_00);
}

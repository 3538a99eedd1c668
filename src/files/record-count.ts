/** Walks over the records of a file from its beginning, at the memory of one block. */
import type { RecordSplitter } from './record-splitter.js';

/** How much is read at once, in octets. */
const BLOCK_LENGTH = 65_536;

/** Reads `length` octets from a position of a file; fewer only where the file ends. */
export type ReadAt = (into: Uint8Array, length: number, position: number) => Promise<number>;

export interface RecordCount {
  readonly records: number;
  /** Octets of these records, without delimiters. */
  readonly octets: number;
  /** Octets of the file up to the end of the last of them, its delimiter included. */
  readonly position: number;
}

export interface CountOptions {
  /** Octets of the file that count. */
  readonly length: number;
  /** The walk ends behind so many records; default all. */
  readonly limit?: number;
  /** Told about each part of a record: the number of the record, from 1, its octets so far, and whether that is all. */
  readonly visit?: (record: number, octets: number, complete: boolean) => void;
}

/** Counts whole records. What the file has behind the last of them does not count. */
export async function countRecords(
  read: ReadAt,
  splitter: RecordSplitter,
  { length, limit = Number.POSITIVE_INFINITY, visit }: CountOptions,
): Promise<RecordCount> {
  const count = { records: 0, octets: 0, position: 0 };
  const bytes = new Uint8Array(BLOCK_LENGTH);
  let open = 0;
  for (let position = 0; position < length && count.records < limit; ) {
    const wanted = Math.min(BLOCK_LENGTH, length - position);
    const octets = await read(bytes, wanted, position);
    if (octets === 0) break;
    const last = position + octets >= length;
    const end = splitter.cut(bytes, 0, octets, last);
    splitter.begin(bytes, 0, end, last);
    while (count.records < limit && splitter.next()) {
      open += splitter.to - splitter.from;
      visit?.(count.records + 1, open, splitter.endsRecord);
      if (!splitter.endsRecord) continue;
      count.records += 1;
      count.octets += open;
      count.position = position + splitter.at;
      open = 0;
    }
    position += end;
  }
  return count;
}

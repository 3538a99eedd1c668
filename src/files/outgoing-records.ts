/** The records of a local file that is sent in format F or V. */
import { notSent, type OutgoingFile } from './outgoing.js';
import { countRecords, type RecordCount } from './record-count.js';
import { lengthFault, type RecordDelimiter, type RecordFormat } from './record-format.js';
import { type RecordSplitter, recordSplitter } from './record-splitter.js';

export class OutgoingRecords {
  /** How many records the file has, and their octets: EFIDRCNT and EFIDUCNT. */
  readonly records: number;
  readonly octets: number;
  readonly #file: OutgoingFile;
  readonly #format: RecordFormat;
  readonly #delimiter: RecordDelimiter;

  private constructor(
    file: OutgoingFile,
    format: RecordFormat,
    delimiter: RecordDelimiter,
    { records, octets }: RecordCount,
  ) {
    this.#file = file;
    this.#format = format;
    this.#delimiter = delimiter;
    this.records = records;
    this.octets = octets;
  }

  /**
   * Reads the whole file once, to see whether it can be sent.
   * @throws OFTPError 679 for a record that is longer than it may be (format F: or shorter), with its number, and for a
   *   file that ends in the middle of one; or the error of reading
   */
  static async examine(file: OutgoingFile, format: RecordFormat, delimiter: RecordDelimiter): Promise<OutgoingRecords> {
    const splitter = splitterFor(format, delimiter);
    const what = delimiter === 'crlf' ? 'line' : 'record';
    const count = await countRecords(readerOf(file), splitter, {
      length: file.size,
      visit(record, octets, complete) {
        const fault = complete || octets > format.maxLength ? lengthFault(format, octets) : undefined;
        if (fault !== undefined) throw notSent(file.path, `${what} ${record} ${fault} (maxRecordSize)`);
      },
    });
    if (splitter.open) {
      const how = `RecordDelimiter is ${delimiter}, maxRecordSize ${format.maxLength}`;
      throw notSent(file.path, `it ends in the middle of record ${count.records + 1} (${how})`);
    }
    return new OutgoingRecords(file, format, delimiter, count);
  }

  /** Stands for the content and for what is made of it: another format, length or delimiter gives other records. */
  get version(): string {
    const { fixed, maxLength } = this.#format;
    return [this.#file.version, fixed ? 'F' : 'V', maxLength, this.#delimiter].join('-');
  }

  /** A splitter for the file, from the beginning of a record on. */
  splitter(): RecordSplitter {
    return splitterFor(this.#format, this.#delimiter);
  }

  /** The octets of the file up to the end of so many records, 0..`records`, and those of the records alone. */
  upTo(records: number): Promise<RecordCount> {
    return countRecords(readerOf(this.#file), this.splitter(), { length: this.#file.size, limit: records });
  }
}

function splitterFor({ maxLength }: RecordFormat, delimiter: RecordDelimiter): RecordSplitter {
  return recordSplitter(delimiter, maxLength);
}

function readerOf(file: OutgoingFile): (into: Uint8Array, length: number, position: number) => Promise<number> {
  return (into, length, position) => file.readBlock(into, 0, length, position);
}

import type { OutgoingFile } from '../files/outgoing.js';
import type { OutgoingRecords } from '../files/outgoing-records.js';
import type { RecordSplitter } from '../files/record-splitter.js';
import type { DataBufferWriter } from '../protocol/framing/data-buffers.js';
import type { Block, OutgoingContent } from './outgoing-content.js';

/** Formats F and V: each record ends with an end of record flag, and restart positions are records. */
export class RecordContent implements OutgoingContent {
  readonly #file: OutgoingFile;
  readonly #source: OutgoingRecords;
  #splitter: RecordSplitter;
  #sent = 0;
  #sentRecords = 0;
  /** Where the next block begins in the file. */
  #position = 0;
  /** The part of a record that the splitter has found and the writer has not taken completely begins here. */
  #from = 0;
  #pending = false;

  constructor(file: OutgoingFile, source: OutgoingRecords) {
    this.#file = file;
    this.#source = source;
    this.#splitter = source.splitter();
  }

  get version(): string {
    return this.#source.version;
  }

  get size(): number {
    return this.#source.octets;
  }

  get records(): number {
    return this.#source.records;
  }

  get sent(): number {
    return this.#sent;
  }

  get reached(): number {
    return this.#sentRecords;
  }

  get positionMax(): number {
    return this.records;
  }

  get ended(): boolean {
    return this.#position >= this.#file.size;
  }

  positionOf(reached: number): number {
    return reached;
  }

  async startAt(position: number): Promise<void> {
    const { records, octets, position: at } = await this.#source.upTo(position);
    this.#splitter = this.#source.splitter();
    this.#sentRecords = records;
    this.#sent = octets;
    this.#position = at;
  }

  async read(bytes: Uint8Array, start: number, end: number): Promise<Block> {
    const octets = await this.#file.readBlock(bytes, start, end, this.#position);
    const last = this.#position + octets >= this.#file.size;
    const cut = this.#splitter.cut(bytes, start, start + octets, last);
    this.#position += cut - start;
    return { start, end: cut, last };
  }

  begin(bytes: Uint8Array, { start, end, last }: Block): void {
    this.#splitter.begin(bytes, start, end, last);
  }

  feed(writer: DataBufferWriter): boolean {
    const splitter = this.#splitter;
    while (this.#pending || splitter.next()) {
      if (!this.#pending) this.#from = splitter.from;
      this.#pending = !writer.add(this.#from, splitter.to, splitter.endsRecord);
      this.#sent += writer.src - this.#from;
      this.#from = writer.src;
      if (this.#pending) return false;
      if (splitter.endsRecord) this.#sentRecords += 1;
    }
    return true;
  }

  checkUnchanged(): Promise<void> {
    return this.#file.checkUnchanged();
  }
}

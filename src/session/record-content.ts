import type { OutgoingFile } from '../files/outgoing.js';
import type { OutgoingRecords } from '../files/outgoing-records.js';
import type { RecordSplitter } from '../files/record-splitter.js';
import type { DataBufferWriter } from '../protocol/framing/data-buffers.js';
import { type Block, NO_BLOCK, type OutgoingContent } from './outgoing-content.js';

/** Formats F and V: each record ends with an end of record flag, and restart positions are records. */
export class RecordContent implements OutgoingContent {
  readonly #file: OutgoingFile;
  readonly #source: OutgoingRecords;
  #splitter: RecordSplitter;
  #sent = 0;
  #sentRecords = 0;
  /** Where the next block begins in the file. */
  #position = 0;
  #block = NO_BLOCK;
  /** The part of a record that the splitter has found and the writer has not taken completely begins here. */
  #from = 0;
  #pending = false;
  #ended = false;

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
    return this.#ended;
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
    this.#ended = at >= this.#file.size;
  }

  async read(bytes: Uint8Array, start: number, end: number): Promise<Block> {
    const position = this.#position;
    const octets = await this.#file.readBlock(bytes, start, end, position);
    const last = position + octets >= this.#file.size;
    const cut = this.#splitter.cut(bytes, start, start + octets, last);
    this.#position += cut - start;
    this.#ended = last;
    return { position, start, end: cut, last };
  }

  begin(bytes: Uint8Array, block: Block): void {
    this.#block = block;
    this.#splitter.begin(bytes, block.start, block.end, block.last);
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

  rewind(): void {
    const { at, to } = this.#splitter;
    if (this.#pending) this.#splitter.back(to - this.#from);
    const next = this.#pending ? this.#from : at;
    this.#position = this.#block.position + next - this.#block.start;
    this.#pending = false;
    // Even at the end of the file there may be an empty record left, behind its length.
    this.#ended = false;
  }

  checkUnchanged(): Promise<void> {
    return this.#file.checkUnchanged();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

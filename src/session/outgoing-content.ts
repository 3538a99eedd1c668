import { RESTART_BLOCK } from '../files/incoming.js';
import type { OutgoingFile } from '../files/outgoing.js';
import type { DataBufferWriter } from '../protocol/framing/data-buffers.js';

/** Octets of a file in memory. */
export interface Block {
  /** Where they stand in the file. */
  readonly position: number;
  readonly start: number;
  readonly end: number;
  /** The file ends with them. */
  readonly last: boolean;
}

/** A file as blocks for an outlet, and how the octets of a block become DATA. */
export interface BlockFeed {
  /** All blocks have been read. */
  readonly ended: boolean;
  /** Reads the next block to bytes[start..end). One at a time. */
  read(bytes: Uint8Array, start: number, end: number): Promise<Block>;
  /** The next block is sent from here on. */
  begin(bytes: Uint8Array, block: Block): void;
  /** Adds to the writer what it takes of the block; true when that was all. */
  feed(writer: DataBufferWriter): boolean;
  /** The memory of the block is needed elsewhere: what has not been fed of it is read again, as the next block. */
  rewind(): void;
}

/** What a local file is on the wire. */
export interface OutgoingContent extends BlockFeed {
  /** Stands for the octets that are sent: another one means other octets. */
  readonly version: string;
  /** Octets to send, and the records that they are (formats F and V): what EFID counts. */
  readonly size: number;
  readonly records: number;
  /** Octets that have been sent, from the start of the file. */
  readonly sent: number;
  /** How far that is, for a later attempt: octets, or records. */
  readonly reached: number;
  /** SFIDREST for what an earlier attempt has reached. */
  positionOf(reached: number): number;
  /** The highest restart position that there is. */
  readonly positionMax: number;
  /** Goes on from a restart position, 0..`positionMax`. */
  startAt(position: number): Promise<void>;
  /** @throws OFTPError 679 when the file was written to while it was being sent */
  checkUnchanged(): Promise<void>;
  /** Everything has been sent: the file is closed. Never rejects. */
  close(): Promise<void>;
}

/** Before the first one. */
export const NO_BLOCK: Block = { position: 0, start: 0, end: 0, last: false };

/** Formats U and T: the file is one record, and its restart positions are blocks of 1 KiB. */
export class OctetContent implements OutgoingContent {
  readonly records = 0;
  readonly #file: OutgoingFile;
  #block = NO_BLOCK;
  /** What has not been fed of it begins here. */
  #from = 0;
  #sent = 0;
  /** Where the next block begins in the file. */
  #position = 0;
  #ended = false;

  constructor(file: OutgoingFile) {
    this.#file = file;
  }

  get version(): string {
    return this.#file.version;
  }

  get size(): number {
    return this.#file.size;
  }

  get sent(): number {
    return this.#sent;
  }

  get reached(): number {
    return this.#sent;
  }

  get positionMax(): number {
    return Math.floor(this.size / RESTART_BLOCK);
  }

  get ended(): boolean {
    return this.#ended;
  }

  positionOf(reached: number): number {
    return Math.floor(reached / RESTART_BLOCK);
  }

  async startAt(position: number): Promise<void> {
    this.#position = position * RESTART_BLOCK;
    this.#sent = this.#position;
  }

  /** An empty file has one empty block: its end of record flag goes out all the same, as some peers miss it. */
  async read(bytes: Uint8Array, start: number, end: number): Promise<Block> {
    const position = this.#position;
    const octets = await this.#file.readBlock(bytes, start, end, position);
    this.#position += octets;
    this.#ended = this.#position >= this.size;
    return { position, start, end: start + octets, last: this.#ended };
  }

  begin(_bytes: Uint8Array, block: Block): void {
    this.#block = block;
    this.#from = block.start;
  }

  feed(writer: DataBufferWriter): boolean {
    const { start, end, last } = this.#block;
    const complete = writer.add(this.#from, end, last);
    this.#from = writer.src;
    this.#sent = this.#block.position + this.#from - start;
    return complete;
  }

  rewind(): void {
    this.#position = this.#sent;
    this.#ended = false;
  }

  checkUnchanged(): Promise<void> {
    return this.#file.checkUnchanged();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

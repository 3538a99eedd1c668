import { lengthFault, type RecordFormat } from '../files/record-format.js';
import { MARK_LENGTH, writeMark } from '../files/record-marks.js';
import { ContentRefused } from '../files/refusal.js';
import type { SubrecordCodec } from '../protocol/framing/subrecords.js';
import type { FileCounts, Inlet, InletOptions } from './inlet.js';
import { Spool } from './spool.js';

const NONE = -1;

/** Room in which any subrecord fits, in octets. */
const SUBRECORD_MAX = 63;

/**
 * Files of format F and V: what goes to the target are records with marks (`record-marks.ts`). A record is as long as
 * it may be at most, never longer; the first one that is not what its format says ends the taking.
 */
export class RecordInlet implements Inlet {
  readonly #bytes: Uint8Array;
  readonly #codec: SubrecordCodec;
  readonly #spool: Spool;
  readonly #format: RecordFormat;
  #carry = NONE;
  #octets: number;
  #records: number;
  /** Octets of the record under way. */
  #length = 0;
  /** Address of the mark of the fragment under way, which has at least one octet. */
  #mark = NONE;

  /** `octets`, `records`: those that are already there, from an earlier attempt. */
  constructor(
    { memory, codec, target, roomAgain }: InletOptions,
    format: RecordFormat,
    { octets, records }: Pick<FileCounts, 'octets' | 'records'>,
  ) {
    this.#bytes = memory.bytes;
    this.#codec = codec;
    this.#format = format;
    this.#octets = octets;
    this.#records = records;
    this.#spool = new Spool(memory, {
      seal: () => this.#endFragment(false),
      write: (written) => target.write(written, this.#octets),
      roomAgain,
    });
  }

  get insideSubrecord(): boolean {
    return this.#carry !== NONE;
  }

  get full(): boolean {
    return this.#spool.full;
  }

  take(start: number, end: number): number {
    const spool = this.#spool;
    let src = start;
    while (src < end) {
      if (spool.failure !== undefined) {
        this.#carry = NONE;
        return end - start;
      }
      if (!spool.ready()) break;
      const from = this.#mark === NONE ? spool.next + MARK_LENGTH : spool.next;
      if (spool.end - from >= SUBRECORD_MAX) src = this.#decode(src, end, from);
      else if (!spool.flush()) break;
    }
    return src - start;
  }

  async finish(): Promise<FileCounts> {
    await this.#spool.finish();
    return { octets: this.#octets, records: this.#records, unfinished: this.#length > 0 };
  }

  close(): void {
    this.#spool.close();
  }

  /** Decodes up to the end of a record at most, into a slab with room for a subrecord; returns how far. */
  #decode(src: number, end: number, from: number): number {
    const [codec, spool] = [this.#codec, this.#spool];
    const { fixed, maxLength } = this.#format;
    const recordEnd = from + maxLength - this.#length;
    codec.decode(src, end, from, Math.min(spool.end, recordEnd), this.#carry, true);
    this.#carry = codec.carry;
    const taken = codec.dst - from;
    if (taken > 0 || codec.recordEnds > 0) {
      if (this.#mark === NONE) this.#mark = spool.next;
      spool.next = codec.dst;
      this.#length += taken;
      this.#octets += taken;
    }
    if (codec.recordEnds > 0) this.#endRecord();
    else if (codec.src < end && spool.end - codec.dst >= SUBRECORD_MAX) {
      // There was room, but not in this record. Some senders forget end of record flags in files of format F.
      if (fixed && this.#length === maxLength) this.#endRecord();
      else this.#refuse(maxLength + 1);
    }
    return codec.src;
  }

  #endRecord(): void {
    if (lengthFault(this.#format, this.#length) !== undefined) {
      this.#refuse(this.#length);
      return;
    }
    this.#endFragment(true);
    this.#records += 1;
    this.#length = 0;
  }

  #refuse(length: number): void {
    const fault = lengthFault(this.#format, length);
    this.#spool.fail(new ContentRefused(5, `record ${this.#records + 1} ${fault} (SFIDLRECL)`));
  }

  #endFragment(endsRecord: boolean): void {
    if (this.#mark === NONE) return;
    writeMark(this.#bytes, this.#mark, this.#spool.next - this.#mark - MARK_LENGTH, endsRecord);
    this.#mark = NONE;
  }
}

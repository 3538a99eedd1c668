/** What a restart position means for the content of a part file, and what becomes of the content in the end. */
import { textReader } from './code-pages.js';
import type { Conversion } from './conversion.js';
import { type IncomingFile, RESTART_BLOCK } from './incoming.js';
import { countRecords } from './record-count.js';
import type { RecordDelimiter } from './record-format.js';
import { recordJoiner } from './record-joiner.js';
import { MARK_LENGTH, markSplitter } from './record-marks.js';

/** Where a virtual file goes on: everything before it is kept. */
export interface RestartPoint {
  /** SFPAACNT: blocks of 1 KiB, or records. */
  readonly position: number;
  /** Octets of the virtual file before it, and the records that they are (formats F and V). */
  readonly octets: number;
  readonly records: number;
  /** Octets of the part file before it. */
  readonly stored: number;
}

/** The beginning of the file. */
export const FILE_START: RestartPoint = { position: 0, octets: 0, records: 0, stored: 0 };

export interface PartLayout {
  readonly conversion: Conversion | undefined;
  /** Cuts a part file to where it goes on: as far as it can be relied on, but not beyond what the peer offers. */
  resume(file: IncomingFile, offered: bigint): Promise<RestartPoint>;
  /** The octets of the virtual file in some of the content that was written at once, in memory of their own. */
  plain(content: Uint8Array): Buffer;
}

/** Unstructured, text and secured files: the content is the octets of the file, and is delivered as it came. */
export const OCTET_LAYOUT: PartLayout = {
  conversion: undefined,
  async resume(file, offered) {
    const kept = BigInt(file.restartPosition);
    const position = Number(offered < kept ? offered : kept);
    await file.truncateTo(position);
    const octets = position * RESTART_BLOCK;
    return { position, octets, records: 0, stored: octets };
  },
  plain: (content) => Buffer.from(content),
};

/**
 * Text files in a code page of their own (`code-pages.ts`): the content is as it came, and is delivered in UTF-8.
 * @param converting gets the octets that are about to be converted
 */
export function textLayout(codePage: number, converting: (octets: Uint8Array) => void): PartLayout {
  const reader = textReader(codePage);
  return {
    ...OCTET_LAYOUT,
    conversion: {
      keepFrom: RESTART_BLOCK,
      convert(octets) {
        converting(octets);
        return Buffer.from(reader.read(octets));
      },
      end: () => Buffer.from(reader.end()),
    },
  };
}

/** Files of format F and V: the content is marked records (`record-marks.ts`), which are delivered with a delimiter. */
export function recordLayout(delimiter: RecordDelimiter): PartLayout {
  const joiner = recordJoiner(delimiter);
  const plain = recordJoiner('none');
  return {
    conversion: { keepFrom: MARK_LENGTH, convert: (octets) => joiner.join(octets) },
    async resume(file, offered) {
      const { reliableLength: length } = file;
      const count = await countRecords((...at) => file.read(...at), markSplitter(), { length, limit: Number(offered) });
      await file.cutTo(count.position);
      return { position: count.records, octets: count.octets, records: count.records, stored: count.position };
    },
    plain: (content) => plain.join(content),
  };
}

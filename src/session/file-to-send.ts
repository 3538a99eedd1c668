import type { Readable } from 'node:stream';
import type { RecordDelimiter } from '../files/record-format.js';
import type { Level } from '../protocol/commands/version.js';
import type { Stamp } from '../store/store.js';
import type { Protection } from './protection.js';

/** A file to be sent, with everything decided that the application may leave open. */
export interface FileToSend {
  /** Where it stands; of a stream, not known before its turn has come. */
  readonly path: string;
  /** Its content, instead of a path. */
  readonly stream: Readable | undefined;
  readonly virtualFileName: string;
  readonly destination: string;
  readonly originator: string;
  /** SFIDFMT */
  readonly format: 'U' | 'T' | 'F' | 'V';
  /** SFIDLRECL; 0 for U and T. */
  readonly maxRecordSize: number;
  /** How records stand in the file (F and V). */
  readonly recordDelimiter: RecordDelimiter;
  /** What it is converted to as text (T). */
  readonly codePage: number;
  readonly userData: string;
  readonly description: string;
  /** The stamp that the application wants, if it wants one: what has another one is another file. */
  readonly chosenStamp: Stamp | undefined;
  /** The stamp of a new virtual file, for a level; called when no earlier attempt of it is known. */
  stamp(level: Level): Stamp | Promise<Stamp>;
  /** Position to offer, in blocks of 1 KiB or records; without it, what an earlier attempt reached. */
  readonly restart: number | undefined;
  readonly protection: Protection;
}

import type { Level } from '../protocol/commands/version.js';
import type { Stamp } from '../store/store.js';
import type { Protection } from './protection.js';

/** A file to be sent, with everything decided that the application may leave open. */
export interface FileToSend {
  readonly path: string;
  readonly virtualFileName: string;
  readonly destination: string;
  readonly originator: string;
  readonly format: 'U' | 'T';
  readonly userData: string;
  readonly description: string;
  /** The stamp of a new virtual file, for a level; called when no earlier attempt of it is known. */
  stamp(level: Level): Stamp;
  /** Position to offer, in blocks; without it, what an earlier attempt reached. */
  readonly restart: number | undefined;
  readonly protection: Protection;
}

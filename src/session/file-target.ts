import type { RestartPoint } from '../files/part-layout.js';
import type { PublishOptions } from '../files/publish.js';

/**
 * Where a received file goes. One of `commit`, `park` and `discard` ends it; the last two also after a failed `commit`.
 */
export interface FileTarget {
  /** Goes on where an earlier attempt ended, but not beyond what the peer offers (SFIDREST). To be called first. */
  resume(offered: bigint): Promise<RestartPoint>;
  /** Takes the next octets, which are valid until this settles. */
  write(octets: Uint8Array): Promise<void>;
  /** Puts what has arrived on the disk, so that not even a killed process sends the restart further back. */
  sync(): Promise<void>;
  /** The file is complete: settles when it is safe, and recorded as received. */
  commit(options: PublishOptions): Promise<void>;
  /** Says that the names it holds are free soon: who asks for them from now on waits instead of being refused. */
  leave(): void;
  /** Keeps what has come for a restart; where nothing can be kept, there is no such method. */
  park?(): Promise<void>;
  /** Drops what has come. May be called while a write is under way, which then fails or is waited for. */
  discard(): Promise<void>;
}

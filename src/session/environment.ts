import type { FileSystem } from '../files/filesystem.js';
import type { DataBufferWriter } from '../protocol/framing/data-buffers.js';
import type { SubrecordCodec } from '../protocol/framing/subrecords.js';
import type { Store } from '../store/store.js';
import type { CoarseClock } from '../transport/clock.js';
import type { TransferMemory } from '../transport/memory.js';
import type { ResponseClaims } from './response-claims.js';

/** What all sessions of one server or client share. */
export interface Environment {
  readonly memory: TransferMemory;
  readonly codec: SubrecordCodec;
  /** Fills areas with whole DATA exchange buffers. */
  readonly writer: DataBufferWriter;
  readonly clock: CoarseClock;
  readonly store: Store;
  /** Where files are received to and sent from. */
  readonly fileSystem: FileSystem;
  readonly responseClaims: ResponseClaims;
  /** Received files that a session is acknowledging or processing at the moment: no other one processes them. */
  readonly processing: Set<string>;
}

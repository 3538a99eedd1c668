import type { FileSystem } from '../files/filesystem.js';
import type { Exclusive } from '../locks/exclusive.js';
import type { WorkerPool } from '../pool/worker-pool.js';
import type { DataBufferWriter } from '../protocol/framing/data-buffers.js';
import type { SubrecordCodec } from '../protocol/framing/subrecords.js';
import type { Store } from '../store/store.js';
import type { CoarseClock } from '../transport/clock.js';
import type { TransferMemory } from '../transport/memory.js';
import type { PreparedFiles } from './prepared-files.js';
import type { ResponseClaims } from './response-claims.js';
import type { Sendings } from './sendings.js';

/** What all sessions of one server or client share. */
export interface Environment {
  readonly memory: TransferMemory;
  readonly codec: SubrecordCodec;
  /** Fills areas with whole DATA exchange buffers. */
  readonly writer: DataBufferWriter;
  readonly clock: CoarseClock;
  readonly store: Store;
  /** Computes over content and keys. */
  readonly pool: WorkerPool;
  /** What was signed, compressed or encrypted to be sent. */
  readonly prepared: PreparedFiles;
  /** Ends what is computed over whole files: everything is about to close. */
  readonly closing: AbortController;
  /** Decryption and verification of acknowledged files under way. */
  readonly unwrapping: Set<Promise<unknown>>;
  /** Acknowledged files that are being processed. */
  readonly processing: Exclusive;
  /** Where files are received to and sent from. */
  readonly fileSystem: FileSystem;
  readonly responseClaims: ResponseClaims;
  readonly sendings: Sendings;
}

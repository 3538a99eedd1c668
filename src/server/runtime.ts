import { setTimeout } from 'node:timers/promises';
import { nodeFileSystem } from '../files/filesystem.js';
import { WorkerPool } from '../pool/worker-pool.js';
import { createAcceleratedCodec } from '../protocol/framing/accelerated.js';
import { DataBufferWriter } from '../protocol/framing/data-buffers.js';
import { createCodec } from '../protocol/framing/subrecords.js';
import type { Environment } from '../session/environment.js';
import { PreparedFiles } from '../session/prepared-files.js';
import { ResponseClaims } from '../session/response-claims.js';
import { Sendings } from '../session/sendings.js';
import type { SettingValues } from '../settings/settings.js';
import { openStore } from '../store/open-store.js';
import { AccessControl } from '../transport/access.js';
import { CoarseClock } from '../transport/clock.js';
import { TransferMemory } from '../transport/memory.js';
import { createTransport, type Transport } from '../transport/transport.js';

const MEBIBYTE = 1024 * 1024;

/** What the sessions of one server or client share, and the transport under it. */
export interface Runtime {
  readonly environment: Environment;
  readonly transport: Transport;
  readonly access: AccessControl;
}

/**
 * Lays out the memory of transfers and what works on it, and opens the store: who ends the runtime closes that.
 * @throws OFTPError where the state folder cannot be used
 */
export async function createRuntime(settings: SettingValues): Promise<Runtime> {
  const { transferMemory, maxReadTime, statePath, keepStampsDays, workerThreads } = settings;
  const memory = new TransferMemory(transferMemory * MEBIBYTE);
  const clock = new CoarseClock();
  const transport = await createTransport({ memory, clock, maxReadTime });
  const codec = (memory.wasm && createAcceleratedCodec(memory.wasm)) ?? createCodec(memory.bytes);
  const store = await openStore(statePath, { keepStampsDays });
  const environment: Environment = {
    memory,
    clock,
    codec,
    writer: new DataBufferWriter(memory.bytes, codec),
    store,
    pool: new WorkerPool({ threads: workerThreads === 0 ? undefined : workerThreads }),
    prepared: new PreparedFiles(store),
    closing: new AbortController(),
    unwrapping: new Set(),
    processing: new Map(),
    fileSystem: nodeFileSystem,
    responseClaims: new ResponseClaims(),
    sendings: new Sendings(),
  };
  return { environment, transport, access: new AccessControl(clock) };
}

/** How long handlers of files that were received last may take when everything ends, in milliseconds. */
const HANDLERS_GRACE_MS = 5000;

/**
 * Ends what the sessions shared. Files that were acknowledged and are still being unwrapped are finished first if their
 * record ends with the process; otherwise their turn comes with the partner's next session.
 */
export async function endRuntime({ environment }: Runtime, { statePath }: SettingValues): Promise<void> {
  const { pool, processing, unwrapping, closing, prepared, store } = environment;
  if (statePath === null) await Promise.allSettled(unwrapping);
  closing.abort();
  const handled = Promise.allSettled(processing.values());
  await Promise.race([handled, setTimeout(HANDLERS_GRACE_MS, undefined, { ref: false })]);
  await pool.close();
  await prepared.close();
  await store.close();
}

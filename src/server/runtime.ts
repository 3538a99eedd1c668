import { setTimeout } from 'node:timers/promises';
import type { JoinedState } from '../cluster/join-state.js';
import { sharedFileSystem } from '../files/gathered-calls.js';
import { Exclusive } from '../locks/exclusive.js';
import { ALONE } from '../locks/locks.js';
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
import type { Places } from '../transport/admission.js';
import { CoarseClock } from '../transport/clock.js';
import { TransferMemory } from '../transport/memory.js';
import { createTransport, type Transport } from '../transport/transport.js';

const MEBIBYTE = 1024 * 1024;

/** What the sessions of one server or client share, and the transport under it. */
export interface Runtime {
  readonly environment: Environment;
  readonly transport: Transport;
  readonly access: AccessControl;
  /** Where clients get their seats, if not from the listener alone. */
  readonly places: Places | undefined;
}

/**
 * Lays out the memory of transfers and what works on it, and opens the store: who ends the runtime closes that.
 * @param joined what a worker of a cluster uses instead of a state of its own
 * @throws OFTPError where the state folder cannot be used
 */
export async function createRuntime(settings: SettingValues, joined?: JoinedState): Promise<Runtime> {
  const { transferMemory, maxReadTime, statePath, keepStampsDays, workerThreads } = settings;
  const memory = new TransferMemory(transferMemory * MEBIBYTE);
  const clock = new CoarseClock();
  const transport = await createTransport({ memory, clock, maxReadTime });
  const codec = (memory.wasm && createAcceleratedCodec(memory.wasm)) ?? createCodec(memory.bytes);
  const store = joined?.store ?? (await openStore(statePath, { keepStampsDays }));
  const locks = joined?.locks ?? ALONE;
  const environment: Environment = {
    memory,
    clock,
    codec,
    writer: new DataBufferWriter(memory.bytes, codec),
    store,
    pool: new WorkerPool({ threads: workerThreads === 0 ? undefined : workerThreads }),
    prepared: new PreparedFiles(store, locks),
    closing: new AbortController(),
    unwrapping: new Set(),
    processing: new Exclusive('processing', locks),
    fileSystem: sharedFileSystem,
    responseClaims: new ResponseClaims(store, locks),
    sendings: new Sendings(locks),
  };
  return { environment, transport, access: new AccessControl(clock), places: joined?.places };
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
  const handled = processing.released;
  await Promise.race([handled, setTimeout(HANDLERS_GRACE_MS, undefined, { ref: false })]);
  await pool.close();
  await prepared.close();
  await store.close();
}

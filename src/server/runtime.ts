import { nodeFileSystem } from '../files/filesystem.js';
import { createAcceleratedCodec } from '../protocol/framing/accelerated.js';
import { DataBufferWriter } from '../protocol/framing/data-buffers.js';
import { createCodec } from '../protocol/framing/subrecords.js';
import type { Environment } from '../session/environment.js';
import { ResponseClaims } from '../session/response-claims.js';
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
  const { transferMemory, maxReadTime, statePath, keepStampsDays } = settings;
  const memory = new TransferMemory(transferMemory * MEBIBYTE);
  const clock = new CoarseClock();
  const transport = await createTransport({ memory, clock, maxReadTime });
  const codec = (memory.wasm && createAcceleratedCodec(memory.wasm)) ?? createCodec(memory.bytes);
  const environment: Environment = {
    memory,
    clock,
    codec,
    writer: new DataBufferWriter(memory.bytes, codec),
    store: await openStore(statePath, { keepStampsDays }),
    fileSystem: nodeFileSystem,
    responseClaims: new ResponseClaims(),
    processing: new Set(),
  };
  return { environment, transport, access: new AccessControl(clock) };
}

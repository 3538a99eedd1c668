// Files as streams: read ahead by one chunk, written behind by one, and a target that appears whole or not at all.
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Octets } from './cms/ber-reader.js';

/** Octets read or written at once. */
const CHUNK_LENGTH = 262_144;
/** What ciphers, hashes and zlib are fed with: larger pieces fall out of the processor's caches. */
const STEP_LENGTH = 65_536;

/** Where a target is written until it is complete. Whoever ends the thread in the middle removes this file. */
export const partPathOf = (target: string): string => `${target}.part`;

/** What ends an operation early: an AbortSignal, or in a worker a flag that the main thread sets. */
export type Abort = Pick<AbortSignal, 'throwIfAborted'>;

const twoAreas = (): readonly [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>] => [
  Buffer.allocUnsafeSlow(CHUNK_LENGTH),
  Buffer.allocUnsafeSlow(CHUNK_LENGTH),
];

/** The octets of a file. A chunk is valid until the next one is asked for. */
export async function* readFileChunks(path: string, signal?: Abort): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  let ahead: Promise<unknown> = Promise.resolve();
  try {
    const areas = twoAreas();
    let next = file.read(areas[0], 0, CHUNK_LENGTH);
    for (let turn = 1; ; turn ^= 1) {
      ahead = next;
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await next;
      if (bytesRead === 0) return;
      next = file.read(areas[turn as 0 | 1], 0, CHUNK_LENGTH);
      ahead = next;
      for (let at = 0; at < bytesRead; at += STEP_LENGTH) {
        yield buffer.subarray(at, Math.min(at + STEP_LENGTH, bytesRead));
      }
    }
  } finally {
    await ahead.catch(() => undefined);
    await file.close();
  }
}

export interface WriteOptions {
  /** Whether the file and its folder are on disk when the call returns. */
  readonly sync: boolean;
  readonly signal?: Abort | undefined;
}

/**
 * Writes a stream to a file. The target gets its name when everything has been written, and replaces a file of that
 * name; on any failure nothing is left behind.
 *
 * @returns octets written
 */
export async function writeFileWhole(target: string, content: Octets, options: WriteOptions): Promise<number> {
  const part = partPathOf(target);
  try {
    const length = await writePart(part, content, options);
    await rename(part, target);
    if (options.sync) await syncFolder(dirname(target));
    return length;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function writePart(part: string, content: Octets, { sync, signal }: WriteOptions): Promise<number> {
  const file = await open(part, 'w', 0o600);
  let behind: Promise<void> = Promise.resolve();
  try {
    const areas = twoAreas();
    let area = areas[0];
    let used = 0;
    let length = 0;
    const flush = async (): Promise<void> => {
      await behind;
      behind = writeAll(file, area, used);
      // Its failure is seen by the next flush; until then it must not count as unhandled.
      behind.catch(() => undefined);
      area = area === areas[0] ? areas[1] : areas[0];
      used = 0;
    };
    for await (const chunk of content) {
      signal?.throwIfAborted();
      length += chunk.length;
      for (let taken = 0; taken < chunk.length; ) {
        const part = chunk.subarray(taken, taken + CHUNK_LENGTH - used);
        area.set(part, used);
        used += part.length;
        taken += part.length;
        if (used === CHUNK_LENGTH) await flush();
      }
    }
    if (used > 0) await flush();
    await behind;
    if (sync) await file.sync();
    return length;
  } finally {
    await behind.catch(() => undefined);
    await file.close();
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, area: Buffer, length: number): Promise<void> {
  for (let at = 0; at < length; ) {
    const { bytesWritten } = await file.write(area, at, length - at);
    at += bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

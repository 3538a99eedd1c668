import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OFTPError } from '../settings/errors.js';
import type { SessionContext } from './context.js';

/** A file that came as a stream, while it is being sent. */
export interface StreamedFile {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Keeps a stream in a temporary file: SFID tells the size before the first octet, and its protection may take more than
 * one look at the content.
 *
 * @param signal ends the stream, which may otherwise keep the turn for good
 * @throws OFTPError 679 for a stream that fails or a disk that has no room for it; the reason of `signal`
 */
export async function takeStream(
  { environment, settings }: SessionContext,
  name: string,
  stream: Readable,
  signal: AbortSignal,
): Promise<StreamedFile> {
  let remove = async (): Promise<void> => {};
  try {
    const path = join(await environment.prepared.scratch(settings), `${randomUUID()}.out`);
    remove = () => rm(path, { force: true });
    if (stream.errored !== null) throw stream.errored;
    await pipeline(stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
    return { path, remove };
  } catch (error) {
    stream.destroy();
    await remove();
    signal.throwIfAborted();
    const problem = (error as Error).message;
    throw new OFTPError(679, `${name} cannot be sent: its stream could not be taken: ${problem}`, { cause: error });
  }
}

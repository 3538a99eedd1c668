import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TextDecoder } from 'node:util';
import { CharacterMissing, textWriter, UTF8 } from '../files/code-pages.js';
import { notSent, type OutgoingFile } from '../files/outgoing.js';
import type { SessionContext } from './context.js';
import type { FileToSend } from './file-to-send.js';
import type { StreamedFile } from './streamed-file.js';

/** How much is converted at once, in octets. */
const BLOCK_LENGTH = 65_536;

/** Whether a file is sent in other octets than it has: text, in the code page of the partner. */
export function isRecoded({ format, codePage }: Pick<FileToSend, 'format' | 'codePage'>): boolean {
  return format === 'T' && codePage !== UTF8;
}

/**
 * Makes a copy of a text file, which is UTF-8, in the code page in which it is sent. The same file always gives the
 * same octets, so that a restart can go on in a later copy.
 *
 * @param signal ends the conversion
 * @throws OFTPError 679 for a file that is not UTF-8, has a character that the code page has not, or changes meanwhile;
 *   the reason of `signal`
 */
export async function recode(
  { environment, settings }: SessionContext,
  { codePage }: FileToSend,
  original: OutgoingFile,
  signal: AbortSignal,
): Promise<StreamedFile> {
  const path = join(await environment.prepared.scratch(settings), `${randomUUID()}.txt`);
  const remove = (): Promise<void> => rm(path, { force: true });
  try {
    await pipeline(recoded(original, codePage), createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
    await original.checkUnchanged();
    return { path, remove };
  } catch (error) {
    await remove();
    signal.throwIfAborted();
    throw error;
  }
}

async function* recoded(original: OutgoingFile, codePage: number): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const write = textWriter(codePage);
  const block = new Uint8Array(BLOCK_LENGTH);
  let line = 1;
  for (let position = 0; position < original.size; position += BLOCK_LENGTH) {
    const octets = await original.readBlock(block, 0, BLOCK_LENGTH, position);
    const last = position + octets >= original.size;
    const text = decoded(original, decoder, block.subarray(0, octets), !last);
    try {
      yield write(text);
    } catch (error) {
      if (!(error instanceof CharacterMissing)) throw error;
      const where = line + linesIn(text.slice(0, error.at));
      throw notSent(original.path, `in line ${where} ${error.message} (CodePage)`, error);
    }
    line += linesIn(text);
  }
}

function decoded({ path }: OutgoingFile, decoder: TextDecoder, octets: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(octets, { stream });
  } catch (error) {
    throw notSent(path, 'it is not UTF-8, from which text is converted (CodePage). Send it unstructured', error);
  }
}

const linesIn = (text: string): number => text.split('\n').length - 1;

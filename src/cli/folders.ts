/** Folders that commands make for their user. */
import { mkdir } from 'node:fs/promises';
import { UsageError } from './exit.js';

/**
 * Makes a folder and those above it, where they are not there yet.
 * @param mode of what is made, before the umask
 * @throws UsageError that names the folder and what stands in its way
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  await mkdir(folder, { recursive: true, mode }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EEXIST' ? 'a file has this name' : error.message;
    throw new UsageError(`the folder ${folder} cannot be made: ${reason}`);
  });
}

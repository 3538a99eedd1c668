/** The programs that worker threads run: the files of the folder `workers`, which a bundle does not have. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OFTPError } from '../settings/errors.js';

const FOLDER = new URL('../../workers/', import.meta.url);

/** Those that have been seen, so that no task asks the disk again. */
const seen = new Set<string>();

/**
 * The file of a program, for a thread that is to run it.
 * @param name its name in the folder, such as `store.js`
 * @throws OFTPError 10022 where it is missing, as in a program that a bundler has made of one file
 */
export function workerProgram(name: string): URL {
  const program = new URL(name, FOLDER);
  if (!seen.has(name)) {
    if (!existsSync(program)) {
      throw new OFTPError(
        10022,
        `${fileURLToPath(program)}, which a worker thread is to run, is not there: install the package oftp whole, ` +
          'and leave it out of bundles (with esbuild --external:oftp)',
      );
    }
    seen.add(name);
  }
  return program;
}

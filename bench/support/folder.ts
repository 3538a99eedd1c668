import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Another process may still be writing while its folder is removed. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10 } as const;

/** A folder for the files of this run, in the system's own for such files by default; gone when the process is. */
export function scratchFolder(place: string = tmpdir(), prefix = 'oftp-bench-'): string {
  const folder = mkdtempSync(join(place, prefix));
  process.once('exit', () => rmSync(folder, REMOVAL));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not `once`: a second signal would end the process by default, in the middle of the removal.
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return folder;
}

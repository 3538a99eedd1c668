import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Another process may still be writing while its folder is removed. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10 } as const;

/**
 * What a terminal, or whoever wants a process to end, sends. Listen to them by `on`, not by `once`: a second one would
 * end the process by default, in the middle of the removal of its folder.
 */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The exit code of a process that was stopped by a signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** A folder that is gone when the process is. Signals are the caller's business. */
export function passingFolder(place: string = tmpdir(), prefix = 'oftp-bench-'): string {
  const folder = mkdtempSync(join(place, prefix));
  process.once('exit', () => rmSync(folder, REMOVAL));
  return folder;
}

/** A folder for the files of this run, in the system's own for such files by default; a signal ends run and folder. */
export function scratchFolder(place?: string, prefix?: string): string {
  for (const signal of STOP_SIGNALS) process.on(signal, () => process.exit(exitCodeOf(signal)));
  return passingFolder(place, prefix);
}

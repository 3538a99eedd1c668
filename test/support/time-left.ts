import { FILE_LIMIT_MS } from './run-files.js';

/** Whether a test file that repeats something may go on: a slow machine repeats it less often rather than too long. */
export function isTimeLeft(): boolean {
  return performance.now() < FILE_LIMIT_MS / 2;
}

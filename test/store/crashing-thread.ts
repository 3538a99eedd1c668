/** A thread that opens and crashes at the first call, for the test of that. */

import { parentPort } from 'node:worker_threads';
import type { FromThread } from '../../src/store/thread/operations.js';

parentPort?.on('message', () => {
  throw new Error('crashed by the test');
});
parentPort?.postMessage({ kind: 'opened', leftovers: { unfinished: [], pending: [] } } satisfies FromThread);

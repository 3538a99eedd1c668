/** The disk thread: makes calls to the file system, one after the other, as long as the process lives. */
import { workerData } from 'node:worker_threads';
import { CallMemory } from '../src/files/thread/call-memory.js';
import { makeCall } from '../src/files/thread/make-call.js';

const memory = new CallMemory(workerData as SharedArrayBuffer);
for (;;) {
  const place = memory.takeNext();
  memory.finish(place, makeCall(memory, place));
}

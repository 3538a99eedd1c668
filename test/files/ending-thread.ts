// Stands for the disk thread: takes one call, and ends without having made it.
import { workerData } from 'node:worker_threads';
import { CallMemory } from '../../src/files/thread/call-memory.js';

new CallMemory(workerData as SharedArrayBuffer).takeNext();
process.exit(0);

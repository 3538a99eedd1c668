/**
 * Preloaded into a process that is to die: once armed, it counts the calls that touch the disk or the store's thread
 * and
 * kills its own process before the one that FAULT_AT names. Armed by the first file below FAULT_FOLDER that is opened
 * or
 * looked at, so that the same number means the same step in every run.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Worker } from 'node:worker_threads';

const CALLS = ['open', 'write', 'read', 'fsync', 'ftruncate', 'link', 'rename', 'unlink', 'close', 'lstat'] as const;

const killAt = Number(process.env['FAULT_AT'] ?? 0);
const folder = process.env['FAULT_FOLDER'] ?? '';
let armed = false;
let calls = 0;

function step(name: string, target: unknown): void {
  if (typeof target === 'string' && target.startsWith(folder)) armed = true;
  if (!armed) return;
  calls += 1;
  if (calls !== killAt) return;
  // Synchronous: what is printed is out before the signal takes effect.
  fs.writeSync(1, `killed before step ${calls}, ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment; nothing more may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

if (killAt > 0) {
  const calls = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of CALLS) {
    const original = calls[name] as (...args: unknown[]) => unknown;
    calls[name] = function (this: unknown, ...args: unknown[]) {
      step(name, args[0]);
      return original.apply(this, args);
    };
  }
  syncBuiltinESMExports();
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, ...args: Parameters<Worker['postMessage']>) {
    step('store', undefined);
    postMessage.apply(this, args);
  } as Worker['postMessage'];
}

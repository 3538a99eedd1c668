/**
 * What the worker threads make of whole files: MB/s and CPU seconds of the pool next to the pipe of `openssl cms` and
 * to node:zlib doing the same in the same run, and two threads next to one. Beside it the peak of memory, each case in
 * a process of its own, and how long the main thread of that process is kept from its work.
 *
 *     node dist/bench/pool.js [--json file]
 *
 * OFTP_BENCH_MIB sets the size of the file (default 256).
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { certificatePath, fileSize, keyPath, MEBIBYTE, writeText } from './support/file-services.js';
import { scratchFolder } from './support/folder.js';
import type { Cost, PoolCase, PoolCost } from './support/pool-process.js';
import { type Row, report } from './support/report.js';

const RUNS = 3;
const folder = scratchFolder();
const path = (name: string): string => join(folder, name);
const original = path('original');
const program = fileURLToPath(new URL('./support/pool-process.js', import.meta.url));

/** What a program prints. With this process it ends, and so does all that it has started. */
async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  process.prependOnceListener('exit', end);
  child.once('exit', () => process.off('exit', end));
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} has ended, exit code ${status}: ${output}`);
  return output;
}

async function pool(name: PoolCase): Promise<PoolCost> {
  return JSON.parse(await outputOf(process.execPath, [program, name, folder])) as PoolCost;
}

/** What a line of the shell costs, all its processes together: the fastest of a few runs. */
async function shell(line: string): Promise<Cost> {
  const script = `set -o pipefail; TIMEFORMAT='%R %U %S'; time { ${line}; } 2>/dev/null`;
  const costs: Cost[] = [];
  for (let i = 0; i < RUNS; i++) {
    const output = await outputOf('bash', ['-c', `{ ${script}; } 2>&1`]);
    const [seconds = 0, user = 0, system = 0] = (output.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
    costs.push({ seconds, cpuSeconds: user + system });
  }
  return costs.sort((a, b) => a.seconds - b.seconds)[0] as Cost;
}

const CMS = 'openssl cms -binary';
const SIGNER = `-signer ${certificatePath('alice')} -inkey ${keyPath('alice')}`;
const SIGN = `${CMS} -sign -stream -nodetach -outform DER ${SIGNER}`;
const ENCRYPT = `${CMS} -encrypt -stream -aes256 -outform DER`;
const DECRYPT = `${CMS} -decrypt -inform DER -inkey ${keyPath('bob')} -recip ${certificatePath('bob')}`;
const VERIFY = `${CMS} -verify -inform DER -noverify -certfile ${certificatePath('alice')}`;

function row(name: string, own: PoolCost, other: Cost | undefined, files = 1): Row {
  const rounded = (value: number): number => Number(value.toFixed(2));
  return {
    name,
    'MB/s': Math.round((files * fileSize) / 1e6 / own.seconds),
    'CPU s': rounded(own.cpuSeconds),
    'speed to limit': other ? rounded((files * other.seconds) / own.seconds) : '',
    'CPU to limit': other ? rounded(own.cpuSeconds / (files * other.cpuSeconds)) : '',
    'peak MiB': own.peakMiB,
    'main thread p99 ms': own.delayMs,
  };
}

writeText(original);
const sent = await pool('send');
const pipe = await shell(`${SIGN} -in ${original} | ${ENCRYPT} -out ${path('other')} ${certificatePath('bob')}`);
const received = await pool('receive');
const decrypt = `${DECRYPT} -in ${path('both')} -out ${path('other')}`;
const steps = await shell(`${decrypt} && ${VERIFY} -in ${path('other')} -out ${path('content')}`);
report(`Worker threads, ${fileSize / MEBIBYTE} MiB of text`, [
  row('sign and encrypt; limit: openssl -sign | openssl -encrypt', sent, pipe),
  row('two files on two threads; limit: one file on one', await pool('sendTwo'), sent, 2),
  row('decrypt and verify; limit: openssl -decrypt, then -verify', received, steps),
  row('compress (1); limit: node:zlib', await pool('compress'), await pool('bareDeflate')),
  row('four files on two threads', await pool('full'), undefined, 4),
]);

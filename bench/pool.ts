/**
 * What the worker threads make of whole files: MB/s, CPU seconds and memory of the pool next to the pipe of `openssl
 * cms` and to node:zlib doing the same in the same run, two threads next to one, and how long the main thread is kept
 * from its work meanwhile.
 *
 *     node dist/bench/pool.js [--json file]
 *
 * OFTP_BENCH_MIB sets the size of the file (default 256).
 */

import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createDeflate } from 'node:zlib';
import { WorkerPool } from '../src/pool/worker-pool.js';
import { type Row, report } from './support/report.js';

const MEBIBYTE = 1024 * 1024;
const RUNS = 3;
const size = Number(process.env['OFTP_BENCH_MIB'] ?? 256) * MEBIBYTE;
const LOOP_RESOLUTION_MS = 1;
const LEVEL = 1;

const certificates = fileURLToPath(new URL('../../fixtures/certificates/', import.meta.url));
const certificatePath = (name: string): string => join(certificates, `${name}.cert.pem`);
const keyPath = (name: string): string => join(certificates, `${name}.key.pem`);
const pair = (name: string) => ({
  certificate: new X509Certificate(readFileSync(certificatePath(name))).raw,
  key: createPrivateKey(readFileSync(keyPath(name))),
});

const [alice, bob] = [pair('alice'), pair('bob')];
const folder = mkdtempSync(join(tmpdir(), 'oftp-bench-'));
const path = (name: string): string => join(folder, name);
const original = path('original');

/** Text as business files are: it compresses to a third. */
function writeOriginal(): void {
  const file = openSync(original, 'w');
  for (let written = 0, line = 0; written < size; ) {
    let text = '';
    for (; text.length < MEBIBYTE; line++) text += `LIN+${line}++${(line * 7919) % 1e7}:EN'QTY+21:${line % 97}'\r\n`;
    written += writeSync(file, text.slice(0, Math.min(MEBIBYTE, size - written)), null, 'latin1');
  }
  closeSync(file);
}

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** The fastest of a few runs. */
async function best(run: () => Promise<Cost>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let i = 0; i < RUNS; i++) costs.push(await run());
  return costs.sort((a, b) => a.seconds - b.seconds)[0] as Cost;
}

/** What work in this process costs, all its threads together. */
async function measured(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  await work();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

/** What a line of the shell costs, all its processes together. */
async function shell(line: string): Promise<Cost> {
  const script = `set -o pipefail; TIMEFORMAT='%R %U %S'; time { ${line}; } 2>/dev/null`;
  const output = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`], { encoding: 'utf8' });
  const [seconds = 0, user = 0, system = 0] = (output.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, cpuSeconds: user + system };
}

const CMS = 'openssl cms -binary';
const SIGNER = `-signer ${certificatePath('alice')} -inkey ${keyPath('alice')}`;
const SIGN = `${CMS} -sign -stream -nodetach -outform DER ${SIGNER}`;
const ENCRYPT = `${CMS} -encrypt -stream -aes256 -outform DER`;
const DECRYPT = `${CMS} -decrypt -inform DER -inkey ${keyPath('bob')} -recip ${certificatePath('bob')}`;
const VERIFY = `${CMS} -verify -inform DER -noverify -certfile ${certificatePath('alice')}`;

const sign = { hash: 'sha256', signers: [alice] } as const;
const encrypt = { encryption: 'aes256', recipients: [bob.certificate] } as const;

const protect = (pool: WorkerPool, target: string, options: object): Promise<unknown> =>
  pool.run('protectFile', { source: original, target: path(target), sync: false, ...options });

async function unwrap(pool: WorkerPool, source: string, target: string): Promise<void> {
  const services = { encrypted: true, signed: true, compressed: false, keys: [bob], trusted: [alice.certificate] };
  const input = { source: path(source), target: path(target), sync: false, ...services };
  const outcome = await pool.run('unwrapFile', input);
  if (!outcome.ok) throw new Error(outcome.message);
}

function row(name: string, own: Cost, other: Cost | undefined, files = 1): Row {
  const ratio = (value: number): number => Number(value.toFixed(2));
  return {
    name,
    'MB/s': Math.round((files * size) / 1e6 / own.seconds),
    'CPU s': ratio(own.cpuSeconds),
    'speed to limit': other ? ratio((files * other.seconds) / own.seconds) : '',
    'CPU to limit': other ? ratio(own.cpuSeconds / (files * other.cpuSeconds)) : '',
    'peak MiB': Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

async function run(): Promise<void> {
  await using one = new WorkerPool({ threads: 1 });
  await using two = new WorkerPool({ threads: 2 });
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const both = (pool: WorkerPool, target: string) => protect(pool, target, { sign, encrypt });
  writeOriginal();
  // The threads start and the code is compiled before anything counts.
  await Promise.all([both(one, 'both'), both(two, 'first'), both(two, 'second')]);
  loop.enable();
  const rows: Row[] = [];

  const sent = await best(() => measured(() => both(one, 'both')));
  const pipe = await best(() =>
    shell(`${SIGN} -in ${original} | ${ENCRYPT} -out ${path('other')} ${certificatePath('bob')}`),
  );
  rows.push(row('sign and encrypt; limit: openssl -sign | openssl -encrypt', sent, pipe));

  const parallel = await best(() => measured(() => Promise.all([both(two, 'first'), both(two, 'second')])));
  rows.push(row('two files on two threads; limit: one file on one', parallel, sent, 2));

  const received = await best(() => measured(() => unwrap(one, 'both', 'content')));
  const decrypt = `${DECRYPT} -in ${path('both')} -out ${path('other')}`;
  const steps = await best(() => shell(`${decrypt} && ${VERIFY} -in ${path('other')} -out ${path('content')}`));
  rows.push(row('decrypt and verify; limit: openssl -decrypt, then -verify', received, steps));

  const compressed = await best(() => measured(() => protect(one, 'compressed', { compress: LEVEL })));
  const deflate = () => createDeflate({ level: LEVEL, chunkSize: 65_536 });
  const bare = () => pipeline(createReadStream(original), deflate(), createWriteStream(path('other')));
  rows.push(row(`compress (${LEVEL}); limit: node:zlib`, compressed, await best(() => measured(bare))));

  loop.reset();
  await Promise.all([both(two, 'first'), both(two, 'second'), both(two, 'third'), unwrap(two, 'both', 'content')]);
  loop.disable();
  rows.push({
    name: 'main thread meanwhile: delay p99 in ms',
    'MB/s': '',
    'CPU s': Number((loop.percentile(99) / 1e6).toFixed(2)),
  });
  report(`Worker threads, ${size / MEBIBYTE} MiB of text`, rows);
}

try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

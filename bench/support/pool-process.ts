/**
 * One case of the pool's benchmark in a process of its own, so that its memory is not that of the cases before: `node
 * pool-process.js <case> <folder>`, with the file named `original` in the folder. Prints the cost as JSON.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';
import { WorkerPool } from '../../src/pool/worker-pool.js';
import { alice, bob } from './file-services.js';

const RUNS = 3;
const LOOP_RESOLUTION_MS = 1;
/** Of zlib. */
const LEVEL = 1;

/** What a case costs, all threads of its process together. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface PoolCost extends Cost {
  /** The most memory that the process ever had, in MiB. */
  readonly peakMiB: number;
  /** How long the main thread was kept from its work, in ms: 99 of 100 times less. */
  readonly delayMs: number;
}

export type PoolCase = keyof typeof CASES;

const [name, folder = ''] = process.argv.slice(2) as [PoolCase?, string?];
const path = (file: string): string => join(folder, file);

const sign = { hash: 'sha256', signers: [alice] } as const;
const encrypt = { encryption: 'aes256', recipients: [bob.certificate] } as const;

const protect = (pool: WorkerPool, target: string, options: object): Promise<unknown> =>
  pool.run('protectFile', { source: path('original'), target: path(target), sync: false, ...options });

async function unwrap(pool: WorkerPool, target: string): Promise<void> {
  const services = { encrypted: true, signed: true, compressed: false, keys: [bob], trusted: [alice.certificate] };
  const outcome = await pool.run('unwrapFile', {
    source: path('both'),
    target: path(target),
    sync: false,
    ...services,
  });
  if (!outcome.ok) throw new Error(outcome.message);
}

const both = (pool: WorkerPool, target: string): Promise<unknown> => protect(pool, target, { sign, encrypt });

/** Threads, and the work. `full` and `receive` take what `send` has left. */
const CASES = {
  send: [1, (pool: WorkerPool) => both(pool, 'both')],
  sendTwo: [2, (pool: WorkerPool) => Promise.all([both(pool, 'first'), both(pool, 'second')])],
  receive: [1, (pool: WorkerPool) => unwrap(pool, 'content')],
  compress: [1, (pool: WorkerPool) => protect(pool, 'compressed', { compress: LEVEL })],
  full: [
    2,
    (pool: WorkerPool) =>
      Promise.all([both(pool, 'first'), both(pool, 'second'), both(pool, 'third'), unwrap(pool, 'content')]),
  ],
  bareDeflate: [1, () => deflateAlone()],
} as const;

function deflateAlone(): Promise<void> {
  const deflate = createDeflate({ level: LEVEL, chunkSize: 65_536 });
  return pipeline(createReadStream(path('original')), deflate, createWriteStream(path('other')));
}

async function measured(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  await work();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

async function run(chosen: PoolCase): Promise<PoolCost> {
  const [threads, work] = CASES[chosen];
  await using pool = new WorkerPool({ threads });
  // The threads start and the code is compiled before anything counts.
  await work(pool);
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  const costs: Cost[] = [];
  for (let i = 0; i < RUNS; i++) costs.push(await measured(() => work(pool)));
  loop.disable();
  const [best] = costs.sort((a, b) => a.seconds - b.seconds) as [Cost];
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  return { ...best, peakMiB, delayMs: Number((loop.percentile(99) / 1e6).toFixed(2)) };
}

if (name !== undefined && name in CASES) console.log(JSON.stringify(await run(name)));

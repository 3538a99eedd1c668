/**
 * How long a small session takes (connect, one file of 4 KiB, its end response, end) while other partners send big
 * files as fast as the server takes them, as a ratio to what is expected: twice the 99th percentile of the idle server,
 * plus MaxReadTime. The senders are a process of their own; with fewer cores than processes they also take the
 * processor away, which no fairness inside the server can give back.
 *
 *     node dist/bench/fairness.js [--json file] [--dir folder] [--sessions n]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OFTPClient, OFTPServer } from '../src/index.js';
import { startReceiver } from './support/receiving-process.js';
import { type Row, report } from './support/report.js';

const BULK_CONNECTIONS = 8;
const BULK_OCTETS = 16 * 1024 * 1024;
const SMALL_OCTETS = 4096;
const WARM_UP = 50;

const { values } = parseArgs({
  options: { json: { type: 'string' }, dir: { type: 'string' }, sessions: { type: 'string', default: '400' } },
});
const sessions = Number(values.sessions);
const root = mkdtempSync(join(values.dir ?? tmpdir(), 'oftp-bench-'));
const inbox = join(root, 'inbox');
const bigFile = join(root, 'big');
const smallFile = join(root, 'small');

async function smallSession(port: number, index: number): Promise<number> {
  const client = new OFTPClient({
    host: '127.0.0.1',
    port,
    clientSsidCode: 'O0013SMALL',
    statePath: null,
    transferMemory: 1,
  });
  const began = performance.now();
  await client.connect();
  await client.sendFile({ path: smallFile, virtualFileName: `S${index}` });
  await client.receiveFiles();
  await client.logoff();
  const milliseconds = performance.now() - began;
  await client.shutdown();
  return milliseconds;
}

async function measure(port: number): Promise<RecordableHistogram> {
  for (let index = 0; index < WARM_UP; index += 1) await smallSession(port, index);
  const histogram = createHistogram();
  for (let index = 0; index < sessions; index += 1) {
    histogram.record(Math.round((await smallSession(port, WARM_UP + index)) * 1e6));
  }
  return histogram;
}

/** Removes what the bulk senders have brought: the disk is no part of this. */
function sweep(): void {
  for (const name of readdirSync(inbox)) if (name.startsWith('O0013BULK')) rmSync(join(inbox, name), { force: true });
}

mkdirSync(inbox);
writeFileSync(bigFile, Buffer.alloc(BULK_OCTETS, "UNH+1+DELFOR:D:96A:UN'BGM+241+"));
writeFileSync(smallFile, Buffer.alloc(SMALL_OCTETS, 'x'));
const receiver = await startReceiver(inbox);
const sweeping = setInterval(sweep, 500);
try {
  const idle = await measure(receiver.oftpPort);
  const program = fileURLToPath(new URL('./support/bulk-sender.js', import.meta.url));
  const senders = fork(program, [String(receiver.oftpPort), bigFile, String(BULK_CONNECTIONS)]);
  let bulkOctets = 0;
  senders.on('message', ({ octets }: { octets: number }) => {
    bulkOctets += octets;
  });
  await once(senders, 'message');
  const before = bulkOctets;
  const began = performance.now();
  const busy = await measure(receiver.oftpPort);
  const bulkRate = (bulkOctets - before) / ((performance.now() - began) / 1000) / 1e6;
  senders.kill('SIGKILL');
  await once(senders, 'exit');
  const { maxReadTime } = new OFTPServer();
  const expected = 2 * (idle.percentile(99) / 1e6) + maxReadTime;
  const row = (server: string, histogram: RecordableHistogram, bulk: number): Row => ({
    server,
    'p50 ms': Number((histogram.percentile(50) / 1e6).toFixed(1)),
    'p99 ms': Number((histogram.percentile(99) / 1e6).toFixed(1)),
    'bulk MB/s': Math.round(bulk),
    'p99 of expected': Number((histogram.percentile(99) / 1e6 / expected).toFixed(2)),
  });
  report(`Small sessions beside ${BULK_CONNECTIONS} bulk senders`, [row('idle', idle, 0), row('busy', busy, bulkRate)]);
} finally {
  clearInterval(sweeping);
  await receiver.stop();
  rmSync(root, { recursive: true, force: true });
}

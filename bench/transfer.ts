/**
 * Plain file transfers between two processes over loopback, as a ratio to raw TCP in the same run: the same file, read
 * from the same disk, sent in windows of the same number of octets that wait for an answer, and written to the same
 * disk,
 * without any protocol.
 *
 *     node dist/bench/transfer.js [--json file] [--dir folder] [--mib n]
 *
 * `--dir` is where files stand (default: the system's folder for temporary files; a tmpfs takes the disk out of the
 * picture), `--mib` the size of the big file (default 256).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OFTPClient } from '../src/index.js';
import { median } from './support/measure.js';
import { rawSend } from './support/raw-transfer.js';
import { type ReceivingProcess, startReceiver } from './support/receiving-process.js';
import { type Row, report } from './support/report.js';

const MEBIBYTE = 1024 * 1024;
const DIALOGUES = [
  { exchangeBufferSize: 2048, creditCount: 64 },
  { exchangeBufferSize: 99_999, creditCount: 999 },
];
const CONNECTIONS = [1, 8];
const ROUNDS = 3;
const SMALL_FILE_OCTETS = 4096;
const SMALL_FILES = 1500;

const { values } = parseArgs({
  options: { json: { type: 'string' }, dir: { type: 'string' }, mib: { type: 'string', default: '256' } },
});
const root = mkdtempSync(join(values.dir ?? tmpdir(), 'oftp-bench-'));
const inbox = join(root, 'inbox');
const bigFile = join(root, 'big');
const smallFile = join(root, 'small');
const bigOctets = Number(values.mib) * MEBIBYTE;

type Dialogue = (typeof DIALOGUES)[number];

/** Seconds that sending the big file over each of some connections takes, and the CPU seconds of both processes. */
async function timed(receiver: ReceivingProcess, send: () => Promise<unknown>): Promise<{ wall: number; cpu: number }> {
  const cpuBefore = process.cpuUsage();
  const receiverBefore = await receiver.cpuSeconds();
  const began = performance.now();
  await send();
  const wall = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpu = (user + system) / 1e6 + (await receiver.cpuSeconds()) - receiverBefore;
  rmSync(inbox, { recursive: true });
  mkdirSync(inbox);
  return { wall, cpu };
}

async function connected(receiver: ReceivingProcess, dialogue: Dialogue, count: number): Promise<OFTPClient[]> {
  const clients = Array.from(
    { length: count },
    (_, index) =>
      new OFTPClient({
        host: '127.0.0.1',
        port: receiver.oftpPort,
        clientSsidCode: `O0013BENCH${index}`,
        statePath: null,
        ...dialogue,
      }),
  );
  for (const client of clients) await client.connect();
  return clients;
}

async function measureBig(receiver: ReceivingProcess, dialogue: Dialogue, count: number): Promise<Row> {
  const window = dialogue.exchangeBufferSize * dialogue.creditCount;
  const clients = await connected(receiver, dialogue, count);
  const results: { oftp: number; raw: number; cpu: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const raw = await timed(receiver, () =>
      Promise.all(clients.map(() => rawSend(receiver.rawPort, bigFile, bigOctets, window))),
    );
    const oftp = await timed(receiver, () =>
      Promise.all(clients.map((client) => client.sendFile({ path: bigFile, virtualFileName: 'BIG' }))),
    );
    results.push({ oftp: oftp.wall, raw: raw.wall, cpu: oftp.cpu });
  }
  await Promise.all(clients.map((client) => client.logoff()));
  const octets = bigOctets * count;
  const best = results.reduce((a, b) => (a.oftp < b.oftp ? a : b));
  return {
    'buffer/credit': `${dialogue.exchangeBufferSize}/${dialogue.creditCount}`,
    connections: String(count),
    'MB/s': Math.round(octets / best.oftp / 1e6),
    'raw MB/s': Math.round(octets / Math.min(...results.map(({ raw }) => raw)) / 1e6),
    'of raw (median)': Number(median(results.map(({ oftp, raw }) => raw / oftp)).toFixed(2)),
    'CPU s/GB': Number((best.cpu / (octets / 1e9)).toFixed(2)),
  };
}

async function measureSmall(receiver: ReceivingProcess, count: number): Promise<Row> {
  const clients = await connected(receiver, DIALOGUES[0] as Dialogue, count);
  const { wall, cpu } = await timed(receiver, () =>
    Promise.all(
      clients.map(async (client) => {
        for (let sent = 0; sent < SMALL_FILES / count; sent += 1) {
          await client.sendFile({ path: smallFile, virtualFileName: `F${sent}` });
        }
      }),
    ),
  );
  await Promise.all(clients.map((client) => client.logoff()));
  return {
    connections: String(count),
    'files/s of 4 KiB': Math.round(SMALL_FILES / wall),
    'CPU ms a file': Number(((cpu / SMALL_FILES) * 1000).toFixed(2)),
  };
}

mkdirSync(inbox);
writeFileSync(bigFile, Buffer.alloc(bigOctets, "UNH+1+DELFOR:D:96A:UN'BGM+241+"));
writeFileSync(smallFile, Buffer.alloc(SMALL_FILE_OCTETS, 'x'));
const receiver = await startReceiver(inbox);
try {
  const rows: Row[] = [];
  for (const dialogue of DIALOGUES) {
    for (const count of CONNECTIONS) rows.push(await measureBig(receiver, dialogue, count));
  }
  report('Transfers to disk, client and server in processes of their own', rows);
  const small: Row[] = [];
  for (const count of CONNECTIONS) small.push(await measureSmall(receiver, count));
  report('Small files, client and server in processes of their own', small);
} finally {
  await receiver.stop();
  rmSync(root, { recursive: true, force: true });
}

/**
 * Files of 4 KiB a second, each with its end response: sent by clients of ours, and by bare sockets that write prepared
 * octets, so that the rate of the server is seen where sender and server share the processor. What each of the two
 * processes takes stands beside it: CPU time for a file, and its peak of memory. The ratio is that of the senders: what
 * the server could do for a sender that costs nothing is more than the rate with bare sockets.
 *
 *     node dist/bench/small-files.js [--json file] [--dir folder] [--files n]
 *
 * `--dir` is where files and state stand (default: the system's folder for temporary files; a tmpfs takes the disk out
 * of the picture), `--files` how many are sent in each round (default 3200). Both ends are warm when the clock starts.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scratchFolder } from './support/folder.js';
import { median } from './support/measure.js';
import { Program } from './support/program.js';
import { type Row, report } from './support/report.js';
import type { SmallJob } from './support/small-sender.js';

const FILE_OCTETS = 4096;
const CONNECTIONS = [1, 8, 64];
const SENDERS = { client: 'OFTPClient', bare: 'bare socket' } as const;
/** Where the server keeps its state: on the disk, as it does by default, or nowhere. */
const STATES = ['stored', 'in memory'] as const;
const ROUNDS = 3;

const { values } = parseArgs({
  options: { json: { type: 'string' }, dir: { type: 'string' }, files: { type: 'string', default: '3200' } },
});
const files = Number(values.files);
/** Files that both ends have handled when the clock starts. */
const warmUp = Math.ceil(files / 2);
const root = scratchFolder(values.dir);
const source = join(root, 'source');

interface Measured {
  readonly rate: number;
  readonly row: Row;
}

async function measure(
  sending: keyof typeof SENDERS,
  connections: number,
  state: (typeof STATES)[number],
): Promise<Measured> {
  const folder = join(root, 'case');
  const inbox = join(folder, 'inbox');
  mkdirSync(inbox, { recursive: true });
  const receiver = await Program.start<{ port: number }>('receiver', [
    inbox,
    state === 'stored' ? join(folder, 'state') : '',
  ]);
  const args = [sending, receiver.ready.port, source, FILE_OCTETS, connections];
  const sender = await Program.start('small-sender', args);
  const send = async (count: number): Promise<number> => {
    const each = Math.ceil(count / connections);
    const began = performance.now();
    const job: SmallJob = { files: each, responses: true };
    const { answered } = await sender.ask<{ answered: number }>(job);
    if (answered !== each * connections) throw new Error(`${each * connections} files, ${answered} end responses`);
    return (answered / (performance.now() - began)) * 1000;
  };
  await send(warmUp);
  const before = [await receiver.usage(), await sender.usage()] as const;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rates.push(await send(files));
  const after = [await receiver.usage(), await sender.usage()] as const;
  await Promise.all([receiver.stop(), sender.stop()]);
  rmSync(folder, { recursive: true });
  const sent = Math.ceil(files / connections) * connections * ROUNDS;
  const cpuMs = (end: 0 | 1) => Number((((after[end].cpuSeconds - before[end].cpuSeconds) / sent) * 1000).toFixed(2));
  const rate = median(rates);
  return {
    rate,
    row: {
      sender: SENDERS[sending],
      connections: String(connections),
      state,
      'files/s': Math.round(rate),
      'receiver CPU ms': cpuMs(0),
      'sender CPU ms': cpuMs(1),
      'receiver peak MiB': after[0].peakMiB,
      'sender peak MiB': after[1].peakMiB,
    },
  };
}

writeFileSync(source, Buffer.alloc(FILE_OCTETS, 'x'));
const rows: Row[] = [];
for (const state of STATES) {
  for (const connections of CONNECTIONS) {
    const bare = await measure('bare', connections, state);
    const own = await measure('client', connections, state);
    rows.push({ ...own.row, 'of bare sender': Number((own.rate / bare.rate).toFixed(2)) });
    rows.push({ ...bare.row, 'of bare sender': '' });
  }
}
report('Files of 4 KiB with their end responses, CPU time for each', rows);

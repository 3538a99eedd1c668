/**
 * Files of 4 KiB acknowledged durably (EFPA: content, name and record are on the disk), as a ratio to a loop that
 * writes one file after the other with an fsync of file and folder each, in the same run and on the same disk; and to
 * the same loop with an fsync of a record behind each file, as no EFPA may go out without one. The share of the store
 * is told by a run that keeps its state in memory.
 *
 *     node dist/bench/durable.js [--json file] [--dir folder] [--files n]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scratchFolder } from './support/folder.js';
import { median } from './support/measure.js';
import { Program } from './support/program.js';
import { type Row, report } from './support/report.js';
import type { SmallJob } from './support/small-sender.js';

const FILE_OCTETS = 4096;
/** What the record of a file takes in a database. */
const RECORD_OCTETS = 512;
/** Files that both ends have handled when the clock starts, in all: their code is compiled then. */
const WARM_UP = 1000;
const CONNECTIONS = [1, 64];
const ROUNDS = 3;

const { values } = parseArgs({
  options: { json: { type: 'string' }, dir: { type: 'string' }, files: { type: 'string', default: '1280' } },
});
const files = Number(values.files);
const root = scratchFolder(values.dir);
const source = join(root, 'source');
writeFileSync(source, Buffer.alloc(FILE_OCTETS, 'x'));

/** The limit: one file at a time, each on the disk under its final name, and on record, before the next begins. */
async function loopRate(folder: string, { recorded }: { recorded: boolean }): Promise<number> {
  mkdirSync(folder);
  const content = Buffer.alloc(FILE_OCTETS, 'x');
  const directory = await open(folder);
  const records = await open(join(folder, '.records'), 'w');
  const began = performance.now();
  for (let index = 0; index < files; index += 1) {
    const part = join(folder, `.part-${index}`);
    const file = await open(part, 'wx');
    await file.write(content);
    await file.sync();
    await file.close();
    await rename(part, join(folder, `file-${index}`));
    await directory.sync();
    if (!recorded) continue;
    await records.write(content, 0, RECORD_OCTETS);
    await records.sync();
  }
  const rate = (files / (performance.now() - began)) * 1000;
  await Promise.all([directory.close(), records.close()]);
  return rate;
}

interface Measured {
  readonly rate: number;
  /** CPU time for a file, in milliseconds. */
  readonly receiverCpu: number;
  readonly senderCpu: number;
  readonly receiverPeak: number;
  readonly senderPeak: number;
}

/** @param statePath where the server keeps its state; in memory if empty */
async function serverRate(connections: number, folder: string, statePath: string): Promise<Measured> {
  mkdirSync(folder);
  const receiver = await Program.start<{ port: number }>('receiver', [folder, statePath]);
  const args = ['client', receiver.ready.port, source, FILE_OCTETS, connections];
  const sender = await Program.start('small-sender', args);
  const send = async (count: number) => {
    const job: SmallJob = { files: Math.ceil(count / connections), responses: false };
    await sender.ask(job);
    return job.files * connections;
  };
  await send(WARM_UP);
  const before = [await receiver.usage(), await sender.usage()] as const;
  const began = performance.now();
  const sent = await send(files);
  const rate = (sent / (performance.now() - began)) * 1000;
  const after = [await receiver.usage(), await sender.usage()] as const;
  await Promise.all([receiver.stop(), sender.stop()]);
  const cpuMs = (end: 0 | 1) => ((after[end].cpuSeconds - before[end].cpuSeconds) / sent) * 1000;
  return {
    rate,
    receiverCpu: cpuMs(0),
    senderCpu: cpuMs(1),
    receiverPeak: after[0].peakMiB,
    senderPeak: after[1].peakMiB,
  };
}

async function measure(connections: number): Promise<Row> {
  const rounds: { loop: number; recorded: number; stored: Measured; inMemory: Measured }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = (name: string) => join(root, `${name}-${connections}-${round}`);
    rounds.push({
      loop: await loopRate(folder('loop'), { recorded: false }),
      recorded: await loopRate(folder('recorded'), { recorded: true }),
      stored: await serverRate(connections, folder('stored'), folder('state')),
      inMemory: await serverRate(connections, folder('memory'), ''),
    });
  }
  const cost = (of: (stored: Measured) => number, digits = 0) =>
    Number(median(rounds.map(({ stored }) => of(stored))).toFixed(digits));
  const ratio = (of: (round: (typeof rounds)[number]) => number) => Number(median(rounds.map(of)).toFixed(2));
  return {
    connections: String(connections),
    'files/s': cost(({ rate }) => rate),
    'loop files/s': Math.round(median(rounds.map(({ loop }) => loop))),
    'of the loop (median)': ratio(({ stored, loop }) => stored.rate / loop),
    'of the loop with records': ratio(({ stored, recorded }) => stored.rate / recorded),
    'receiver CPU ms': cost(({ receiverCpu }) => receiverCpu, 2),
    'sender CPU ms': cost(({ senderCpu }) => senderCpu, 2),
    'receiver peak MiB': cost(({ receiverPeak }) => receiverPeak),
    'sender peak MiB': cost(({ senderPeak }) => senderPeak),
    'without store files/s': Math.round(median(rounds.map(({ inMemory }) => inMemory.rate))),
    'share of the store': ratio(({ stored, inMemory }) => 1 - stored.rate / inMemory.rate),
  };
}

const rows: Row[] = [];
for (const connections of CONNECTIONS) rows.push(await measure(connections));
report('Files of 4 KiB acknowledged durably, CPU time for each', rows);

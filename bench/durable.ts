/**
 * Files of 4 KiB acknowledged durably (EFPA: content, name and record are on the disk), as a ratio to a loop that
 * writes one file after the other with an fsync of file and folder each, in the same run and on the same disk; and to
 * the same loop with an fsync of a record behind each file, as no EFPA may go out without one. The share of the store
 * is told by a run that keeps its state in memory.
 *
 *     node dist/bench/durable.js [--json file] [--dir folder] [--files n]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OFTPClient } from '../src/index.js';
import { median } from './support/measure.js';
import { startReceiver } from './support/receiving-process.js';
import { type Row, report } from './support/report.js';

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
const root = mkdtempSync(join(values.dir ?? tmpdir(), 'oftp-bench-'));
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

async function serverRate(connections: number, folder: string, statePath: string | undefined): Promise<number> {
  mkdirSync(folder);
  const receiver = await startReceiver(folder, statePath);
  const clients = Array.from(
    { length: connections },
    (_, index) =>
      new OFTPClient({
        host: '127.0.0.1',
        port: receiver.oftpPort,
        clientSsidCode: `O0013BENCH${index}`,
        statePath: null,
        transferMemory: 4,
      }),
  );
  for (const client of clients) await client.connect();
  const send = async (count: number) => {
    const oneByOne = async (client: OFTPClient) => {
      for (let index = 0; index < count / connections; index += 1) {
        await client.sendFile({ path: source, virtualFileName: `F${index}` });
      }
    };
    await Promise.all(clients.map(oneByOne));
  };
  await send(WARM_UP);
  const began = performance.now();
  await send(files);
  const rate = (files / (performance.now() - began)) * 1000;
  await Promise.all(clients.map((client) => client.logoff()));
  await receiver.stop();
  return rate;
}

async function measure(connections: number): Promise<Row> {
  const rounds: { loop: number; recorded: number; stored: number; inMemory: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = (name: string) => join(root, `${name}-${connections}-${round}`);
    rounds.push({
      loop: await loopRate(folder('loop'), { recorded: false }),
      recorded: await loopRate(folder('recorded'), { recorded: true }),
      stored: await serverRate(connections, folder('stored'), folder('state')),
      inMemory: await serverRate(connections, folder('memory'), undefined),
    });
  }
  return {
    connections: String(connections),
    'files/s': Math.round(median(rounds.map(({ stored }) => stored))),
    'loop files/s': Math.round(median(rounds.map(({ loop }) => loop))),
    'of the loop (median)': Number(median(rounds.map(({ stored, loop }) => stored / loop)).toFixed(2)),
    'of the loop with records': Number(median(rounds.map(({ stored, recorded }) => stored / recorded)).toFixed(2)),
    'without store files/s': Math.round(median(rounds.map(({ inMemory }) => inMemory))),
    'share of the store': Number(median(rounds.map(({ stored, inMemory }) => 1 - stored / inMemory)).toFixed(2)),
  };
}

try {
  const rows: Row[] = [];
  for (const connections of CONNECTIONS) rows.push(await measure(connections));
  report('Files of 4 KiB acknowledged durably', rows);
} finally {
  rmSync(root, { recursive: true, force: true });
}

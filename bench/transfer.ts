/**
 * Plain transfers of a big file over loopback in both directions, as a ratio to raw TCP in the same run: the same file,
 * read from the same disk, sent in windows of the same number of octets that wait for an answer, and written and synced
 * to the same disk, without any protocol. Beside it what each of the two processes takes: CPU seconds for a GB, and its
 * peak of memory.
 *
 *     node dist/bench/transfer.js [--json file] [--dir folder] [--mib n]
 *
 * `--dir` is where files stand (default: the system's folder for temporary files; a tmpfs takes the disk out of the
 * picture), `--mib` the size of the file (default 256).
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BigJob } from './support/big-client.js';
import { writeBigFile } from './support/big-file.js';
import { scratchFolder } from './support/folder.js';
import { median } from './support/measure.js';
import { Program } from './support/program.js';
import type { RawSending } from './support/raw-end.js';
import type { Wish } from './support/receiver.js';
import { type Row, report } from './support/report.js';

const MEBIBYTE = 1024 * 1024;
const DIALOGUES = [
  { exchangeBufferSize: 2048, creditCount: 64 },
  { exchangeBufferSize: 99_999, creditCount: 999 },
];
const CONNECTIONS = [1, 8];
const DIRECTIONS = ['client to server', 'server to client'] as const;
const ROUNDS = 5;

const { values } = parseArgs({
  options: { json: { type: 'string' }, dir: { type: 'string' }, mib: { type: 'string', default: '256' } },
});
const root = scratchFolder(values.dir);
const bigFile = join(root, 'big');
const bigOctets = Number(values.mib) * MEBIBYTE;

/** Takes what has arrived away: a tmpfs is not endless. */
function emptied(name: string): string {
  const inbox = join(root, name);
  rmSync(inbox, { recursive: true, force: true });
  mkdirSync(inbox);
  return inbox;
}

/** Two processes with a transfer between them. */
interface Pair {
  readonly server: Program;
  readonly client: Program;
  transfer(): Promise<unknown>;
}

interface Cost {
  readonly seconds: number;
  readonly serverCpu: number;
  readonly clientCpu: number;
}

async function timed({ server, client, transfer }: Pair): Promise<Cost> {
  const [serverBefore, clientBefore] = [await server.usage(), await client.usage()];
  const began = performance.now();
  await transfer();
  const seconds = (performance.now() - began) / 1000;
  const [serverAfter, clientAfter] = [await server.usage(), await client.usage()];
  for (const name of ['server', 'client']) emptied(name);
  return {
    seconds,
    serverCpu: serverAfter.cpuSeconds - serverBefore.cpuSeconds,
    clientCpu: clientAfter.cpuSeconds - clientBefore.cpuSeconds,
  };
}

const cpuOf = ({ serverCpu, clientCpu }: Cost): number => serverCpu + clientCpu;

type Direction = (typeof DIRECTIONS)[number];
type Dialogue = (typeof DIALOGUES)[number];

async function oftpPair(direction: Direction, dialogue: Dialogue, connections: number): Promise<Pair> {
  const { exchangeBufferSize, creditCount } = dialogue;
  const server = await Program.start<{ port: number }>('receiver', [emptied('server')]);
  const args = [server.ready.port, emptied('client'), connections, exchangeBufferSize, creditCount];
  const client = await Program.start('big-client', args);
  const sends = direction === 'client to server';
  const job: BigJob = sends ? { path: bigFile } : {};
  await server.ask((sends ? {} : { offer: bigFile }) satisfies Wish);
  return { server, client, transfer: () => client.ask(job) };
}

/** Whichever sends connects: over loopback that makes no difference. */
async function rawPair(direction: Direction, dialogue: Dialogue, connections: number): Promise<Pair> {
  const window = dialogue.exchangeBufferSize * dialogue.creditCount;
  const server = await Program.start<{ port: number }>('raw-end', [emptied('server')]);
  const client = await Program.start<{ port: number }>('raw-end', [emptied('client')]);
  const [from, to] = direction === 'client to server' ? [client, server] : [server, client];
  const sending: RawSending = { port: to.ready.port, path: bigFile, octets: bigOctets, window, connections };
  return { server, client, transfer: () => from.ask(sending) };
}

async function measure(direction: Direction, dialogue: Dialogue, connections: number): Promise<Row> {
  const raw = await rawPair(direction, dialogue, connections);
  const oftp = await oftpPair(direction, dialogue, connections);
  const rounds: { raw: Cost; oftp: Cost }[] = [];
  // The first round warms up: code is compiled, and memory is there.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const costs = { raw: await timed(raw), oftp: await timed(oftp) };
    if (round > 0) rounds.push(costs);
  }
  const [serverPeak, clientPeak] = [(await oftp.server.usage()).peakMiB, (await oftp.client.usage()).peakMiB];
  for (const { server, client } of [raw, oftp]) await Promise.all([server.stop(), client.stop()]);
  const octets = bigOctets * connections;
  const megabytes = (cost: (round: (typeof rounds)[number]) => number) =>
    Math.round(octets / Math.min(...rounds.map(cost)) / 1e6);
  const aGigabyte = (cost: (round: (typeof rounds)[number]) => number) =>
    Number((median(rounds.map(cost)) / (octets / 1e9)).toFixed(2));
  return {
    direction,
    'buffer/credit': `${dialogue.exchangeBufferSize}/${dialogue.creditCount}`,
    connections: String(connections),
    'MB/s': megabytes(({ oftp: { seconds } }) => seconds),
    'raw MB/s': megabytes(({ raw: { seconds } }) => seconds),
    'of raw (median)': Number(median(rounds.map((round) => round.raw.seconds / round.oftp.seconds)).toFixed(2)),
    'server CPU s/GB': aGigabyte(({ oftp: { serverCpu } }) => serverCpu),
    'client CPU s/GB': aGigabyte(({ oftp: { clientCpu } }) => clientCpu),
    'raw CPU s/GB': aGigabyte(({ raw }) => cpuOf(raw)),
    'CPU to raw (median)': Number(median(rounds.map((round) => cpuOf(round.oftp) / cpuOf(round.raw))).toFixed(2)),
    'server peak MiB': serverPeak,
    'client peak MiB': clientPeak,
  };
}

writeBigFile(bigFile, bigOctets);
const rows: Row[] = [];
for (const direction of DIRECTIONS) {
  for (const dialogue of DIALOGUES) {
    for (const connections of CONNECTIONS) rows.push(await measure(direction, dialogue, connections));
  }
}
report(`Transfers of ${values.mib} MiB, client and server in processes of their own`, rows);

/**
 * How long a small session takes (connect, one file of 4 KiB, its end response, end) while other partners send big
 * files as fast as the server takes them, as a ratio to what is expected: twice the 99th percentile of the idle server,
 * plus MaxReadTime. Server, bulk senders and small sessions are processes of their own; the small sessions come from
 * bare sockets, so that hardly more than the server's own time counts. With fewer cores than processes the senders also
 * take the processor away, which no fairness inside the server can give back: in a second case they give way to all
 * others, and a third one has the same load with no OFTP in it, raw TCP to the same disk beside the server. What that
 * costs a small session is not the server's.
 *
 *     node dist/bench/fairness.js [--json file] [--dir folder] [--sessions n]
 */
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OFTPServer } from '../src/index.js';
import { writeBigFile } from './support/big-file.js';
import { scratchFolder } from './support/folder.js';
import { Program } from './support/program.js';
import { type Row, report } from './support/report.js';
import type { Durations, SmallSessions } from './support/small-sessions.js';

const BULK_CONNECTIONS = 8;
const BULK_OCTETS = 16 * 1024 * 1024;
const SMALL_OCTETS = 4096;
const WARM_UP = 50;
const { PRIORITY_LOW, PRIORITY_NORMAL } = constants.priority;

const { values } = parseArgs({
  options: { json: { type: 'string' }, dir: { type: 'string' }, sessions: { type: 'string', default: '400' } },
});
const root = scratchFolder(values.dir);
const inbox = join(root, 'inbox');
const bigFile = join(root, 'big');

/** Who else is busy. */
interface Load {
  readonly name: string;
  readonly kind: 'oftp' | 'raw';
  readonly niceness: number;
}

const LOADS: readonly Load[] = [
  { name: `busy with ${BULK_CONNECTIONS} big files at a time`, kind: 'oftp', niceness: PRIORITY_NORMAL },
  { name: 'the same, the senders give way', kind: 'oftp', niceness: PRIORITY_LOW },
  { name: 'idle beside the same load over raw TCP', kind: 'raw', niceness: PRIORITY_NORMAL },
];

mkdirSync(inbox);
writeBigFile(bigFile, BULK_OCTETS);
const server = await Program.start<{ port: number }>('receiver', [inbox]);
const rawEnd = await Program.start<{ port: number }>('raw-end', [inbox]);
const small = await Program.start('small-sessions', [server.ready.port, SMALL_OCTETS]);

async function durations(): Promise<Durations & { serverCpu: number }> {
  await small.ask<Durations>({ sessions: WARM_UP } satisfies SmallSessions);
  const before = await server.usage();
  const times = await small.ask<Durations>({ sessions: Number(values.sessions) } satisfies SmallSessions);
  return { ...times, serverCpu: (await server.usage()).cpuSeconds - before.cpuSeconds };
}

const { maxReadTime } = new OFTPServer();
const idle = await durations();
const expected = 2 * idle.p99 + maxReadTime;

async function rowOf(name: string, { p50, p99, serverCpu }: typeof idle, bulk: number): Promise<Row> {
  return {
    server: name,
    'p50 ms': Number(p50.toFixed(1)),
    'p99 ms': Number(p99.toFixed(1)),
    'bulk MB/s': Math.round(bulk),
    'p99 of expected': Number((p99 / expected).toFixed(2)),
    'server CPU s': Number(serverCpu.toFixed(1)),
    'server peak MiB': (await server.usage()).peakMiB,
  };
}

async function beside({ name, kind, niceness }: Load): Promise<Row> {
  const { port } = kind === 'oftp' ? server.ready : rawEnd.ready;
  const args = [kind, port, bigFile, BULK_OCTETS, BULK_CONNECTIONS, inbox, niceness];
  const senders = await Program.start('bulk-sender', args);
  const sent = async () => (await senders.ask<{ sent: number }>({})).sent;
  const [before, began] = [await sent(), performance.now()];
  const busy = await durations();
  const bulk = ((await sent()) - before) / (performance.now() - began) / 1000;
  await senders.stop();
  return rowOf(name, busy, bulk);
}

const rows = [await rowOf('idle', idle, 0)];
for (const load of LOADS) rows.push(await beside(load));
report('Small sessions beside bulk senders', rows);
await Promise.all([server, rawEnd, small].map((program) => program.stop()));

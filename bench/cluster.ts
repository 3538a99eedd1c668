/**
 * One port served by several processes, as ratios to one process in the same run: sessions over TLS opened in a second
 * (each a whole handshake, most of it the server's), and over eight plain connections, with the state in memory, files
 * of 4 KiB in a second, the same with 5 ms of further work in a handler of `endTransfer`, and megabytes of big files.
 *
 *     node dist/bench/cluster.js [--json file] [--dir folder] [--processes n] [--sessions n] [--files n] [--rounds n]
 *
 * The load comes from this process and needs cores of its own: on two cores it and the primary take from the servers
 * what they use, so that far less than 2 is reached there. Small files cost messages between the processes; their ratio
 * tells what those take.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { connect, createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OFTPClient } from '../src/index.js';
import { writeBigFile } from './support/big-file.js';
import { scratchFolder } from './support/folder.js';
import { median } from './support/measure.js';
import { Program, type Usage, usage } from './support/program.js';
import { type Row, report } from './support/report.js';
import { converse, openingDialogue } from './support/wire.js';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    dir: { type: 'string' },
    processes: { type: 'string', default: '2' },
    sessions: { type: 'string', default: '4000' },
    files: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
  },
});
const AT_ONCE = 50;
const CONNECTIONS = 8;
const SMALL_OCTETS = 4096;
const BIG_OCTETS = 64 * 1024 * 1024;
/** As many as a tmpfs of a small machine holds. */
const BIG_FILES = 16;

const sessions = Number(values.sessions);
const files = Number(values.files);
const folder = scratchFolder(values.dir);
const inbox = join(folder, 'inbox');
const smallFile = join(folder, 'small');
const bigFile = join(folder, 'big');
const rootPath = fileURLToPath(new URL('../../fixtures/tls/root.cert.pem', import.meta.url));
const secureContext = createSecureContext({ ca: readFileSync(rootPath) });

/** Opened, and each closed again at once. */
async function openSessions(port: number): Promise<void> {
  let begun = 0;
  const opener = async () => {
    while (begun < sessions) {
      begun += 1;
      const socket: Socket = connect({ port, host: '127.0.0.1', secureContext });
      await converse(socket, openingDialogue('O0013BENCH'));
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
}

/** Sends a file so many times, until it is acknowledged. */
function sends(path: string, count: number): (port: number) => Promise<void> {
  return async (port) => {
    const clients = Array.from({ length: CONNECTIONS }, (_, index) => {
      const code = `O0013BENCH${index}`;
      const dialogue = { exchangeBufferSize: 99_999, creditCount: 999 };
      return new OFTPClient({
        host: '127.0.0.1',
        port,
        clientSsidCode: code,
        clientSfidCode: code,
        statePath: null,
        ...dialogue,
      });
    });
    await Promise.all(clients.map((client) => client.connect()));
    let begun = 0;
    const sender = async (client: OFTPClient) => {
      while (begun < count) {
        begun += 1;
        await client.sendFile({ path, virtualFileName: `F${begun}` });
      }
    };
    await Promise.all(clients.map(sender));
    await Promise.all(clients.map((client) => client.logoff()));
  };
}

interface Load {
  readonly what: string;
  readonly carrier: 'tls' | 'plain' | 'work';
  /** How many of it one run has. */
  readonly count: number;
  run(port: number): Promise<void>;
}

const LOADS: readonly Load[] = [
  { what: 'sessions over TLS', carrier: 'tls', count: sessions, run: openSessions },
  { what: 'files of 4 KiB', carrier: 'plain', count: files, run: sends(smallFile, files) },
  {
    what: 'files of 4 KiB, 5 ms of work each',
    carrier: 'work',
    count: files,
    run: sends(smallFile, files),
  },
  {
    what: 'MB in files of 64 MiB',
    carrier: 'plain',
    count: (BIG_OCTETS * BIG_FILES) / 1e6,
    run: sends(bigFile, BIG_FILES),
  },
];

interface Cost {
  readonly seconds: number;
  /** Seconds of CPU time at all serving processes, and here. */
  readonly serverCpu: number;
  readonly clientCpu: number;
  readonly peakMiB: number;
}

function emptyInbox(): void {
  rmSync(inbox, { recursive: true, force: true });
  mkdirSync(inbox);
}

/** A station of its own for each measurement. The first round is not counted: code is compiled then. */
async function measure(processes: number, { carrier, run }: Load): Promise<Cost> {
  emptyInbox();
  const station = await Program.start<{ port: number }>('cluster-station', [processes, inbox, carrier]);
  const { port } = station.ready;
  await run(port);
  emptyInbox();
  const [serverBefore, clientBefore] = [await station.ask<Usage>({}), usage()];
  const began = performance.now();
  await run(port);
  const seconds = (performance.now() - began) / 1000;
  const clientCpu = usage().cpuSeconds - clientBefore.cpuSeconds;
  const { cpuSeconds, peakMiB } = await station.ask<Usage>({});
  await station.stop();
  return { seconds, serverCpu: cpuSeconds - serverBefore.cpuSeconds, clientCpu, peakMiB };
}

async function scaling(load: Load): Promise<Row> {
  const processes = Number(values.processes);
  const rounds: { one: Cost; several: Cost }[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    rounds.push({ one: await measure(1, load), several: await measure(processes, load) });
  }
  const best = (which: 'one' | 'several') =>
    Math.round(load.count / Math.min(...rounds.map((round) => round[which].seconds)));
  const cpu = (seconds: (round: (typeof rounds)[number]) => number) =>
    Number(((median(rounds.map(seconds)) / load.count) * 1000).toFixed(2));
  return {
    what: load.what,
    'one process /s': best('one'),
    [`${processes} processes /s`]: best('several'),
    'of one process (median)': Number(
      median(rounds.map(({ one, several }) => one.seconds / several.seconds)).toFixed(2),
    ),
    'one: CPU ms each': cpu(({ one }) => one.serverCpu),
    [`${processes}: CPU ms each`]: cpu(({ several }) => several.serverCpu),
    'client CPU ms each': cpu(({ several }) => several.clientCpu),
    'one: peak MiB': Math.max(...rounds.map(({ one }) => one.peakMiB)),
    [`${processes}: peak MiB`]: Math.max(...rounds.map(({ several }) => several.peakMiB)),
  };
}

writeFileSync(smallFile, Buffer.alloc(SMALL_OCTETS, 'x'));
writeBigFile(bigFile, BIG_OCTETS);
const rows: Row[] = [];
for (const load of LOADS) rows.push(await scaling(load));
report(`One port, ${values.processes} processes`, rows);

/**
 * One port served by several processes, as ratios to one process in the same run: sessions over TLS opened in a second
 * (each a whole handshake, most of it the server's), and files of 4 KiB in a second over eight plain connections, with
 * the state in memory: without further work, and with 5 ms of it in a handler of `endTransfer`.
 *
 *     node dist/bench/cluster.js [--json file] [--dir folder] [--processes n] [--sessions n] [--files n]
 *
 * The load comes from this process and needs cores of its own: on two cores it and the primary take from the servers
 * what they use, so that far less than 2 is reached there. Small files cost messages between the processes; their ratio
 * tells what those take.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OFTPClient } from '../src/index.js';
import { median } from './support/measure.js';
import { type Row, report } from './support/report.js';
import { converse, openingDialogue } from './support/wire.js';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    dir: { type: 'string' },
    processes: { type: 'string', default: '2' },
    sessions: { type: 'string', default: '1000' },
    files: { type: 'string', default: '2000' },
  },
});
const ROUNDS = 3;
const AT_ONCE = 50;
const CONNECTIONS = 8;
const FILE_OCTETS = 4096;

const sessions = Number(values.sessions);
const files = Number(values.files);
const folder = mkdtempSync(join(values.dir ?? tmpdir(), 'oftp-bench-'));
const inbox = join(folder, 'inbox');
const source = join(folder, 'source');
const rootPath = fileURLToPath(new URL('../../fixtures/tls/root.cert.pem', import.meta.url));
const secureContext = createSecureContext({ ca: readFileSync(rootPath) });
const program = fileURLToPath(new URL('./support/cluster-station.js', import.meta.url));

/** In a second, each closed again at once. */
async function sessionRate(port: number): Promise<number> {
  let begun = 0;
  const opener = async () => {
    while (begun < sessions) {
      begun += 1;
      const socket: Socket = connect({ port, host: '127.0.0.1', secureContext });
      await converse(socket, openingDialogue('O0013BENCH'));
      socket.destroy();
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
  return (sessions / (performance.now() - began)) * 1000;
}

/** In a second, acknowledged. */
async function fileRate(port: number): Promise<number> {
  const clients = Array.from({ length: CONNECTIONS }, (_, index) => {
    const code = `O0013BENCH${index}`;
    return new OFTPClient({ host: '127.0.0.1', port, clientSsidCode: code, clientSfidCode: code, statePath: null });
  });
  await Promise.all(clients.map((client) => client.connect()));
  let begun = 0;
  const began = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (begun < files) {
        begun += 1;
        await client.sendFile({ path: source, virtualFileName: `F${begun}` });
      }
    }),
  );
  const rate = (files / (performance.now() - began)) * 1000;
  await Promise.all(clients.map((client) => client.logoff()));
  return rate;
}

/** A station of its own for each measurement. The first round is not counted: code is compiled then. */
async function rateWith(processes: number, carrier: string, rate: (port: number) => Promise<number>): Promise<number> {
  mkdirSync(inbox, { recursive: true });
  const station: ChildProcess = fork(program, [String(processes), inbox, carrier]);
  try {
    const [{ port }] = (await once(station, 'message')) as [{ port: number }];
    await rate(port);
    return await rate(port);
  } finally {
    station.kill();
    await once(station, 'exit');
    rmSync(inbox, { recursive: true, force: true });
  }
}

async function scaling(what: string, carrier: string, rate: (port: number) => Promise<number>): Promise<Row> {
  const processes = Number(values.processes);
  const pairs: [one: number, several: number][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    pairs.push([await rateWith(1, carrier, rate), await rateWith(processes, carrier, rate)]);
  }
  const best = (index: 0 | 1) => Math.round(Math.max(...pairs.map((pair) => pair[index])));
  return {
    what,
    'one process /s': best(0),
    [`${processes} processes /s`]: best(1),
    'of one process (median)': Number(median(pairs.map(([one, several]) => several / one)).toFixed(2)),
  };
}

writeFileSync(source, Buffer.alloc(FILE_OCTETS, 'x'));
try {
  const rows = [
    await scaling('sessions over TLS', 'tls', sessionRate),
    await scaling('files of 4 KiB', 'plain', fileRate),
    await scaling('files of 4 KiB, 5 ms of work each', 'work', fileRate),
  ];
  report(`One port, ${values.processes} processes`, rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Sessions and transfers, plain or over TLS, as ratios to a bare server of Node.js in one run: sessions opened in a
 * second, all of them held at once (a bare connection counts when its greeting has come, a session when the SSIDs are
 * exchanged), and one big file in windows that wait for an answer.
 *
 *     node dist/bench/sessions.js [--tls] [--json file] [--dir folder] [--sessions n] [--mib n]
 *
 * `--sessions` is how many there are at once (default 2000; two descriptors each), `--mib` the size of the file (256).
 * Sessions over TLS are not resumed: every one costs a whole handshake, on both sides.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Certificate, OFTPClient } from '../src/index.js';
import { writeBigFile } from './support/big-file.js';
import type { Kind } from './support/carrier-server.js';
import { scratchFolder } from './support/folder.js';
import { median } from './support/measure.js';
import { Program, usage } from './support/program.js';
import { rawSend } from './support/raw-transfer.js';
import { type Row, report } from './support/report.js';
import { converse, openingDialogue } from './support/wire.js';

const { values } = parseArgs({
  options: {
    tls: { type: 'boolean', default: false },
    json: { type: 'string' },
    dir: { type: 'string' },
    sessions: { type: 'string', default: '2000' },
    mib: { type: 'string', default: '256' },
  },
});
const MEBIBYTE = 1024 * 1024;
const DIALOGUE = { exchangeBufferSize: 99_999, creditCount: 999 };
const ROUNDS = 3;
/** Connections that are being opened at the same time. */
const AT_ONCE = 50;

const octets = Number(values.mib) * MEBIBYTE;
const sessions = Number(values.sessions);
const carrier = values.tls ? 'TLS' : 'TCP';
const folder = scratchFolder(values.dir);
const inbox = join(folder, 'inbox');
const file = join(folder, 'big');
const rootPath = fileURLToPath(new URL('../../fixtures/tls/root.cert.pem', import.meta.url));
const secureContext = createSecureContext({ ca: readFileSync(rootPath) });

async function open(port: number, dialogue: readonly Buffer[]): Promise<Socket> {
  const options = { port, host: '127.0.0.1' };
  const socket = values.tls ? connectTls({ ...options, secureContext }) : connectPlain(options);
  return converse(socket, dialogue);
}

/** Opens all of them, and holds them until there are that many. */
async function openAll(port: number, dialogue: readonly Buffer[]): Promise<() => Promise<unknown>> {
  const sockets: Socket[] = [];
  let begun = 0;
  const opener = async () => {
    while (begun < sessions) {
      begun += 1;
      sockets.push(await open(port, dialogue));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
  if (sockets.some(({ destroyed }) => destroyed)) throw new Error('a connection was lost while others were opened');
  return () => Promise.all(sockets.map(closed));
}

async function closed(socket: Socket): Promise<void> {
  const gone = once(socket, 'close');
  socket.destroy();
  await gone;
}

function emptyInbox(): void {
  rmSync(inbox, { recursive: true, force: true });
  mkdirSync(inbox);
}

async function connectedClient(port: number): Promise<OFTPClient> {
  const client = new OFTPClient({
    host: '127.0.0.1',
    port,
    clientSsidCode: 'O0013BENCH',
    useSsl: values.tls,
    trustedCertificates: [Certificate.loadSync({ store: rootPath })],
    ...DIALOGUE,
  });
  await client.connect();
  return client;
}

interface Cost {
  readonly seconds: number;
  readonly serverCpu: number;
  readonly clientCpu: number;
}

interface Subject {
  readonly server: Program<{ port: number }>;
  /** What is measured; settles to what puts everything back. */
  work(): Promise<() => unknown>;
  /** After the last time. */
  end?(): Promise<unknown>;
}

async function timed({ server, work }: Subject): Promise<Cost> {
  const [serverBefore, clientBefore] = [await server.usage(), usage()];
  const began = performance.now();
  const restore = await work();
  const seconds = (performance.now() - began) / 1000;
  const clientCpu = usage().cpuSeconds - clientBefore.cpuSeconds;
  const serverCpu = (await server.usage()).cpuSeconds - serverBefore.cpuSeconds;
  await restore();
  return { seconds, serverCpu, clientCpu };
}

/** How many of a unit are done in one go, and how CPU time is told. */
interface Unit {
  readonly count: number;
  readonly rate: string;
  readonly cpu: string;
  /** Units of CPU time in a second, for so many. */
  readonly cpuScale: number;
}

/**
 * Bare and OFTP by turns: the best rates, and the median of the ratios. The first round, in which code is compiled, is
 * not counted.
 */
async function compare(what: string, unit: Unit, bare: Subject, oftp: Subject): Promise<Row> {
  const rounds: { bare: Cost; oftp: Cost }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const costs = { bare: await timed(bare), oftp: await timed(oftp) };
    if (round > 0) rounds.push(costs);
  }
  const best = (subject: 'bare' | 'oftp') =>
    Math.round(unit.count / Math.min(...rounds.map((round) => round[subject].seconds)));
  const cpu = (seconds: (round: (typeof rounds)[number]) => number) =>
    Number(((median(rounds.map(seconds)) / unit.count) * unit.cpuScale).toFixed(2));
  const { peakMiB } = await oftp.server.usage();
  await oftp.end?.();
  await Promise.all([bare.server.stop(), oftp.server.stop()]);
  return {
    [carrier]: what,
    [unit.rate]: best('oftp'),
    [`bare ${unit.rate}`]: best('bare'),
    'of bare (median)': Number(median(rounds.map((round) => round.bare.seconds / round.oftp.seconds)).toFixed(2)),
    [`server ${unit.cpu}`]: cpu((round) => round.oftp.serverCpu),
    [`bare server ${unit.cpu}`]: cpu((round) => round.bare.serverCpu),
    [`client ${unit.cpu}`]: cpu((round) => round.oftp.clientCpu),
    'server peak MiB': peakMiB,
  };
}

const serve = (kind: Kind) => Program.start<{ port: number }>('carrier-server', [kind, carrier, sessions, inbox]);

async function opening(kind: 'bare' | 'oftp', dialogue: readonly Buffer[]): Promise<Subject> {
  const server = await serve(kind);
  return { server, work: () => openAll(server.ready.port, dialogue) };
}

async function rawSending(): Promise<Subject> {
  const server = await serve('raw');
  const window = DIALOGUE.exchangeBufferSize * DIALOGUE.creditCount;
  const work = async () => {
    await rawSend(server.ready.port, file, octets, window, values.tls ? { secureContext } : undefined);
    return emptyInbox;
  };
  return { server, work };
}

async function oftpSending(): Promise<Subject> {
  const server = await serve('oftp');
  const client = await connectedClient(server.ready.port);
  const work = async () => {
    await client.sendFile({ path: file, virtualFileName: 'BIG' });
    return emptyInbox;
  };
  return { server, work, end: () => client.logoff() };
}

emptyInbox();
writeBigFile(file, octets);
const each: Unit = { count: sessions, rate: 'opened/s', cpu: 'CPU ms each', cpuScale: 1000 };
const gigabyte: Unit = { count: octets / 1e6, rate: 'MB/s', cpu: 'CPU s/GB', cpuScale: 1000 };
const opened = await compare(
  `${sessions} sessions opened and held`,
  each,
  await opening('bare', []),
  await opening('oftp', openingDialogue('O0013BENCH')),
);
report(`Sessions over ${carrier}`, [opened]);
const sent = await compare(`file of ${values.mib} MiB`, gigabyte, await rawSending(), await oftpSending());
report(`A transfer over ${carrier}`, [sent]);

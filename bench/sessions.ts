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
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Certificate, OFTPClient } from '../src/index.js';
import { median } from './support/measure.js';
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
const folder = mkdtempSync(join(values.dir ?? tmpdir(), 'oftp-bench-'));
const inbox = join(folder, 'inbox');
const file = join(folder, 'big');
const rootPath = fileURLToPath(new URL('../../fixtures/tls/root.cert.pem', import.meta.url));
const secureContext = createSecureContext({ ca: readFileSync(rootPath) });

interface Ports {
  readonly oftpPort: number;
  readonly barePort: number;
  readonly rawPort: number;
}

async function open(port: number, dialogue: readonly Buffer[]): Promise<Socket> {
  const options = { port, host: '127.0.0.1' };
  const socket = values.tls ? connectTls({ ...options, secureContext }) : connectPlain(options);
  return converse(socket, dialogue);
}

/** Opened in a second, with all of them there at the end. */
async function openingRate(port: number, dialogue: readonly Buffer[]): Promise<number> {
  const sockets: Socket[] = [];
  let begun = 0;
  const opener = async () => {
    while (begun < sessions) {
      begun += 1;
      sockets.push(await open(port, dialogue));
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
  const rate = (sessions / (performance.now() - began)) * 1000;
  if (sockets.some(({ destroyed }) => destroyed)) throw new Error('a connection was lost while others were opened');
  await Promise.all(
    sockets.map((socket) => {
      const closed = once(socket, 'close');
      socket.destroy();
      return closed;
    }),
  );
  return rate;
}

/** Megabytes in a second. */
async function speed(send: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await send();
  const rate = octets / (performance.now() - began) / 1000;
  rmSync(inbox, { recursive: true });
  mkdirSync(inbox);
  return rate;
}

async function transferring(port: number): Promise<OFTPClient> {
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

/** Bare and OFTP by turns; the median of the ratios, and the best of each. */
async function compare(bare: () => Promise<number>, oftp: () => Promise<number>): Promise<[number, number, number]> {
  const pairs: [bare: number, oftp: number][] = [];
  for (let round = 0; round < ROUNDS; round += 1) pairs.push([await bare(), await oftp()]);
  const best = (index: 0 | 1) => Math.round(Math.max(...pairs.map((pair) => pair[index])));
  return [best(0), best(1), Number(median(pairs.map(([limit, own]) => own / limit)).toFixed(2))];
}

mkdirSync(inbox);
writeFileSync(file, Buffer.alloc(octets, "UNH+1+DELFOR:D:96A:UN'BGM+241+"));
const program = fileURLToPath(new URL('./support/session-servers.js', import.meta.url));
const child = fork(program, [inbox, String(sessions), ...(values.tls ? ['tls'] : [])]);
try {
  const [{ oftpPort, barePort, rawPort }] = (await once(child, 'message')) as [Ports];
  const carrier = values.tls ? 'TLS' : 'TCP';
  const opening = await compare(
    () => openingRate(barePort, []),
    () => openingRate(oftpPort, openingDialogue('O0013BENCH')),
  );
  const client = await transferring(oftpPort);
  const window = DIALOGUE.exchangeBufferSize * DIALOGUE.creditCount;
  const sending = await compare(
    () => speed(() => rawSend(rawPort, file, octets, window, values.tls ? { secureContext } : undefined)),
    () => speed(() => client.sendFile({ path: file, virtualFileName: 'BIG' })),
  );
  await client.logoff();
  const row = (what: string, unit: string, [bare, oftp, ratio]: [number, number, number]): Row => ({
    [carrier]: what,
    [unit]: oftp,
    [`bare ${unit}`]: bare,
    'of bare (median)': ratio,
  });
  report(`Sessions over ${carrier}`, [
    row(`${sessions} sessions opened and held`, 'opened/s', opening),
    row(`file of ${values.mib} MiB`, 'MB/s', sending),
  ]);
} finally {
  child.kill();
  rmSync(folder, { recursive: true, force: true });
}

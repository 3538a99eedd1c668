/**
 * A serving process, plain or over TLS: an OFTP server, or a bare server of Node.js that greets, or one that takes
 * files without a protocol. It tells its memory, and its CPU time while nothing happens, when it is asked.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer as createPlain, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTls } from 'node:tls';
import { Certificate, OFTPServer } from '../../src/index.js';
import { answer } from './program.js';
import { rawReceiver } from './raw-transfer.js';

export type Kind = 'oftp' | 'bare' | 'raw';

const [kind = 'oftp', carrier = 'TCP', sessions = '1000', inbox = ''] = process.argv.slice(2);

const read = (name: string) => readFileSync(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
const key = read('server-rsa.key');
const cert = `${read('server-rsa.cert')}${read('issuing.cert')}`;
const tls = carrier === 'TLS' ? { key, cert } : undefined;

const BACKLOG = 4096;
/** Seconds. Thousands of handshakes take longer than the default gives a session to say something. */
const TIMEOUT_OVER_TLS = 600;
/** As long as SSRM in its Stream Transmission Buffer. */
const GREETING = Buffer.alloc(23, '.');
/** Milliseconds between the last work and the first look, and between the two looks. */
const SETTLING_MS = 2000;
const IDLE_MS = 10_000;

async function oftpPort(): Promise<number> {
  const server = new OFTPServer({
    serverSsidCode: 'O0013BENCHHUB',
    serverSfidCode: 'O0013BENCHHUB',
    localHost: '127.0.0.1',
    localPort: 0,
    statePath: null,
    maxConnections: Number(sessions) + 100,
    connectionBacklog: BACKLOG,
    exchangeBufferSize: 99_999,
    creditCount: 999,
    useSsl: tls !== undefined,
    sslCertificate: Certificate.loadSync({ store: key + cert }),
    receivedFileNameFormat: '%Originator%_%VirtualFileName%_%GUID%',
    ...(tls && { defaultTimeout: TIMEOUT_OVER_TLS }),
  });
  server.on('acceptConnection', ({ connection }) => {
    connection.downloadDirectory = inbox;
  });
  await server.startListening();
  return server.localPort;
}

async function bareServer(): Promise<Server> {
  const sockets = new Set<Socket>();
  const greet = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    // What a server must at least do: say something, and take what comes.
    socket.write(GREETING);
    socket.resume();
  };
  const server = tls === undefined ? createPlain({ noDelay: true }, greet) : createTls(tls, greet);
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  return server;
}

async function portOf(server: Promise<Server>): Promise<number> {
  return ((await server).address() as AddressInfo).port;
}

/** Octets, without what can be collected. */
function residentOctets(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** Milliseconds of CPU time in a second. */
async function idleCpu(): Promise<number> {
  await delay(SETTLING_MS);
  const before = process.cpuUsage();
  await delay(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / IDLE_MS;
}

const QUESTIONS = { residentOctets, idleCpu } as const;

export type Question = keyof typeof QUESTIONS;

const PORTS: Readonly<Record<Kind, () => Promise<number>>> = {
  oftp: oftpPort,
  bare: () => portOf(bareServer()),
  raw: () => portOf(rawReceiver(inbox, tls)),
};
const port = await PORTS[kind as Kind]();
answer({ port }, async (question: Question) => ({ answer: await QUESTIONS[question]() }));

/**
 * The serving process of the connection benchmark: an OFTP server whose sessions stay idle, or a bare server of Node.js
 * whose sockets do, plain or over TLS. It tells its memory, and its CPU time while nothing happens, when it is asked.
 */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer as createPlain, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTls } from 'node:tls';
import { Certificate, OFTPServer } from '../../src/index.js';

const [kind = 'oftp', carrier = 'tcp', sessions = '1000'] = process.argv.slice(2);

const read = (name: string) => readFileSync(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
const key = read('server-rsa.key');
const cert = `${read('server-rsa.cert')}${read('issuing.cert')}`;
const tls = carrier === 'tls' ? { key, cert } : undefined;

/** Milliseconds between the last work and the first look, and between the two looks. */
const SETTLING_MS = 2000;
const IDLE_MS = 10_000;

/** Seconds. Thousands of handshakes take longer than the default gives a session to say something. */
const TIMEOUT_OVER_TLS = 600;

async function oftpPort(): Promise<number> {
  const server = new OFTPServer({
    serverSsidCode: 'O0013BENCHHUB',
    serverSfidCode: 'O0013BENCHHUB',
    localHost: '127.0.0.1',
    localPort: 0,
    statePath: null,
    maxConnections: Number(sessions) + 100,
    connectionBacklog: 4096,
    useSsl: tls !== undefined,
    sslCertificate: Certificate.loadSync({ store: key + cert }),
    ...(tls && { defaultTimeout: TIMEOUT_OVER_TLS }),
  });
  server.on('acceptConnection', () => {});
  server.on('error', ({ description }) => console.error(description));
  await server.startListening();
  return server.localPort;
}

async function barePort(): Promise<number> {
  const sockets = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    // What a server must at least do: say something, and take what comes.
    socket.write('.');
    socket.on('data', () => {});
  };
  const server = tls === undefined ? createPlain(hold) : createTls(tls, hold);
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
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

const port = await (kind === 'oftp' ? oftpPort() : barePort());
process.on('message', async (what) => {
  process.send?.(what === 'idleCpu' ? await idleCpu() : residentOctets());
});
process.send?.({ port });

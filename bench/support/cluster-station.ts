/**
 * The serving processes of the cluster benchmark: one server, or a cluster of so many that serve one port. They tell
 * what all of them together have used.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Certificate, OFTPServer, shareState } from '../../src/index.js';
import { answer, type Usage, usage } from './program.js';

const [processes = '1', inbox = '', carrier = 'plain'] = process.argv.slice(2);
const MAX_CONNECTIONS = 5000;
/** What a handler computes for each file, in milliseconds. */
const WORK_MS = 5;

const read = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url)), 'utf8');

/** Keeps the core busy, as the parsing of a message does. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

async function serve(shared: boolean): Promise<number> {
  const server = new OFTPServer({
    serverSsidCode: 'O0013BENCHHUB',
    serverSfidCode: 'O0013BENCHHUB',
    localHost: '127.0.0.1',
    localPort: 0,
    connectionBacklog: 511,
    useSsl: carrier === 'tls',
    sslCertificate: Certificate.loadSync({
      store: read('server-rsa.key') + read('server-rsa.cert') + read('issuing.cert'),
    }),
    receivedFileNameFormat: '%Originator%_%VirtualFileName%_%GUID%',
    ...(shared ? { sharedState: true } : { statePath: null, maxConnections: MAX_CONNECTIONS }),
  });
  server.on('acceptConnection', ({ connection }) => {
    connection.downloadDirectory = inbox;
  });
  if (carrier === 'work') server.on('endTransfer', () => work(WORK_MS));
  await server.startListening();
  return server.localPort;
}

async function share(): Promise<number> {
  await shareState({ statePath: null, maxConnections: MAX_CONNECTIONS });
  const listening = Array.from({ length: Number(processes) }, async () => {
    const [{ port }] = (await once(cluster.fork(), 'listening')) as [{ port: number }];
    return port;
  });
  return (await Promise.all(listening))[0] as number;
}

/** What workers are asked, beside what the server says to them. */
const USAGE = 'usage of the worker';

interface OfWorker {
  readonly usage: Usage;
}

const isUsage = (message: unknown): message is OfWorker => (message as Partial<OfWorker> | null)?.usage !== undefined;

async function usageOfAll(): Promise<Usage> {
  const workers = Object.values(cluster.workers ?? {}).map(
    (worker) =>
      new Promise<Usage>((resolve) => {
        const take = (message: unknown) => {
          if (!isUsage(message)) return;
          worker?.off('message', take);
          resolve(message.usage);
        };
        worker?.on('message', take).send(USAGE);
      }),
  );
  const all = [usage(), ...(await Promise.all(workers))];
  return {
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakMiB: all.reduce((sum, { peakMiB }) => sum + peakMiB, 0),
  };
}

if (cluster.isWorker) {
  await serve(true);
  process.on('message', (message) => {
    if (message === USAGE) process.send?.({ usage: usage() } satisfies OfWorker);
  });
} else {
  answer({ port: await (processes === '1' ? serve(false) : share()) }, usageOfAll);
}

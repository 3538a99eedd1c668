/** The serving processes of the cluster benchmark: one server, or a cluster of so many that serve one port. */
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Certificate, OFTPServer, shareState } from '../../src/index.js';

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

async function share(): Promise<void> {
  await shareState({ statePath: null, maxConnections: MAX_CONNECTIONS });
  let listening = 0;
  cluster.on('listening', (_worker, { port }) => {
    listening += 1;
    if (listening === Number(processes)) process.send?.({ port });
  });
  for (let count = 0; count < Number(processes); count += 1) cluster.fork();
}

if (cluster.isWorker) await serve(true);
else if (processes !== '1') await share();
else process.send?.({ port: await serve(false) });

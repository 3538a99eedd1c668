/** The serving process of the sessions benchmark: an OFTP server, a bare one that greets, one that takes files. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer as createPlain, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Certificate, OFTPServer } from '../../src/index.js';
import { rawReceiver } from './raw-transfer.js';

const [inbox = '', sessions = '', carrier] = process.argv.slice(2);

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url));
const read = (name: string) => readFileSync(fixture(name), 'utf8');
const key = read('server-rsa.key');
const cert = `${read('server-rsa.cert')}${read('issuing.cert')}`;
const tls = carrier === 'tls' ? { key, cert } : undefined;

const server = new OFTPServer({
  serverSsidCode: 'O0013BENCHHUB',
  serverSfidCode: 'O0013BENCHHUB',
  localHost: '127.0.0.1',
  localPort: 0,
  statePath: null,
  maxConnections: Number(sessions) + 100,
  connectionBacklog: 511,
  exchangeBufferSize: 99_999,
  creditCount: 999,
  useSsl: tls !== undefined,
  sslCertificate: Certificate.loadSync({ store: key + cert }),
  receivedFileNameFormat: '%Originator%_%VirtualFileName%_%GUID%',
});
server.on('acceptConnection', ({ connection }) => {
  connection.downloadDirectory = inbox;
});
await server.startListening();

/** As long as SSRM in its Stream Transmission Buffer. */
const GREETING = Buffer.alloc(23, '.');
const greet = (socket: Socket) => {
  socket.on('error', () => {}).resume();
  socket.write(GREETING);
};
const bare = tls === undefined ? createPlain({ noDelay: true }, greet) : createTls(tls, greet);
bare.listen({ port: 0, host: '127.0.0.1', backlog: 511 });
await once(bare, 'listening');
const raw = await rawReceiver(inbox, tls);

const portOf = (listener: { address(): unknown }) => (listener.address() as AddressInfo).port;
process.send?.({ oftpPort: server.localPort, barePort: portOf(bare), rawPort: portOf(raw) });

/** The receiving process of benchmarks: an OFTP server and a receiver of raw files. */
import type { AddressInfo } from 'node:net';
import { OFTPServer } from '../../src/index.js';
import { rawReceiver } from './raw-transfer.js';

/** Where received files go, and where state is kept; without the second, in memory. */
const [inbox = '', statePath = null] = process.argv.slice(2);

const server = new OFTPServer({
  serverSsidCode: 'O0013BENCHHUB',
  serverSfidCode: 'O0013BENCHHUB',
  localHost: '127.0.0.1',
  localPort: 0,
  statePath,
  maxConnections: 10_000,
  connectionBacklog: 511,
  exchangeBufferSize: 99_999,
  creditCount: 999,
  receivedFileNameFormat: '%Originator%_%VirtualFileName%_%GUID%',
});
server.on('acceptConnection', ({ connection }) => {
  connection.downloadDirectory = inbox;
});
server.on('error', ({ description }) => console.error(description));
await server.startListening();
const raw = await rawReceiver(inbox);

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: (user + system) / 1e6 });
});
process.send?.({ oftpPort: server.localPort, rawPort: (raw.address() as AddressInfo).port });

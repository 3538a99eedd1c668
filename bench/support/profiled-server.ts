/** The server that is profiled: takes files of anybody on this machine. */
import { join } from 'node:path';
import { OFTPServer } from '../../src/index.js';

const [inbox = '', port = '0'] = process.argv.slice(2);

// Every thread runs what clinic doctor preloads, which samples into a file of the process: with two writers nobody can
// read it. Threads take these variables with them when they start, and sample into a folder that is thrown away.
process.env.NODE_CLINIC_DOCTOR_DATA_PATH = join(inbox, 'samples');
const server = new OFTPServer({
  serverSsidCode: 'O0013BENCHHUB',
  serverSfidCode: 'O0013BENCHHUB',
  localHost: '127.0.0.1',
  localPort: Number(port),
  statePath: null,
  maxConnections: 10_000,
  connectionBacklog: 511,
  receivedFileNameFormat: '%VirtualFileName%_%GUID%',
});
server.on('acceptConnection', ({ connection }) => {
  connection.downloadDirectory = inbox;
});
server.on('error', ({ description }) => console.error(description));
await server.startListening();

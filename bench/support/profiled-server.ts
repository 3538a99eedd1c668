/** The server that is profiled: takes files of anybody on this machine. */
import { OFTPServer } from '../../src/index.js';

const [inbox = '', port = '0'] = process.argv.slice(2);

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

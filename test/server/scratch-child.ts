/** A server that sends a stream in its first turn, to be killed while the peer has not answered. */
import { Readable } from 'node:stream';
import { OFTPServer } from '../../src/index.js';

const server = new OFTPServer({
  localHost: '127.0.0.1',
  localPort: 0,
  serverSsidCode: 'O0013HUB',
  serverSfidCode: 'O0013HUB',
  statePath: null,
  tempPath: process.argv[2] ?? '',
});
server.on('acceptConnection', () => {});
server.on('readyToSend', async ({ connection }) => {
  await connection.sendFile({ stream: Readable.from(['the content']), virtualFileName: 'STREAM' });
});
await server.startListening();
console.log(`listening on ${server.localPort}`);

/** A server that may be killed at any moment: state and inbox in the folder that is its argument, at a given port. */
import { join } from 'node:path';
import { OFTPServer } from '../../src/index.js';

const [folder = '', port = '0'] = process.argv.slice(2);

const server = new OFTPServer({
  serverSsidCode: 'O0013HUB',
  serverSfidCode: 'O0013HUB',
  localHost: '127.0.0.1',
  localPort: Number(port),
  statePath: join(folder, 'state'),
  downloadDirectory: join(folder, 'inbox'),
});
server.on('acceptConnection', () => {});
server.on('error', ({ description }) => console.log(`error: ${description}`));
await server.startListening();
console.log(`listening on 127.0.0.1:${server.localPort}`);

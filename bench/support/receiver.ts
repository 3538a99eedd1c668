/**
 * The serving process of benchmarks: an OFTP server that takes files of anybody, and has one for whoever gives it the
 * turn when it was asked to offer one.
 */
import { OFTPServer } from '../../src/index.js';
import { answer } from './program.js';

/** Where received files go, and where state is kept; without the second, in memory. */
const [inbox = '', statePath = ''] = process.argv.slice(2);

/** What the server can be asked for. */
export interface Wish {
  /** From now on, send this file to each connection that gives the turn. */
  readonly offer?: string;
}

const server = new OFTPServer({
  serverSsidCode: 'O0013BENCHHUB',
  serverSfidCode: 'O0013BENCHHUB',
  localHost: '127.0.0.1',
  localPort: 0,
  statePath: statePath === '' ? null : statePath,
  maxConnections: 10_000,
  connectionBacklog: 511,
  exchangeBufferSize: 99_999,
  creditCount: 999,
  receivedFileNameFormat: '%Originator%_%VirtualFileName%_%GUID%',
});
server.on('acceptConnection', ({ connection }) => {
  connection.downloadDirectory = inbox;
});

let offer: string | undefined;
server.on('readyToSend', async ({ connection }) => {
  if (offer !== undefined) await connection.sendFile({ path: offer, virtualFileName: 'BIG' });
});
server.on('error', ({ description }) => console.error(description));
await server.startListening();
answer({ port: server.localPort }, (wish: Wish) => {
  offer = wish.offer;
});

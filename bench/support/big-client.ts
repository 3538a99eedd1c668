/** The client of big transfers, over some connections at once: sends a file, or fetches what the server offers. */
import { OFTPClient } from '../../src/index.js';
import { answer } from './program.js';

const [port = '', inbox = '', connections = '', exchangeBufferSize = '', creditCount = ''] = process.argv.slice(2);

/** What to send; without it, the turn is handed over and files are fetched. */
export interface BigJob {
  readonly path?: string;
}

const clients = Array.from(
  { length: Number(connections) },
  (_, index) =>
    new OFTPClient({
      host: '127.0.0.1',
      port: Number(port),
      clientSsidCode: `O0013BENCH${index}`,
      statePath: null,
      receivedFileNameFormat: '%VirtualFileName%_%GUID%',
      exchangeBufferSize: Number(exchangeBufferSize),
      creditCount: Number(creditCount),
    }),
);

async function transfer(client: OFTPClient, { path }: BigJob): Promise<void> {
  if (path !== undefined) await client.sendFile({ path, virtualFileName: 'BIG' });
  else if ((await client.receiveFiles({ downloadDirectory: inbox })).length !== 1) throw new Error('no file was sent');
}

await Promise.all(clients.map((client) => client.connect()));
answer({}, (job: BigJob) => Promise.all(clients.map((client) => transfer(client, job))));

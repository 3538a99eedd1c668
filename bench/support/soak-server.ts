/** The server of the long run: takes what comes, answers it, has files of its own, and tells its counts when asked. */
import { readdirSync } from 'node:fs';
import { Certificate, OFTPServer } from '../../src/index.js';
import { answer } from './program.js';
import { type Counts, NOTHING, random, type Sample } from './soak.js';

const [inbox = '', news = '', statePath = '', ownStore = '', partnerStore = ''] = process.argv.slice(2);

const counts: Counts = { ...NOTHING };
const answered = new Set<string>();
const server = new OFTPServer({
  serverSsidCode: 'O0013SOAKHUB',
  serverSfidCode: 'O0013SOAKHUB',
  localHost: '127.0.0.1',
  localPort: 0,
  statePath,
  connectionBacklog: 511,
  receivedFileNameFormat: '%VirtualFileName%_%GUID%',
  virtualFileDateFormat: 'yyyyMMddHHmmssffff',
  certificate: await Certificate.load({ store: ownStore }),
});
const partner = await Certificate.load({ store: partnerStore });

server.on('acceptConnection', ({ connection }) => {
  connection.downloadDirectory = inbox;
  connection.recipientCertificate = partner;
});
server.on('readyToSend', async ({ connection }) => {
  if (random(2) === 0) return;
  try {
    await connection.sendFile({ path: news, virtualFileName: 'NEWS' });
    counts.sent += 1;
  } catch {
    // The session has ended under it: the file goes on in another one.
  }
});
server.on('endTransfer', ({ direction, reasonCode, replayed }) => {
  if (direction !== 'received' || replayed || reasonCode === 99) return;
  if (reasonCode === 0) counts.received += 1;
  else counts.failed += 1;
});
server.on('endResponse', ({ direction, connection, virtualFileDate }) => {
  if (direction === 'received') answered.add(`${connection.ssidCode} ${virtualFileDate}`);
});
await server.startListening();

function descriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

function sample(): Sample {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    ...counts,
    answered: answered.size,
    rss,
    held: heapUsed + external,
    descriptors: descriptors(),
  };
}

answer({ port: server.localPort }, sample);

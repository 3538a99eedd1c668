/**
 * The sending process of small files, over some connections: clients of ours, or bare sockets, which always take end
 * responses.
 */
import { OFTPClient } from '../../src/index.js';
import { BareSender } from './bare-sender.js';
import { answer } from './program.js';

const [kind = '', port = '', path = '', octets = '', connections = ''] = process.argv.slice(2);

/** What is to be sent over each connection. */
export interface SmallJob {
  readonly files: number;
  /** Hand over the turn behind the files, and take their end responses. */
  readonly responses: boolean;
}

/** Tells how many end responses have come. */
type Send = (job: SmallJob) => Promise<number>;

async function ownClient(code: string): Promise<Send> {
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: Number(port),
    clientSsidCode: code,
    clientSfidCode: code,
    statePath: null,
    transferMemory: 4,
  });
  let answered = 0;
  client.on('endResponse', ({ direction }) => {
    if (direction === 'received') answered += 1;
  });
  await client.connect();
  let sent = 0;
  return async ({ files, responses }) => {
    const before = answered;
    for (const until = sent + files; sent < until; sent += 1) {
      await client.sendFile({ path, virtualFileName: `F${sent}` });
    }
    if (responses) await client.receiveFiles();
    return answered - before;
  };
}

async function bareSocket(code: string): Promise<Send> {
  const sender = await BareSender.open(Number(port), code, Buffer.alloc(Number(octets), 'x'));
  return ({ files }) => sender.send(files);
}

const opened = Array.from({ length: Number(connections) }, (_, index) =>
  (kind === 'bare' ? bareSocket : ownClient)(`O0013BENCH${index}`),
);
const senders = await Promise.all(opened);
answer({}, async (job: SmallJob) => {
  const answered = await Promise.all(senders.map((send) => send(job)));
  return { answered: answered.reduce((sum, count) => sum + count, 0) };
});

/** A client that may be killed at any moment: sends the files of its outbox until all are acknowledged, then ends. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OFTPClient, type OFTPError } from '../../src/index.js';

/** SFNAREAS 13. */
const DUPLICATE = 13;

const [folder = '', port = '0'] = process.argv.slice(2);

const client = new OFTPClient({
  host: '127.0.0.1',
  port: Number(port),
  clientSsidCode: 'O0013SENDER',
  statePath: join(folder, 'sender'),
});
client.on('endResponse', ({ virtualFileName, reasonCode }) => console.log(`answered ${virtualFileName} ${reasonCode}`));
client.on('error', ({ description }) => console.log(`error: ${description}`));
await client.connect();
console.log('connected');
const outbox = join(folder, 'outbox');
for (const [index, name] of readdirSync(outbox).sort().entries()) {
  // The stamp makes it the same virtual file in every life of this process.
  const virtualFileDate = `20260102030405${String(index + 1).padStart(4, '0')}`;
  try {
    await client.sendFile({ path: join(outbox, name), virtualFileName: name, virtualFileDate });
  } catch (error) {
    // The peer has had it before, and its answer has come before: nothing is left to do.
    if ((error as OFTPError).reasonCode !== DUPLICATE) throw error;
  }
  console.log(`acknowledged ${name}`);
}
await client.receiveFiles();
await client.logoff();
console.log('done');

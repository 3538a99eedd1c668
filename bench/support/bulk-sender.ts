/** The process that keeps a server busy: a big file over each of some connections, again and again until killed. */
import { OFTPClient } from '../../src/index.js';

const [port = '', path = '', connections = '8'] = process.argv.slice(2);

async function send(index: number): Promise<never> {
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: Number(port),
    clientSsidCode: `O0013BULK${index}`,
    statePath: null,
    exchangeBufferSize: 99_999,
    creditCount: 999,
  });
  await client.connect();
  for (let sent = 0; ; sent += 1) {
    const { fileSize } = await client.sendFile({ path, virtualFileName: `BULK${sent}` });
    process.send?.({ octets: fileSize });
  }
}

await Promise.all(Array.from({ length: Number(connections) }, (_, index) => send(index)));

/**
 * The process that keeps a server busy: a big file over each of some connections, again and again, as OFTP or over raw
 * TCP. It removes what it has brought, which no benchmark needs, and gives way to every other process: it takes what
 * processor is left.
 */
import { readdir, rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { OFTPClient } from '../../src/index.js';
import { answer } from './program.js';
import { rawSend } from './raw-transfer.js';

const [kind = '', port = '', path = '', octets = '', connections = '', inbox = '', niceness = '0'] =
  process.argv.slice(2);
const DIALOGUE = { exchangeBufferSize: 99_999, creditCount: 999 };
const SWEEP_MS = 500;

let sent = 0;

async function sendFiles(index: number): Promise<never> {
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: Number(port),
    clientSsidCode: `O0013BULK${index}`,
    statePath: null,
    ...DIALOGUE,
  });
  await client.connect();
  for (let file = 0; ; file += 1) {
    await client.sendFile({ path, virtualFileName: `BULK${file}` });
    sent += Number(octets);
  }
}

async function sendRaw(): Promise<never> {
  for (;;) {
    await rawSend(Number(port), path, Number(octets), DIALOGUE.exchangeBufferSize * DIALOGUE.creditCount);
    sent += Number(octets);
  }
}

async function sweep(): Promise<void> {
  const brought = (await readdir(inbox)).filter((name) => /^(?:raw-|O0013BULK)/.test(name));
  await Promise.all(brought.map((name) => rm(join(inbox, name), { force: true })));
  setTimeout(sweep, SWEEP_MS);
}

setPriority(Number(niceness));
for (let index = 0; index < Number(connections); index += 1) void (kind === 'raw' ? sendRaw() : sendFiles(index));
void sweep();
answer({}, () => ({ sent }));

/** The process of whoever has little to say: sessions of one small file each, one after the other. */
import { createHistogram } from 'node:perf_hooks';
import { OFTPClient } from '../../src/index.js';
import { answer } from './program.js';

const [port = '', path = ''] = process.argv.slice(2);

/** Milliseconds from connecting to the end of the session. */
export interface Durations {
  readonly p50: number;
  readonly p99: number;
}

let files = 0;

async function session(): Promise<number> {
  files += 1;
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: Number(port),
    clientSsidCode: 'O0013SMALL',
    statePath: null,
    transferMemory: 1,
  });
  const began = performance.now();
  await client.connect();
  await client.sendFile({ path, virtualFileName: `S${files}` });
  await client.receiveFiles();
  await client.logoff();
  const milliseconds = performance.now() - began;
  await client.shutdown();
  return milliseconds;
}

answer({}, async ({ sessions }: { sessions: number }): Promise<Durations> => {
  const histogram = createHistogram();
  for (let count = 0; count < sessions; count += 1) histogram.record(Math.round((await session()) * 1e6));
  return { p50: histogram.percentile(50) / 1e6, p99: histogram.percentile(99) / 1e6 };
});

/** The process of whoever has little to say: sessions of one small file each, one after the other, on bare sockets. */
import { createHistogram } from 'node:perf_hooks';
import { BareSender } from './bare-sender.js';
import { answer } from './program.js';

const [port = '', octets = ''] = process.argv.slice(2);
const content = Buffer.alloc(Number(octets), 'x');

export interface SmallSessions {
  readonly sessions: number;
}

/** Milliseconds from connecting to the end of the session. */
export interface Durations {
  readonly p50: number;
  readonly p99: number;
}

let count = 0;

async function session(): Promise<void> {
  count += 1;
  const sender = await BareSender.open(Number(port), 'O0013SMALL', content, `S${count}.`);
  if ((await sender.send(1)) !== 1) throw new Error('the server has not answered the file');
  await sender.close();
}

answer({}, async ({ sessions }: SmallSessions): Promise<Durations> => {
  const histogram = createHistogram();
  for (let done = 0; done < sessions; done += 1) {
    const began = performance.now();
    await session();
    histogram.record(Math.round((performance.now() - began) * 1e6));
  }
  return { p50: histogram.percentile(50) / 1e6, p99: histogram.percentile(99) / 1e6 };
});

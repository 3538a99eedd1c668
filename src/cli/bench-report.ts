/** What `oftp bench` tells of a run, for people and as JSON. */
import { writeFile } from 'node:fs/promises';
import { BUILD_INFO } from '../settings/about.js';
import { type LoadResult, PERCENTILES, PHASES, percentileName } from './load-result.js';
import { complain, counted, say } from './terminal.js';

export function report(result: LoadResult): void {
  counts(result);
  latencies(result);
  const { cpuSeconds, seconds, busy, peakMemory } = result;
  say(
    `\nThis process: ${percent(cpuSeconds / seconds)} of one core, main thread busy ${percent(busy)} of the time, ` +
      `${Math.ceil(peakMemory / 2 ** 20)} MiB at most.`,
  );
  if (busy > BUSY_MAX && seconds > START_UP) {
    say('It, or other work on this machine, was the limit: start several, on machines of their own.');
  }
  problems(result);
}

/** A main thread that is busier than that lets sessions wait, and what is measured is this process. */
const BUSY_MAX = 0.9;

/** Seconds in which a process is busy with its own start; what a shorter run says of it means nothing. */
const START_UP = 1;

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function counts(result: LoadResult): void {
  const { sessions, failedSessions, files, refusedFiles, receipts, negativeReceipts, octets, seconds, warmUp } = result;
  const each = (count: number) => (count / seconds).toFixed(1);
  say(
    `${counted(sessions, 'session')} in ${seconds.toFixed(2)} s, ${each(sessions)} a second; ${failedSessions} failed`,
  );
  say(
    `${counted(files, 'file')}, ${each(files)} a second, ${each(octets / 1e6)} MB/s; ${refusedFiles} not taken; ` +
      `${counted(receipts, 'end response')}, ${negativeReceipts} negative`,
  );
  if (warmUp.sessions > 0) {
    say(`before them, not measured: ${counted(warmUp.sessions, 'session')}, ${counted(warmUp.files, 'file')}`);
  }
  if (result.agreed === undefined) return;
  const { version, bufferSize, credit, tls } = result.agreed;
  say(`OFTP ${version}, buffers of ${bufferSize} octets, credit ${credit}${tls === null ? '' : `, ${tls}`}`);
}

function latencies(result: LoadResult): void {
  const measured = PHASES.filter((name) => result.count(name) > 0);
  if (measured.length === 0) return;
  say(`\n${'ms'.padEnd(10)}${PERCENTILES.map((part) => percentileName(part).padStart(10)).join('')}`);
  for (const phase of measured) {
    const numbers = PERCENTILES.map((part) => result.percentile(phase, part).toFixed(2).padStart(10));
    say(`${phase.padEnd(10)}${numbers.join('')}`);
  }
}

function problems({ problems: found, givenUp, agreed }: LoadResult): void {
  for (const [text, count] of found) complain(`${counted(count, 'time')}: ${text}`);
  if (givenUp === 0) return;
  const why = agreed === undefined ? 'the first one did not open' : 'too many in a row have failed';
  complain(`${counted(givenUp, 'session')} not tried: ${why}`);
}

/** @param load what was asked for */
export async function writeJson(path: string, result: LoadResult, load: object): Promise<void> {
  const { problems: found, milliseconds, agreed = null, ...figures } = result;
  const text = { generator: BUILD_INFO, load, agreed, ...figures, milliseconds, problems: Object.fromEntries(found) };
  await writeFile(path, `${JSON.stringify(text, null, 2)}\n`);
}

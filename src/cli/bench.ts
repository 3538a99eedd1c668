/** `oftp bench` */
import { randomFillSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { appendFile, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { ClientOptions } from '../server/client-options.js';
import type { SendFileOptions } from '../server/send-file.js';
import { parseAddress, type WrittenAddress } from './address.js';
import { argument } from './arguments.js';
import {
  addressFor,
  addSessionOptions,
  clientOptionsFrom,
  SESSION_HELP,
  type SessionOptions,
} from './client-session.js';
import { octetCount, wholeNumber } from './config-values.js';
import { EXIT, UsageError } from './exit.js';
import { addFileSecurityOptions, certificatesOf, type FileSecurityOptions, protectionOf } from './file-security.js';
import { type LoadPlan, type LoadResult, PHASES, runLoad } from './load.js';
import { onStopSignal } from './signals.js';
import { complain, counted, say } from './terminal.js';

interface BenchOptions extends SessionOptions, FileSecurityOptions {
  readonly sessions: number;
  readonly concurrency: number;
  readonly stations?: number;
  readonly rate?: number;
  readonly files: number;
  readonly size: number;
  readonly file?: string;
  readonly receipts: boolean;
  readonly json?: string;
}

const HELP = `
Each session connects, sends its files, hands over the turn for the end responses, and ends. Latencies are told as
percentiles: "open" from connecting to the open session, "file" from the offer to its acknowledgement (EFPA),
"receipt" from there to its end response, "session" from connecting to the end.

Without --rate a session starts when another has ended, and a slow server slows the load down. With --rate sessions
start by the clock, and their latencies count from when they were due. When as many in a row as run side by side, and
ten more, do not open, the rest is not tried.

The server keeps what it is sent: use a partner whose inbox may be emptied. Files hold random octets, which do not
compress; --file sends one of your own.

Example:
  oftp bench hub.example --ssid O0013LOAD --password-file hub.password --sessions 1000 --concurrency 50 --size 4K
${SESSION_HELP}`;

/** Memory of each client in MiB: there may be thousands of them. */
const CLIENT_MEMORY = 1;

/** The last digits of a station's code are its number. */
const CODE_LENGTH_MAX = 25;

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('put load on a server and measure how it answers')
    .argument('<host:port>', 'address of the server; port 3305, with TLS 6619, if left out', argument(parseAddress))
    .option('--sessions <n>', 'sessions altogether', argument(wholeNumber(1, 10_000_000)), 10)
    .option('--concurrency <n>', 'sessions at the same time', argument(wholeNumber(1, 20_000)), 1)
    .option(
      '--stations <n>',
      'use so many codes: the SSID code with 1 to n at its end',
      argument(wholeNumber(1, 20_000)),
    )
    .option('--rate <n>', 'sessions to start in a second', argument(wholeNumber(1, 100_000)))
    .option('--files <n>', 'files in each session', argument(wholeNumber(0, 1_000_000)), 1)
    .option('--size <octets>', 'size of each file, also as 64K, 10M or 1G', argument(octetCount), 4096)
    .addOption(new Option('--file <file>', 'send this file').conflicts('size'))
    .option('--no-receipts', 'end sessions behind the files, without handing over the turn')
    .option('--json <file>', 'write the result there as well');
  return addSessionOptions(addFileSecurityOptions(command))
    .addHelpText('after', HELP)
    .action(async (address: WrittenAddress, options: BenchOptions) => {
      await bench(address, options);
    });
}

async function bench(address: WrittenAddress, options: BenchOptions): Promise<void> {
  const { ssid, stations = 1, concurrency, sessions, files, receipts, rate } = options;
  if (stations > 1 && ssid.length + String(stations).length > CODE_LENGTH_MAX) {
    throw new UsageError(`'${ssid}' leaves no room for ${stations} numbers: a code has at most ${CODE_LENGTH_MAX}`);
  }
  if (options.json !== undefined) await tryToWrite(options.json);
  const common = await clientOptionsFrom(addressFor(address, options), options, {
    transferMemory: CLIENT_MEMORY,
    ...(await certificatesOf(options)),
  });
  const client = (slot: number): ClientOptions =>
    stations === 1 ? common : { ...common, clientSsidCode: `${ssid}${(slot % stations) + 1}` };
  const stop = new AbortController();
  onStopSignal((exitCode) => {
    process.exitCode = exitCode;
    stop.abort();
  });
  const folder = await mkdtemp(join(tmpdir(), 'oftp-bench-'));
  // However it ends, a second signal included.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = await fileFrom(options, folder);
  const plan: LoadPlan = { sessions, concurrency, files, file, receipts, rate, client };
  await report(await runLoad(plan, stop.signal), options);
}

/** Finds out before the load, not after it, whether its result can be kept. What is in the file stays until then. */
async function tryToWrite(json: string): Promise<void> {
  await appendFile(json, '').catch((error: Error) => {
    throw new UsageError(`--json ${json} cannot be written: ${error.message}`);
  });
}

async function fileFrom(options: BenchOptions, folder: string): Promise<SendFileOptions> {
  const { file, size } = options;
  const path = file === undefined ? join(folder, 'load') : resolve(file);
  if (file === undefined) await writeRandom(path, size);
  else if (!(await stat(path).catch(() => undefined))?.isFile()) throw new UsageError(`${file} is not a file`);
  return { path, ...protectionOf(options) };
}

async function writeRandom(path: string, size: number): Promise<void> {
  await writeFile(path, randomBlocks(size), { mode: 0o600 });
}

function* randomBlocks(size: number): Generator<Buffer> {
  for (let left = size; left > 0; ) {
    const block = randomFillSync(Buffer.allocUnsafe(Math.min(left, 1024 * 1024)));
    left -= block.length;
    yield block;
  }
}

const PERCENTILES = [50, 90, 99, 99.9, 100] as const;

async function report(result: LoadResult, { json }: BenchOptions): Promise<void> {
  const { sessions, failedSessions, files, refusedFiles, receipts, negativeReceipts, octets, seconds, givenUp } =
    result;
  const each = (count: number) => (count / seconds).toFixed(1);
  say(
    `${counted(sessions, 'session')} in ${seconds.toFixed(2)} s, ${each(sessions)} a second; ${failedSessions} failed`,
  );
  say(
    `${counted(files, 'file')}, ${each(files)} a second, ${each(octets / 1e6)} MB/s; ${refusedFiles} not taken; ` +
      `${counted(receipts, 'end response')}, ${negativeReceipts} negative`,
  );
  say(`\n${'ms'.padEnd(10)}${PERCENTILES.map((percent) => label(percent).padStart(10)).join('')}`);
  for (const phase of PHASES.filter((name) => result.count(name) > 0)) {
    const numbers = PERCENTILES.map((percent) => result.percentile(phase, percent).toFixed(2).padStart(10));
    say(`${phase.padEnd(10)}${numbers.join('')}`);
  }
  const share = (result.cpuSeconds / seconds) * 100;
  say(`\nThis process used ${share.toFixed(0)} % of one core: near 100 it is the limit itself, start several.`);
  for (const [text, count] of result.problems) complain(`${count} times: ${text}`);
  if (givenUp > 0) complain(`${counted(givenUp, 'session')} not tried: none would open any more`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(asJson(result), null, 2)}\n`);
  if (failedSessions + refusedFiles + negativeReceipts > 0) process.exitCode ||= EXIT.failure;
}

const label = (percent: number): string => (percent === 100 ? 'max' : `p${percent}`);

function asJson({ problems, ...result }: LoadResult): object {
  return { ...result, problems: Object.fromEntries(problems) };
}

/** `oftp bench` */
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { ClientOptions } from '../server/client-options.js';
import { type Address, formatAddress, parseAddress, type WrittenAddress } from './address.js';
import { argument } from './arguments.js';
import { report, writeJson } from './bench-report.js';
import {
  addressFor,
  addSessionOptions,
  clientOptionsFrom,
  SESSION_HELP,
  type SessionOptions,
} from './client-session.js';
import { octetCount, wholeNumber } from './config-values.js';
import { EXIT, UsageError } from './exit.js';
import { explain } from './explain.js';
import { addFileSecurityOptions, certificatesOf, type FileSecurityOptions, protectionOf } from './file-security.js';
import { type LoadPlan, runLoad } from './load.js';
import { onStopSignal } from './signals.js';

interface BenchOptions extends SessionOptions, FileSecurityOptions {
  readonly sessions?: number;
  readonly duration?: number;
  readonly warmUp: number;
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
Each session connects, sends its files, hands over the turn for the end responses, and ends. Latencies are told in
milliseconds as percentiles, to three digits: "open" from connecting to the open session, "file" from the offer to its
acknowledgement (EFPA), "receipt" from there to its end response, "session" from connecting to the end.

Without --rate a session starts when another has ended, and a slow server slows the load down: its latencies are those
of so many patient clients, not of so much traffic. With --rate sessions start by the clock, and their latencies count
from when they were due; "wait" is the part of it in which all places of --concurrency were taken.

The first session goes alone; when it does not open, the others are not tried. Nor are they when as many in a row as
run side by side, and ten more, have failed. After --duration sessions end behind the file that they are at.

The first moment of many sessions is not like the rest: see --warm-up. An "open" of just above one second is a
connection that the server's system had no room for, and that was tried again.

The server keeps what it is sent: use a partner whose inbox may be emptied. Files hold random octets, which do not
compress; --file sends one of your own.

Example:
  oftp bench hub.example --ssid O0013LOAD --password-file hub.password --sessions 1000 --concurrency 50 --size 4K
${SESSION_HELP}`;

/** Sessions where nobody says how many, or how long. */
const SESSIONS = 10;

/** Memory of each client in MiB: there may be thousands of them. */
const CLIENT_MEMORY = 1;

/** The last digits of a station's code are its number. */
const CODE_LENGTH_MAX = 25;

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('put load on a server and measure how it answers')
    .argument('<host:port>', 'address of the server; port 3305, with TLS 6619, if left out', argument(parseAddress))
    .option(
      '--sessions <n>',
      `sessions altogether; ${SESSIONS} if left out, without --duration`,
      argument(wholeNumber(1, 10_000_000)),
    )
    .option('--duration <seconds>', 'start nothing more after so long', argument(wholeNumber(1, 604_800)))
    .option('--warm-up <n>', 'sessions before those that are measured', argument(wholeNumber(0, 1_000_000)), 0)
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
  const { ssid, stations = 1, concurrency, files, receipts, rate, duration, warmUp } = options;
  const sessions = options.sessions ?? (duration === undefined ? SESSIONS : Number.POSITIVE_INFINITY);
  if (stations > 1 && ssid.length + String(stations).length > CODE_LENGTH_MAX) {
    throw new UsageError(`'${ssid}' leaves no room for ${stations} numbers: a code has at most ${CODE_LENGTH_MAX}`);
  }
  if (stations > concurrency) {
    throw new UsageError(
      `--stations ${stations} needs --concurrency ${stations}: only ${concurrency} run side by side`,
    );
  }
  if (options.json !== undefined) await tryToWrite(options.json);
  const protection = protectionOf(options);
  const target = addressFor(address, options);
  const common = await clientOptionsFrom(target, options, {
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
  const file = { ...protection, path: await fileToSend(options, stop.signal) };
  const attempt = { address: target, ssid, hasPassword: common.clientPassword !== undefined };
  const plan: LoadPlan = {
    ...{ sessions, concurrency, files, file, receipts, rate, warmUp, client },
    duration: (duration ?? Number.POSITIVE_INFINITY) * 1000,
    explain: (error) => explain(error, attempt),
  };
  const result = await runLoad(plan, stop.signal);
  report(result);
  if (options.json !== undefined) await writeJson(options.json, result, loadAsJson(plan, target, options));
  if (result.failedSessions + result.refusedFiles + result.negativeReceipts > 0) process.exitCode ||= EXIT.failure;
}

/** Finds out before the load, not after it, whether its result can be kept. What is in the file stays until then. */
async function tryToWrite(json: string): Promise<void> {
  await appendFile(json, '').catch((error: Error) => {
    throw new UsageError(`--json ${json} cannot be written: ${error.message}`);
  });
}

/** The path of what every session sends. Made of random octets, it goes with the process. */
async function fileToSend({ file, size }: BenchOptions, signal: AbortSignal): Promise<string> {
  if (file !== undefined) {
    if (!(await stat(file).catch(() => undefined))?.isFile()) throw new UsageError(`${file} is not a file`);
    return resolve(file);
  }
  // In one step with what removes it: a signal may come at any time, and a second one ends the process at once.
  const folder = mkdtempSync(join(tmpdir(), 'oftp-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'load');
  await writeFile(path, randomBlocks(size), { mode: 0o600, signal }).catch((error: Error) => {
    if (!signal.aborted) throw new Error(`the file to send could not be made: ${error.message}`, { cause: error });
  });
  return path;
}

function* randomBlocks(size: number): Generator<Buffer> {
  for (let left = size; left > 0; ) {
    const block = randomFillSync(Buffer.allocUnsafe(Math.min(left, 1024 * 1024)));
    left -= block.length;
    yield block;
  }
}

/** What the load was, so that a result can be read by itself. */
function loadAsJson(
  { sessions, concurrency, files, warmUp, receipts }: LoadPlan,
  target: Address,
  options: BenchOptions,
) {
  const { stations = 1, rate = null, duration = null, size, file, oftp, security, compress, signedReceipt } = options;
  return {
    server: formatAddress(target),
    sessions: Number.isFinite(sessions) ? sessions : null,
    ...{ concurrency, stations, rate, duration, warmUp, files, receipts, oftp, security },
    ...(file === undefined ? { size } : { file }),
    cipherSuite: options.cipherSuite ?? null,
    compress: compress === true,
    signedReceipt: signedReceipt === true,
  };
}

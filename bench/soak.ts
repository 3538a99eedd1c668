/**
 * A long run: partners that send and receive files of all kinds (small and big, text, records, signed, compressed and
 * encrypted with signed end responses), one session of ten cut off somewhere. At the end both sides must have counted
 * the same, and the server must hold no more descriptors than at the beginning, and in the last third of the time no
 * more memory than in the middle one. Resident memory is told, not judged.
 *
 *     node --expose-gc dist/bench/soak.js [--json file] [--dir folder] [--minutes n] [--stations n]
 *
 * Default: 60 minutes, 8 stations. The exit code is 1 when something was lost, came twice or was left open.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Certificate, type SendFileOptions } from '../src/index.js';
import { scratchFolder } from './support/folder.js';
import { median } from './support/measure.js';
import { Program } from './support/program.js';
import { type Row, report } from './support/report.js';
import type { Counts, Sample } from './support/soak.js';
import { SoakStation } from './support/soak-station.js';

const MEBIBYTE = 2 ** 20;
const SAMPLES = 12;
/** A week. */
const MINUTES_MAX = 7 * 24 * 60;
const STATIONS_MAX = 1000;
/** Connections that are just about to close when the last sample is taken. */
const DESCRIPTOR_SLACK = 4;
/** Octets: what is under way when a sample is taken, and what this benchmark itself remembers of each file. */
const HELD_SLACK = 16 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    dir: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    stations: { type: 'string', default: '8' },
  },
});

/** Nobody wants to find out after an hour that it ran with something else. */
function option(name: 'minutes' | 'stations', fits: (number: number) => boolean, what: string): number {
  const number = Number(values[name]);
  if (fits(number)) return number;
  console.error(`--${name} ${values[name]} is not ${what}`);
  process.exit(2);
}

const runMs = Math.round(
  option('minutes', (count) => count > 0 && count <= MINUTES_MAX, `a number up to ${MINUTES_MAX}`) * 60_000,
);
const stationCount = option(
  'stations',
  (count) => Number.isInteger(count) && count >= 1 && count <= STATIONS_MAX,
  `a whole number from 1 to ${STATIONS_MAX}`,
);
const root = scratchFolder(values.dir, 'oftp-soak-');
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/certificates/${name}`, import.meta.url));

function folder(name: string): string {
  mkdirSync(join(root, name));
  return join(root, name);
}

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(root, name), content);
  return join(root, name);
}

/** A store with certificate and key in one, as applications keep them. */
const alice = join(root, 'alice.pem');
const bob = join(root, 'bob.pem');

function kinds(): SendFileOptions[] {
  const small = file('small', Buffer.alloc(4096, 'x'));
  const text = file('text', 'UNH+1\r\nBGM+241\r\n'.repeat(2000));
  const messages = Array.from({ length: 200_000 }, (_, number) => `UNH+${number}+DELFOR:D:96A:UN'`);
  const big = file('big', messages.join(''));
  return [
    { path: small },
    { path: file('empty', '') },
    { path: text, format: 'text' },
    { path: text, format: 'variable', maxRecordSize: 80 },
    { path: file('fixed', `${'R'.repeat(80)}\r\n`.repeat(500)), format: 'fixed', maxRecordSize: 80 },
    { path: big },
    { path: small, security: 'encryptedAndSigned', signedReceipt: true },
    { path: big, security: 'encrypted', compress: true, signedReceipt: true },
  ];
}

/** Received files are looked at and thrown away, as an application would take them. */
function sweep(...folders: readonly string[]): void {
  for (const path of folders) {
    for (const name of readdirSync(path)) if (!name.startsWith('.')) rmSync(join(path, name), { force: true });
  }
}

function total(stations: readonly SoakStation[], count: keyof Counts): number {
  return stations.reduce((sum, { counts }) => sum + counts[count], 0);
}

/** What does not fit together, in words. Who is cut off may not know of an acknowledgement that was sent. */
function problems(
  stations: readonly SoakStation[],
  server: Sample,
  samples: readonly Sample[],
  cuts: number,
): string[] {
  const found: string[] = [];
  const check = (holds: boolean, text: string): void => void (holds || found.push(text));
  const sent = total(stations, 'sent');
  const received = total(stations, 'received');
  const answered = total(stations, 'answered');
  const within = (more: number, less: number): boolean => more >= less && more - less <= cuts;
  check(within(server.received, sent), `stations have ${sent} files acknowledged, the server has ${server.received}`);
  check(answered === server.received, `${server.received} files received, ${answered} answered`);
  check(within(received, server.sent), `the server has ${server.sent} files acknowledged, stations have ${received}`);
  check(
    server.answered === received,
    `stations received ${received} files, the server has answers to ${server.answered}`,
  );
  check(server.failed + total(stations, 'failed') === 0, `${server.failed} files failed at the server`);
  // Worker threads and their descriptors are there by the first sample.
  const leaked = server.descriptors - (samples[0] ?? server).descriptors;
  check(leaked <= DESCRIPTOR_SLACK, `${leaked} more descriptors than at the beginning`);
  const held = (from: number, to: number) => median(samples.slice(from, to).map((sample) => sample.held));
  const third = Math.floor(SAMPLES / 3);
  const grown = held(2 * third, SAMPLES) - held(third, 2 * third);
  check(
    grown <= HELD_SLACK,
    `${Math.round(grown / MEBIBYTE)} MiB more are held in the last third than in the middle one`,
  );
  return found;
}

async function run(): Promise<void> {
  for (const [name, store] of Object.entries({ alice, bob })) {
    writeFileSync(
      store,
      readFileSync(fixture(`${name}.cert.pem`), 'utf8') + readFileSync(fixture(`${name}.key.pem`), 'utf8'),
    );
  }
  const inbox = folder('inbox');
  const received = folder('received');
  const news = file('news', Buffer.alloc(20_000, 'n'));
  const args = [inbox, news, join(root, 'state'), alice, fixture('bob.cert.pem')];
  const server = await Program.start<{ port: number }>('soak-server', args, ['--expose-gc']);
  const { port } = server.ready;
  const certificate = await Certificate.load({ store: bob });
  const recipientCertificate = await Certificate.load({ store: fixture('alice.cert.pem') });
  const sending = kinds();
  const stations = Array.from({ length: stationCount }, (_, index) => {
    const options = {
      host: '127.0.0.1',
      port,
      clientSsidCode: `O0013SOAK${index}`,
      receivedFileNameFormat: '%VirtualFileName%_%GUID%',
      workerThreads: 1,
      certificate,
      recipientCertificate,
    };
    return new SoakStation(options, sending, received);
  });
  const samples: Sample[] = [];
  const rows: Row[] = [];
  const end = AbortSignal.timeout(runMs);
  const running = Promise.all(stations.map((station) => station.run(end)));
  for (let taken = 0; taken < SAMPLES; taken += 1) {
    await Promise.race([delay(runMs / SAMPLES), running]);
    const sample = await server.ask<Sample>({});
    samples.push(sample);
    const { rss, held, descriptors, received: files } = sample;
    rows.push({
      minute: Number(((runMs / 60_000 / SAMPLES) * (taken + 1)).toFixed(1)),
      files,
      MiB: Math.round(rss / MEBIBYTE),
      'held MiB': Number((held / MEBIBYTE).toFixed(1)),
      descriptors,
    });
    sweep(inbox, received);
  }
  await running;
  await Promise.all(stations.map((station) => station.drain()));
  const after = await server.ask<Sample>({});
  await server.stop();
  report(`${values.minutes} minutes of mixed traffic, ${stations.length} stations`, rows);
  const cuts = stations.reduce((sum, station) => sum + station.cuts, 0);
  console.log(`${after.received} files received, ${after.sent} sent, ${cuts} sessions cut off`);
  for (const problem of problems(stations, after, samples, cuts)) {
    console.error(problem);
    process.exitCode = 1;
  }
}

await run();

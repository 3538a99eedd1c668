/**
 * Hostile sessions: valid ones with octets flipped, cut, doubled, swapped and invented, and noise.
 *
 * Every run has a number of its own that decides what its client sends.
 * `FUZZ_SEED=1234 node dist/test/fuzz/session.test.js` plays run 1234 again and nothing else;
 * `FUZZ_RUNS=100000 FUZZ_START=5000` plays that many from there.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { nameOf, read } from '../support/received.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import {
  auch,
  aurp,
  cd,
  cdt,
  data,
  eerp,
  efid,
  efna,
  efpa,
  esid,
  type Level,
  nerp,
  rtr,
  secd,
  sfid,
  sfna,
  sfpa,
  ssid,
  ssrm,
  stb,
  sth,
} from '../support/wire.js';

const ONLY = process.env['FUZZ_SEED'];
const START = Number(ONLY ?? process.env['FUZZ_START'] ?? 1);
const RUNS = ONLY === undefined ? Number(process.env['FUZZ_RUNS'] ?? 2000) : 1;
/** Hostile connections at a time. */
const CROWD = 16;
/** How long a patient client waits for an answer, in milliseconds. */
const ANSWER = 4;
/** How long it waits for the answer to its first segment, in milliseconds. */
const FIRST_ANSWER = 30;

/** mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = (seed * 0x9e3779b1) >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Random = ReturnType<typeof randomFrom>;

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)]!;
}

/** Sessions that would do, at this level, with a server that sends a file when it has the turn. */
function validSessions(level: Level, seed: number): readonly Buffer[][] {
  const start = ssid({ level, cred: 2, rest: 'Y', cmpr: 'Y' });
  const file = (dsn: string, pieces: number): Buffer[] => [
    // Another name for each run: the same file twice would be refused as a duplicate.
    sfid(level, { dsn: `${dsn}-${seed}` }),
    ...Array.from({ length: pieces }, (_, at) => data(sample(100), { endOfRecord: at === pieces - 1 })),
    efid(level, { ucnt: pieces * 100 }),
  ];
  return [
    [start, ...file('ONE', 1), ...file('TWO', 3), cd(), rtr(), rtr(), sfpa(level), cdt(), efpa(), esid(level, 0)],
    [start, cd(), sfpa(level), cdt(), cdt(), efpa('Y'), ...file('THREE', 2)],
    [start, eerp(level), ...(level < 4 ? [] : [nerp(level as 4 | 5)]), cd(), sfna(level, 99, 'Y'), esid(level, 0)],
    [
      start,
      sfid(level, { dsn: `PART-${seed}`, rest: 3 }),
      data(sample(63)),
      efid(level, { ucnt: 63 + 3072 }),
      ...file('FOUR', 1),
      cd(),
      efna(level, 11),
    ],
    [start, ...file('FIVE', 1), secd(), auch(sample(64)), aurp(sample(20)), ssrm()],
  ];
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random(256)));
}

type Mutation = (random: Random, buffers: Buffer[]) => void;

const MUTATIONS: readonly Mutation[] = [
  function flipBits(random, buffers) {
    const buffer = pick(random, buffers);
    for (let n = random(4); n >= 0 && buffer.length > 0; n -= 1) {
      const at = random(buffer.length);
      buffer[at] = buffer[at]! ^ (1 << random(8));
    }
  },
  function overwrite(random, buffers) {
    const buffer = pick(random, buffers);
    noise(random, random(12)).copy(buffer, random(buffer.length));
  },
  function truncate(random, buffers) {
    const at = random(buffers.length);
    buffers[at] = buffers[at]!.subarray(0, random(buffers[at]!.length));
  },
  function truncateBehindAnHonestHeader(random, buffers) {
    const at = random(buffers.length);
    const exchange = buffers[at]!.subarray(4);
    if (exchange.length > 1) buffers[at] = stb(exchange.subarray(0, 1 + random(exchange.length - 1)));
  },
  function duplicate(random, buffers) {
    const at = random(buffers.length);
    buffers.splice(at, 0, ...Array.from({ length: 1 + random(5) }, () => Buffer.from(buffers[at]!)));
  },
  function swap(random, buffers) {
    const [one, two] = [random(buffers.length), random(buffers.length)];
    [buffers[one], buffers[two]] = [buffers[two]!, buffers[one]!];
  },
  function drop(random, buffers) {
    if (buffers.length > 1) buffers.splice(random(buffers.length), 1);
  },
  function insertNoise(random, buffers) {
    buffers.splice(random(buffers.length + 1), 0, noise(random, random(300)));
  },
  function insertNoiseBehindAnHonestHeader(random, buffers) {
    buffers.splice(random(buffers.length + 1), 0, stb(noise(random, 1 + random(300))));
  },
  function lieAboutLength(random, buffers) {
    const buffer = pick(random, buffers);
    sth(random(2) === 0 ? random(300) : random(0x1000000)).copy(buffer);
  },
];

/** What the hostile client of this run sends. */
function hostileSession(random: Random, seed: number): Buffer[] {
  if (random(20) === 0) return [noise(random, random(2000))];
  const level = pick(random, [1, 2, 4, 5] as const);
  const buffers = pick(random, validSessions(level, seed)).map((buffer) => Buffer.from(buffer));
  for (let n = random(4); n > 0; n -= 1) pick(random, MUTATIONS)(random, buffers);
  return buffers;
}

/** Cuts the octets where the buffers end, or anywhere. */
function segments(random: Random, buffers: readonly Buffer[]): readonly Buffer[] {
  if (random(3) > 0) return buffers;
  const octets = Buffer.concat(buffers);
  const pieces: Buffer[] = [];
  for (let at = 0; at < octets.length; ) {
    const end = at + 1 + random(400);
    pieces.push(octets.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** Reads until the server is silent for so many milliseconds or ends the connection; returns how many EFPA came. */
async function countConfirmed(peer: RawPeer, patience: number): Promise<number> {
  let confirmed = 0;
  while (await peer.somethingWithin(patience)) {
    const buffer = await peer.nextBuffer();
    if (buffer === undefined) return confirmed;
    const name = nameOf(buffer);
    if (name === 'SSID') peer.level = Number(buffer.toString('latin1', 1, 2)) as Level;
    if (name !== 'ESID') read(peer.level, buffer);
    if (name === 'EFPA') confirmed += 1;
  }
  return confirmed;
}

/** Sends the segments, some after the answers to those before; returns how many EFPA came meanwhile. */
async function deliver(random: Random, peer: RawPeer, buffers: readonly Buffer[]): Promise<number> {
  const patient = random(6) > 0;
  let confirmed = 0;
  for (const [at, segment] of segments(random, buffers).entries()) {
    peer.send(segment);
    // Who says much before the answer to SSID is turned away.
    if (patient && at === 0) await peer.somethingWithin(FIRST_ANSWER);
    if (patient && (at === 0 || random(3) > 0)) confirmed += await countConfirmed(peer, ANSWER);
  }
  return confirmed;
}

async function startTarget(): Promise<TestServer> {
  const offers = new Map<number, number>();
  const host = await TestServer.start({
    settings: { bufferCompression: true, connectionBacklog: 64 },
    on: {
      acceptFile: (event) => {
        if (event.virtualFileName.startsWith('CANARY')) return;
        const client = event.connection.remotePort;
        const offer = (offers.get(client) ?? 0) + 1;
        offers.set(client, offer);
        event.filename = join(host.inbox, `${client}-${offer}`);
      },
      readyToSend: async ({ connection }) => {
        const path = host.outgoing(`OUT-${connection.remotePort}`, sample(200));
        await connection.sendFile({ path, virtualFileName: 'OUT' }).catch(() => {});
      },
    },
  });
  return host;
}

/** How many files came over connections from this port. */
function filesOf(host: TestServer, port: number): number {
  return readdirSync(host.inbox).filter((name) => name.startsWith(`${port}-`)).length;
}

/** One hostile session; throws with its number when the server does what it must not. Returns how many EFPA came. */
async function run(host: TestServer, seed: number): Promise<number> {
  const random = randomFrom(seed);
  const buffers = hostileSession(random, seed);
  const peer = await host.ready();
  const port = peer.localPort;
  // The system may have used the port for an earlier run.
  const before = filesOf(host, port);
  try {
    const early = await deliver(random, peer, buffers);
    if (random(4) === 0) {
      peer.reset();
      return early;
    }
    peer.end();
    const confirmed = early + (await countConfirmed(peer, 5000));
    await peer.expectClose();
    const published = filesOf(host, port) - before;
    assert.is(published, confirmed, `${published} files published, ${confirmed} EFPA sent`);
    return confirmed;
  } catch (cause) {
    const script = buffers.map((buffer) => buffer.toString('hex')).join('\n');
    throw new Error(`run ${seed} (FUZZ_SEED=${seed}): ${(cause as Error).message}\n${script}`, { cause });
  }
}

test.after.each(cleanUp);

test(`${RUNS} hostile sessions from ${START}: no crash, nothing published unconfirmed, others live on`, async () => {
  const unhandled: unknown[] = [];
  const collect = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on('unhandledRejection', collect);
  try {
    const host = await startTarget();
    const { peer: canary } = await host.session();
    let confirmed = 0;
    for (let seed = START; seed < START + RUNS; seed += CROWD) {
      const seeds = Array.from({ length: Math.min(CROWD, START + RUNS - seed) }, (_, at) => seed + at);
      for (const files of await Promise.all(seeds.map((each) => run(host, each)))) confirmed += files;
      assert.equal(unhandled, [], `unhandled rejection in runs ${seeds.join(', ')}`);
      await transfer(canary, sample(300), { dsn: `CANARY-${seed}` });
    }
    canary.send(esid(5, 0));
    await canary.expectClose();
    // Sessions that all fail at once would test nothing behind the SSID.
    assert.ok(RUNS < 100 || confirmed > RUNS / 20, `only ${confirmed} files in ${RUNS} sessions`);
  } finally {
    process.off('unhandledRejection', collect);
  }
});

test.run();

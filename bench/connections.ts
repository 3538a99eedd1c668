/**
 * Memory of an idle session: the resident memory of a server with many of them, less that of the server without, as a
 * ratio to a bare server of Node.js with as many sockets in the same run. The kernel's own memory for sockets is not in
 * it. And CPU time of the server: for each session that it opens, and for all of them together while nothing happens,
 * with its timers running.
 *
 *     node dist/bench/connections.js [--tls] [--json file] [--sessions n]
 *
 * Client and server are a process each, with one descriptor a session (default: 5000 sessions); `ulimit -n` may have to
 * be raised. `--tls` measures both over TLS.
 */
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { parseArgs } from 'node:util';
import type { Kind, Question } from './support/carrier-server.js';
import { Program } from './support/program.js';
import { type Row, report } from './support/report.js';
import { converse, openingDialogue } from './support/wire.js';

const { values } = parseArgs({
  options: {
    tls: { type: 'boolean', default: false },
    json: { type: 'string' },
    sessions: { type: 'string', default: '5000' },
  },
});
const sessions = Number(values.sessions);

/** Sessions before the first look, so that code and pools are there; and how many open at the same time. */
const WARM_UP = 500;
const AT_ONCE = 100;

const root = readFileSync(new URL('../../fixtures/tls/root.cert.pem', import.meta.url));
const secureContext = createSecureContext({ ca: root });

interface Measured {
  /** Resident memory that one more connection takes. */
  readonly octets: number;
  /** Connections opened in a second. */
  readonly rate: number;
  /** CPU time of opening one, in milliseconds. */
  readonly openingCpu: number;
  /** CPU time in each second in which nothing happens, in milliseconds. */
  readonly idleCpu: number;
  /** The most memory that was resident at any time. */
  readonly peakMiB: number;
}

function open(port: number, dialogue: readonly Buffer[]): Promise<Socket> {
  const options = { port, host: '127.0.0.1' };
  return converse(values.tls ? connectTls({ ...options, secureContext }) : connectPlain(options), dialogue);
}

async function openMany(port: number, count: number, dialogue: readonly Buffer[]): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Math.min(AT_ONCE, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => open(port, dialogue)))));
  }
  return sockets;
}

async function measure(kind: Kind): Promise<Measured> {
  const dialogue = kind === 'oftp' ? openingDialogue('O0013BENCH') : [];
  const args = [kind, values.tls ? 'TLS' : 'TCP', sessions + WARM_UP];
  const server = await Program.start<{ port: number }>('carrier-server', args, ['--expose-gc']);
  const ask = async (question: Question) => (await server.ask<{ answer: number }>(question)).answer;
  const { port } = server.ready;
  const sockets = await openMany(port, WARM_UP, dialogue);
  const resident = await ask('residentOctets');
  const { cpuSeconds } = await server.usage();
  const began = performance.now();
  sockets.push(...(await openMany(port, sessions, dialogue)));
  const rate = (sessions / (performance.now() - began)) * 1000;
  const openingCpu = (((await server.usage()).cpuSeconds - cpuSeconds) / sessions) * 1000;
  const octets = ((await ask('residentOctets')) - resident) / sessions;
  const idleCpu = await ask('idleCpu');
  if (sockets.some(({ destroyed, readableEnded }) => destroyed || readableEnded)) {
    throw new Error('a session ended while the others were measured');
  }
  const { peakMiB } = await server.usage();
  // Not by a goodbye of thousands of sessions, which the server would have something to say about.
  await server.stop();
  for (const socket of sockets) socket.destroy();
  return { octets, rate, openingCpu, idleCpu, peakMiB };
}

const bare = await measure('bare');
const oftp = await measure('oftp');
const row = (name: string, { octets, rate, openingCpu, idleCpu, peakMiB }: Measured): Row => ({
  connection: name,
  'kB each': Number((octets / 1000).toFixed(1)),
  'of bare (memory)': Number((octets / bare.octets).toFixed(2)),
  'opened/s': Math.round(rate),
  'server CPU ms each': Number(openingCpu.toFixed(3)),
  'server CPU ms/s idle': Number(idleCpu.toFixed(1)),
  'server peak MiB': peakMiB,
});
const over = values.tls ? ' over TLS' : '';
report(`${sessions} idle connections${over}`, [row(`bare socket${over}`, bare), row(`OFTP session${over}`, oftp)]);

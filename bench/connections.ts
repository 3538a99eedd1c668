/**
 * Memory of an idle session: the resident memory of a server with many of them, less that of the server without, as a
 * ratio to a bare TCP server with as many sockets in the same run. The kernel's own memory for sockets is not in it.
 *
 *     node dist/bench/connections.js [--json file] [--sessions n]
 *
 * Takes two descriptors a session in all (default: 5000 sessions); `ulimit -n` may have to be raised.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Row, report } from './support/report.js';
import { converse, openingDialogue } from './support/wire.js';

const { values } = parseArgs({ options: { json: { type: 'string' }, sessions: { type: 'string', default: '5000' } } });
const sessions = Number(values.sessions);

/** Sessions before the first look, so that code and pools are there; and how many open at the same time. */
const WARM_UP = 500;
const AT_ONCE = 100;

const program = fileURLToPath(new URL('./support/idle-servers.js', import.meta.url));

async function residentOctets(child: ChildProcess): Promise<number> {
  child.send('memory');
  const [{ rss }] = (await once(child, 'message')) as [{ rss: number }];
  return rss;
}

async function openMany(port: number, count: number, dialogue: readonly Buffer[]): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Math.min(AT_ONCE, count - sockets.length);
    sockets.push(
      ...(await Promise.all(Array.from({ length: batch }, () => converse(connect(port, '127.0.0.1'), dialogue)))),
    );
  }
  return sockets;
}

/** Octets of resident memory that one more connection takes, and connections opened in a second. */
async function measure(kind: 'oftp' | 'bare'): Promise<{ octets: number; rate: number }> {
  const dialogue = kind === 'oftp' ? openingDialogue('O0013BENCH') : [];
  const child = fork(program, [kind, String(sessions + WARM_UP)], { execArgv: ['--expose-gc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const warm = await openMany(port, WARM_UP, dialogue);
  const before = await residentOctets(child);
  const began = performance.now();
  const sockets = await openMany(port, sessions, dialogue);
  const rate = (sessions / (performance.now() - began)) * 1000;
  const octets = ((await residentOctets(child)) - before) / sessions;
  // Not by a goodbye of thousands of sessions, which the server would have something to say about.
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const socket of [...warm, ...sockets]) socket.destroy();
  return { octets, rate };
}

const bare = await measure('bare');
const oftp = await measure('oftp');
const row = (name: string, { octets, rate }: typeof bare): Row => ({
  connection: name,
  'kB each': Number((octets / 1000).toFixed(1)),
  'opened/s': Math.round(rate),
  'of bare (memory)': Number((octets / bare.octets).toFixed(2)),
});
report(`${sessions} idle connections`, [row('bare socket', bare), row('OFTP session', oftp)]);

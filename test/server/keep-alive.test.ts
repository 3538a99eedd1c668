/**
 * KeepAlive, as the kernel of Linux tells of it: row B-288. What a socket
 * was told is otherwise seen only by waiting for hours.
 */
import { existsSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import type { RawPeer } from '../support/peer.js';
import { TestServer } from '../support/server.js';
import { cd } from '../support/wire.js';

test.after.each(cleanUp);

const SOCKETS = '/proc/net/tcp';
const onLinux = existsSync(SOCKETS) ? test : test.skip;

/** Field `tr` of proc_net_tcp(5): the timer that runs on a socket. */
const NO_TIMER = '00';
const KEEP_ALIVE = '02';

/** 127.0.0.1, in the byte order of the machine. */
const LOOPBACK = endianness() === 'LE' ? '0100007F' : '7F000001';

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** The timer of the end of a connection that has these ports, once nothing of it waits to be acknowledged. */
async function timerOf(localPort: number, remotePort: number): Promise<string> {
  const ends = `${LOOPBACK}:${hex(localPort)} ${LOOPBACK}:${hex(remotePort)} 01`;
  const limit = performance.now() + 10_000;
  for (;;) {
    const line = readFileSync(SOCKETS, 'utf8')
      .split('\n')
      .find((row) => row.includes(ends));
    const [, queued, timer] = / 01 (\w{8}):\w{8} (\d\d):/.exec(line ?? '') ?? [];
    if (timer !== undefined && Number(queued) === 0 && timer !== '01') return timer;
    if (performance.now() > limit) throw new Error(`no socket at rest has ${ends}: ${line}`);
    await new Promise(setImmediate);
  }
}

const timerAtServer = ({ server }: TestServer, peer: RawPeer): Promise<string> =>
  timerOf(server.localPort, peer.localPort);

onLinux('B-288 KeepAlive is False by default: no timer runs on a connection at rest', async () => {
  const host = await TestServer.start();
  assert.is(host.server.config('KeepAlive'), 'False');
  assert.is(await timerAtServer(host, await host.ready()), NO_TIMER);
});

onLinux('B-288 a change of KeepAlive is for connections that come; those that are there stay as they are', async () => {
  const host = await TestServer.start();
  const before = await host.ready();
  assert.is(host.server.config('KeepAlive=True'), '');
  const between = await host.ready();
  host.server.config('KeepAlive=False');
  const after = await host.ready();
  const timers: string[] = [];
  for (const peer of [before, between, after]) timers.push(await timerAtServer(host, peer));
  assert.equal(timers, [NO_TIMER, KEEP_ALIVE, NO_TIMER]);
});

onLinux('B-288 KeepAlive holds through a session, and in a session it changes nothing that is said', async () => {
  const host = await TestServer.start({ config: ['KeepAlive=True'] });
  const { peer } = await host.session();
  assert.is(await timerAtServer(host, peer), KEEP_ALIVE);
  peer.send(cd());
  await peer.expectEsid(0);
});

onLinux('B-288 a client with keepAlive has it on its connection, one without has not', async () => {
  for (const [keepAlive, timer] of [
    [true, KEEP_ALIVE],
    [false, NO_TIMER],
  ] as const) {
    const host = await TestClient.create({ settings: { keepAlive } });
    await host.session();
    const { connection } = host.client;
    assert.is(await timerOf(localPortOf(host), connection?.remotePort ?? 0), timer);
  }
});

/** The one end of a connection to the responder that is not the responder's. */
function localPortOf(host: TestClient): number {
  const remote = hex(host.client.connection?.remotePort ?? 0);
  const row = new RegExp(`${LOOPBACK}:(\\w{4}) ${LOOPBACK}:${remote} 01 `).exec(readFileSync(SOCKETS, 'utf8'));
  return Number.parseInt(row?.[1] ?? '0', 16);
}

test.run();

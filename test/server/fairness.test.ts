/** What busy connections leave to the others: setting MaxReadTime, rows B-339 to B-341. */
import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient, OFTPServer } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { refusal } from '../support/refusal.js';
import { open, sample } from '../support/scenario.js';
import { type Handler, TestServer } from '../support/server.js';
import { data, dataBuffers, efid } from '../support/wire.js';

test.after.each(cleanUp);

/** Octets of the file with which a client floods the server, and of the DATA buffers that it comes in. */
const FLOOD = sample(4 * 1024 * 1024);
const BUFFER = 16_000;

/** Every other exchange buffer of these sessions is shorter. */
const SMALL = 1000;

/** What a handler of the program takes for each DATA buffer of a flood, by the clock that the test moves. */
const HANDLING_MS = 10;

/** The connections read 64 KiB at a time: so many of those buffers, with the one of which the end is missing. */
const READ_BUFFERS = 5;

/** Puts the clock of the process forward by as much as the returned function is told. */
function leapingClock(): (ms: number) => void {
  const { now } = performance;
  let ahead = 0;
  performance.now = () => now.call(performance) + ahead;
  onCleanUp(() => {
    performance.now = now;
  });
  return (ms) => {
    ahead += ms;
  };
}

/** Takes octets at once, so that nothing but reading limits a transfer. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** A server whose program is busy with each DATA buffer of a flood, and sessions that have offered a file each. */
class BusyServer {
  /** Buffers of floods in the turn of the event loop that is under way, and the most that a turn has had. */
  inTurn = 0;
  mostInTurn = 0;
  /** Buffers of floods since somebody counted from here. */
  count = 0;
  readonly host: TestServer;

  private constructor(host: TestServer) {
    this.host = host;
    const pass = leapingClock();
    host.server.on('piTrail', ({ raw }) => {
      if (raw.length < SMALL) return;
      this.count += 1;
      this.inTurn += 1;
      if (this.inTurn === 1) setImmediate(() => this.#endTurn());
      pass(HANDLING_MS);
    });
  }

  static async start(): Promise<BusyServer> {
    const settings = { exchangeBufferSize: BUFFER, creditCount: 999, defaultTimeout: 0 };
    const acceptFile: Handler = (event) => {
      event.stream = nowhere();
    };
    return new BusyServer(await TestServer.start({ settings, on: { acceptFile } }));
  }

  async offering(dsn: string): Promise<RawPeer> {
    const { peer } = await this.host.session({ sdeb: BUFFER, cred: dsn === 'PONG' ? 1 : 999 });
    await open(peer, { dsn, fsiz: FLOOD.length / 1024 });
    return peer;
  }

  #endTurn(): void {
    this.mostInTurn = Math.max(this.mostInTurn, this.inTurn);
    this.inTurn = 0;
  }
}

/** Sends a whole flood in one go; settles when the server has all of it. */
async function flood(peer: RawPeer): Promise<void> {
  peer.send(...dataBuffers(FLOOD, BUFFER), efid(5, { ucnt: FLOOD.length }));
  await peer.expect('EFPA');
}

test('B-339 MaxReadTime is 50 on a new server and client, and takes 0 to 60000', () => {
  for (const party of [new OFTPServer(), new OFTPClient({ host: 'localhost', clientSsidCode: 'X' })]) {
    assert.is(party.config('MaxReadTime'), '50');
    party.config('MaxReadTime=0');
    assert.is(party.config('MaxReadTime'), '0');
    refusal(() => party.config('MaxReadTime=-1'), 10022, 'MaxReadTime');
    refusal(() => party.config('MaxReadTime=60001'), 10022, 'MaxReadTime');
  }
});

for (const [row, limit, most] of [
  ['B-339 B-340 by default, 50 ms', undefined, 2 * READ_BUFFERS],
  ['B-340 MaxReadTime=40', 40, READ_BUFFERS],
] as const) {
  test(`${row}: a flood is read in each turn of the event loop until its time is used up, and no longer`, async () => {
    const busy = await BusyServer.start();
    const peer = await busy.offering('FLOOD');
    if (limit !== undefined) busy.host.server.config(`MaxReadTime=${limit}`);
    await flood(peer);
    assert.is(busy.count, dataBuffers(FLOOD, BUFFER).length);
    assert.ok(busy.mostInTurn <= most, `${busy.mostInTurn} buffers in one turn`);
  });
}

test('B-341 MaxReadTime=0, also for a session that is open: a flood is read as far as it has come', async () => {
  const busy = await BusyServer.start();
  const peer = await busy.offering('FLOOD');
  busy.host.server.config('MaxReadTime=0');
  await flood(peer);
  assert.ok(busy.mostInTurn > 4 * READ_BUFFERS, `${busy.mostInTurn} buffers in one turn`);
});

test('B-340 three floods do not starve a session that waits for the CDT of each small buffer', async () => {
  const busy = await BusyServer.start();
  const [pong, ...floods] = await Promise.all(['PONG', 'ONE', 'TWO', 'THREE'].map((dsn) => busy.offering(dsn)));
  busy.host.server.config('MaxReadTime=40');
  let over = false;
  const flooded = Promise.all(floods.map(flood)).finally(() => {
    over = true;
  });
  const betweenBalls: number[] = [];
  while (!over) {
    busy.count = 0;
    pong?.send(data('x'));
    await pong?.expect('CDT');
    betweenBalls.push(busy.count);
  }
  await flooded;
  // The first turns read from each flood once. Afterwards one of them has its turn, while a ball flies a turn or two.
  const most = Math.max(...betweenBalls.slice(2));
  assert.ok(betweenBalls.length > 20, `${betweenBalls.length} balls`);
  assert.ok(most <= 6 * READ_BUFFERS, `${most} buffers between two balls`);
});

test.run();

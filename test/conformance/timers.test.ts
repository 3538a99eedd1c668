/** The inactivity timer and the order of checks: RFC 5024 §4.7.2, tables 9.8 to 9.12, §5.3.11. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { open, receiveUpToEfid, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, rtr, sfpa, ssid, stb, sth } from '../support/wire.js';

test.after.each(cleanUp);

/** A server with a timer of one second and a file for whoever gives it the turn. */
function impatient(): Promise<TestServer> {
  const host = TestServer.start({
    settings: { defaultTimeout: 1, endResponseTurn: 'asap' },
    on: {
      readyToSend: async ({ connection }) => {
        const name = `OUT${connection.id}`;
        await connection.sendFile({ path: (await host).outgoing(name, sample(500)), virtualFileName: name });
      },
    },
  });
  return host;
}

type Reach = (host: TestServer) => Promise<RawPeer>;

const speaker: Reach = async (host) => {
  const { peer } = await host.session({ cred: 1, sdeb: 128 });
  peer.send(cd());
  await peer.expect('SFID');
  return peer;
};

/** Every wait for the peer that needs no authentication, by its state. */
const WAITS: Readonly<Record<string, Reach>> = {
  A_NC_ONLY: (host) => host.ready(),
  'A_NC_ONLY, half an SSID': async (host) => {
    const peer = await host.ready();
    peer.send(ssid().subarray(0, 30));
    return peer;
  },
  IDLELI: async (host) => (await host.session()).peer,
  OPI: async (host) => {
    const { peer } = await host.session();
    await open(peer, { dsn: 'OPI' });
    return peer;
  },
  'OPI, in the middle of DATA': async (host) => {
    const { peer } = await host.session();
    await open(peer, { dsn: 'OPI-DATA' });
    peer.send(data(sample(60)).subarray(0, 20));
    return peer;
  },
  ERSTWFCD: async (host) => {
    const { peer } = await host.session();
    await transfer(peer, sample(10), { dsn: 'ERSTWFCD' });
    return peer;
  },
  WF_RTR: async (host) => {
    const { peer } = await host.session();
    await transfer(peer, sample(10), { dsn: 'WF_RTR' });
    peer.send(cd());
    await peer.expect('EERP');
    return peer;
  },
  OPOP: speaker,
  OPOWFC: async (host) => {
    const peer = await speaker(host);
    peer.send(sfpa(5));
    await peer.expect('DATA');
    return peer;
  },
  CLOP: async (host) => {
    const { peer } = await host.session();
    peer.send(cd());
    await receiveUpToEfid(peer);
    return peer;
  },
};

test('C-028 C-274 C-275 silence ends the session in every wait for the peer, with ESID 09 or without', async () => {
  const host = await impatient();
  // All at once: each of them takes as long as the timer.
  const outcomes = Object.entries(WAITS).map(async ([state, reach]) => {
    try {
      await (await reach(host)).expectEsidOrClose(9);
      return [];
    } catch (error) {
      return [`${state}: ${(error as Error).message}`];
    }
  });
  assert.equal((await Promise.all(outcomes)).flat(), []);
  for (const _ of outcomes) await host.events.next('disconnected');
  assert.is(host.server.connections.size, 0);
});

test('C-274 B-044 with defaultTimeout 0 a silent client is left alone', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 0 } });
  const { peer } = await host.session();
  await peer.expectSilence(1500);
  await transfer(peer, sample(10));
});

test('C-274 B-046 B-102 each command restarts the timer', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 1 } });
  const { peer } = await host.session();
  await open(peer);
  for (let n = 0; n < 4; n += 1) {
    peer.send(data('x'));
    await peer.expectSilence(500);
  }
  peer.send(data('', { endOfRecord: true }), efid(5, { ucnt: 4 }));
  await peer.expect('EFPA');
});

test('C-285 a header that drips in octet by octet does not keep a connection for ever', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 1 } });
  const peer = await host.ready();
  const dripping = setInterval(() => peer.send(Uint8Array.of(0x10)), 300);
  try {
    await peer.expectEsidOrClose(9, 7, 1);
  } finally {
    clearInterval(dripping);
  }
});

test('C-285 three hundred idle connections do not starve a live session', async () => {
  const host = await TestServer.start();
  for (let n = 0; n < 300; n += 1) await host.ready();
  const { peer } = await host.session();
  await transfer(peer, sample(100_000), { fsiz: 98 });
  assert.ok(host.content('TESTFILE').equals(sample(100_000)));
});

const PRIORITIES: readonly [what: string, buffer: Buffer, reasons: readonly number[]][] = [
  ['an unknown octet in a buffer of odd length', stb(`Z${'x'.repeat(300)}`), [1]],
  ['a command of the wrong length in the wrong state', stb('4'), [2, 7]],
  ['a command of the wrong state with a bad field', stb('T'.padEnd(35, 'x')), [2, 6]],
  ['a command of the right state with the wrong length and a bad field', stb('H'.padEnd(100, 'x')), [7]],
];

for (const [what, buffer, reasons] of PRIORITIES) {
  test(`C-279 ${what}: ESID ${reasons.join(' or ')}`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(buffer);
    await peer.expectEsid(...reasons);
  });
}

test('C-284 sessions of the same partner beside each other do not disturb each other', async () => {
  const host = await TestServer.start();
  const [first, second] = await Promise.all([host.session(), host.session()]);
  await open(first.peer, { dsn: 'FIRST' });
  await transfer(second.peer, sample(20), { dsn: 'SECOND' });
  first.peer.send(data('one', { endOfRecord: true }), efid(5, { ucnt: 3 }));
  await first.peer.expect('EFPA');
  second.peer.send(cd());
  await second.peer.expect('EERP');
  second.peer.send(rtr());
  assert.equal(host.delivered(), ['FIRST', 'SECOND']);
});

test('C-013 headers that announce the largest buffer do not make the server take that memory', async () => {
  const host = await TestServer.start({ config: ['ExchangeBufferSize=99999'] });
  const before = process.memoryUsage().rss;
  const peers: RawPeer[] = [];
  for (let n = 0; n < 200; n += 1) {
    const { peer } = await host.session({ sdeb: 99_999 });
    await open(peer, { dsn: `FILE-${n}` });
    peers.push(peer);
  }
  // A buffer for each of the announced lengths would be 20 MB; a server that believes the header has them.
  for (const peer of peers) peer.send(sth(100_003), data(sample(40)).subarray(4));
  await peers[0]!.expectSilence();
  assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
});

test.run();

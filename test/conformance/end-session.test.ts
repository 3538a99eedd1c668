/** ESID and the end of a session: RFC 5024 §3.4, §4.6, §4.7.1, §5.3.11, tables 9.9 and 9.12. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { within } from '../support/outcome.js';
import type { RawPeer } from '../support/peer.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, esid, type Level, sfid, sfpa, ssid, stb } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 2, 4] as Level[]) {
  test(`C-258 level ${level}: an ESID of four octets`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    peer.send(stb('Z'));
    const { octets } = await peer.expect('ESID');
    assert.match(octets.toString('latin1'), /^F01[\r\x8d]$/);
    await peer.expectClose();
  });
}

test('C-258 C-264 level 5: an ESID with the length of its UTF-8 text and the carriage return last', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(stb('Z'));
  const { octets } = await peer.expect('ESID', { reas: '01' });
  const length = Number(octets.toString('latin1', 3, 6));
  assert.is(octets.length, 7 + length);
  assert.ok(octets.at(-1) === 0x0d || octets.at(-1) === 0x8d);
  await peer.expectClose();
});

test('C-264 the text of a refusal by the handler reaches the client in 2.0', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: (event) => {
        event.accept = false;
        event.errorCode = 99;
        event.errorDescription = 'geschloßen';
      },
    },
  });
  const peer = await host.ready();
  peer.send(ssid());
  await peer.expect('ESID', { reas: '99', text: 'geschloßen' });
});

/** Where a session can be when the client ends it. */
const MOMENTS: Readonly<Record<string, (peer: RawPeer) => Promise<void>>> = {
  'straight after SSID': async () => {},
  'with a file open': async (peer) => {
    await open(peer);
  },
  'with data under way': async (peer) => {
    await open(peer);
    peer.send(data('x'));
  },
  'after EFPA': async (peer) => {
    await transfer(peer, sample(10));
  },
};

for (const [moment, reach] of Object.entries(MOMENTS)) {
  for (const reason of [0, 1, 55, 99]) {
    test(`C-260 C-261 C-266 ESID ${reason} ${moment} is answered by the end of the connection alone`, async () => {
      const host = await TestServer.start();
      const { peer } = await host.session();
      await reach(peer);
      peer.send(esid(5, reason));
      await peer.expectClose();
      await host.events.next('disconnected');
      assert.is(host.server.connections.size, 0);
      assert.equal(host.delivered(), moment === 'after EFPA' ? ['TESTFILE'] : []);
    });
  }

  for (const [how, leave] of [
    ['FIN', (peer: RawPeer) => peer.end()],
    ['RST', (peer: RawPeer) => peer.reset()],
  ] as const) {
    test(`C-008 C-009 the client's ${how} ${moment} ends the session, and the next one works`, async () => {
      const host = await TestServer.start();
      const { peer } = await host.session();
      await reach(peer);
      leave(peer);
      await host.events.next('disconnected');
      assert.is(host.server.connections.size, 0);
      assert.equal(host.delivered(), moment === 'after EFPA' ? ['TESTFILE'] : []);
      const { peer: next } = await host.session();
      await transfer(next, sample(20), { dsn: 'AFTERWARDS' });
      assert.equal(host.content('AFTERWARDS'), sample(20));
    });
  }
}

for (const [what, buffer] of [
  ['in the layout of 1.4', esid(4, 0)],
  ['with 999 octets of text', esid(5, 0, `${'é'.repeat(499)}x`)],
  ['that ends with 0Ah', stb('F00000\n')],
  ['that ends with 8Dh', stb('F00000\x8d')],
  ['without its carriage return', stb('F00000')],
  ['with a text that is no UTF-8', stb('F00002\xc3\x28\r')],
] as const) {
  test(`C-264 C-265 level 5: an ESID ${what} ends the session`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(buffer);
    await peer.expectClose();
    await host.events.next('disconnected');
  });
}

test('C-265 level 4: an ESID in the layout of 2.0 ends the session', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ level: 4 });
  peer.send(esid(5, 0, 'text'));
  await peer.expectClose();
});

for (const setting of ['DisconnectAfterEndSession=True', 'DisconnectAfterEndSession=False']) {
  test(`C-262 a client that never closes after the server's ESID is given up (${setting})`, async () => {
    const host = await TestServer.start({ settings: { defaultTimeout: 1 }, config: [setting] });
    const { peer } = await host.session();
    peer.send(stb('Z'));
    await peer.expect('ESID', { reas: '01' });
    await host.events.next('disconnected');
    assert.is(host.server.connections.size, 0);
  });
}

test('C-262 B-268 with DisconnectAfterEndSession off the server leaves closing to the client', async () => {
  const host = await TestServer.start({ config: ['DisconnectAfterEndSession=False'] });
  const { peer } = await host.session();
  peer.send(stb('Z'));
  await peer.expect('ESID', { reas: '01' });
  await peer.expectSilence();
  peer.end();
  await peer.expectClose();
});

test('C-263 an ESID that crosses the one of the server is not answered', async () => {
  const host = await TestServer.start({ config: ['DisconnectAfterEndSession=False'] });
  const { peer } = await host.session();
  peer.send(stb('Z'), esid(5, 2));
  await peer.expectEsid(1);
});

test('C-267 shutdown ends a session with ESID 05', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const down = host.server.shutdown();
  await peer.expectEsid(5);
  peer.end();
  await within(down);
  assert.is(host.server.connections.size, 0);
});

test('C-267 shutdown with a file open: ESID 05, nothing delivered', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x'));
  const down = host.server.shutdown();
  await peer.expectEsid(5);
  peer.end();
  await within(down);
  assert.equal(host.delivered(), []);
});

test('C-271 a violation while data is under way leaves nothing of the file, and no EERP later', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x'), sfid(5));
  await peer.expectEsid(2);
  assert.equal(host.delivered(), []);
  const { peer: next } = await host.session();
  next.send(cd());
  await next.expectEsid(0);
});

for (const moment of ['SFID', 'DATA'] as const) {
  test(`C-272 ESID 99 of the client after the server's ${moment}: the server stops, sendFile fails`, async () => {
    const { host, outcomes } = await serverThatSends({ octets: sample(500) });
    const { peer } = await host.session({ cred: 1, sdeb: 128 });
    peer.send(cd());
    await peer.expect('SFID');
    if (moment === 'DATA') {
      peer.send(sfpa(5));
      await peer.expect('DATA');
    }
    peer.send(esid(5, 99));
    await peer.expectClose();
    assert.is((await outcomes())[0]?.error?.code, 687);
  });
}

test('C-260 the EERP of a file that was confirmed before an abort comes in the next session', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 1 }), esid(5, 99));
  await peer.expect('EFPA');
  await peer.expectClose();
  const { peer: next } = await host.session();
  next.send(cd());
  await next.expect('EERP');
});

test('C-263 a server that is Speaker closes on ESID 00 of its Listener without an answer', async () => {
  const { host } = await serverThatSends({ names: ['FIRST', 'SECOND'] });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('SFID');
  peer.send(esid(5, 0));
  await peer.expectClose();
});

test.run();

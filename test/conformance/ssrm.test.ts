/** SSRM, the ready message: RFC 5024 §4.2.2 and §5.3.1, and what may follow it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
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
  nerp,
  rtr,
  secd,
  sfid,
  sfna,
  sfpa,
  ssid,
  ssrm,
} from '../support/wire.js';

test.after.each(cleanUp);

test('C-024 C-025 the responder speaks first: 19 octets, the ready message and a carriage return', async () => {
  const host = await TestServer.start();
  const peer = await host.connect();
  const { octets } = await peer.expect('SSRM');
  assert.is(octets.length, 19);
  assert.is(octets.subarray(0, 18).toString('hex'), '494f44455454452046545020524541445920');
  assert.ok(octets[18] === 0x0d || octets[18] === 0x8d);
});

test('C-026 one SSRM, then the responder waits', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  await peer.expectSilence();
});

test('C-027 an SSRM from the initiator ends the session', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(ssrm());
  await peer.expectEsidOrClose(2);
});

const FIRST_COMMANDS: Readonly<Record<string, Buffer>> = {
  SFID: sfid(5),
  SFPA: sfpa(5),
  SFNA: sfna(5, 99),
  DATA: data('x'),
  CDT: cdt(),
  EFID: efid(5, { ucnt: 0 }),
  EFPA: efpa(),
  EFNA: efna(5, 99),
  CD: cd(),
  EERP: eerp(5),
  NERP: nerp(5),
  RTR: rtr(),
  SECD: secd(),
  AUCH: auch(sample(64)),
  AURP: aurp(sample(20)),
};

for (const [name, buffer] of Object.entries(FIRST_COMMANDS)) {
  test(`C-030 ${name} as the first command is a protocol violation`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(buffer);
    await peer.expectEsid(2);
    assert.equal(host.delivered(), []);
  });
}

for (const level of [4, 5] as const) {
  test(`C-031 an ESID of level ${level} instead of SSID ends the connection without an answer`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(esid(level, 0));
    await peer.expectClose();
  });
}

test('C-029 over MaxConnections a client gets SSRM, then ESID 08 to its SSID; places become free again', async () => {
  const host = await TestServer.start({ config: ['MaxConnections=10'] });
  const peers: RawPeer[] = [];
  for (let n = 0; n < 10; n += 1) peers.push((await host.session()).peer);
  const excess = await host.ready();
  excess.send(ssid());
  await excess.expectEsid(8);
  await transfer(peers[0]!, sample(100));
  peers[1]!.send(esid(5, 0));
  await peers[1]!.expectClose();
  await host.events.next('disconnected');
  await host.events.next('disconnected');
  await host.session();
});

test('C-029 far over MaxConnections a client is turned away at once', async () => {
  const host = await TestServer.start({ config: ['MaxConnections=1'] });
  await host.session();
  const excess: RawPeer[] = [];
  for (let n = 0; n < 4; n += 1) excess.push(await host.connect());
  const last = excess.at(-1)!;
  const first = await last.next();
  if (first !== undefined) {
    assert.is(first.name, 'SSRM');
    last.send(ssid());
    await last.expectEsid(8);
  }
});

test.run();

/** The initiator's side of the start of a session: RFC 5024 §4.2, §5.3.1, §5.3.2, tables 9.8 and 9.9. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { folderWith } from '../support/folder.js';
import { assertReaction, OBSERVABLE_EVENTS } from '../support/matrix.js';
import { outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { receiveUpToEfid } from '../support/scenario.js';
import { efpa, esid, resized, type SsidFields, ssid, ssrm } from '../support/wire.js';

test.after.each(cleanUp);

const ANSWER: SsidFields = { code: HUB.code, password: HUB.password };

test('C-024 the initiator says nothing before the ready message', async () => {
  const client = await TestClient.create();
  const { peer } = await client.connect();
  await peer.expectSilence();
  peer.send(ssrm());
  await peer.expect('SSID');
  await peer.expectSilence();
});

for (const [version, level] of [
  ['1.2', 1],
  ['1.3', 2],
  ['1.4', 4],
  ['2.0', 5],
] as const) {
  test(`C-032 C-034 C-039 version ${version}: the SSID of the client in the layout of level ${level}`, async () => {
    const client = await TestClient.create({ settings: { version } });
    const { offer } = await client.greeted();
    const octets = offer.octets.toString('latin1');
    assert.is(octets.length, 61);
    assert.is(octets.slice(0, 27), `X${level}${PARTNER.code.padEnd(25)}`);
    assert.is(octets.slice(27, 35), PARTNER.password.padEnd(8));
    assert.is(octets.slice(47, 52), level === 5 ? 'N    ' : '     ');
  });

  test(`C-048 version ${version}: connect resolves when the same level is answered`, async () => {
    const client = await TestClient.create({ settings: { version } });
    await client.session();
    assert.is(client.client.connection?.version, version);
    assert.is(client.client.connection?.ssidCode, HUB.code);
  });
}

for (const [what, ready] of [
  ['that ends with 8Dh', ssrm('\x8d')],
  ['without its carriage return', resized(ssrm(), -1)],
] as const) {
  test(`C-025 interop: a ready message ${what} is taken`, async () => {
    const client = await TestClient.create();
    const { peer } = await client.connect();
    peer.send(ready);
    await peer.expect('SSID');
  });
}

for (const [version, level] of [
  ['1.4', 4],
  ['1.3', 2],
  ['1.2', 1],
] as const) {
  test(`C-048 C-053 a responder that answers level ${level} gets the layouts of that level`, async () => {
    const client = await TestClient.create();
    const path = join(folderWith({ OUT: 'x' }), 'OUT');
    const peer = await client.session({ level });
    assert.is(client.client.connection?.version, version);
    const sent = outcomeOf(client.client.sendFile({ path, virtualFileName: 'OUT' }));
    const { sfid: offer } = await receiveUpToEfid(peer);
    assert.is(offer.octets.length, 128);
    peer.send(efpa());
    assert.is((await sent).error, undefined);
  });
}

for (const [what, version, fields, reasons] of [
  ['a level above the offer', '1.4', { level: 5 }, [10, 2, 6]],
  ['the unassigned level 3', '2.0', { level: 3 }, [10, 2, 6]],
  ['a credit above the offer', '2.0', { cred: 999 }, [10, 2, 6]],
  ['a credit of 0', '2.0', { cred: 0 }, [10, 2, 6]],
  ['a buffer size of 127', '2.0', { sdeb: 127 }, [10, 6, 7]],
  ['SSIDAUTH Y to N', '2.0', { auth: 'Y' }, [12]],
  ['letters in a number', '2.0', { sdeb: '1X345' }, [6]],
  ['an unknown mode', '2.0', { sr: 'Q' }, [6]],
] as const) {
  test(`C-061 C-070 an answer with ${what} is refused and connect rejects`, async () => {
    const client = await TestClient.create({ settings: { version } });
    const { peer, connecting } = await client.greeted();
    peer.send(ssid({ ...ANSWER, ...fields }));
    await peer.expectEsid(...reasons);
    assert.instance((await connecting).error, Error);
  });
}

test('C-061 no DATA is longer than the own buffer size, whatever the responder answers', async () => {
  const client = await TestClient.create({ config: ['ExchangeBufferSize=128'] });
  const path = join(folderWith({ OUT: 'x'.repeat(900) }), 'OUT');
  const { peer, connecting } = await client.greeted();
  peer.send(ssid({ ...ANSWER, sdeb: 2048 }));
  if ((await connecting).error !== undefined) {
    await peer.expectEsid(10, 2, 6);
    return;
  }
  void outcomeOf(client.client.sendFile({ path, virtualFileName: 'OUT' }));
  const { data } = await receiveUpToEfid(peer);
  assert.ok(data.every(({ octets }) => octets.length <= 128));
});

for (const [setting, sr] of [
  ['ConnectionType=1', 'S'],
  ['ConnectionType=2', 'R'],
] as const) {
  test(`C-063 ${sr} answered to a client of the same mode is ESID 10`, async () => {
    const client = await TestClient.create({ config: [setting] });
    const { peer, offer } = await client.greeted();
    assert.is(offer.fields['sr'], sr);
    peer.send(ssid({ ...ANSWER, sr }));
    await peer.expectEsid(10);
  });
}

for (const [reason, code] of [
  [3, 675],
  [4, 677],
] as const) {
  test(`B-389 an ESID ${reason} instead of SSID: connect rejects with ${code}, nothing is answered`, async () => {
    const client = await TestClient.create();
    const { peer, connecting } = await client.greeted();
    peer.send(esid(5, reason));
    await peer.expectClose();
    assert.is((await connecting).error?.code, code);
  });
}

for (const [what, fields, reason] of [
  ['code', { code: 'O0013IMPOSTOR' }, 3],
  ['password', { password: 'GUESS' }, 4],
] as const) {
  test(`C-040 C-041 a responder with another ${what} than expected is ESID ${reason}`, async () => {
    const settings = { serverSsidCode: HUB.code, serverPassword: HUB.password };
    const client = await TestClient.create({ settings });
    const { peer, connecting } = await client.greeted();
    peer.send(ssid({ ...ANSWER, ...fields }));
    await peer.expectEsid(reason);
    assert.instance((await connecting).error, Error);
  });
}

for (const event of OBSERVABLE_EVENTS) {
  test(`C-286 I_WF_RM, ${event}`, async () => {
    const client = await TestClient.create();
    const { peer, connecting } = await client.connect();
    await assertReaction(peer, ['I_WF_RM'], event);
    if (event !== 'SSRM') assert.instance((await connecting).error, Error);
  });

  test(`C-286 I_WF_SSID, ${event}`, async () => {
    const client = await TestClient.create();
    const { peer, connecting } = await client.greeted();
    await assertReaction(peer, ['I_WF_SSID'], event);
    if (event !== 'SSID') assert.instance((await connecting).error, Error);
  });
}

test('a port nobody listens on: connect rejects with the number of the system error', async () => {
  const client = await TestClient.create({ settings: { port: 1 } });
  const { error } = await outcomeOf(client.client.connect());
  assert.is(error?.code, 10061);
});

for (const state of ['I_WF_RM', 'I_WF_SSID'] as const) {
  test(`C-274 silence of the responder in ${state}: connect rejects within the timer`, async () => {
    const client = await TestClient.create({ settings: { defaultTimeout: 1 } });
    const { peer, connecting } = state === 'I_WF_RM' ? await client.connect() : await client.greeted();
    await peer.expectEsidOrClose(9);
    assert.instance((await connecting).error, Error);
  });
}

test.run();

/** SSID, format and identification: RFC 5024 §5.3.2, §5.4, RFC 2204 §5.3.2 and reasons 03, 04, 06 of §5.3.11. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import { sample, transfer } from '../support/scenario.js';
import { type Handler, TestServer } from '../support/server.js';
import { type Level, resized, type SsidFields, sfid, ssid } from '../support/wire.js';

test.after.each(cleanUp);

test('C-032 C-033 level 5: 61 octets, SSIDAUTH at 47, four spaces at 48, carriage return at 60', async () => {
  const host = await TestServer.start();
  const { answer } = await host.session();
  assert.is(answer.octets.length, 61);
  assert.is(answer.octets.toString('latin1', 47, 52), 'N    ');
  assert.ok(answer.octets[60] === 0x0d || answer.octets[60] === 0x8d);
});

for (const level of [1, 2, 4] as Level[]) {
  test(`C-034 level ${level}: the answer has 61 octets and five spaces at 47`, async () => {
    const host = await TestServer.start();
    const { answer } = await host.session({ level });
    assert.is(answer.octets.length, 61);
    assert.is(answer.octets.toString('latin1', 47, 52), '     ');
  });
}

test('C-034 interop: level 4 with N in the place of SSIDAUTH, a reserved octet there', async () => {
  const host = await TestServer.start();
  const { answer } = await host.session({ level: 4, auth: 'N' });
  assert.is(answer.fields['lev'], '4');
});

test('C-035 8Dh is a carriage return too', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cr: '\x8d' });
  await transfer(peer, sample(10));
});

test('C-035 interop: 0Ah as the carriage return of SSID', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cr: '\n' });
  await transfer(peer, sample(10));
});

test('C-035 interop: an SSID without its last octet', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(resized(ssid(), -1));
  await peer.expect('SSID');
});

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-036 level ${level}: reserved octets are not interpreted`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level, reserved: 'ABCD' });
    await transfer(peer, sample(10));
  });
}

const INVALID: readonly SsidFields[] = [
  { sr: 'Q' },
  { sr: ' ' },
  { sr: 'b' },
  { cmpr: 'X' },
  { rest: '1' },
  { spec: '0' },
  { auth: 'J' },
  { auth: ' ' },
  { sdeb: '12A45' },
  { sdeb: '-0128' },
  { sdeb: '  128' },
  { cred: 'ABC' },
  { cred: '+99' },
];

for (const fields of INVALID) {
  test(`C-037 SSID with ${JSON.stringify(fields)} is invalid data`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(ssid(fields));
    await peer.expectEsid(6);
  });
}

test('C-037 a space padded credit is invalid data, or taken as the number', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(ssid({ cred: '  9' }));
  const answer = await peer.expectOneOf('SSID', 'ESID');
  assert.is(
    answer.name === 'SSID' ? answer.fields['cred'] : answer.fields['reas'],
    answer.name === 'SSID' ? '009' : '06',
  );
});

test('C-038 C-039 C-043 the answer bears the own code and password, and numbers in digits only', async () => {
  const host = await TestServer.start();
  const { answer } = await host.session({ user: 'ANYTHING' });
  const octets = answer.octets.toString('latin1');
  assert.is(octets.slice(2, 27), HUB.code.padEnd(25));
  assert.is(octets.slice(27, 35), HUB.password.padEnd(8));
  assert.match(octets.slice(35, 40), /^[0-9]{5}$/);
  assert.match(octets.slice(44, 47), /^[0-9]{3}$/);
  assert.not.match(octets.slice(52, 60), /^ .*[^ ]/);
});

for (const code of ['O0099STRANGER', '', 'o0013partner']) {
  test(`C-040 the identification code '${code}' that no one answers for is ESID 03`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(ssid({ code }));
    await peer.expectEsid(3);
    assert.equal(host.events.named('readyToSend'), []);
  });
}

for (const password of ['WRONG', '', 'partpw', 'PARTPWXX']) {
  test(`C-041 the password '${password}' of a known partner is ESID 04`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(ssid({ password }));
    await peer.expectEsid(4);
  });
}

test('C-042 padding is not part of the password', async () => {
  const partners = [{ code: 'O0013ABC', password: 'ABC' }];
  const host = await TestServer.start({ partners });
  await host.session({ code: 'O0013ABC', password: 'ABC     ' });
  const peer = await host.ready();
  peer.send(ssid({ code: 'O0013ABC', password: 'ABC    X' }));
  await peer.expectEsid(4);
});

for (const code of ['O0013ORG ONE     SUB1', 'X-ANY CODE', 'O0013ABCDEFGHIJKLMNSUBSUB']) {
  test(`C-044 '${code}' is a usable identification code`, async () => {
    const host = await TestServer.start({ partners: [{ code, password: PARTNER.password }] });
    const { peer } = await host.session({ code });
    await transfer(peer, sample(10), { orig: code });
    assert.is((await host.events.next('acceptFile')).originator, code);
  });
}

test('C-045 C-255 after its SSID the responder sends nothing: the initiator is the first Speaker', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await peer.expectSilence();
  assert.equal(host.events.named('readyToSend'), []);
});

test('C-046 a second SSID ends the connection without a second answer', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(ssid());
  await peer.expectEsidOrClose(2);
});

for (const [reason, fields] of [
  [3, { code: 'O0099STRANGER' }],
  [4, { password: 'WRONG' }],
  [6, { sr: 'Q' }],
] as const) {
  test(`C-047 after ESID ${reason} an SFID sent along is not answered`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(ssid(fields), sfid(5));
    await peer.expectEsid(reason);
    assert.equal(host.delivered(), []);
    assert.equal(host.events.named('acceptFile'), []);
  });
}

test('C-073 SSIDUSER is free text', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ user: '~!"#$%&z' });
  await transfer(peer, sample(10));
});

test('C-040 without an acceptConnection listener every client is ESID 03, and an error says why', async () => {
  const server = new OFTPServer({
    localHost: '127.0.0.1',
    localPort: 0,
    serverSsidCode: HUB.code,
    serverSfidCode: HUB.code,
    serverPassword: HUB.password,
    statePath: null,
  });
  const errors: unknown[] = [];
  server.on('error', (event) => {
    errors.push(event);
  });
  try {
    await server.startListening();
    const peer = await RawPeer.connect(server.localPort);
    await peer.expect('SSRM');
    peer.send(ssid());
    await peer.expectEsid(3);
    assert.ok(errors.length >= 1);
  } finally {
    await server.shutdown();
  }
});

const FAILING: Readonly<Record<string, Handler>> = {
  throws: () => Promise.reject(new Error('directory down')),
  'refuses without a code': (event) => {
    event.accept = false;
  },
};

for (const [what, acceptConnection] of Object.entries(FAILING)) {
  test(`C-270 an acceptConnection handler that ${what} ends the session with ESID 99`, async () => {
    const host = await TestServer.start({ on: { acceptConnection } });
    const peer = await host.ready();
    peer.send(ssid());
    await peer.expectEsid(99);
  });
}

test.run();

/** What the two SSIDs agree on: RFC 5024 §3.2.1, §5.3.2, §9.8. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { contentOf, subrecordsOf } from '../support/received.js';
import { receive, receiveUpToEfid, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, efpa, type Level, rtr, type SsidFields, sfid, ssid } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-048 level ${level} offered: level ${level} answered`, async () => {
    const host = await TestServer.start();
    const { answer } = await host.session({ level });
    assert.is(answer.fields['lev'], String(level));
  });
}

for (const [version, level] of [
  ['1.4', 4],
  ['1.3', 2],
  ['1.2', 1],
] as const) {
  test(`C-048 C-053 level 5 offered to a server that wants ${version}: level ${level} and its layouts`, async () => {
    const host = await TestServer.start({
      on: {
        acceptConnection: (event) => {
          event.serverVersion = version;
        },
      },
    });
    const { peer, answer } = await host.session();
    assert.is(answer.fields['lev'], String(level));
    assert.is(answer.octets.toString('latin1', 47, 52), '     ');
    await transfer(peer, sample(100));
  });
}

test('C-048 a server version above the one of the client is refused, not put on the wire', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: (event) => {
        event.serverVersion = '2.0';
      },
    },
  });
  const peer = await host.ready();
  peer.send(ssid({ level: 4 }));
  await peer.expectEsid(10, 99);
});

test('C-049 level 9 offered: level 5 answered, or ESID 10', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(ssid({ level: 9 }));
  const answer = await peer.expectOneOf('SSID', 'ESID');
  if (answer.name === 'SSID') {
    assert.is(answer.fields['lev'], '5');
    await transfer(peer, sample(10));
  } else assert.is(answer.fields['reas'], '10');
});

test('C-050 the unassigned level 3 offered: level 2 answered, or ESID 10 or 06', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(ssid({ level: 3 }));
  const answer = await peer.next();
  assert.ok(answer !== undefined);
  if (answer.name === 'SSID') assert.is(answer.fields['lev'], '2');
  else assert.match(answer.octets.toString('latin1', 0, 3), /^F(06|10)$/);
});

for (const level of ['0', 'A', ' ']) {
  test(`C-051 level '${level}' is invalid`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(ssid({ level }));
    await peer.expectEsid(6, 10);
  });
}

test('C-053 at level 4 an SFID in the layout of level 5 is a size error', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ level: 4 });
  peer.send(sfid(5));
  await peer.expectEsid(7);
});

test('C-053 at level 5 an SFID in the layout of level 4 is a size error', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ level: 5 });
  peer.send(sfid(4));
  await peer.expectEsid(7, 1);
});

test('C-054 a level the operator refuses is answered with the code of the handler, 10', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: (event) => {
        if (event.clientVersion === '2.0') return;
        event.accept = false;
        event.errorCode = 10;
      },
    },
  });
  const peer = await host.ready();
  peer.send(ssid({ level: 4 }));
  await peer.expectEsid(10);
  await host.session({ level: 5 });
});

for (const [offer, answer] of [
  [128, '00128'],
  [2048, '02048'],
  [99_999, '04096'],
] as const) {
  test(`C-055 a buffer size of ${offer} offered to a server of 4096: ${answer}`, async () => {
    const host = await TestServer.start({ config: ['ExchangeBufferSize=4096'] });
    assert.is((await host.session({ sdeb: offer })).answer.fields['sdeb'], answer);
  });
}

for (const sdeb of [0, 1, 127]) {
  test(`C-056 a buffer size of ${sdeb} is refused`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(ssid({ sdeb }));
    await peer.expectEsid(6, 7, 10);
  });
}

test('C-057 the buffer size counts D and not the header: at 128 a DATA of 128 octets is taken', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ sdeb: 128 });
  const octets = sample(125);
  await transfer(peer, octets, { size: 128 });
  assert.equal(host.content('TESTFILE'), octets);
  peer.send(sfid(5, { dsn: 'SECOND' }));
  await peer.expect('SFPA');
  const full = data(sample(125));
  assert.is(full.length - 4, 128);
  peer.send(full, data(sample(125), { endOfRecord: true }), efid(5, { ucnt: 250 }));
  await peer.expect('EFPA');
});

for (const [level, size] of [
  [5, 128],
  [1, 128],
  [5, 129],
  [4, 2048],
] as const) {
  test(`C-057 level ${level}: no DATA of the server is longer than the agreed ${size}`, async () => {
    const { host } = await serverThatSends({ octets: sample(9999) });
    const { peer } = await host.session({ level, sdeb: size, cred: 999 });
    peer.send(cd());
    const { data: buffers } = await receive(peer);
    assert.ok(buffers.every(({ octets }) => octets.length <= size));
  });
}

test('C-058 the buffer size bounds DATA only: at 128 an SFID of 165 + 999 octets is answered', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ sdeb: 128 });
  peer.send(sfid(5, { desc: 'd'.repeat(999) }));
  await peer.expect('SFPA');
});

for (const [offer, answer] of [
  [1, '001'],
  [50, '050'],
  [999, '099'],
] as const) {
  test(`C-059 a credit of ${offer} offered to a server of 99: ${answer}`, async () => {
    const host = await TestServer.start({ config: ['CreditCount=99'] });
    assert.is((await host.session({ cred: offer })).answer.fields['cred'], answer);
  });
}

test('C-060 a credit of 000 is refused', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(ssid({ cred: 0 }));
  await peer.expectEsid(6, 10);
});

test('C-061 neither buffer size nor credit of the answer is ever above the offer', async () => {
  const host = await TestServer.start({ config: ['ExchangeBufferSize=99999', 'CreditCount=999'] });
  for (const [sdeb, cred] of [
    [128, 999],
    [99_999, 1],
    [131, 7],
    [65_535, 512],
  ] as const) {
    const { answer, peer } = await host.session({ sdeb, cred });
    assert.is(Number(answer.fields['sdeb']), sdeb);
    assert.is(Number(answer.fields['cred']), cred);
    peer.end();
  }
});

test('C-061 in acceptConnection the settings read the offer, and may be lowered for this connection', async () => {
  const seen: string[] = [];
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connection }) => {
        seen.push(connection.config('ExchangeBufferSize'), connection.config('CreditCount'));
        connection.config('ExchangeBufferSize=512');
        connection.config('CreditCount=3');
      },
    },
  });
  const { answer } = await host.session({ sdeb: 99_999, cred: 55 });
  assert.equal(seen, ['99999', '55']);
  assert.is(answer.fields['sdeb'], '00512');
  assert.is(answer.fields['cred'], '003');
});

const MODES: readonly [mode: string, server: string, offers: Record<string, string>][] = [
  ['both', 'ConnectionType=0', { S: 'RB', R: 'SB', B: 'SRB' }],
  ['send only', 'ConnectionType=1', { R: 'SB', B: 'S' }],
  ['receive only', 'ConnectionType=2', { S: 'RB', B: 'R' }],
];

for (const [mode, setting, offers] of MODES) {
  for (const [offer, answers] of Object.entries(offers)) {
    test(`C-062 SSIDSR ${offer} offered to a server of mode ${mode}: ${[...answers].join(' or ')}`, async () => {
      const host = await TestServer.start({ config: [setting] });
      const { answer } = await host.session({ sr: offer });
      assert.ok(answers.includes(answer.fields['sr']!), `answered ${answer.fields['sr']}`);
    });
  }
}

for (const [offer, setting] of [
  ['S', 'ConnectionType=1'],
  ['R', 'ConnectionType=2'],
] as const) {
  test(`C-063 ${offer} meets ${offer}: ESID 10 or the end of the connection`, async () => {
    const host = await TestServer.start({ config: [setting] });
    const peer = await host.ready();
    peer.send(ssid({ sr: offer }));
    await peer.expectEsidOrClose(10);
  });
}

test('C-064 a server that may only send answers an SFID with ESID 02', async () => {
  const host = await TestServer.start({ config: ['ConnectionType=1'] });
  const { peer } = await host.session({ sr: 'R' });
  peer.send(sfid(5));
  await peer.expectEsid(2);
  assert.equal(host.delivered(), []);
});

test('C-065 a server that may only receive never starts a file', async () => {
  const { host, outcomes } = await serverThatSends({ config: ['ConnectionType=2'] });
  const { peer } = await host.session({ sr: 'S' });
  peer.send(cd());
  await peer.expectEsid(0);
  assert.instance((await outcomes())[0]?.error, Error);
});

test('C-066 end responses do not depend on SSIDSR: a client that may only send gets its EERP', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ sr: 'S' });
  await transfer(peer, sample(100));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
});

for (const [offer, setting, answer] of [
  ['N', true, 'N'],
  ['Y', false, 'N'],
  ['Y', true, 'Y'],
] as const) {
  test(`C-067 SSIDCMPR ${offer} offered with BufferCompression ${setting}: ${answer}`, async () => {
    const spaces = Buffer.alloc(10_000, ' ');
    const { host } = await serverThatSends({ settings: { bufferCompression: setting }, octets: spaces });
    const { peer, answer: answered } = await host.session({ cmpr: offer });
    assert.is(answered.fields['cmpr'], answer);
    peer.send(cd());
    const { data: buffers } = await receiveUpToEfid(peer);
    assert.ok(contentOf(buffers).equals(spaces));
    assert.is(
      buffers.flatMap(subrecordsOf).some(({ compressed }) => compressed),
      answer === 'Y',
    );
    peer.send(efpa());
    await peer.expect('CD');
  });
}

for (const [offer, setting, answer] of [
  ['N', true, 'N'],
  ['N', false, 'N'],
  ['Y', false, 'N'],
  ['Y', true, 'Y'],
] as const) {
  test(`C-068 SSIDREST ${offer} offered with Restart ${setting}: ${answer}`, async () => {
    const host = await TestServer.start({ settings: { restart: setting } });
    assert.is((await host.session({ rest: offer })).answer.fields['rest'], answer);
  });
}

for (const level of [4, 5] as const) {
  test(`C-069 level ${level}: special logic is answered N, and plain buffers follow`, async () => {
    const host = await TestServer.start();
    const { peer, answer } = await host.session({ level, spec: 'Y' });
    assert.is(answer.fields['spec'], 'N');
    await transfer(peer, sample(100));
  });
}

test('C-070 SSIDAUTH Y is answered Y, or refused with ESID 12: no file phase without it', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(ssid({ auth: 'Y' }), sfid(5));
  const answer = await peer.expectOneOf('SSID', 'ESID');
  if (answer.name === 'SSID') {
    assert.is(answer.fields['auth'], 'Y');
    await peer.expectEsid(2);
  } else {
    assert.is(answer.fields['reas'], '12');
  }
});

test('C-071 SSIDAUTH N is answered N', async () => {
  const host = await TestServer.start();
  assert.is((await host.session({ auth: 'N' })).answer.fields['auth'], 'N');
});

const DEFAULTS: SsidFields = { sdeb: 99_999, cred: 999, cmpr: 'Y', spec: 'Y' };

test('C-317 the defaults: 02048, credit 099, both directions, no buffer compression', async () => {
  const host = await TestServer.start();
  const { answer } = await host.session(DEFAULTS);
  assert.is(answer.octets.toString('latin1', 35, 42), '02048BN');
  assert.is(answer.octets.toString('latin1', 43, 47), 'N099');
});

for (const level of [1, 2, 4] as Level[]) {
  test(`C-258 the ESID that refuses a level ${level} SSID has the layout of level ${level}`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.level = level;
    peer.send(ssid({ level, password: 'WRONG' }));
    await peer.expect('ESID', { reas: '04' });
  });
}

test.run();

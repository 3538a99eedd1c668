/** The Stream Transmission Header: RFC 5024 §8 and reasons 01 and 07 of §5.3.11. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, data, dataBuffers, efid, efpa, type Level, resized, rtr, sfid, ssid, stb, sth } from '../support/wire.js';

test.after.each(cleanUp);

test('C-010 C-011 every header of a whole session: version 1, no flags, a length in range', async () => {
  const { host } = await serverThatSends({ octets: sample(300) });
  const { peer } = await host.session({ sdeb: 128 });
  await transfer(peer, sample(1000), { size: 128 });
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await receive(peer);
  await peer.expect('CD');
  peer.send(stb('F00000\r'));
  await peer.expectClose();
  assert.is(peer.incomplete, 0);
});

test('C-011 the length of SSRM is 10 00 00 17, of CD and RTR 10 00 00 05', async () => {
  const host = await TestServer.start();
  const peer = await host.connect();
  const ready = await peer.expect('SSRM');
  assert.is(ready.octets.length + 4, 0x17);
});

for (const length of [0, 1, 3, 4]) {
  test(`C-012 a length of ${length} is refused without waiting for more`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sth(length));
    await peer.expectEsidOrClose(7, 1);
    const { peer: next } = await host.session();
    await transfer(next, sample(10));
  });
}

test('C-012 interop: an empty stream frame after the ESID of the peer is ignored', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(stb('F00000\r'), sth(4));
  await peer.expectClose();
  assert.equal(
    host.events.named('error').map(({ description }) => description),
    [],
  );
});

for (const length of [100_004, 0xffffff]) {
  test(`C-013 a length of ${length} is refused from the header alone`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sth(length));
    await peer.expectEsidOrClose(7, 1);
  });
}

test('C-013 a length of 16 MB as the first octets of a connection is refused from the header alone', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  peer.send(sth(0xffffff));
  await peer.expectEsidOrClose(7, 1);
});

for (const version of [0, 2, 15]) {
  test(`C-014 a header of version ${version} is refused and the CD behind it not obeyed`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sth(5, { version }), Buffer.from('R'));
    await peer.expectEsidOrClose(1, 2, 6, 7);
    assert.equal(host.events.named('readyToSend'), []);
  });
}

test('C-015 an SSID whose header has the reserved flags set is taken or refused cleanly', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  const buffer = ssid();
  buffer[0] = 0x1f;
  peer.send(buffer);
  const answer = await peer.expectOneOf('SSID', 'ESID');
  if (answer.name === 'SSID') await transfer(peer, sample(10));
  else await peer.expectClose();
});

test('C-016 one octet a segment: SSID, SFID, DATA and EFID mean the same', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  await peer.sendOctetwise(ssid());
  await peer.expect('SSID');
  await peer.sendOctetwise(sfid(5, { dsn: 'SLOW' }));
  await peer.expect('SFPA');
  await peer.sendOctetwise(data('forty-two', { endOfRecord: true }));
  await peer.sendOctetwise(efid(5, { ucnt: 9 }));
  await peer.expect('EFPA');
  assert.equal(host.content('SLOW').toString(), 'forty-two');
});

test('C-017 three DATA and EFID in one segment', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cred: 4 });
  await open(peer);
  peer.send(data('one'), data('two'), data('three', { endOfRecord: true }), efid(5, { ucnt: 11 }));
  await peer.expect('EFPA');
  assert.equal(host.content('TESTFILE').toString(), 'onetwothree');
});

test('C-017 buffers whose borders fall anywhere in the segments', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ sdeb: 512, cred: 999 });
  const octets = sample(20_000);
  await open(peer);
  const stream = Buffer.concat([...dataBuffers(octets, 512), efid(5, { ucnt: octets.length })]);
  for (let at = 0; at < stream.length; at += 509) {
    peer.send(stream.subarray(at, at + 509));
    if (at % 5090 === 0) await new Promise(setImmediate);
  }
  await peer.expect('EFPA');
  assert.ok(host.content('TESTFILE').equals(octets));
});

test('C-018 two commands in one buffer are a size error', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(stb('RP'));
  await peer.expectEsid(7);
});

for (const level of [1, 2, 4, 5] as Level[]) {
  for (const delta of [-1, 1]) {
    test(`C-019 level ${level}: an SFID whose length is off by ${delta} is a size error`, async () => {
      const host = await TestServer.start();
      const { peer } = await host.session({ level });
      peer.send(resized(sfid(level), delta));
      await peer.expectEsid(7, 1);
    });

    test(`C-019 level ${level}: an EFID whose length is off by ${delta} is a size error`, async () => {
      const host = await TestServer.start();
      const { peer } = await host.session({ level });
      await open(peer);
      peer.send(data('x', { endOfRecord: true }), resized(efid(level, { ucnt: 1 }), delta));
      await peer.expectEsid(7, 1);
      assert.equal(host.delivered(), []);
    });
  }
}

for (const delta of [-2, 1]) {
  test(`C-019 an SSID of ${61 + delta} octets is a size error`, async () => {
    const host = await TestServer.start();
    const peer = await host.ready();
    peer.send(resized(ssid(), delta));
    await peer.expectEsid(7, 1);
  });
}

for (const delta of [-1, 1]) {
  test(`C-019 an EFPA of ${2 + delta} octets to a server that is Speaker is a size error`, async () => {
    const { host } = await serverThatSends();
    const { peer } = await host.session();
    peer.send(cd());
    await receive(peer, { answer: resized(efpa(), delta) });
    await peer.expectEsid(7, 1);
  });
}

for (const octets of ['Z', '\0', '\xff', 'h', 'r', ' ']) {
  test(`C-020 the unknown command octet ${Buffer.from(octets, 'latin1').toString('hex')}h is ESID 01`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(stb(octets));
    await peer.expectEsid(1);
  });
}

test('C-021 after its ESID the server says nothing more, whatever comes', async () => {
  const host = await TestServer.start({ config: ['DisconnectAfterEndSession=False'] });
  const { peer } = await host.session();
  peer.send(stb('Z'), stb('Z'), sfid(5), cd(), stb('garbage'), sth(0xffffff), sample(500));
  const answer = await peer.expect('ESID');
  assert.is(answer.fields['reas'], '01');
  await peer.expectSilence();
  peer.end();
  await peer.expectClose();
  assert.equal(host.delivered(), []);
});

test('C-022 half an EFID before the end of the connection commits nothing', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 1 }).subarray(0, 20));
  peer.end();
  await peer.expectClose();
  await host.events.next('disconnected');
  assert.equal(host.delivered(), []);
  const { peer: next } = await host.session();
  next.send(cd());
  await next.expectEsid(0);
});

test('C-007 a TLS ClientHello on the plain port is refused, not waited for', async () => {
  const host = await TestServer.start();
  const peer = await host.ready();
  const hello = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), sample(200)]);
  peer.send(hello);
  await peer.expectEsidOrClose(1, 2, 6, 7);
});

test.run();

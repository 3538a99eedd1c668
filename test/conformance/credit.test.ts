/** Credit and CDT: RFC 5024 §4.4.1, §5.3.2 (SSIDCRED), §5.3.7, §9.10 to §9.12. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { contentOf, type Received } from '../support/received.js';
import { open, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, cdt, data, efid, efpa, type Level, sfpa, stb } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-178 C-179 C-180 C-182 level ${level}, window 3: CDT after the third DATA, for each file`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level, cred: 3 });
    for (const dsn of ['FIRST', 'SECOND']) {
      await open(peer, { dsn });
      peer.send(data('one'), data('two'));
      await peer.expectSilence();
      peer.send(data('three'));
      const { octets } = await peer.expect('CDT');
      assert.is(octets.toString('latin1'), 'C  ');
      peer.send(data('four'), data('five', { endOfRecord: true }), efid(level, { ucnt: 19 }));
      await peer.expect('EFPA');
    }
  });
}

test('C-178 the credit left from a file does not add to the next one', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cred: 3 });
  await open(peer, { dsn: 'FIRST' });
  peer.send(data('1'), data('2', { endOfRecord: true }), efid(5, { ucnt: 2 }));
  await peer.expect('EFPA');
  await open(peer, { dsn: 'SECOND' });
  peer.send(data('1'), data('2'));
  await peer.expectSilence();
  peer.send(data('3', { endOfRecord: true }));
  await peer.expect('CDT');
});

test('C-181 twice the window in one write: a CDT for each window, or ESID 02', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cred: 2 });
  await open(peer);
  peer.send(data('1'), data('2'), data('3'), data('4', { endOfRecord: true }), efid(5, { ucnt: 4 }));
  const answers: Received[] = [];
  while (answers.at(-1)?.name !== 'EFPA' && answers.at(-1)?.name !== 'ESID') {
    answers.push(await peer.expectOneOf('CDT', 'EFPA', 'ESID'));
  }
  const last = answers.at(-1)!;
  if (last.name === 'ESID') assert.is(last.fields['reas'], '02');
  else assert.ok(answers.length <= 3);
});

test('C-181 five hundred DATA at once with window 1 are ESID 02, or wait in the network', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cred: 1, sdeb: 2048 });
  await open(peer);
  const octets = sample(500 * 100);
  const stream: Buffer[] = [];
  for (let at = 0; at < octets.length; at += 100) {
    stream.push(data(octets.subarray(at, at + 100), { endOfRecord: at + 100 >= octets.length }));
  }
  peer.send(...stream, efid(5, { ucnt: octets.length }));
  let answer = await peer.expectOneOf('CDT', 'EFPA', 'ESID');
  while (answer.name === 'CDT') answer = await peer.expectOneOf('CDT', 'EFPA', 'ESID');
  if (answer.name === 'ESID') assert.is(answer.fields['reas'], '02');
  else assert.ok(host.content('TESTFILE').equals(octets));
});

for (const waits of [true, false]) {
  const how = waits ? 'after the CDT' : 'without waiting for the CDT';
  test(`C-185 window 2 and a file of exactly two buffers, EFID ${how}: EFPA`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ cred: 2 });
    await open(peer);
    const buffers = [data('AB'), data('CD', { endOfRecord: true })];
    const end = efid(5, { ucnt: 4 });
    if (waits) {
      peer.send(...buffers);
      await peer.expect('CDT');
      peer.send(end);
    } else {
      peer.send(...buffers, end);
    }
    let answer = await peer.expectOneOf('CDT', 'EFPA');
    if (answer.name === 'CDT' && !waits) answer = await peer.expect('EFPA');
    assert.is(answer.name, 'EFPA');
    await peer.expectSilence();
    assert.is(host.content('TESTFILE').toString(), 'ABCD');
  });
}

for (const level of [1, 4, 5] as Level[]) {
  test(`C-189 level ${level}, window 1: exactly one DATA for each CDT, and none before the first`, async () => {
    const { host } = await serverThatSends({ octets: sample(500) });
    const { peer } = await host.session({ level, cred: 1, sdeb: 128 });
    peer.send(cd());
    await peer.expect('SFID');
    await peer.expectSilence();
    peer.send(sfpa(level));
    const buffers: Received[] = [];
    for (let received = await peer.expect('DATA'); received.name === 'DATA'; ) {
      buffers.push(received);
      if (buffers.length === 1) await peer.expectSilence();
      peer.send(cdt());
      received = await peer.expectOneOf('DATA', 'EFID');
    }
    assert.ok(contentOf(buffers).equals(sample(500)));
    peer.send(efpa());
    await peer.expect('CD');
  });
}

test('C-189 window 3: three DATA, then silence until the CDT', async () => {
  const { host } = await serverThatSends({ octets: sample(1000) });
  const { peer } = await host.session({ cred: 3, sdeb: 128 });
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  for (let n = 0; n < 3; n += 1) await peer.expect('DATA');
  await peer.expectSilence();
  peer.send(cdt());
  for (let n = 0; n < 3; n += 1) await peer.expect('DATA');
  await peer.expectSilence();
});

test('C-184 the last DATA used the last credit: the server waits for the CDT before its EFID', async () => {
  const { host } = await serverThatSends({ octets: sample(124) });
  const { peer } = await host.session({ cred: 1, sdeb: 128 });
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  await peer.expect('DATA');
  await peer.expectSilence();
  peer.send(cdt());
  await peer.expect('EFID', { ucnt: '124'.padStart(17, '0') });
  peer.send(efpa());
  await peer.expect('CD');
});

test('C-183 interop: a CDT of one octet is a CDT', async () => {
  const { host } = await serverThatSends({ octets: sample(200) });
  const { peer } = await host.session({ cred: 1, sdeb: 128 });
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  await peer.expect('DATA');
  peer.send(stb('C'));
  await peer.expect('DATA');
});

test('C-186 a CDT in idle Listener is a protocol violation', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(cdt());
  await peer.expectEsid(2);
});

test('C-186 a CDT in answer to the SFID of the server is a protocol violation', async () => {
  const { host } = await serverThatSends({ octets: sample(200) });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(cdt());
  await peer.expectEsid(2);
});

test('C-186 a CDT to a server that is Listener with a file open is a protocol violation', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(cdt());
  await peer.expectEsid(2);
});

test('C-186 interop: a late CDT behind the EFID of the server is ESID 02 or nothing', async () => {
  const { host } = await serverThatSends({ octets: sample(10) });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  await peer.expect('DATA');
  await peer.expect('EFID');
  peer.send(cdt(), efpa());
  const answer = await peer.expectOneOf('CD', 'ESID');
  if (answer.name === 'ESID') assert.is(answer.fields['reas'], '02');
});

test('C-187 with both sides at full speed every window is granted', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ cred: 2, sdeb: 512 });
  const octets = sample(300_000);
  await transfer(peer, octets, { window: 2, size: 512, fsiz: 293 });
  assert.ok(host.content('TESTFILE').equals(octets));
});

test.run();

/** What each level has and has not: RFC 5024 §1.2, §5.3.2 (note), RFC 2204. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { receive, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { auch, aurp, cd, type Level, rtr, secd, sfid, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

for (const [name, buffer] of [
  ['SECD', secd()],
  ['AUCH', auch(sample(64))],
  ['AURP', aurp(sample(20))],
] as const) {
  for (const level of [1, 2, 4] as Level[]) {
    test(`C-091 C-314 level ${level}: ${name} does not exist`, async () => {
      const host = await TestServer.start();
      const { peer } = await host.session({ level });
      peer.send(buffer);
      await peer.expectEsid(1, 2);
    });
  }

  test(`C-090 level 5: ${name} in a session without authentication is a protocol violation`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(buffer);
    await peer.expectEsid(2);
  });
}

/** The octets of a session at levels 1 and 2, from the SSID answer on. */
async function wholeSession(level: 1 | 2): Promise<Buffer[]> {
  const { host } = await serverThatSends({ file: { virtualFileDate: '01/02/2024 03:04:05' } });
  const { peer, answer } = await host.session({ level });
  const seen = [answer.octets.subarray(2)];
  seen.push((await transfer(peer, sample(100))).octets);
  peer.send(cd());
  seen.push((await peer.expect('EERP')).octets);
  peer.send(rtr());
  const { sfid: offer, data, efid } = await receive(peer);
  seen.push(offer.octets, ...data.map(({ octets }) => octets), efid.octets);
  seen.push((await peer.expect('CD')).octets);
  await cleanUp();
  return seen;
}

test('C-052 the same session at level 1 and at level 2 has the same octets but for SSIDLEV', async () => {
  assert.equal(await wholeSession(1), await wholeSession(2));
});

test('C-052 level 1: the server sends YYMMDD and HHMMSS', async () => {
  const { host } = await serverThatSends({ file: { virtualFileDate: '12/31/1999 23:59:58' } });
  const { peer } = await host.session({ level: 1 });
  peer.send(cd());
  await peer.expect('SFID', { date: '991231', time: '235958' });
});

test('C-313 level 4: the server sends CCYYMMDD and HHMMSScccc', async () => {
  const { host } = await serverThatSends({ file: { virtualFileDate: '12/31/1999 23:59:58' } });
  const { peer } = await host.session({ level: 4 });
  peer.send(cd());
  const { fields } = await peer.expect('SFID', { date: '19991231' });
  assert.match(fields['time']!, /^235958[0-9]{4}$/);
  assert.not.match(fields['time']!, /0000$/);
});

for (const level of [1, 2, 4] as Level[]) {
  test(`C-094 C-095 level ${level}: counts of nine digits, restart of the server's own file 0`, async () => {
    const { host } = await serverThatSends({ octets: sample(3000) });
    const { peer } = await host.session({ level });
    peer.send(cd());
    const { fields } = await peer.expect('SFID');
    assert.equal([fields['fsiz'], fields['rest']], ['0000003', '000000000']);
    peer.send(sfpa(level));
    await peer.expect('DATA');
  });
}

test('C-053 after an agreement on level 4 a description of level 5 is a size error', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ level: 4 });
  peer.send(sfid(5, { desc: 'text' }));
  await peer.expectEsid(7);
});

test.run();

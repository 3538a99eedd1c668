/** CD and the turn: RFC 5024 §3.3.4, §4.3.1, §4.6, §5.3.12, tables 9.10 and 9.12. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, esid, type Level, rtr, sfid, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-249 C-250 C-251 C-259 level ${level}: CD to a server with nothing to send is ESID 00`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    peer.send(cd());
    await peer.expect('ESID', { reas: '00' });
    await peer.expectClose();
    assert.is((await host.events.next('disconnected')).statusCode, 0);
  });
}

test('C-249 C-250 CD makes the server Speaker: it sends its file, then CD of one octet, and waits', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  const { octets } = await peer.expect('CD');
  assert.is(octets.toString('latin1'), 'R');
  await peer.expectSilence();
});

test('C-250 a handler that has nothing to say yet keeps the turn; the session waits for it', async () => {
  const ready = gate();
  const host = await TestServer.start({ on: { readyToSend: () => ready.opened } });
  const { peer } = await host.session();
  peer.send(cd());
  await host.events.next('readyToSend');
  await peer.expectSilence();
  ready.open();
  await peer.expectEsid(0);
});

test('C-252 CD straight after the CD of the server is a protocol violation', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  peer.send(cd());
  await peer.expectEsid(2);
});

test('C-252 CD straight after a CD that followed an EERP is a protocol violation', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(cd());
  await peer.expectEsid(2);
});

test('C-252 C-259 ESID 00 after the CD of the server is the normal end: no answer, no error', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  assert.is((await host.events.next('disconnected')).statusCode, 0);
  assert.equal(host.events.named('error'), []);
});

test('C-253 CD after SFPA is a protocol violation, the file is dropped', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x'), cd());
  await peer.expectEsid(2);
  assert.equal(host.delivered(), []);
});

test('C-253 CD in one write with EFID is taken after EFPA, or a protocol violation', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 1 }), cd());
  const answer = await peer.expectOneOf('EFPA', 'ESID');
  if (answer.name === 'EFPA') await peer.expect('EERP');
  else assert.is(answer.fields['reas'], '02');
});

test('C-254 CD to a server that waits for SFPA is a protocol violation', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(cd());
  await peer.expectEsid(2);
});

test('C-254 CD to a server that waits for credit is a protocol violation', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session({ cred: 1 });
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  await peer.expect('DATA');
  peer.send(cd());
  await peer.expectEsid(2);
});

test('C-255 a file queued for the client waits until the client gives the turn', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  await peer.expectSilence();
  await transfer(peer, sample(10));
  await peer.expectSilence();
});

for (const level of [1, 5] as Level[]) {
  test(`C-256 level ${level}: turns alternate, files both ways, normal end`, async () => {
    const { host } = await serverThatSends({ names: ['FROM-HUB'] });
    const { peer } = await host.session({ level });
    await transfer(peer, sample(10), { dsn: 'FIRST' });
    peer.send(cd());
    await peer.expect('EERP', { dsn: 'FIRST'.padEnd(26) });
    peer.send(rtr());
    const { sfid: offer } = await receive(peer);
    assert.is(offer.fields['dsn'], 'FROM-HUB'.padEnd(26));
    await peer.expect('CD');
    await transfer(peer, sample(10), { dsn: 'SECOND' });
    peer.send(cd());
    await peer.expect('EERP', { dsn: 'SECOND'.padEnd(26) });
    peer.send(rtr());
    await peer.expect('CD');
    peer.send(sfid(level, { dest: 'O0013ELSEWHERE' }));
    await peer.expect('SFNA');
    peer.send(cd());
    await peer.expectEsid(0);
    assert.equal(host.delivered(), ['FIRST', 'SECOND']);
  });
}

test('C-277 sendFile of a Listener puts nothing on the wire: it fails, or waits for the turn', async () => {
  let outcome: Promise<Outcome<unknown>> | undefined;
  const host = await TestServer.start({
    on: {
      acceptFile: ({ connection }) => {
        outcome = outcomeOf(connection.sendFile({ path: host.outgoing('OUT', 'x'), virtualFileName: 'OUT' }));
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  await peer.expectSilence();
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  const next = await peer.expectOneOf('SFID', 'CD');
  if (next.name === 'CD') assert.instance((await outcome)?.error, Error);
});

test('C-277 changeDirection straight after the CD of the client fails locally: ESID 00 ends the session', async () => {
  let failure: unknown;
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        failure = await connection.changeDirection().catch((error: unknown) => error);
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.is((failure as { code?: number }).code, 671);
});

test('logoff in a turn in which nothing was sent is ESID 00', async () => {
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        await connection.logoff();
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
});

test('logoff after a file is CD; the next CD of the client is then answered ESID 00', async () => {
  let turns = 0;
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        turns += 1;
        await connection.sendFile({ path: host.outgoing('OUT', 'x'), virtualFileName: 'OUT' });
        await connection.logoff();
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
  await peer.expect('SFNA');
  peer.send(cd());
  await peer.expectEsid(0);
  assert.is(turns, 1);
});

test.run();

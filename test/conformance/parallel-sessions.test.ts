/** Several sessions with one partner, and wishes of the application while the partner has the turn. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendFileOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { receive, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, eerp, efpa, esid, rtr, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

test('C-216 C-247 two sessions of a partner share its end responses, and none goes out on both', async () => {
  const host = await TestServer.start();
  const { peer: one } = await host.session();
  await transfer(one, sample(10), { dsn: 'FIRST' });
  await transfer(one, sample(10), { dsn: 'SECOND' });
  one.send(cd());
  await one.expect('EERP', { dsn: 'FIRST'.padEnd(26) });
  const { peer: other } = await host.session();
  other.send(cd());
  await other.expect('EERP', { dsn: 'SECOND'.padEnd(26) });
  other.send(rtr());
  await other.expect('CD');
  // What the first session knows of the second response is out of date.
  one.send(rtr());
  await one.expect('CD');
  one.send(esid(5, 0));
  other.send(esid(5, 0));
  await Promise.all([one.expectClose(), other.expectClose()]);
});

test('C-210 logoff() while the partner has the turn sends the end responses when the turn comes', async () => {
  const host = await TestServer.start({ on: { endTransfer: ({ connection }) => connection.logoff() } });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'FIRST' });
  await transfer(peer, sample(10), { dsn: 'SECOND' });
  peer.send(cd());
  await peer.expect('EERP', { dsn: 'FIRST'.padEnd(26) });
  peer.send(rtr());
  await peer.expect('EERP', { dsn: 'SECOND'.padEnd(26) });
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(eerp(5));
  await peer.expect('RTR');
  peer.send(cd());
  await peer.expectEsid(0);
});

/** A server that sends the same file in every turn, and how that ended. */
async function serverThatSends(optionsOf: (turn: number) => Partial<SendFileOptions> = () => ({})) {
  const outcomes: Promise<Outcome<unknown>>[] = [];
  const host: TestServer = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        outcomes.push(outcomeOf(connection.sendFile({ path, ...optionsOf(outcomes.length) })));
        await outcomes.at(-1);
      },
    },
  });
  const path = host.outgoing('OUT', sample(3000));
  return { host, outcomes };
}

test('RFC 5024 §1.5.2 a file being sent in one session is not sent in another: that sendFile rejects', async () => {
  const { host, outcomes } = await serverThatSends();
  const { peer: one } = await host.session();
  one.send(cd());
  const { fields: first } = await one.expect('SFID');
  const { peer: other } = await host.session();
  other.send(cd());
  await other.expect('ESID', { reas: '00' });
  const { error } = (await outcomes[1]) ?? {};
  assert.equal([error?.code, error?.retry], [687, true]);
  assert.match(error?.message ?? '', 'OUT is being sent in another session of O0013PARTNER');
  one.send(sfpa(5));
  for (let next = await one.expectOneOf('DATA', 'EFID'); next.name === 'DATA'; ) {
    next = await one.expectOneOf('DATA', 'EFID');
  }
  one.send(efpa());
  await one.expect('CD');
  assert.is((await outcomes[0])?.error, undefined);
  const { peer: later } = await host.session();
  later.send(cd());
  const { sfid } = await receive(later);
  assert.not.equal([sfid.fields['date'], sfid.fields['time']], [first['date'], first['time']]);
});

test('the same file with a virtualFileDate for each session is sent in both, under these', async () => {
  const { host } = await serverThatSends((turn) => ({ virtualFileDate: `12/24/203${turn} 08:15:00` }));
  const peers = [(await host.session()).peer, (await host.session()).peer];
  const dates: unknown[] = [];
  for (const peer of peers) {
    peer.send(cd());
    dates.push((await peer.expect('SFID')).fields['date']);
  }
  assert.equal(dates, ['20301224', '20311224']);
});

test('the handler of endTransfer may send the same file once more', async () => {
  let again: Promise<Outcome<unknown>> | undefined;
  const host: TestServer = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        await connection.sendFile({ path });
      },
      endTransfer: async ({ connection }) => {
        if (again !== undefined) return;
        again = outcomeOf(connection.sendFile({ path }));
        await again;
      },
    },
  });
  const path = host.outgoing('OUT', sample(3000));
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid: first } = await receive(peer);
  const { sfid: second } = await receive(peer);
  await peer.expect('CD');
  assert.not.equal(second.fields['time'], first.fields['time']);
  assert.is((await again)?.error, undefined);
});

test.run();

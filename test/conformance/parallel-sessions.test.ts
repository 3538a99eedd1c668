/** Several sessions with one partner, and wishes of the application while the partner has the turn. */
import { test } from 'uvu';
import { cleanUp } from '../support/cleanup.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, eerp, esid, rtr } from '../support/wire.js';

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

test.run();

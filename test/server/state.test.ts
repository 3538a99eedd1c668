/** Server and client keep their state in `statePath`, one owner each, and give it back when they end. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient } from '../../src/index.js';
import { OFTPError } from '../../src/settings/errors.js';
import { SqlStore } from '../../src/store/sql-store.js';
import { RESPONSES_PAGE } from '../../src/store/store.js';
import { eerp } from '../store/support.js';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { temporaryFolder } from '../support/folder.js';
import { PARTNER } from '../support/parties.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, esid, rtr, sfid } from '../support/wire.js';

test.after.each(cleanUp);

test('C-210 an EERP that was not delivered goes out after a restart of the server, octet for octet', async () => {
  const statePath = temporaryFolder();
  const before = await TestServer.start({ settings: { statePath } });
  const { peer } = await before.session();
  await transfer(peer, sample(10), { dsn: 'ORDERS' });
  peer.send(cd());
  const { octets } = await peer.expect('EERP');
  peer.reset();
  await before.server.shutdown();
  const after = await TestServer.start({ settings: { statePath } });
  const { peer: next } = await after.session();
  next.send(cd());
  assert.equal((await next.expect('EERP')).octets, octets);
  next.send(rtr());
  await next.expect('CD');
});

test('a file that was received before a restart is refused by SFNA 13, and its EERP repeated', async () => {
  const statePath = temporaryFolder();
  const before = await TestServer.start({ settings: { statePath } });
  const { peer } = await before.session();
  await transfer(peer, sample(10), { dsn: 'ORDERS' });
  peer.send(cd());
  const { octets } = await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  await before.server.shutdown();
  const after = await TestServer.start({ settings: { statePath } });
  const { peer: next } = await after.session();
  next.send(sfid(5, { dsn: 'ORDERS' }));
  await next.expect('SFNA', { reas: '13', rrtr: 'N' });
  next.send(cd());
  assert.equal((await next.expect('EERP')).octets, octets);
});

test(`more than ${RESPONSES_PAGE} end responses all go out in one turn, in order`, async () => {
  const statePath = temporaryFolder();
  const store = await SqlStore.open(statePath);
  const names = Array.from({ length: RESPONSES_PAGE + 10 }, (_, index) => `F${index}`);
  await Promise.all(names.map((name) => store.queueResponse(eerp(name, PARTNER.code))));
  await store.close();
  const host = await TestServer.start({ settings: { statePath } });
  const { peer } = await host.session();
  peer.send(cd());
  for (const name of names) {
    const { fields } = await peer.expect('EERP');
    assert.is(fields['dsn']?.trimEnd(), name);
    peer.send(rtr());
  }
  await peer.expect('CD');
});

test('a second server with the same statePath cannot listen (10013) until the first has shut down', async () => {
  const statePath = temporaryFolder();
  const first = await TestServer.start({ settings: { statePath } });
  const error = await TestServer.start({ settings: { statePath } }).catch((failure: unknown) => failure);
  assert.instance(error, OFTPError);
  assert.is((error as OFTPError).code, 10013);
  assert.match((error as OFTPError).message, statePath);
  await first.server.shutdown();
  await TestServer.start({ settings: { statePath } });
});

test('a client keeps its state in memory unless it is told where else', () => {
  const options = { host: '127.0.0.1', clientSsidCode: PARTNER.code };
  assert.is(new OFTPClient(options).config('StatePath'), '');
  assert.is(new OFTPClient({ ...options, statePath: null }).config('StatePath'), '');
  const folder = join(temporaryFolder(), 'not there');
  assert.is(new OFTPClient({ ...options, statePath: folder }).config('StatePath'), folder);
  assert.not.ok(existsSync(folder), 'the folder is made by connect');
});

test('a client has its statePath from connect on and frees it at the end', async () => {
  const statePath = join(temporaryFolder(), 'client');
  const dialler = await TestClient.create({ settings: { statePath } });
  const peer = await dialler.session();
  assert.ok(readdirSync(statePath).includes('state.db'));
  assert.instance(await SqlStore.open(statePath).catch((failure: unknown) => failure), OFTPError);
  const gone = dialler.client.shutdown();
  await peer.expectEsid(5);
  await gone;
  const store = await SqlStore.open(statePath);
  await store.close();
});

test.run();

/** A disk that is full while a secured file is unwrapped, before and after its acknowledgement. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { text } from '../security/support.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { sendBuffers } from '../support/records.js';
import { open, transfer } from '../support/scenario.js';
import { expectBob, made } from '../support/secured.js';
import { TestServer } from '../support/server.js';
import { cd, dataBuffers, efid, esid, rtr } from '../support/wire.js';
import { assertNothingHidden } from './failing-disk.js';
import { canMount, TinyDisk } from './tiny-disk.js';

test.after.each(cleanUp);

const diskTest = canMount() ? test : test.skip;
await cleanUp();

const CONTENT = text(150_000);
const SECURED = { dsn: 'ORDERS', sec: 1, ciph: 4, env: 1, fsiz: 147 };

/** A hub that has room for the transmitted file, but not for its content as well. */
async function hub(unwrapInSession: number): Promise<{ disk: TinyDisk; host: TestServer }> {
  const disk = TinyDisk.mount(240)!;
  const host = await TestServer.start({
    settings: { unwrapInSession },
    on: {
      acceptConnection: async (event) => {
        event.connection.downloadDirectory = disk.path;
        await expectBob(event);
      },
    },
  });
  host.server.certificate = own('alice');
  return { disk, host };
}

diskTest('full while it is unwrapped in the session: EFNA 06, nothing of it stays, the session goes on', async () => {
  const octets = await made(CONTENT, { recipient: 'alice' });
  const { disk, host } = await hub(1_000_000);
  const { peer } = await host.session();
  await open(peer, SECURED);
  await sendBuffers(peer, dataBuffers(octets));
  peer.send(efid(5, { ucnt: octets.length }));
  await peer.expect('EFNA', { reas: '06' });
  assert.equal(readdirSync(disk.path), []);
  disk.resize(1000);
  await transfer(peer, octets, SECURED);
  assert.ok(readFileSync(join(disk.path, 'ORDERS')).equals(CONTENT));
  peer.send(cd());
  await peer.expect('EERP', { dsn: 'ORDERS'.padEnd(26) });
  assertNothingHidden(disk.path, 'after EERP');
});

diskTest(
  'full while an acknowledged file is unwrapped: it waits, and the next session finishes and answers',
  async () => {
    const octets = await made(CONTENT, { recipient: 'alice' });
    const { disk, host } = await hub(0);
    const { peer } = await host.session();
    await transfer(peer, octets, SECURED);
    assert.match((await host.events.next('error')).description, 'ORDERS could not be unwrapped yet');
    peer.send(esid(5, 0));
    await peer.expectClose();
    disk.resize(1000);
    const { peer: next } = await host.session();
    next.send(cd());
    await next.expect('EERP', { dsn: 'ORDERS'.padEnd(26) });
    next.send(rtr());
    await next.expect('CD');
    assert.ok(readFileSync(join(disk.path, 'ORDERS')).equals(CONTENT));
    assertNothingHidden(disk.path, 'after EERP');
  },
);

test.run();

/** A peer whose connection broke is back before the last write of its file is done (RFC 5024 §1.5.4, §5.3.5). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { intercepted } from '../files/support.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { open, sample } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { dataBuffers, efid, type SfidFields, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = sample(5_000);
const FIELDS: SfidFields = { dsn: 'ORDERS' };

for (const [where, filename] of [
  ['under the same name', () => 'ORDERS'],
  ['under another name', (offer: number) => `ORDERS-${offer}`],
] as const) {
  test(`a peer that comes back during the last write waits for it, and goes on: ${where}`, async () => {
    const [writing, disk] = [gate(), gate()];
    const fileSystem = intercepted(({ text }) => {
      if (text !== 'write part') return;
      writing.open();
      return disk.opened;
    });
    let offers = 0;
    const host: TestServer = await TestServer.start({
      on: {
        acceptConnection: ({ connection }) => {
          Object.assign(connection.session.environment, { fileSystem });
        },
        acceptFile: (event) => {
          offers += 1;
          event.filename = `${host.inbox}/${filename(offers)}`;
        },
      },
    });
    const { peer: broken } = await host.session({ rest: 'Y' });
    await open(broken, FIELDS);
    broken.send(...dataBuffers(CONTENT.subarray(0, 2_500)));
    broken.end();
    await writing.opened;
    await host.events.next('disconnected');

    const { peer } = await host.session({ rest: 'Y' });
    peer.send(sfid(peer.level, { ...FIELDS, rest: 2 }));
    await peer.expectSilence();
    disk.open();
    const { fields } = await peer.expect('SFPA');
    assert.is(Number(fields['acnt']), 2);
    peer.send(...dataBuffers(CONTENT.subarray(2_048)), efid(5, { ucnt: CONTENT.length }));
    await peer.expect('EFPA');
    assert.equal(host.delivered(), [filename(2)]);
    assert.ok(host.content(filename(2)).equals(CONTENT));
  });
}

test.run();

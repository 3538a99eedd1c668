/** A peer whose connection broke is back before the disk is done with its file (RFC 5024 §1.5.4, §5.3.5). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { intercepted } from '../files/support.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { within } from '../support/outcome.js';
import { open, sample } from '../support/scenario.js';
import { made } from '../support/secured.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, dataBuffers, efid, type SfidFields, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = sample(5_000);
const FIELDS: SfidFields = { dsn: 'ORDERS' };
const COMPRESSED: SfidFields = { ...FIELDS, comp: 1, env: 1 };

/** A server whose disk is slow where `intercept` says so. `filename`: of each offer, counted from 1. */
async function hostOf(
  intercept: Parameters<typeof intercepted>[0],
  filename: (offer: number) => string,
  settings: TestServerOptions['settings'] = {},
): Promise<TestServer> {
  const fileSystem = intercepted(intercept);
  let offers = 0;
  const host: TestServer = await TestServer.start({
    settings,
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
  return host;
}

for (const [where, filename] of [
  ['under the same name', () => 'ORDERS'],
  ['under another name', (offer: number) => `ORDERS-${offer}`],
] as const) {
  test(`a peer that comes back during the last write waits for it, and goes on: ${where}`, async () => {
    const [writing, disk] = [gate(), gate()];
    const host = await hostOf(({ text }) => {
      if (text !== 'write part') return;
      writing.open();
      return disk.opened;
    }, filename);
    const { peer: broken } = await host.session({ rest: 'Y' });
    await open(broken, FIELDS);
    broken.send(...dataBuffers(CONTENT.subarray(0, 2_500)));
    broken.end();
    await within(writing.opened);
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

for (const [kind, making, name] of [
  ['a plain file', {}, () => 'ORDERS'],
  ['a plain file under another name', {}, (offer: number) => `ORDERS-${offer}`],
  ['a secured file', { compress: true }, () => 'ORDERS'],
  ['a secured file under another name', { compress: true }, (offer: number) => `ORDERS-${offer}`],
] as const) {
  test(`a peer that comes back before its SFID was answered waits for that, and starts: ${kind}`, async () => {
    const [opening, disk] = [gate(), gate()];
    const host = await hostOf(({ text }) => {
      if (text !== 'open part') return;
      opening.open();
      return disk.opened;
    }, name);
    const fields = 'compress' in making ? COMPRESSED : FIELDS;
    const octets = await made(CONTENT, making);
    const { peer: broken } = await host.session();
    broken.send(sfid(5, fields));
    await within(opening.opened);
    broken.reset();
    await host.events.next('disconnected');

    const { peer } = await host.session();
    peer.send(sfid(5, fields));
    await peer.expectSilence();
    disk.open();
    await peer.expect('SFPA');
    peer.send(...dataBuffers(octets), efid(5, { ucnt: octets.length }));
    await peer.expect('EFPA');
    peer.send(cd());
    await peer.expect('EERP');
    assert.equal(host.delivered(), [name(2)]);
    assert.ok(host.content(name(2)).equals(CONTENT));
  });
}

test('a secured file that is refused at its end goes before the peer can send it once more', async () => {
  const [removing, disk] = [gate(), gate()];
  let offers = 0;
  const host = await hostOf(
    ({ text }) => {
      if (text !== 'unlink content' || offers > 1) return;
      removing.open();
      return disk.opened;
    },
    (offer) => {
      offers = offer;
      return `ORDERS-${offer}`;
    },
  );
  const octets = await made(CONTENT, { compress: true });
  const { peer: first } = await host.session();
  await open(first, COMPRESSED);
  first.send(...dataBuffers(octets), efid(5, { ucnt: octets.length + 1 }));
  await within(removing.opened);

  const { peer } = await host.session();
  peer.send(sfid(5, COMPRESSED));
  await peer.expectSilence();
  disk.open();
  await first.expect('EFNA', { reas: '11' });
  await peer.expect('SFPA');
  peer.send(...dataBuffers(octets), efid(5, { ucnt: octets.length }));
  await peer.expect('EFPA');
  peer.send(cd());
  await peer.expect('EERP');
  assert.ok(host.content('ORDERS-2').equals(CONTENT));
});

test('SFNA 12 while a file is being unwrapped before its EFPA, also where it would get another name', async () => {
  const [publishing, disk] = [gate(), gate()];
  const host = await hostOf(
    ({ text }) => {
      if (text !== 'link ORDERS-1') return;
      publishing.open();
      return disk.opened;
    },
    (offer) => `ORDERS-${offer}`,
    { unwrapInSession: 1_000_000 },
  );
  const octets = await made(CONTENT, { compress: true });
  const { peer: first } = await host.session();
  await open(first, COMPRESSED);
  first.send(...dataBuffers(octets), efid(5, { ucnt: octets.length }));
  await within(publishing.opened);
  const { peer } = await host.session();
  peer.send(sfid(5, COMPRESSED));
  await peer.expect('SFNA', { reas: '12', rrtr: 'Y' });
  disk.open();
  await first.expect('EFPA');
  assert.ok(host.content('ORDERS-1').equals(CONTENT));
});

test.run();

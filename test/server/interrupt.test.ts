/** `interrupt`: a file is given up, its session goes on. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPConnection, SendFileOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { type Outcome, outcomeOf, within } from '../support/outcome.js';
import type { RawPeer } from '../support/peer.js';
import { receive, sample } from '../support/scenario.js';
import { type Handlers, TestServer } from '../support/server.js';
import { cd, cdt, efna, efpa, esid, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

interface Sending {
  readonly host: TestServer;
  readonly peer: RawPeer;
  readonly connection: OFTPConnection;
  readonly outcomes: Promise<readonly Outcome<unknown>[]>;
}

/** A server that has the turn and sends 10000 octets under each of these names, over a window of one buffer. */
async function sending(names: readonly string[], options: Partial<SendFileOptions> = {}, on: Handlers = {}) {
  const turn = gate();
  let outcomes: readonly Outcome<unknown>[] = [];
  const host = await TestServer.start({
    on: {
      ...on,
      readyToSend: async ({ connection }) => {
        const path = host.outgoing('OUT', sample(10_000));
        const files = names.map((virtualFileName) => connection.sendFile({ path, virtualFileName, ...options }));
        outcomes = await Promise.all(files.map(outcomeOf));
        turn.open();
      },
    },
  });
  const { peer } = await host.session({ cred: 1 });
  const { connection } = await host.events.next('acceptConnection');
  peer.send(cd());
  return { host, peer, connection, outcomes: within(turn.opened).then(() => outcomes) } satisfies Sending;
}

async function firstBuffer(peer: RawPeer): Promise<number> {
  await peer.expect('SFID');
  peer.send(sfpa(5));
  const { octets } = await peer.expect('DATA');
  return octets.length;
}

test('B-138 interrupt: data stops, EFID does not fit it, and the session goes on', async () => {
  const { host, peer, connection, outcomes } = await sending(['OUT']);
  const sent = await firstBuffer(peer);
  await connection.interrupt();
  await peer.expectSilence();
  peer.send(cdt());
  const { fields } = await peer.expect('EFID');
  assert.ok(Number(fields['ucnt']) < 10_000, 'a truthful count would pass a part off as the whole file');
  assert.ok(Number(fields['ucnt']) <= sent, `${fields['ucnt']} octets, ${sent} came with their headers`);
  peer.send(efna(5, 11));
  const [outcome] = await outcomes;
  assert.is(outcome?.error?.code, 687);
  assert.is(outcome?.error?.retry, true);
  const { reasonCode, direction } = await host.events.next('endTransfer');
  assert.equal([reasonCode, direction], [99, 'sent']);
  assert.ok(connection.connected);
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  assert.equal(host.events.named('error'), []);
});

test('B-138 a peer that takes an interrupted file holds a part of it: error 687 and ESID 99', async () => {
  const { host, peer, connection, outcomes } = await sending(['OUT']);
  await firstBuffer(peer);
  await connection.interrupt();
  peer.send(cdt());
  await peer.expect('EFID');
  peer.send(efpa());
  await peer.expectEsid(99);
  assert.is((await host.events.next('error')).errorCode, 687);
  assert.is((await outcomes)[0]?.error?.code, 687);
});

test('B-138 interrupt before SFPA: EFID follows SFPA without data', async () => {
  const { peer, connection, outcomes } = await sending(['OUT']);
  await peer.expect('SFID');
  await connection.interrupt();
  peer.send(sfpa(5));
  const { fields } = await peer.expect('EFID');
  assert.ok(Number(fields['ucnt']) > 0);
  peer.send(efna(5, 11));
  assert.is((await outcomes)[0]?.error?.code, 687);
});

test('B-138 interrupt in startTransfer: the file is not offered', async () => {
  const startTransfer: Handlers['startTransfer'] = ({ connection }) => connection.interrupt();
  const { peer, outcomes } = await sending(['OUT'], {}, { startTransfer });
  await peer.expectEsid(0);
  assert.is((await outcomes)[0]?.error?.code, 687);
});

test('B-138 interrupt after EFID comes too late: the file is sent', async () => {
  const { peer, connection, outcomes } = await sending(['OUT']);
  for (let next = await firstBuffer(peer); next > 0; ) {
    peer.send(cdt());
    const received = await peer.expectOneOf('DATA', 'EFID');
    next = received.name === 'DATA' ? received.octets.length : 0;
  }
  await connection.interrupt();
  peer.send(efpa());
  assert.is((await outcomes)[0]?.error, undefined);
  await peer.expect('CD');
});

test('B-139 sendFile is one at a time: what is queued follows, also behind an interrupted file', async () => {
  const { peer, connection, outcomes } = await sending(['FIRST', 'SECOND']);
  await firstBuffer(peer);
  await connection.interrupt();
  peer.send(cdt());
  await peer.expect('EFID');
  peer.send(efna(5, 11));
  const { sfid, efid } = await receive(peer, { window: 1 });
  assert.is(sfid.fields['dsn'], 'SECOND'.padEnd(26));
  assert.is(Number(efid.fields['ucnt']), 10_000);
  assert.equal(
    (await outcomes).map(({ error }) => error?.code),
    [687, undefined],
  );
});

test('interrupt with nothing to send does nothing', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const { connection } = await host.events.next('acceptConnection');
  await connection.interrupt();
  peer.send(cd());
  await peer.expectEsid(0);
});

test.run();

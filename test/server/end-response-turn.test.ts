/** When end responses go out, and what becomes of the turn: CDAfterSendEndResponse and EndResponseWait. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendEndResponseOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { outcomeOf } from '../support/outcome.js';
import { sample, transfer } from '../support/scenario.js';
import { type TestEvent, TestServer } from '../support/server.js';
import { cd, rtr } from '../support/wire.js';

test.after.each(cleanUp);

/** What `sendEndResponse` takes of the `endTransfer` of a file. */
function answerTo(event: TestEvent): SendEndResponseOptions {
  const { virtualFileName, virtualFileDate, originator: destination, destination: originator } = event;
  return { virtualFileName, virtualFileDate, destination, originator };
}

interface Holding {
  readonly host: TestServer;
  /** `endTransfer` of the files that are to be answered by the application. */
  readonly held: TestEvent[];
}

/** A server whose application answers by itself, and does something of its own when it has the turn. */
async function holding(
  act: (event: TestEvent, held: readonly TestEvent[]) => Promise<void>,
  config: readonly string[] = [],
): Promise<Holding> {
  const held: TestEvent[] = [];
  const host = await TestServer.start({
    config,
    on: {
      endTransfer: (event) => {
        event.sendEndResponse = false;
        held.push(event);
      },
      readyToSend: (event) => act(event, held),
    },
  });
  return { host, held };
}

/** Files that wait for the application, which has the turn and keeps it until the end of the test. */
async function withTheTurn(config: readonly string[]) {
  const [begun, over] = [gate(), gate()];
  const { host, held } = await holding(async () => {
    begun.open();
    await over.opened;
  }, config);
  const { peer } = await host.session();
  for (const dsn of ['FIRST', 'SECOND']) await transfer(peer, sample(10), { dsn });
  peer.send(cd());
  await begun.opened;
  const [first, second] = held as [TestEvent, TestEvent];
  const respond = ({ connection }: TestEvent, event: TestEvent) =>
    outcomeOf(connection.sendEndResponse(answerTo(event)));
  return { peer, over, first, second, respond };
}

test('B-244 a response that the application sends is followed by CD as soon as it is confirmed', async () => {
  const { peer, over, first, respond } = await withTheTurn([]);
  await respond(first, first);
  await peer.expect('EERP', { dsn: 'FIRST'.padEnd(26) });
  await peer.expectSilence();
  peer.send(rtr());
  await peer.expect('CD');
  over.open();
});

test('B-244 CDAfterSendEndResponse=True: several responses, and CD when the last of them is confirmed', async () => {
  const { peer, over, first, second, respond } = await withTheTurn(['CDAfterSendEndResponse=True']);
  await Promise.all([respond(first, first), respond(first, second)]);
  for (const dsn of ['FIRST', 'SECOND']) {
    await peer.expect('EERP', { dsn: dsn.padEnd(26) });
    await peer.expectSilence();
    peer.send(rtr());
  }
  await peer.expect('CD');
  over.open();
});

test('B-245 CDAfterSendEndResponse=False: one after the other, and CD when the application says so', async () => {
  const { peer, over, first, second, respond } = await withTheTurn(['CDAfterSendEndResponse=False']);
  for (const event of [first, second]) {
    await respond(first, event);
    await peer.expect('EERP', { dsn: event.virtualFileName.padEnd(26) });
    peer.send(rtr());
  }
  await peer.expectSilence();
  await first.connection.changeDirection();
  await peer.expect('CD');
  over.open();
});

/** A file has been received whose handler of endTransfer is still at work, and the server has got the turn. */
async function atWork(config: readonly string[]) {
  const work = gate();
  const host = await TestServer.start({ config, on: { endTransfer: () => work.opened } });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'ORDERS' });
  peer.send(cd());
  return { host, peer, work };
}

test('EndResponseWait, 20 s by default: the turn waits for the response to a file that is at work', async () => {
  const { host, peer, work } = await atWork([]);
  assert.is(host.server.config('EndResponseWait'), '20');
  await peer.expectSilence();
  work.open();
  await peer.expect('EERP', { dsn: 'ORDERS'.padEnd(26) });
});

test('EndResponseWait=0: the turn goes on at once, and the response waits for the next session', async () => {
  const { host, peer, work } = await atWork(['EndResponseWait=0']);
  await peer.expectEsid(0);
  work.open();
  await host.events.next('disconnected');
  const { peer: later } = await host.session();
  later.send(cd());
  await later.expect('EERP', { dsn: 'ORDERS'.padEnd(26) });
});

test.run();

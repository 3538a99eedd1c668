/** End responses of the application and its events of them, as the reference component has them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendEndResponseOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { sample, transfer } from '../support/scenario.js';
import { type TestEvent, TestServer } from '../support/server.js';
import { cd, eerp, type Level, nerp, rtr } from '../support/wire.js';

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

test('B-143 B-213 the response to a file goes out by itself, in the same session', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'ORDERS' });
  assert.is((await host.events.next('endTransfer')).sendEndResponse, true);
  peer.send(cd());
  await peer.expect('EERP', { dsn: 'ORDERS'.padEnd(26) });
});

test('B-144 B-214 sendEndResponse = false: none until the application sends it, and the session goes on', async () => {
  const { host } = await holding(async () => {});
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'FIRST' });
  await transfer(peer, sample(10), { dsn: 'SECOND' });
  peer.send(cd());
  await peer.expectEsid(0);
});

for (const level of [1, 4, 5] as Level[]) {
  test(`B-145 B-146 B-147 B-148 B-151 level ${level}: the stamp goes back unharmed, whatever the date format`, async () => {
    const { host } = await holding(async ({ connection }, held) => {
      for (const event of held) await connection.sendEndResponse(answerTo(event));
    });
    const { peer } = await host.session({ level });
    const [date, time] = level < 4 ? ['231224', '180501'] : ['20231224', '1805014711'];
    await transfer(peer, sample(10), { dsn: 'ORDERS', date, time, orig: 'O0013BRANCH' });
    peer.send(cd());
    const [dest, orig] = ['O0013BRANCH'.padEnd(25), HUB.code.padEnd(25)];
    await peer.expect('EERP', { dsn: 'ORDERS'.padEnd(26), date, time, dest, orig });
  });
}

for (const [creator, expected] of [
  [undefined, HUB.code],
  ['O0013CLEARING', 'O0013CLEARING'],
] as const) {
  test(`B-149 B-152 a reason makes a NERP; its creator is ${expected} where ${creator} was given`, async () => {
    const { host } = await holding(async ({ connection }, [event]) => {
      const options = { ...answerTo(event!), reasonCode: 34, reasonText: 'no such order' };
      await connection.sendEndResponse(creator === undefined ? options : { ...options, creator });
    });
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    peer.send(cd());
    await peer.expect('NERP', { reas: '34', text: 'no such order', crea: expected.padEnd(25) });
  });
}

test('B-150 a response that is passed on keeps its hash and signature octet for octet', async () => {
  const [hash, signature] = [sample(20), sample(700)];
  const { host } = await holding(async ({ connection }, [event]) => {
    const proof = { fileHash: hash.toString('base64'), signature: signature.toString('base64') };
    await connection.sendEndResponse({ ...answerTo(event!), ...proof });
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  const { octets } = await peer.expect('EERP');
  const proof = Buffer.concat([Buffer.from([0, 20]), hash, Buffer.from([700 >> 8, 700 & 0xff]), signature]);
  assert.ok(octets.subarray(106).equals(proof));
});

test('B-153 a NERP without a text has the standard text of its reason', async () => {
  const { host } = await holding(async ({ connection }, [event]) => {
    await connection.sendEndResponse({ ...answerTo(event!), reasonCode: 31 });
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  const { fields } = await peer.expect('NERP', { reas: '31' });
  assert.match(fields['text'] ?? '', /signature/i);
});

test('B-200 B-202 B-203 B-204 an EERP: reason 0, neither text nor creator, from the partner to us', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(eerp(5, { dsn: 'ORDERS' }));
  await peer.expect('RTR');
  const event = await host.events.next('endResponse');
  assert.equal([event.reasonCode, event.reasonText, event.creator, event.direction], [0, '', '', 'received']);
  assert.equal([event.destination, event.originator], [HUB.code, PARTNER.code]);
});

test('B-209 a NERP: its reason, its text and its creator', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(nerp(5, { dsn: 'ORDERS', reas: 34, text: 'x', crea: 'O0013CLEARING' }));
  await peer.expect('RTR');
  const event = await host.events.next('endResponse');
  assert.equal([event.reasonCode, event.reasonText, event.creator], [34, 'x', 'O0013CLEARING']);
});

for (const [fires, events] of [
  ['True', 1],
  ['False', 0],
] as const) {
  test(`B-204 B-205 B-281 FireEndResponseOnSend=${fires}: ${events} event of the response that was sent`, async () => {
    const host = await TestServer.start({ config: [`FireEndResponseOnSend=${fires}`] });
    const { peer } = await host.session();
    await transfer(peer, sample(10), { dsn: 'ORDERS' });
    peer.send(cd());
    await peer.expect('EERP');
    peer.send(rtr());
    await peer.expect('CD');
    const sent = host.events.named('endResponse').filter(({ direction }) => direction === 'sent');
    assert.is(sent.length, events);
  });
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

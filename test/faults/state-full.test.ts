/**
 * The disk of the state is full, at every moment at which something has to be noted. Nothing is acknowledged that is
 * not durable, no session ends for it, and when there is room again everything takes its course without a restart.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { open, receive, receiveUpToEfid, sample, transfer } from '../support/scenario.js';
import { type Handlers, TestServer } from '../support/server.js';
import { cd, data, eerp, efid, efna, efpa, esid, rtr, sfid } from '../support/wire.js';
import { canMount, TinyDisk } from './tiny-disk.js';

test.after.each(cleanUp);

const diskTest = canMount() ? test : test.skip;
await cleanUp();

async function stateOn(disk: TinyDisk, on: Handlers = {}): Promise<TestServer> {
  return TestServer.start({ settings: { statePath: join(disk.path, 'state') }, on });
}

async function stage(on: (disk: TinyDisk) => Handlers = () => ({})): Promise<{ disk: TinyDisk; host: TestServer }> {
  const disk = TinyDisk.mount(1024)!;
  return { disk, host: await stateOn(disk, on(disk)) };
}

async function logOff(peer: RawPeer): Promise<void> {
  peer.send(esid(5, 0));
  await peer.expectClose();
}

/** Hands over the turn, and takes the end responses to these files and nothing else. */
async function expectResponses(peer: RawPeer, ...names: readonly string[]): Promise<void> {
  peer.send(cd());
  for (const name of names) {
    await peer.expect('EERP', { dsn: name.padEnd(26) });
    peer.send(rtr());
  }
  if (names.length === 0) await peer.expectEsid(0);
  else await peer.expect('CD');
}

diskTest(
  'full when a file is complete: EFNA 06, no file, no end response; all of that when there is room',
  async () => {
    const { disk, host } = await stage();
    const { peer } = await host.session();
    const { peer: other } = await host.session();
    disk.fill();
    for (const [one, dsn] of [
      [peer, 'FIRST'],
      [other, 'SECOND'],
    ] as const) {
      await open(one, { dsn });
      one.send(data('octets', { endOfRecord: true }), efid(5, { ucnt: 6 }));
      await one.expect('EFNA', { reas: '06' });
      assert.match((await host.events.next('error')).description, /full/);
    }
    assert.equal(readdirSync(host.inbox), []);
    disk.free();
    await transfer(peer, sample(10), { dsn: 'FIRST' });
    await transfer(other, sample(10), { dsn: 'SECOND' });
    await expectResponses(peer, 'FIRST', 'SECOND');
    for (const one of [peer, other]) await logOff(one);
    await host.server.shutdown();
    const { peer: later } = await (await stateOn(disk)).session();
    later.send(sfid(5, { dsn: 'FIRST' }));
    await later.expect('SFNA', { reas: '13' });
  },
);

diskTest(
  'full while a file is processed: the session goes on, the next one tells the file again and answers',
  async () => {
    const { disk, host } = await stage((tiny) => ({
      endTransfer: ({ virtualFileName, reasonCode }) => {
        if (virtualFileName === 'ORDERS' && reasonCode === 0 && !filled) tiny.fill();
        filled = true;
      },
    }));
    let filled = false;
    const { peer } = await host.session();
    await transfer(peer, sample(10), { dsn: 'ORDERS' });
    peer.send(sfid(5, { dsn: 'NEXT' }));
    await peer.expect('SFPA');
    assert.match((await host.events.next('error')).description, 'ORDERS cannot be finished yet');
    disk.free();
    peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 1 }));
    await peer.expect('EFPA');
    await expectResponses(peer, 'NEXT');
    await logOff(peer);
    const { peer: later } = await host.session();
    await expectResponses(later, 'ORDERS');
    const told = host.events.named('endTransfer').filter(({ virtualFileName }) => virtualFileName === 'ORDERS');
    assert.is(told.length, 2);
    assert.is((told[1] as { replayed?: boolean } | undefined)?.replayed, true);
  },
);

diskTest('C-247 full when RTR comes: the response does not go out again, nor after a restart', async () => {
  const { disk, host } = await stage();
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'ORDERS' });
  peer.send(cd());
  await peer.expect('EERP');
  disk.fill();
  peer.send(rtr());
  await peer.expect('CD');
  assert.match((await host.events.next('error')).description, 'the RTR for the EERP for ORDERS could not be noted');
  await logOff(peer);
  const { peer: still } = await host.session();
  await expectResponses(still);
  disk.free();
  const { peer: later } = await host.session();
  await expectResponses(later);
  await host.server.shutdown();
  const { peer: last } = await (await stateOn(disk)).session();
  await expectResponses(last);
});

diskTest(
  'C-127 full when a file comes again: SFNA 06 with retry Y, and 13 when its response can be queued',
  async () => {
    const { disk, host } = await stage();
    const { peer } = await host.session();
    await transfer(peer, sample(10), { dsn: 'ORDERS' });
    await expectResponses(peer, 'ORDERS');
    disk.fill();
    peer.send(sfid(5, { dsn: 'ORDERS' }));
    await peer.expect('SFNA', { reas: '06', rrtr: 'Y' });
    disk.free();
    peer.send(sfid(5, { dsn: 'ORDERS' }));
    await peer.expect('SFNA', { reas: '13', rrtr: 'N' });
    await expectResponses(peer, 'ORDERS');
  },
);

/** A server that sends one file in each turn; `before` is called first. */
async function sending(before: (turn: number) => void = () => {}, on: Handlers = {}) {
  const disk = TinyDisk.mount(1024)!;
  const outcomes: Awaited<ReturnType<typeof outcomeOf<unknown>>>[] = [];
  const host = await stateOn(disk, {
    ...on,
    readyToSend: async ({ connection }) => {
      before(outcomes.length + 1);
      const path = outcomes.length === 0 ? host.outgoing('OUT', sample(100)) : join(host.inbox, '../outbox/OUT');
      outcomes.push(await outcomeOf(connection.sendFile({ path, virtualFileName: 'OUT' })));
    },
  });
  return { disk, host, outcomes };
}

diskTest('full before a file is offered: sendFile rejects, nothing is offered; it is when there is room', async () => {
  const { disk, host, outcomes } = await sending();
  const { peer } = await host.session();
  disk.fill();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.match(outcomes[0]?.error?.message ?? '', /full/);
  disk.free();
  const { peer: next } = await host.session();
  next.send(cd());
  await receive(next);
  await next.expect('CD');
  assert.is(outcomes[1]?.error, undefined);
});

diskTest(
  'full before EFID: its counts are no ones to believe, and the file goes out again by the same stamp',
  async () => {
    let full = (): void => {};
    const { disk, host, outcomes } = await sending(undefined, { startTransfer: () => full() });
    const { peer } = await host.session();
    full = () => {
      full = () => {};
      disk.fill();
    };
    peer.send(cd());
    const broken = await receiveUpToEfid(peer);
    assert.is.not(Number(broken.efid.fields['ucnt']), 100);
    peer.send(efna(5, 11));
    await peer.expect('CD');
    assert.match(outcomes[0]?.error?.message ?? '', /full/);
    disk.free();
    peer.send(eerp(5, { dsn: 'UNKNOWN' }));
    await peer.expect('RTR');
    peer.send(cd());
    const whole = await receive(peer);
    assert.equal(whole.sfid.octets, broken.sfid.octets);
    assert.is(Number(whole.efid.fields['ucnt']), 100);
  },
);

diskTest(
  'full when EFPA and EERP come: the file is sent and answered, with errors that tell what is not noted',
  async () => {
    const { disk, host, outcomes } = await sending();
    const { peer } = await host.session();
    peer.send(cd());
    const { sfid: offer } = await receiveUpToEfid(peer);
    disk.fill();
    peer.send(efpa());
    await peer.expect('CD');
    assert.is(outcomes[0]?.error, undefined);
    assert.match((await host.events.next('error')).description, 'its EFPA could not be noted for OUT');
    const { date = '', time = '' } = offer.fields;
    peer.send(eerp(5, { dsn: 'OUT', date, time, dest: HUB.code, orig: PARTNER.code }));
    await peer.expect('RTR');
    assert.is((await host.events.next('endResponse')).virtualFileName, 'OUT');
    assert.match((await host.events.next('error')).description, 'the record of OUT stays');
    disk.free();
  },
);

test.run();

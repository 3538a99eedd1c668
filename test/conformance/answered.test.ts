/**
 * A file whose EFPA was lost, and whose end response comes before it is sent again: it has arrived, and must not arrive
 * once more as another virtual file. RFC 5024 §1.5.2, §4.3.6, §4.3.7.
 */
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendFileOptions, SentFile } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { temporaryFolder } from '../support/folder.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import type { Received } from '../support/received.js';
import { receive, receiveUpToEfid } from '../support/scenario.js';
import { type Handlers, TestServer } from '../support/server.js';
import { cd, eerp, efpa, esid, nerp, sfna } from '../support/wire.js';

test.after.each(cleanUp);

interface Stamp {
  readonly date: string;
  readonly time: string;
}

const stampOf = ({ fields }: Received): Stamp => ({ date: fields['date'] ?? '', time: fields['time'] ?? '' });

/** A server that sends one and the same file in every turn. */
class Sender {
  readonly statePath: string | null;
  /** How each attempt ended. */
  readonly outcomes: Promise<Outcome<SentFile>>[] = [];
  /** What every attempt asks for beyond the path. */
  options: Omit<SendFileOptions, 'path'> = {};
  readonly #handlers: Handlers;
  host!: TestServer;
  path!: string;

  private constructor(statePath: string | null, handlers: Handlers) {
    this.statePath = statePath;
    this.#handlers = handlers;
  }

  static async start(statePath: string | null = null, handlers: Handlers = {}): Promise<Sender> {
    const sender = new Sender(statePath, handlers);
    await sender.#start();
    sender.path = sender.host.outgoing('OUT', Buffer.alloc(3000, 'octets '));
    return sender;
  }

  /** The process ends and another one begins, if there is something that outlives it. */
  async restart(): Promise<void> {
    if (this.statePath === null) return;
    await this.host.server.shutdown();
    await this.#start();
  }

  async #start(): Promise<void> {
    const readyToSend: Handlers['readyToSend'] = async ({ connection }) => {
      this.outcomes.push(outcomeOf(connection.sendFile({ path: this.path, virtualFileName: 'OUT', ...this.options })));
      await this.outcomes.at(-1);
    };
    this.host = await TestServer.start({
      settings: { statePath: this.statePath },
      on: { readyToSend, ...this.#handlers },
    });
  }

  /** The partner takes all of the file, and its EFPA is lost. Gives the stamp of the file. */
  async loseEfpa(): Promise<Stamp> {
    const { peer } = await this.host.session();
    peer.send(cd());
    const { sfid } = await receiveUpToEfid(peer);
    peer.reset();
    assert.is((await this.outcomes.at(-1))?.error?.code, 687);
    await this.host.events.next('disconnected');
    return stampOf(sfid);
  }

  /** The partner calls to answer the file. */
  async answer(response: Buffer): Promise<RawPeer> {
    const { peer } = await this.host.session();
    peer.send(response);
    await peer.expect('RTR');
    return peer;
  }
}

/** The partner hands over the turn and takes a file. Gives its stamp. */
async function take(peer: RawPeer): Promise<Stamp> {
  peer.send(cd());
  const { sfid } = await receive(peer);
  await peer.expect('CD');
  return stampOf(sfid);
}

for (const [kind, statePath] of [
  ['memory', () => null],
  ['disk, restarted after each session', temporaryFolder],
] as const) {
  test(`C-127 EERP before the retry: nothing is offered, sendFile settles as sent, once (state in ${kind})`, async () => {
    const sender = await Sender.start(statePath());
    const stamp = await sender.loseEfpa();
    await sender.restart();
    const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
    peer.send(cd());
    // Straight after CD nothing was sent: the session ends (RFC 5024 §3.3.4.2).
    await peer.expect('ESID', { reas: '00' });
    const { value } = (await sender.outcomes.at(-1)) ?? {};
    assert.equal(value?.virtualFileDate, stamp);
    assert.equal([value?.virtualFileName, value?.fileSize], ['OUT', 3000]);
    await sender.restart();
    const { peer: next } = await sender.host.session();
    assert.not.equal(await take(next), stamp, 'what is sent after that is meant');
  });

  test(`EERP in a session without a turn for the sender counts in the next one (state in ${kind})`, async () => {
    const sender = await Sender.start(statePath());
    const stamp = await sender.loseEfpa();
    const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
    peer.send(esid(5, 0));
    await peer.expectClose();
    await sender.restart();
    const { peer: next } = await sender.host.session();
    next.send(cd());
    await next.expect('ESID', { reas: '00' });
    assert.equal((await sender.outcomes.at(-1))?.value?.virtualFileDate, stamp);
  });

  test(`NERP before the retry: it was not delivered, and is sent as another file (state in ${kind})`, async () => {
    const sender = await Sender.start(statePath());
    const stamp = await sender.loseEfpa();
    await sender.restart();
    const peer = await sender.answer(nerp(5, { dsn: 'OUT', ...stamp }));
    assert.not.equal(await take(peer), stamp);
    assert.is((await sender.outcomes.at(-1))?.error, undefined);
  });
}

test('the application hears of the EERP when it comes, and of the end of the transfer when it sends again', async () => {
  const sender = await Sender.start();
  const stamp = await sender.loseEfpa();
  const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  const { events } = sender.host;
  assert.is((await events.next('endResponse')).reasonCode, 0);
  peer.send(cd());
  await peer.expect('ESID');
  const ends = events.named('endTransfer').map(({ direction, reasonCode }) => [direction, reasonCode]);
  assert.equal(ends, [
    ['sent', 99],
    ['sent', 0],
  ]);
  assert.is(events.named('endResponse').length, 1);
});

test('an EERP that comes twice counts once', async () => {
  const sender = await Sender.start();
  const stamp = await sender.loseEfpa();
  const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  peer.send(eerp(5, { dsn: 'OUT', ...stamp }));
  await peer.expect('RTR');
  peer.send(cd());
  await peer.expect('ESID', { reas: '00' });
  const { peer: next } = await sender.host.session();
  next.send(eerp(5, { dsn: 'OUT', ...stamp }));
  await next.expect('RTR');
  assert.not.equal(await take(next), stamp);
});

test('the file was written to after the EERP: it is another one', async () => {
  const sender = await Sender.start();
  const stamp = await sender.loseEfpa();
  const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  utimesSync(sender.path, 1_700_000_000, 1_700_000_000);
  assert.not.equal(await take(peer), stamp);
});

for (const [what, options] of [
  ['virtualFileName', { virtualFileName: 'OTHER' }],
  ['destination', { destination: 'O0013THIRD' }],
  ['originator', { originator: 'O0013THIRD' }],
  ['virtualFileDate', { virtualFileDate: '12/24/2031 08:15:00' }],
] as const) {
  test(`another ${what} than before the EERP makes it another file`, async () => {
    const sender = await Sender.start();
    const stamp = await sender.loseEfpa();
    const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
    sender.options = options;
    assert.not.equal(await take(peer), stamp);
  });
}

test('the same virtualFileDate as before the EERP: nothing is offered', async () => {
  const sender = await Sender.start();
  sender.options = { virtualFileDate: '12/24/2031 08:15:00' };
  const stamp = await sender.loseEfpa();
  assert.is(stamp.date, '20311224');
  const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  peer.send(cd());
  await peer.expect('ESID', { reas: '00' });
  assert.is((await sender.outcomes.at(-1))?.error, undefined);
});

test('EERP in another session before EFPA: sendFile settles once, and the next one is meant', async () => {
  const sender = await Sender.start();
  const { peer } = await sender.host.session();
  peer.send(cd());
  const { sfid } = await receiveUpToEfid(peer);
  const stamp = stampOf(sfid);
  const other = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  peer.send(efpa());
  await peer.expect('CD');
  assert.is((await sender.outcomes.at(-1))?.error, undefined);
  assert.not.equal(await take(other), stamp);
});

test('EERP in another session before SFNA 13: the file is sent, and the next one is meant', async () => {
  const sender = await Sender.start();
  const stamp = await sender.loseEfpa();
  const { peer } = await sender.host.session();
  peer.send(cd());
  assert.equal(stampOf(await peer.expect('SFID')), stamp);
  const other = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  peer.send(sfna(5, 13, 'N'));
  await peer.expect('CD');
  assert.is((await sender.outcomes.at(-1))?.error, undefined);
  assert.not.equal(await take(other), stamp);
});

test('an enveloped file that is answered is not prepared once more, and nothing is left of it', async () => {
  const statePath = temporaryFolder();
  const sender = await Sender.start(statePath);
  sender.options = { compress: true };
  const stamp = await sender.loseEfpa();
  const prepared = join(statePath, 'outgoing');
  assert.is(readdirSync(prepared).length, 1);
  const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  assert.equal(readdirSync(prepared), []);
  await sender.restart();
  const { peer: next } = await sender.host.session();
  next.send(cd());
  await next.expect('ESID', { reas: '00' });
  assert.is((await sender.outcomes.at(-1))?.value?.fileSize, 3000);
  assert.equal(existsSync(prepared) ? readdirSync(prepared) : [], []);
  peer.reset();
});

test('the handler of its endTransfer may wait for the next file', async () => {
  let next: Promise<Outcome<unknown>> | undefined;
  const sender: Sender = await Sender.start(null, {
    endTransfer: async ({ connection, reasonCode }) => {
      if (reasonCode !== 0 || next !== undefined) return;
      next = outcomeOf(connection.sendFile({ path: sender.path, virtualFileName: 'NEXT' }));
      await next;
    },
  });
  const stamp = await sender.loseEfpa();
  const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  peer.send(cd());
  const { sfid } = await receive(peer);
  assert.is(sfid.fields['dsn']?.trimEnd(), 'NEXT');
  await peer.expect('CD');
  assert.is((await sender.outcomes.at(-1))?.error, undefined);
});

for (const answered of [true, false]) {
  const when = answered ? 'after its EERP' : 'before its EERP';
  test(`EFPA that could not be noted: sendFile settles, and the next one ${when} is meant`, async () => {
    let full = true;
    const sender = await Sender.start(null, {
      acceptConnection: ({ connection }) => {
        const { store } = connection.session.environment;
        const { outgoingPhase } = store;
        store.outgoingPhase = async (id, phase) => {
          if (full && phase === 'acknowledged') throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
          return outgoingPhase.call(store, id, phase);
        };
      },
    });
    const { peer } = await sender.host.session();
    const stamp = await take(peer);
    assert.is((await sender.outcomes.at(-1))?.error, undefined);
    assert.match((await sender.host.events.next('error')).description, 'its EFPA could not be noted for OUT');
    full = false;
    const next = answered ? await sender.answer(eerp(5, { dsn: 'OUT', ...stamp })) : (await sender.host.session()).peer;
    assert.not.equal(await take(next), stamp);
  });
}

test('a delivery that cannot be noted as told is told in the next attempt', async () => {
  let full = false;
  const sender = await Sender.start(null, {
    acceptConnection: ({ connection }) => {
      const { store } = connection.session.environment;
      const { endOutgoing } = store;
      store.endOutgoing = async (id) => {
        if (full) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
        return endOutgoing.call(store, id);
      };
    },
  });
  const stamp = await sender.loseEfpa();
  const peer = await sender.answer(eerp(5, { dsn: 'OUT', ...stamp }));
  full = true;
  peer.send(cd());
  await peer.expect('ESID', { reas: '00' });
  assert.ok((await sender.outcomes.at(-1))?.error, 'else the next file that is meant would not be sent');
  full = false;
  const { peer: next } = await sender.host.session();
  next.send(cd());
  await next.expect('ESID', { reas: '00' });
  assert.equal((await sender.outcomes.at(-1))?.value?.virtualFileDate, stamp);
});

test('a client whose server answers in the next session does not send the file again', async () => {
  const dialler = await TestClient.create({ settings: { statePath: temporaryFolder() } });
  const path = join(temporaryFolder(), 'OUT');
  writeFileSync(path, 'octets');
  const peer = await dialler.session();
  const first = outcomeOf(dialler.client.sendFile({ path }));
  const { sfid } = await receiveUpToEfid(peer);
  peer.reset();
  assert.is((await first).error?.code, 687);
  await dialler.events.next('disconnected');
  const again = await dialler.session();
  const received = outcomeOf(dialler.client.receiveFiles());
  await again.expect('CD');
  again.send(eerp(5, { dsn: 'OUT', ...stampOf(sfid), dest: PARTNER.code, orig: HUB.code }));
  await again.expect('RTR');
  again.send(cd());
  assert.is((await received).error, undefined);
  const { value } = await outcomeOf(dialler.client.sendFile({ path }));
  assert.equal(value?.virtualFileDate, stampOf(sfid));
  await again.expectSilence();
});

test.run();

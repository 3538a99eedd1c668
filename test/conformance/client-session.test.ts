/** The initiator in a session, first as Speaker, then as Listener: the mirror of what is asked of the server. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { folderWith, temporaryFolder } from '../support/folder.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf } from '../support/received.js';
import { receive, receiveUpToEfid, sample } from '../support/scenario.js';
import {
  cd,
  cdt,
  data,
  eerp,
  efid,
  efna,
  efpa,
  esid,
  type Level,
  nerp,
  rtr,
  sfid,
  sfna,
  sfpa,
} from '../support/wire.js';

test.after.each(cleanUp);

const VERSIONS = { 1: '1.2', 2: '1.3', 4: '1.4', 5: '2.0' } as const;
const LEVELS: readonly Level[] = [1, 2, 4, 5];
const CONTENT = 'x'.repeat(500);

interface Sending {
  readonly client: TestClient;
  readonly peer: RawPeer;
  readonly outcome: Promise<Outcome<unknown>>;
}

/** A client that has just been told to send a file of 500 octets, or several of them. */
async function sending({ level = 5 as Level, cred = 99, names = ['OUT'] } = {}): Promise<Sending> {
  const client = await TestClient.create({
    settings: { version: VERSIONS[level] },
    config: ['ExchangeBufferSize=128', `CreditCount=${cred}`],
  });
  const peer = await client.session();
  const path = join(folderWith({ OUT: CONTENT }), 'OUT');
  const sent = names.map((virtualFileName) => outcomeOf(client.client.sendFile({ path, virtualFileName })));
  return { client, peer, outcome: sent[0]! };
}

for (const level of LEVELS) {
  test(`C-131 C-256 C-259 level ${level}: file, CD, EERP with RTR, and the normal end after CD`, async () => {
    const { client, peer, outcome } = await sending({ level });
    const file = await receive(peer);
    assert.equal([file.sfid.fields['dest'], file.sfid.fields['orig']], [HUB.code.padEnd(25), PARTNER.code.padEnd(25)]);
    assert.is(contentOf(file.data).toString(), CONTENT);
    assert.is(Number(file.efid.fields['ucnt']), 500);
    assert.is((await outcome).error, undefined);
    const leaving = outcomeOf(client.client.logoff());
    await peer.expect('CD');
    const { date = '', time = '' } = file.sfid.fields;
    peer.send(eerp(level, { dsn: 'OUT', date, time, dest: PARTNER.code, orig: HUB.code }));
    await peer.expect('RTR');
    assert.is((await client.events.next('endResponse')).virtualFileName, 'OUT');
    peer.send(cd());
    await peer.expectEsid(0);
    assert.is((await leaving).error, undefined);
  });
}

test('C-251 logoff is CD, never ESID 00; the ESID 00 of the responder is answered by closing', async () => {
  const client = await TestClient.create();
  const peer = await client.session();
  const leaving = outcomeOf(client.client.logoff());
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  assert.is((await leaving).error, undefined);
  assert.is((await client.events.next('disconnected')).statusCode, 0);
});

test('C-045 a client with nothing to do says nothing after the SSIDs', async () => {
  const client = await TestClient.create();
  await (await client.session()).expectSilence();
});

test('C-147 an answer count above the offered position is ESID 02, sendFile rejects', async () => {
  const { peer, outcome } = await sending();
  await peer.expect('SFID');
  peer.send(sfpa(5, 1));
  await peer.expectEsid(2);
  assert.is((await outcome).error?.code, 687);
});

for (const [retry, expected] of [
  ['N', false],
  ['Y', true],
] as const) {
  test(`C-152 C-153 SFNA with retry ${retry}: sendFile rejects with 687, another file follows`, async () => {
    const { peer, outcome } = await sending({ names: ['FIRST', 'SECOND'] });
    await peer.expect('SFID', { dsn: 'FIRST'.padEnd(26) });
    peer.send(sfna(5, 2, retry, 'unknown'));
    await peer.expect('SFID', { dsn: 'SECOND'.padEnd(26) });
    const { error } = await outcome;
    assert.equal([error?.code, error?.reasonCode, error?.retry, error?.reasonText], [687, 2, expected, 'unknown']);
  });
}

test('C-203 EFNA: sendFile rejects with its reason, the turn stays', async () => {
  const { peer, outcome } = await sending({ names: ['FIRST', 'SECOND'] });
  await receive(peer, { answer: efna(5, 11, 'count') });
  await peer.expect('SFID', { dsn: 'SECOND'.padEnd(26) });
  const { error } = await outcome;
  assert.equal([error?.code, error?.reasonCode, error?.reasonText], [687, 11, 'count']);
});

test('C-202 EFPA Y is obeyed with CD at once, though more files are queued', async () => {
  const { peer } = await sending({ names: ['FIRST', 'SECOND'] });
  await receive(peer, { answer: efpa('Y') });
  await peer.expect('CD');
  peer.send(cd());
  await peer.expect('SFID', { dsn: 'SECOND'.padEnd(26) });
});

test('C-184 C-189 window 1: a DATA for each CDT, and EFID only with credit', async () => {
  const { peer } = await sending({ cred: 1 });
  await peer.expect('SFID');
  peer.send(sfpa(5));
  // 500 octets in buffers of 128: four DATA with 125 each.
  for (let n = 0; n < 4; n += 1) {
    await peer.expect('DATA');
    if (n === 0 || n === 3) await peer.expectSilence();
    peer.send(cdt());
  }
  await peer.expect('EFID');
});

const VIOLATIONS: Readonly<Record<string, readonly [reach: (peer: RawPeer) => Promise<void>, buffer: Buffer]>> = {
  'C-186 CDT in answer to SFID': [async (peer) => void (await peer.expect('SFID')), cdt()],
  'C-254 CD in answer to SFID': [async (peer) => void (await peer.expect('SFID')), cd()],
  'C-207 EFPA in answer to SFID': [async (peer) => void (await peer.expect('SFID')), efpa()],
  'C-222 RTR in answer to EFID': [async (peer) => void (await receiveUpToEfid(peer)), rtr()],
  'C-129 SFID in answer to EFID': [async (peer) => void (await receiveUpToEfid(peer)), sfid(5)],
};

for (const [what, [reach, buffer]] of Object.entries(VIOLATIONS)) {
  test(`${what} is ESID 02, sendFile rejects`, async () => {
    const { peer, outcome } = await sending();
    await reach(peer);
    peer.send(buffer);
    await peer.expectEsid(2);
    assert.is((await outcome).error?.code, 687);
  });
}

for (const [what, end] of [
  ['ESID 08', (peer: RawPeer) => peer.send(esid(5, 8))],
  ['FIN', (peer: RawPeer) => peer.end()],
  ['RST', (peer: RawPeer) => peer.reset()],
] as const) {
  test(`C-008 C-009 C-272 ${what} while data is under way: sendFile rejects with 687, the client closes`, async () => {
    const { client, peer, outcome } = await sending({ cred: 1 });
    await peer.expect('SFID');
    peer.send(sfpa(5));
    await peer.expect('DATA');
    end(peer);
    assert.is((await outcome).error?.code, 687);
    if (what !== 'RST') await peer.expectClose();
    await client.events.next('disconnected');
  });
}

test('C-274 a responder that does not answer SFID: sendFile rejects within the timer', async () => {
  const client = await TestClient.create({ settings: { defaultTimeout: 1 } });
  const peer = await client.session();
  const path = join(folderWith({ OUT: CONTENT }), 'OUT');
  const outcome = outcomeOf(client.client.sendFile({ path, virtualFileName: 'OUT' }));
  await peer.expect('SFID');
  await peer.expectEsidOrClose(9);
  assert.is((await outcome).error?.code, 687);
});

/** Offers a file of ten octets to a client that has given the turn. */
async function offerFile(peer: RawPeer): Promise<void> {
  peer.send(sfid(peer.level, { dest: PARTNER.code, orig: HUB.code }));
  await peer.expect('SFPA');
  peer.send(data(sample(10), { endOfRecord: true }), efid(peer.level, { ucnt: 10 }));
}

for (const level of LEVELS) {
  test(`C-210 C-219 level ${level}: receiveFiles gives the turn, takes the file, answers with an EERP`, async () => {
    const client = await TestClient.create({ settings: { version: VERSIONS[level] } });
    const downloadDirectory = temporaryFolder();
    const peer = await client.session();
    const receiving = outcomeOf(client.client.receiveFiles({ downloadDirectory }));
    await peer.expect('CD');
    await offerFile(peer);
    await peer.expect('EFPA');
    assert.equal(readFileSync(join(downloadDirectory, 'TESTFILE')), sample(10));
    peer.send(cd());
    const { fields } = await peer.expect('EERP', { dsn: 'TESTFILE'.padEnd(26) });
    assert.equal([fields['dest'], fields['orig']], [HUB.code.padEnd(25), PARTNER.code.padEnd(25)]);
    peer.send(rtr());
    assert.is((await receiving).error, undefined);
  });
}

test('C-259 receiveFiles from a responder with nothing to send: its ESID 00 is the normal end', async () => {
  const client = await TestClient.create();
  const peer = await client.session();
  const receiving = outcomeOf(client.client.receiveFiles({ downloadDirectory: temporaryFolder() }));
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  assert.is((await receiving).error, undefined);
});

test('a file offered to a client that was not told to receive is refused, and the session goes on', async () => {
  const { peer, outcome } = await sending();
  await receive(peer, { answer: efpa('Y') });
  await outcome;
  await peer.expect('CD');
  peer.send(sfid(5, { dest: PARTNER.code, orig: HUB.code }));
  await peer.expect('SFNA');
  peer.send(eerp(5, { dest: PARTNER.code, orig: HUB.code }));
  await peer.expect('RTR');
});

for (const [what, count, answer] of [
  ['exact', 10, 'EFPA'],
  ['wrong', 11, 'EFNA'],
] as const) {
  test(`C-193 an acceptFile handler makes a client receive; ${what} counts are ${answer}`, async () => {
    const folder = temporaryFolder();
    const client = await TestClient.create({
      on: {
        acceptFile: (event) => {
          event.accept = true;
          event.filename = join(folder, 'RECEIVED');
        },
      },
    });
    const peer = await client.session();
    void client.client.logoff();
    await peer.expect('CD');
    peer.send(sfid(5, { dest: PARTNER.code, orig: HUB.code }));
    await peer.expect('SFPA');
    peer.send(data(sample(10), { endOfRecord: true }), efid(5, { ucnt: count }));
    await peer.expect(answer);
    assert.is(existsSync(join(folder, 'RECEIVED')), answer === 'EFPA');
  });
}

test('C-179 a receiving client sends CDT when the window is used up', async () => {
  const client = await TestClient.create({ config: ['CreditCount=2'] });
  const peer = await client.session();
  void client.client.receiveFiles({ downloadDirectory: temporaryFolder() }).catch(() => {});
  await peer.expect('CD');
  peer.send(sfid(5, { dest: PARTNER.code, orig: HUB.code }));
  await peer.expect('SFPA');
  peer.send(data('1'));
  await peer.expectSilence();
  peer.send(data('2'));
  await peer.expect('CDT');
  peer.send(data('3', { endOfRecord: true }), efid(5, { ucnt: 3 }));
  await peer.expect('EFPA');
});

test('C-235 a NERP reaches endResponse with reason and creator', async () => {
  const { client, peer } = await sending();
  await receive(peer, { answer: efpa('Y') });
  await peer.expect('CD');
  peer.send(nerp(5, { dsn: 'OUT', dest: PARTNER.code, orig: HUB.code, crea: HUB.code, reas: 12, text: 'gone' }));
  await peer.expect('RTR');
  const event = await client.events.next('endResponse');
  assert.equal([event.reasonCode, event.reasonText, event.creator], [12, 'gone', HUB.code]);
});

test.run();

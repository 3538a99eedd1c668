/** End responses of the application and what endResponse tells: sendEndResponse, at once, later, in another session. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndResponseEvent, EndTransferEvent, OFTPConnection, SendEndResponseOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import { outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, eerp, esid, type Level, nerp, rtr, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const WHOLE_STAMP = 'VirtualFileDateFormat=yyyyMMddHHmmssffff';

/** A server that holds every end response back, and keeps what endTransfer said. */
async function holding(options: TestServerOptions = {}) {
  const held: EndTransferEvent[] = [];
  const host = await TestServer.start(options);
  host.server.on('endTransfer', (event) => {
    event.sendEndResponse = false;
    held.push(event);
  });
  return { host, held };
}

/** The answer to a file, as an application makes it of what endTransfer said. */
function answerTo(file: EndTransferEvent): SendEndResponseOptions {
  const { virtualFileName, virtualFileDate, destination: originator, originator: destination } = file;
  return { virtualFileName, virtualFileDate, destination, originator };
}

/** Takes the turn, receives the responses that come, and hands everything back. */
async function collect(peer: RawPeer, count: number): Promise<readonly Readonly<Record<string, string>>[]> {
  const fields: Readonly<Record<string, string>>[] = [];
  peer.send(cd());
  for (let n = 0; n < count; n++) {
    fields.push((await peer.expectOneOf('EERP', 'NERP')).fields);
    peer.send(rtr());
  }
  return fields;
}

// covers: endTransfer.sendEndResponse
test('B-143 B-213 sendEndResponse stays true: an EERP goes out by itself, at the next turn', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  const [fields] = await collect(peer, 1);
  assert.is(fields?.['dsn'], 'TESTFILE'.padEnd(26));
  await peer.expect('CD');
});

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`B-144 B-145 B-147 B-148 B-151 B-214 level ${level}: held back, then an EERP with the fields of the file`, async () => {
    const { host, held } = await holding({ config: [WHOLE_STAMP] });
    const { peer } = await host.session({ level });
    await transfer(peer, sample(10), { dsn: 'ORDERS', orig: 'O0013BRANCH', user: 'USERDATA' });
    await transfer(peer, sample(10), { dsn: 'SECOND' });
    const [file] = held;
    assert.ok(file);
    await file.connection.sendEndResponse({ ...answerTo(file), userData: 'USERDATA' });
    const [fields] = await collect(peer, 1);
    assert.is(fields?.['dsn'], 'ORDERS'.padEnd(26));
    assert.is(`${fields?.['date']}${fields?.['time']}`, level < 4 ? '240229123456' : '202402291234560001');
    assert.is(fields?.['dest'], 'O0013BRANCH'.padEnd(25));
    assert.is(fields?.['orig'], HUB.code.padEnd(25));
    assert.is(fields?.['user'], 'USERDATA');
    await peer.expect('CD');
    assert.equal(host.events.named('error'), []);
  });
}

test('B-149 B-152 a reason makes it a NERP; its creator is the own SFID code unless told otherwise', async () => {
  const { host, held } = await holding();
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'ONE' });
  await transfer(peer, sample(10), { dsn: 'TWO' });
  const [one, two] = held;
  assert.ok(one && two);
  await one.connection.sendEndResponse({ ...answerTo(one), reasonCode: 34, reasonText: 'no such order' });
  await two.connection.sendEndResponse({ ...answerTo(two), reasonCode: 50, creator: 'O0013PLANT' });
  const fields = await collect(peer, 2);
  assert.equal(
    fields.map(({ reas, text, crea }) => [reas, text, crea?.trim()]),
    [
      ['34', 'no such order', HUB.code],
      ['50', 'transmission stopped by the operator', 'O0013PLANT'],
    ],
  );
});

// The codes that the reference lists for a NERP.
const REASONS = [
  3, 4, 9, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 50, 90, 99,
];

test('B-153 each of the 29 reasons goes out, with a text of its own where none is given', async () => {
  const { host, held } = await holding();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  const [file] = held;
  assert.ok(file);
  for (const reasonCode of REASONS) await file.connection.sendEndResponse({ ...answerTo(file), reasonCode });
  const fields = await collect(peer, REASONS.length);
  assert.equal(
    fields.map(({ reas }) => Number(reas)),
    REASONS,
  );
  for (const { reas, text } of fields) assert.ok(text, `a text for ${reas}`);
});

test('R-28 a reason that came with 2.0 is 99 at level 4, without a text', async () => {
  const { host, held } = await holding();
  const { peer } = await host.session({ level: 4 });
  await transfer(peer, sample(10));
  const [file] = held;
  assert.ok(file);
  await file.connection.sendEndResponse({ ...answerTo(file), reasonCode: 31, reasonText: 'forged' });
  const [fields] = await collect(peer, 1);
  assert.equal([fields?.['reas'], fields?.['text']], ['99', undefined]);
});

for (const [what, change, code, words] of [
  ['a reason that NERP does not have', { reasonCode: 7 }, 10022, 'reasonCode 7'],
  ['a date that is none', { virtualFileDate: 'last Monday' }, 680, 'last Monday'],
  ['a hash that is not base64', { fileHash: '*' }, 10022, 'fileHash'],
  ['a signature that is not base64', { signature: '*' }, 10022, 'signature'],
  ['a name that does not fit', { virtualFileName: 'X'.repeat(27) }, 678, ''],
] as const) {
  test(`sendEndResponse with ${what} rejects with ${code}, and nothing goes out`, async () => {
    const { host, held } = await holding();
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    const [file] = held;
    assert.ok(file);
    const { error } = await outcomeOf(file.connection.sendEndResponse({ ...answerTo(file), ...change }));
    assert.is(error?.code, code);
    assert.match(error?.message ?? '', words);
    peer.send(cd());
    await peer.expectEsid(0);
  });
}

for (const level of [1, 2] as Level[]) {
  test(`R-10 level ${level} has no NERP: sendEndResponse with a reason rejects with 688`, async () => {
    const { host, held } = await holding();
    const { peer } = await host.session({ level });
    await transfer(peer, sample(10));
    const [file] = held;
    assert.ok(file);
    const sending = file.connection.sendEndResponse({ ...answerTo(file), reasonCode: 34 });
    assert.is((await outcomeOf(sending)).error?.code, 688);
  });
}

test('B-146 B-321 R-27 the counter survives a date format without it, for each of two files of one second', async () => {
  const { host, held } = await holding();
  const { peer } = await host.session();
  await transfer(peer, sample(10), { time: '1234560001' });
  await transfer(peer, sample(10), { time: '1234560002', dsn: 'OTHER' });
  host.server.receivedFileNameFormat = '%GUID%';
  await transfer(peer, sample(10), { time: '1234560003' });
  assert.is(held[0]?.virtualFileDate, '02/29/2024 12:34:56');
  for (const file of held) await file.connection.sendEndResponse(answerTo(file));
  assert.equal(
    (await collect(peer, 3)).map(({ dsn, time }) => [dsn?.trim(), time]),
    [
      ['TESTFILE', '1234560001'],
      ['OTHER', '1234560002'],
      ['TESTFILE', '1234560003'],
    ],
  );
});

test('R-27 the counter survives the end of the server, too: the response goes out in a later session', async () => {
  const statePath = temporaryFolder();
  const first = await holding({ settings: { statePath } });
  const { peer } = await first.host.session();
  await transfer(peer, sample(10), { time: '1234560042' });
  const [file] = first.held;
  assert.ok(file);
  const closed = first.host.server.shutdown();
  await peer.expectEsid(5);
  await within(closed);
  const second = await TestServer.start({ settings: { statePath } });
  const { peer: later } = await second.session();
  const { connection } = await second.events.next('acceptConnection');
  await connection.sendEndResponse(answerTo(file));
  assert.is((await collect(later, 1))[0]?.['time'], '1234560042');
});

test('a held back response goes out over another connection of the same partner, in a later session', async () => {
  const { host, held } = await holding();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { peer: second } = await host.session();
  await host.events.next('acceptConnection');
  const { connection } = await host.events.next('acceptConnection');
  const [file] = held;
  assert.ok(file);
  await connection.sendEndResponse(answerTo(file));
  assert.is((await collect(second, 1))[0]?.['dsn'], 'TESTFILE'.padEnd(26));
  await second.expect('CD');
});

/** A server that answers two files inside its turn, and then does what `after` does. */
async function answering(config: string, after: (connection: OFTPConnection) => Promise<void>) {
  const { host, held } = await holding({ config: [config] });
  const sent: Promise<void>[] = [];
  host.server.on('readyToSend', async ({ connection }) => {
    for (const file of held.splice(0)) sent.push(connection.sendEndResponse(answerTo(file)));
    await Promise.all(sent);
    await after(connection);
  });
  const { peer } = await host.session();
  for (const dsn of ['ONE', 'TWO']) await transfer(peer, sample(10), { dsn });
  return peer;
}

test('B-244 CDAfterSendEndResponse, the default: CD when the responses of the application are confirmed', async () => {
  // The handler has not settled: it is not what ends the turn.
  const held = gate();
  const peer = await answering('CDAfterSendEndResponse=True', () => held.opened);
  await collect(peer, 2);
  await peer.expect('CD');
  held.open();
});

test('B-245 CDAfterSendEndResponse off: several responses, and CD when changeDirection says so', async () => {
  const held = gate();
  const peer = await answering('CDAfterSendEndResponse=False', async (connection) => {
    await held.opened;
    await connection.changeDirection();
  });
  await collect(peer, 2);
  await peer.expectSilence();
  held.open();
  await peer.expect('CD');
});

/** What endResponse tells when the peer sends this. */
async function told(octets: Buffer, config: string = WHOLE_STAMP): Promise<EndResponseEvent> {
  const host = await TestServer.start({ config: [config] });
  const { peer } = await host.session();
  peer.send(octets);
  await peer.expect('RTR');
  return (await host.events.next('endResponse')) as unknown as EndResponseEvent;
}

// covers: endResponse.connectionId, endResponse.fileHash, endResponse.signature
test('B-200 B-201 B-202 B-203 B-204 endResponse for an EERP: the parties as the file had them, no reason, no creator', async () => {
  const { connection, connectionId, ...rest } = await told(eerp(5, { dsn: 'ORDERS', orig: 'O0013BRANCH' }));
  assert.is(connectionId, connection.id);
  assert.equal(rest, {
    direction: 'received',
    virtualFileName: 'ORDERS',
    virtualFileDate: '202402291234560001',
    destination: HUB.code,
    originator: 'O0013BRANCH',
    creator: '',
    reasonCode: 0,
    reasonText: '',
    fileHash: '',
    signature: '',
    verified: null,
  });
});

test('B-201 endResponse writes the date as VirtualFileDateFormat says', async () => {
  assert.is((await told(eerp(5), 'VirtualFileDateFormat=dd.MM.yyyy')).virtualFileDate, '29.02.2024');
});

test('B-209 endResponse for a NERP: reason, text and creator', async () => {
  const event = await told(nerp(5, { reas: 34, text: 'x', crea: 'O0013BRANCH' }));
  assert.equal([event.reasonCode, event.reasonText, event.creator], [34, 'x', 'O0013BRANCH']);
  assert.is((await told(nerp(5, { reas: 34 }))).reasonText, 'file processing failed');
});

for (const [config, directions] of [
  ['FireEndResponseOnSend=True', ['sent', 'received']],
  ['FireEndResponseOnSend=False', ['received']],
] as const) {
  test(`B-204 B-205 B-281 ${config}: endResponse is raised for ${directions.join(' and ')}`, async () => {
    const host = await TestServer.start({ config: [config] });
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    await collect(peer, 1);
    await peer.expect('CD');
    peer.send(eerp(5, { dsn: 'OTHER' }));
    await peer.expect('RTR');
    assert.equal(
      host.events.named('endResponse').map(({ direction }) => direction),
      directions,
    );
  });
}

test('B-150 B-206 B-208 an intermediary passes on hash and signature as they came', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const [hash, signature] = [Buffer.from('32 octets of a hash of the file.'), Buffer.from('\x30\x80signature')];
  peer.send(eerp(5, { dest: 'O0013BEHIND', orig: 'O0013BRANCH', hash, signature }));
  await peer.expect('RTR');
  const event = (await host.events.next('endResponse')) as unknown as EndResponseEvent;
  assert.equal([event.fileHash, event.signature], [hash.toString('base64'), signature.toString('base64')]);
  const { virtualFileName, virtualFileDate, destination, originator, fileHash } = event;
  const passedOn = { virtualFileName, virtualFileDate, destination, originator, fileHash, signature: event.signature };
  await event.connection.sendEndResponse(passedOn);
  const [fields] = await collect(peer, 1);
  assert.equal(
    [fields?.['hash'], fields?.['signature']].map((text) => Buffer.from(text ?? '', 'latin1')),
    [hash, signature],
  );
  assert.equal([fields?.['dest'], fields?.['orig']], ['O0013BEHIND'.padEnd(25), 'O0013BRANCH'.padEnd(25)]);
});

test('B-207 a handler that expects another hash: error 682 with both, and the response is confirmed', async () => {
  const host = await TestServer.start();
  const hash = Buffer.from('32 octets of a hash of the file.');
  host.server.on('endResponse', (event) => {
    if (event.virtualFileName === 'OTHER') event.fileHash = 'AAAA';
  });
  const { peer } = await host.session();
  for (const dsn of ['SAME', 'OTHER']) {
    peer.send(eerp(5, { dsn, dest: 'O0013BEHIND', hash }));
    await peer.expect('RTR');
  }
  const { errorCode, description } = await host.events.next('error');
  assert.is(errorCode, 682);
  for (const words of ['OTHER', 'AAAA', hash.toString('base64')]) assert.match(description, words);
  assert.is(host.events.named('error').length, 1);
});

test('a handler of endResponse that never settles: no RTR and ESID 99 when its time is over, so that it comes again', async () => {
  const held = gate();
  const host = await TestServer.start({ settings: { defaultTimeout: 1 }, on: { endResponse: () => held.opened } });
  const { peer } = await host.session();
  peer.send(eerp(5));
  await peer.expectEsid(99);
  assert.match((await host.events.next('error')).description, 'defaultTimeout');
  held.open();
});

test('sendEndResponse when the connection is gone: queued, and the next session brings it', async () => {
  const { host, held } = await holding();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.end();
  await host.events.next('disconnected');
  const [file] = held;
  assert.ok(file);
  await within(file.connection.sendEndResponse(answerTo(file)));
  const { peer: second } = await host.session({ code: PARTNER.code });
  assert.is((await collect(second, 1))[0]?.['dsn'], 'TESTFILE'.padEnd(26));
});

test('a handler of endTransfer that never settles is a NERP 34 when its time is over; the session goes on meanwhile', async () => {
  const host = await TestServer.start({ settings: { defaultTimeout: 1 } });
  const held = gate();
  host.server.on('endTransfer', () => held.opened);
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('NERP', { reas: '34' });
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
  await peer.expect('SFNA');
  held.open();
});

test.run();

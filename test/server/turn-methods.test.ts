/** What an application may do with its turn: sendFile, logoff, changeDirection, and the settings about CD. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPConnection, SendFileOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { type Outcome, outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { contentOf } from '../support/received.js';
import { receive, receiveUpToEfid, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, efna, efpa, esid, rtr, sfid, sfna } from '../support/wire.js';

test.after.each(cleanUp);

/** A server whose handler of readyToSend is this, in the first turn only. */
function withTurn(handler: (connection: OFTPConnection) => Promise<unknown>): Promise<TestServer> {
  let turns = 0;
  return TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        turns += 1;
        if (turns === 1) await handler(connection);
      },
    },
  });
}

test('B-012 B-227 B-228 CD of the client raises readyToSend; the property is true, and sendFile works inside', async () => {
  const ready: boolean[] = [];
  const host = await withTurn(async (connection) => {
    ready.push(connection.readyToSend);
    await connection.sendFile({ path: host.outgoing('OUT', 'x') });
  });
  const { peer } = await host.session();
  const { connection } = await host.events.next('acceptConnection');
  ready.push(connection.readyToSend);
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  assert.equal(ready, [false, true]);
  assert.is(host.events.named('readyToSend').length, 1);
  assert.is(connection.readyToSend, false);
});

test('B-013 B-140 readyToSend: logoff with nothing sent is ESID 00, and the connection ends', async () => {
  const host = await withTurn((connection) => connection.logoff());
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.is((await host.events.next('disconnected')).statusCode, 0);
});

test('B-013 B-154 readyToSend: sendFile offers the file at once', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
});

test('B-141 logoff behind a file: CD, readyToSend is false, and a response that is due goes first', async () => {
  const host = await withTurn(async (connection) => {
    await connection.sendFile({ path: host.outgoing('OUT', 'x') });
    await connection.logoff();
    assert.is(connection.readyToSend, false);
  });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
});

test('B-141 logoff behind a file: the next CD of the client, with nothing to answer before it, is ESID 00', async () => {
  const host = await withTurn(async (connection) => {
    await connection.sendFile({ path: host.outgoing('OUT', 'x') });
    await connection.logoff();
  });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
  await peer.expect('SFNA');
  peer.send(cd());
  await peer.expectEsid(0);
  assert.is(host.events.named('readyToSend').length, 1);
});

test('logoff while the client has the turn is noted, and honoured when it hands over', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const { connection } = await host.events.next('acceptConnection');
  await within(connection.logoff());
  await peer.expectSilence();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.equal(host.events.named('readyToSend'), []);
});

test('logoff behind queued files: they are sent first', async () => {
  const host = await withTurn(async (connection) => {
    const path = host.outgoing('OUT', 'x');
    const files = ['ONE', 'TWO'].map((virtualFileName) => connection.sendFile({ path, virtualFileName }));
    const left = connection.logoff();
    await Promise.all([...files, left]);
  });
  const { peer } = await host.session();
  peer.send(cd());
  for (const name of ['ONE', 'TWO']) assert.is((await receive(peer)).sfid.fields['dsn'], name.padEnd(26));
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
});

test('B-121 changeDirection sends one octet, and readyToSend is false', async () => {
  const decided = gate();
  const host = await withTurn(async (connection) => {
    await connection.sendFile({ path: host.outgoing('OUT', 'x') });
    await connection.changeDirection();
    assert.is(connection.readyToSend, false);
    await decided.opened;
  });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  assert.is((await peer.expect('CD')).octets.toString('latin1'), 'R');
  await transfer(peer, sample(10));
  decided.open();
});

test('changeDirection without the turn, straight after the client’s CD and after the end is error 671', async () => {
  const codes: unknown[] = [];
  const attempt = async (connection: OFTPConnection) => {
    codes.push((await outcomeOf(connection.changeDirection())).error?.code);
  };
  const host = await withTurn(attempt);
  const { peer } = await host.session();
  const { connection } = await host.events.next('acceptConnection');
  await attempt(connection);
  peer.send(cd());
  await peer.expectEsid(0);
  await host.events.next('disconnected');
  await attempt(connection);
  assert.equal(codes, [671, 671, 671]);
});

test('B-122 a session both ways needs no manual CD', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await receive(peer);
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  assert.equal(host.events.named('error'), []);
});

test('B-085 sendFile while the client has the turn rejects with 687; nothing goes out', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const { connection } = await host.events.next('acceptConnection');
  const { error } = await outcomeOf(connection.sendFile({ path: host.outgoing('OUT', 'x') }));
  assert.is(error?.code, 687);
  assert.match(error?.message ?? '', 'readyToSend');
  await peer.expectSilence();
});

test('sendFile after the end rejects with 687', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const { connection } = await host.events.next('acceptConnection');
  peer.end();
  await host.events.next('disconnected');
  assert.is((await outcomeOf(connection.sendFile({ path: host.outgoing('OUT', 'x') }))).error?.code, 687);
});

// covers: transfer.direction
test('B-058 B-155 B-157 B-158 B-204 B-212 B-236 B-239 the events of a sent file, and the fields of its SFID', async () => {
  const told: string[] = [];
  const { host } = await serverThatSends({
    names: ['ORDERS'],
    octets: sample(5000),
    file: { destination: 'O0013BRANCH' },
  });
  host.server.on('startTransfer', ({ direction }) => void told.push(`start ${direction}`));
  host.server.on('transfer', ({ direction, text }) => void told.push(`transfer ${direction} ${text.length}`));
  host.server.on('endTransfer', ({ direction, fileSize }) => void told.push(`end ${direction} ${fileSize}`));
  const { peer } = await host.session();
  peer.send(cd());
  const { fields } = (await receive(peer)).sfid;
  assert.is(fields['dsn'], 'ORDERS'.padEnd(26));
  assert.is(fields['dest'], 'O0013BRANCH'.padEnd(25));
  assert.is(fields['orig'], HUB.code.padEnd(25));
  await peer.expect('CD');
  assert.equal(
    [told[0], new Set(told.slice(1, -1)), told.at(-1)],
    ['start sent', new Set(['transfer sent 0']), 'end sent 5000'],
  );
});

test('B-237 C-11 localFile of startTransfer says nothing about a file that is sent', async () => {
  const { host } = await serverThatSends({ octets: sample(10) });
  host.server.on('startTransfer', (event) => {
    event.localFile = host.outgoing('OTHER', sample(20));
  });
  const { peer } = await host.session();
  peer.send(cd());
  assert.equal(contentOf((await receive(peer)).data), sample(10));
  assert.match((await host.events.next('endTransfer')).localFile, /OUT$/);
});

test('B-155 B-157 without destination and name: the client’s code and the base name in capitals', async () => {
  const host = await withTurn((connection) => connection.sendFile({ path: host.outgoing('orders.edi', 'x') }));
  const { peer } = await host.session();
  peer.send(cd());
  const { fields } = (await receive(peer)).sfid;
  assert.is(fields['dsn'], 'ORDERS.EDI'.padEnd(26));
  assert.is(fields['dest'], PARTNER.code.padEnd(25));
});

test('B-313 serverSfidCode of the connection is SFIDORIG', async () => {
  const host = await withTurn((connection) => {
    host.server.config(`ServerSFIDCode[${connection.id}]=O0013PLANT`);
    return connection.sendFile({ path: host.outgoing('OUT', 'x') });
  });
  const { peer } = await host.session();
  peer.send(cd());
  assert.is((await receive(peer)).sfid.fields['orig'], 'O0013PLANT'.padEnd(25));
});

test('B-159 sendFile settles with EFPA, not before', async () => {
  const { host, outcomes } = await serverThatSends();
  let settled = false;
  const done = outcomes().then((all) => {
    settled = true;
    return all;
  });
  const { peer } = await host.session();
  peer.send(cd());
  await receiveUpToEfid(peer);
  await peer.expectSilence();
  assert.not(settled);
  peer.send(efpa());
  const [outcome] = await done;
  assert.is((outcome?.value as { fileSize: number } | undefined)?.fileSize, 100);
});

for (const [name, answer, codes] of [
  ['SFNA', sfna(5, 6, 'Y', 'at most 1 MB'), { reasonCode: 6, retry: true, reasonText: 'at most 1 MB' }],
  ['SFNA', sfna(5, 13, 'N'), { reasonCode: 13, retry: false, reasonText: 'duplicate file' }],
  ['EFNA', efna(5, 22), { reasonCode: 22, retry: true, reasonText: 'file decryption failed' }],
] as const) {
  test(`B-400 ${name} ${codes.reasonCode}: error 687 with reason, retry and text, and Retry[id] says so`, async () => {
    const { host, outcomes } = await serverThatSends();
    const { peer } = await host.session();
    const { connection } = await host.events.next('acceptConnection');
    peer.send(cd());
    if (name === 'SFNA') await peer.expect('SFID');
    else await receiveUpToEfid(peer);
    peer.send(answer);
    const [{ error } = {}] = await outcomes();
    const { code, reasonCode, retry, reasonText, message = '' } = error ?? {};
    assert.equal({ code, reasonCode, retry, reasonText }, { code: 687, ...codes });
    assert.match(message, codes.reasonText);
    assert.is(connection.config('Retry'), codes.retry ? 'True' : 'False');
    const ended = await host.events.next('endTransfer');
    assert.equal([ended.reasonCode, ended.reasonText], [codes.reasonCode, codes.reasonText]);
  });
}

for (const [row, options, code] of [
  ['B-392', { path: '/no/such/file' }, 679],
  ['B-393', { virtualFileDate: 'abc' }, 680],
  ['B-391', { userData: 'NINELONG!' }, 678],
  ['B-157', { virtualFileName: 'X'.repeat(27) }, 10022],
  ['', { destination: 'X'.repeat(26) }, 10022],
  ['', { format: 'fixed' }, 10022],
  ['', { format: 'text', maxRecordSize: 80 }, 10022],
] as const satisfies readonly (readonly [string, Partial<SendFileOptions>, number])[]) {
  test(`B-219 ${row} sendFile with ${JSON.stringify(options)} rejects with ${code}; nothing is offered`, async () => {
    const { host, outcomes } = await serverThatSends({ file: options });
    const { peer } = await host.session();
    peer.send(cd());
    await peer.expectEsid(0);
    const [{ error } = {}] = await outcomes();
    assert.is(error?.code, code);
    assert.equal(host.events.named('error'), [], 'what a call reports is no event');
  });
}

test('B-310 SendCDAfterEFPA off: CD after a file only when EFPA asks for it', async () => {
  const { host } = await serverThatSends({ names: ['ONE', 'TWO'] });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await receive(peer, { answer: efpa('Y') });
  await peer.expect('CD');
});

test('B-310 EFPA with the wish for the turn between two files: CD, and the second file waits for the next turn', async () => {
  const { host, outcomes } = await serverThatSends({ names: ['ONE', 'TWO'] });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer, { answer: efpa('Y') });
  await peer.expect('CD');
  peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
  await peer.expect('SFNA');
  peer.send(cd());
  assert.is((await receive(peer)).sfid.fields['dsn'], 'TWO'.padEnd(26));
  assert.equal(
    (await outcomes()).map(({ error }) => error),
    [undefined, undefined],
  );
});

test('B-311 SendCDAfterEFPA on: CD behind each file', async () => {
  const { host } = await serverThatSends({ names: ['ONE', 'TWO'], config: ['SendCDAfterEFPA=True'] });
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
  await peer.expect('SFNA');
  peer.send(cd());
  assert.is((await receive(peer)).sfid.fields['dsn'], 'TWO'.padEnd(26));
  await peer.expect('CD');
});

test('a handler of readyToSend that throws: error, and the turn goes back', async () => {
  const host = await withTurn(() => Promise.reject(new Error('no orders')));
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.match((await host.events.next('error')).description, 'no orders');
});

test('a handler of startTransfer that throws cancels the file: sendFile rejects, nothing is offered', async () => {
  const { host, outcomes } = await serverThatSends();
  host.server.on('startTransfer', () => {
    throw new Error('not today');
  });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  const [{ error } = {}] = (await outcomes()) as readonly Outcome<unknown>[];
  assert.match(error?.message ?? '', 'not today');
});

test('a session that ends in the middle of a file: sendFile rejects, and so does what is queued', async () => {
  const { host, outcomes } = await serverThatSends({ names: ['ONE', 'TWO'] });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.reset();
  assert.equal(
    (await outcomes()).map(({ error }) => error?.code),
    [687, 687],
  );
});

test.run();

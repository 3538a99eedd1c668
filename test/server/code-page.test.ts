/** The setting CodePage, on the wire and in files: rows B-379, B-380. Octets of EBCDIC are literal. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer, type SendFileOptions } from '../../src/index.js';
import { SqlStore } from '../../src/store/sql-store.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf } from '../support/received.js';
import { refusal } from '../support/refusal.js';
import { open, receive, receiveUpToEfid, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, sfna } from '../support/wire.js';

test.after.each(cleanUp);

/** `UNB+[Ä]` and CR LF, in code page 500 and in UTF-8. */
const EBCDIC = Buffer.from('e4d5c24e4a635a0d25', 'hex');
const TEXT = Buffer.from('UNB+[Ä]\r\n');

test('B-379 B-380 CodePage is 65001, takes what there are tables for, and refuses the rest', () => {
  const server = new OFTPServer();
  assert.is(server.config('CodePage'), '65001');
  server.config('CodePage=037');
  assert.is(server.config('CodePage'), '37');
  refusal(() => server.config('CodePage=12345'), 10022, 'It takes one of 37, 437,');
  refusal(() => server.config('CodePage=709'), 10022, 'CodePage cannot be 709');
  assert.is(server.codePage, 37);
});

/** Sends a text in a turn of the server; the peer answers the offer by `answer`. */
async function sends(content: Uint8Array, file: Partial<SendFileOptions> = {}, config = ['CodePage=500']) {
  const sending = await serverThatSends({ octets: content, config, file: { format: 'text', ...file } });
  const { peer } = await sending.host.session({ rest: 'Y' });
  peer.send(cd());
  return { ...sending, peer };
}

test('CodePage=500: a text file goes out in EBCDIC, and EFID counts those octets', async () => {
  const { peer, outcomes } = await sends(TEXT);
  const { sfid, data: buffers, efid: end } = await receive(peer);
  assert.is(sfid.fields['fmt'], 'T');
  assert.equal(contentOf(buffers), EBCDIC);
  assert.is(Number(end.fields['ucnt']), EBCDIC.length);
  const [outcome] = await outcomes();
  assert.is(outcome?.error, undefined);
});

test('CodePage=500: what is not format text goes out as it is', async () => {
  const { peer } = await sends(TEXT, { format: 'unstructured' });
  assert.equal(contentOf((await receive(peer)).data), TEXT);
});

test('CodePage=65001: text is not looked at, be it UTF-8 or not', async () => {
  const latin1 = Buffer.from('UNB+[\xc4]\r\n', 'latin1');
  const { peer } = await sends(latin1, {}, []);
  assert.equal(contentOf((await receive(peer)).data), latin1);
});

test('a text of several blocks is the same in EBCDIC, with characters across their borders', async () => {
  const lines = `${'ä'.repeat(1000)}\r\n`.repeat(200);
  const { peer } = await sends(Buffer.from(lines), { restart: 0 });
  const content = contentOf((await receive(peer)).data);
  const line = Buffer.concat([Buffer.alloc(1000, 0x43), Buffer.from([0x0d, 0x25])]);
  assert.equal(content, Buffer.concat(Array<Buffer>(200).fill(line)));
});

test('a restart goes on in the octets that are sent, with the stamp of the first attempt', async () => {
  const text = Buffer.from(`${'ä'.repeat(1000)}\r\n`.repeat(3));
  let path = '';
  const host = await TestServer.start({
    config: ['CodePage=500'],
    on: {
      readyToSend: async ({ connection }) => {
        path ||= host.outgoing('OUT', text);
        await connection.sendFile({ path, format: 'text' }).catch(() => {});
      },
    },
  });
  const first = await host.session({ rest: 'Y' });
  first.peer.send(cd());
  const { sfid, data: buffers } = await receiveUpToEfid(first.peer);
  const whole = contentOf(buffers);
  first.peer.reset();
  await host.events.next('endTransfer');
  const second = await host.session({ rest: 'Y' });
  second.peer.send(cd());
  const again = await receiveUpToEfid(second.peer, { position: 1 });
  for (const field of ['date', 'time', 'fsiz']) assert.is(again.sfid.fields[field], sfid.fields[field], field);
  assert.equal(contentOf(again.data), whole.subarray(1024));
});

for (const [what, content, words] of [
  ['a character that the code page has not', Buffer.from('first\r\nsecond €\r\n'), 'in line 2 the character U+20AC'],
  ['what is not UTF-8', Buffer.from('UNB+[\xc4]\r\n', 'latin1'), 'it is not UTF-8'],
  ['a line of 2049 octets', Buffer.alloc(2049, 0x41), 'line 1 is longer'],
] as const) {
  test(`CodePage=500: ${what} is error 679, and no file is offered`, async () => {
    const temp = temporaryFolder();
    const { peer, outcomes } = await sends(content, {}, ['CodePage=500', `TempPath=${temp}`]);
    const [outcome] = await outcomes();
    assert.is(outcome?.error?.code, 679);
    assert.match(outcome?.error?.message ?? '', words);
    await peer.expect('ESID', { reas: '00' });
    for (const folder of readdirSync(temp)) assert.equal(readdirSync(`${temp}/${folder}`), []);
  });
}

test('B-317 the copy in EBCDIC stands in TempPath while it is sent, and is gone afterwards', async () => {
  const temp = temporaryFolder();
  const { peer, outcomes } = await sends(TEXT, {}, ['CodePage=500', `TempPath=${temp}`]);
  await peer.expect('SFID');
  const [folder = ''] = readdirSync(temp);
  assert.is(readdirSync(`${temp}/${folder}`).length, 1);
  peer.send(sfna(5, 1));
  await outcomes();
  assert.equal(readdirSync(`${temp}/${folder}`), []);
});

async function receiver(
  options: Parameters<typeof TestServer.start>[0] = {},
): Promise<{ host: TestServer; peer: RawPeer }> {
  const host = await TestServer.start({ config: ['CodePage=500'], ...options });
  const { peer } = await host.session({ rest: 'Y' });
  return { host, peer };
}

test('CodePage=500: a received text file stands in UTF-8, other files as they came', async () => {
  const { host, peer } = await receiver();
  await transfer(peer, EBCDIC, { dsn: 'TEXT', fmt: 'T' });
  await transfer(peer, EBCDIC, { dsn: 'BINARY', fmt: 'U' });
  assert.equal(host.content('TEXT'), TEXT);
  assert.equal(host.content('BINARY'), EBCDIC);
});

test('a connection has a code page of its own', async () => {
  const { host, peer } = await receiver({
    config: [],
    on: {
      acceptConnection: ({ connection }) => {
        connection.config('CodePage=1200');
      },
    },
  });
  await transfer(peer, Buffer.from(TEXT.toString(), 'utf16le'), { fmt: 'T' });
  assert.equal(host.content('TESTFILE'), TEXT);
});

test('a text file to relay stays as it came', async () => {
  const { host, peer } = await receiver({
    on: {
      acceptFile: (event) => {
        event.accept = true;
      },
    },
  });
  await transfer(peer, EBCDIC, { fmt: 'T', dest: 'O0013ELSEWHERE' });
  assert.equal(host.content('TESTFILE'), EBCDIC);
});

test('a stream gets UTF-8 as well, and its end', async () => {
  const stream = new PassThrough();
  const { peer } = await receiver({
    config: ['CodePage=932'],
    on: {
      acceptFile: (event) => {
        event.stream = stream;
      },
    },
  });
  const text = stream.toArray();
  await open(peer, { fmt: 'T' });
  peer.send(data(Buffer.from('93fa96', 'hex')), data(Buffer.from('7b', 'hex')), efid(5, { ucnt: 4 }));
  await peer.expect('EFPA');
  assert.is(Buffer.concat(await text).toString(), '日本');
});

test('octets that are no character of the code page are EFNA 99, which says so, and leave nothing', async () => {
  for (const octets of ['41e1', '4141']) {
    const { host, peer } = await receiver({ config: ['CodePage=875'] });
    await open(peer, { fmt: 'T' });
    peer.send(data(Buffer.from(octets, 'hex')), efid(5, { ucnt: 2 }));
    if (octets === '4141') {
      await peer.expect('EFPA');
      continue;
    }
    const { fields } = await peer.expect('EFNA', { reas: '99' });
    assert.match(fields['text'] ?? '', 'no character of code page 875');
    assert.equal(host.delivered(), []);
    assert.not.ok(existsSync(`${host.inbox}/TESTFILE`));
  }
});

test('a text file that was interrupted goes on, and is converted as a whole', async () => {
  const wire = Buffer.concat(Array<Buffer>(300).fill(EBCDIC));
  const { host, peer } = await receiver();
  await open(peer, { fmt: 'T', fsiz: 3 });
  peer.send(data(wire.subarray(0, 1500)));
  peer.end();
  await host.events.next('endTransfer');
  const { peer: again } = await host.session({ rest: 'Y' });
  const { fields } = await open(again, { fmt: 'T', fsiz: 3, rest: 1 });
  assert.is(Number(fields['acnt']), 1);
  again.send(data(wire.subarray(1024)), efid(5, { ucnt: wire.length }));
  await again.expect('EFPA');
  assert.equal(host.content('TESTFILE'), Buffer.concat(Array<Buffer>(300).fill(TEXT)));
});

test('a signed end response to a converted file has the hash of what was transmitted', async () => {
  let hash = '';
  const { host, peer } = await receiver({
    on: {
      endTransfer: (event) => {
        hash = (event as unknown as { fileHash: string }).fileHash;
      },
    },
  });
  host.server.certificate = own('alice');
  await transfer(peer, EBCDIC, { fmt: 'T', sign: 'Y', ciph: 4 });
  peer.send(cd());
  const { fields } = await peer.expect('EERP');
  const expected = createHash('sha256').update(EBCDIC).digest();
  assert.is(hash, expected.toString('base64'));
  assert.equal(Buffer.from(fields['hash'] ?? '', 'latin1'), expected);
});

test('a converted file that is taken up after a crash still has the hash of what was transmitted', async () => {
  const statePath = temporaryFolder();
  const hash = createHash('sha256').update(EBCDIC).digest();
  const store = await SqlStore.open(statePath);
  const fields = { fmt: 'T', lrecl: 0, sec: 0, ciph: 4, comp: 0, env: 0, sign: true, fsiz: 1, osiz: 1 };
  await store.acknowledge({
    partner: PARTNER.code,
    name: 'TEXT',
    date: '20240229',
    time: '1234560001',
    destination: HUB.code,
    originator: PARTNER.code,
    localFile: '/somewhere/TEXT',
    size: EBCDIC.length,
    level: 5,
    userData: '',
    description: '',
    attributes: JSON.stringify({
      ...fields,
      hash: hash.toString('base64'),
      relayed: false,
      overwrite: false,
      enveloped: false,
    }),
  });
  await store.close();
  const host = await TestServer.start({ settings: { statePath } });
  host.server.certificate = own('alice');
  const { peer } = await host.session();
  peer.send(cd());
  const eerp = await peer.expect('EERP');
  assert.equal(Buffer.from(eerp.fields['hash'] ?? '', 'latin1'), hash);
});

test.run();

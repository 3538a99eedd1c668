/** Receiving secured files, made by OpenSSL, through the public API: RFC 5024 §5.3.5, §5.3.10, §5.3.14, §6. */
import { readdirSync } from 'node:fs';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, text } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import type { RawPeer } from '../support/peer.js';
import type { Received } from '../support/received.js';
import { open, sample, transfer } from '../support/scenario.js';
import { expectBob, type Making, made } from '../support/secured.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, dataBuffers, efid, rtr, type SfidFields, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(50_000);

/** A hub that is alice, with bob as partner. */
async function hub({ on, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const host = await TestServer.start({ ...options, on: { acceptConnection: expectBob, ...on } });
  host.server.certificate = own('alice');
  return host;
}

/** Hands over the turn and takes the one end response. */
async function answer(peer: RawPeer): Promise<Received> {
  peer.send(cd());
  const response = await peer.expectOneOf('EERP', 'NERP');
  peer.send(rtr());
  await peer.expect('CD');
  return response;
}

/** Sends a secured file, which is acknowledged; gives its end response. */
async function sent(host: TestServer, octets: Uint8Array, fields: SfidFields): Promise<Received> {
  const { peer } = await host.session();
  await transfer(peer, octets, { env: 1, ...fields });
  return answer(peer);
}

function fieldsOf({ signer, recipient, compress }: Making): SfidFields {
  const sec = (recipient === undefined ? 0 : 1) + (signer === undefined ? 0 : 2);
  return { sec, ciph: sec === 0 ? 0 : 4, comp: compress ? 1 : 0, env: 1 };
}

const MAKINGS: readonly Making[] = [
  { recipient: 'alice' },
  { recipient: 'alice', cipher: '-des3' },
  { recipient: 'alice', cipher: '-aes128', stream: true },
  { signer: 'bob' },
  { signer: 'bob', hash: 'sha1' },
  { signer: 'bob', hash: 'sha512', stream: true },
  { signer: 'bob', hash: 'sha3-512' },
  { signer: 'bob', more: [] },
  { compress: true },
  { signer: 'bob', compress: true },
  { recipient: 'alice', compress: true },
  { signer: 'bob', recipient: 'alice' },
  { signer: 'bob', recipient: 'alice', compress: true, stream: true },
];

for (const making of MAKINGS) {
  test(`C-287 C-289 C-292 C-296 B-266 ${JSON.stringify(making)} is unwrapped`, async () => {
    const host = await hub();
    const response = await sent(host, await made(CONTENT, making), fieldsOf(making));
    assert.is(response.name, 'EERP');
    assert.equal(host.content('TESTFILE'), CONTENT);
    assert.equal(readdirSync(host.inbox), ['TESTFILE'], 'nothing hidden is left');
    const [ended] = host.events.named('endTransfer');
    assert.is(ended?.fileSize, CONTENT.length);
    assert.is(ended?.reasonCode, 0);
    assert.equal(host.events.named('error'), []);
  });
}

for (const ciph of [1, 2, 3, 4, 5, 6, 7]) {
  test(`C-119 suite 0${ciph} is accepted, with what its name promises`, async () => {
    const cipher = [1, 3, 5].includes(ciph) ? '-des3' : '-aes256';
    const hash = ciph < 3 ? 'sha1' : ciph < 5 ? 'sha256' : ciph < 7 ? 'sha512' : 'sha3-512';
    const host = await hub();
    const octets = await made(CONTENT, { signer: 'bob', recipient: 'alice', cipher, hash });
    assert.is((await sent(host, octets, { sec: 3, ciph })).name, 'EERP');
    assert.equal(host.content('TESTFILE'), CONTENT);
  });
}

test('B-070 B-097 B-119 what was used is known in endTransfer, also while the next file is on its way', async () => {
  const seen: unknown[] = [];
  const host = await hub({
    on: {
      endTransfer: ({ connection, virtualFileName }) => {
        const { security, compressed, encryption, signedReceipt } = connection.incoming!;
        seen.push([virtualFileName, security, compressed, encryption, signedReceipt]);
        seen.push(connection.config('ReceivedFileEncryptionAlg'));
      },
    },
  });
  const { peer } = await host.session();
  const octets = await made(CONTENT, { signer: 'bob', recipient: 'alice', compress: true, cipher: '-des3' });
  await transfer(peer, octets, { dsn: 'ONE', sec: 3, ciph: 3, comp: 1, env: 1, sign: 'Y' });
  await transfer(peer, CONTENT, { dsn: 'TWO' });
  peer.send(cd());
  const first = await peer.expect('EERP');
  peer.send(rtr());
  const second = await peer.expect('EERP');
  assert.equal([first.fields['dsn']!.trim(), second.fields['dsn']!.trim()].sort(), ['ONE', 'TWO']);
  const of = (name: string) => seen.findIndex((entry) => Array.isArray(entry) && entry[0] === name);
  assert.equal(seen[of('ONE')], ['ONE', 'encryptedAndSigned', true, '3des', true]);
  assert.is(seen[of('ONE') + 1], '0');
  assert.equal(seen[of('TWO')], ['TWO', 'none', false, null, false]);
  assert.is(seen[of('TWO') + 1], '');
});

/** Damaged or wrong files, and the NERP and EFNA reasons for them. */
const FAILURES: readonly [string, () => Promise<Uint8Array>, SfidFields, nerp: string, efna: string, code: number][] = [
  ['plain octets said to be signed', async () => CONTENT, { sec: 2, ciph: 4 }, '31', '21', 683],
  ['plain octets said to be encrypted', async () => CONTENT, { sec: 1, ciph: 4 }, '33', '22', 684],
  ['plain octets said to be compressed', async () => CONTENT, { comp: 1 }, '32', '23', 684],
  ['an empty file said to be signed', async () => Buffer.alloc(0), { sec: 2, ciph: 4 }, '31', '21', 683],
  ['a file for somebody else', () => made(CONTENT, { recipient: 'carol' }), { sec: 1, ciph: 4 }, '33', '22', 684],
  [
    "a stranger's signature with his certificate inside (C-292)",
    () => made(CONTENT, { signer: 'carol', more: [] }),
    { sec: 2, ciph: 4 },
    '31',
    '21',
    683,
  ],
  [
    'a signed file with one octet changed',
    async () => flipped(await made(CONTENT, { signer: 'bob' }), 1000),
    { sec: 2, ciph: 4 },
    '31',
    '21',
    683,
  ],
  [
    'an encrypted file that is cut',
    async () => (await made(CONTENT, { recipient: 'alice' })).subarray(0, 20_000),
    { sec: 1, ciph: 4 },
    '33',
    '22',
    684,
  ],
  [
    'signed and then encrypted, one octet of the ciphertext changed',
    async () => flipped(await made(CONTENT, { signer: 'bob', recipient: 'alice' }), 30_000),
    { sec: 3, ciph: 4 },
    '31',
    '21',
    683,
  ],
  [
    'compressed and then signed',
    async () => fixture('cms/compress-then-sign.cms'),
    { sec: 2, ciph: 4, comp: 1 },
    '32',
    '23',
    684,
  ],
  ['a bomb (C-295)', async () => fixture('cms/bomb.cms'), { comp: 1 }, '32', '23', 684],
];

function flipped(octets: Buffer, at: number): Buffer {
  octets[at]! ^= 1;
  return octets;
}

for (const [name, make, fields, nerp, efna, code] of FAILURES) {
  test(`C-299 B-265 B-397 ${name} is NERP ${nerp}, error ${code}, and leaves nothing`, async () => {
    const host = await hub();
    const response = await sent(host, await make(), fields);
    assert.is(response.name, 'NERP');
    assert.is(response.fields['reas'], nerp);
    assert.equal(readdirSync(host.inbox), []);
    const [ended] = host.events.named('endTransfer');
    assert.is(ended?.reasonCode, Number(nerp));
    assert.is(ended?.localFile, '');
    assert.is(host.events.named('error')[0]?.errorCode, code);
  });

  test(`C-205 ${name} is EFNA ${efna} where it is unwrapped in the session`, async () => {
    const host = await hub({ config: ['UnwrapInSession=1000000'] });
    const { peer } = await host.session();
    const octets = await make();
    await open(peer, { env: 1, ...fields });
    peer.send(...dataBuffers(octets), efid(5, { ucnt: octets.length }));
    await peer.expect('EFNA', { reas: efna });
    await host.events.next('endTransfer');
    assert.equal(readdirSync(host.inbox), []);
    peer.send(cd());
    await peer.expectEsid(0);
  });
}

test('B-264 DeleteOnError=False leaves the octets as they were transmitted', async () => {
  const host = await hub({ config: ['DeleteOnError=False'] });
  const octets = flipped(await made(CONTENT, { signer: 'bob' }), 1000);
  assert.is((await sent(host, octets, { sec: 2, ciph: 4 })).fields['reas'], '31');
  assert.equal(readdirSync(host.inbox), ['TESTFILE']);
  assert.equal(host.content('TESTFILE'), octets);
  assert.match(host.events.named('endTransfer')[0]!.localFile, 'TESTFILE');
});

test('in the session: small files are published before EFPA, larger ones are not waited for', async () => {
  const host = await hub({ config: ['UnwrapInSession=100000'] });
  const { peer } = await host.session();
  const octets = await made(CONTENT, { signer: 'bob', recipient: 'alice' });
  await transfer(peer, octets, { sec: 3, ciph: 4, env: 1, fsiz: 50 });
  assert.equal(host.content('TESTFILE'), CONTENT);
  assert.is((await answer(peer)).name, 'EERP');
  assert.equal(readdirSync(host.inbox), ['TESTFILE']);
});

for (const [fields, reason, config] of [
  [{ sec: 1, ciph: 2, env: 1 }, '16', 'EncryptedFiles=2'],
  [{ sec: 2, ciph: 2, env: 1 }, '17', 'EncryptedFiles=1'],
  [{ comp: 1, env: 1 }, '18', 'CompressedFiles=2'],
  [{ sec: 2, ciph: 2, env: 1 }, '19', 'SignedFiles=2'],
  [{ sec: 1, ciph: 2, env: 1 }, '20', 'SignedFiles=1'],
  [{ sec: 3, ciph: 77, env: 1 }, '15', 'LogLevel=1'],
  [{ sec: 1, ciph: 0, env: 1 }, '15', 'LogLevel=1'],
  [{ sign: 'Y', ciph: 0 }, '15', 'LogLevel=1'],
  [{ sec: 1, ciph: 2, env: 0 }, '99', 'LogLevel=1'],
  [{ comp: 1, env: 0 }, '99', 'LogLevel=1'],
  [{ sec: 2, ciph: 2, env: 1, fmt: 'V', lrecl: 70_000 }, '05', 'LogLevel=1'],
] as const) {
  test(`C-113 C-120 C-124 C-126 ${JSON.stringify(fields)} is SFNA ${reason} under ${config}`, async () => {
    const host = await hub({ config: [config] });
    const { peer } = await host.session();
    peer.send(sfid(5, fields));
    await peer.expect('SFNA', { reas: reason, rrtr: 'N' });
  });
}

for (const [fields, reason] of [
  [{ sec: 1, ciph: 4, env: 1 }, '16'],
  [{ sec: 2, ciph: 4, env: 1 }, '19'],
] as const) {
  test(`without its certificate ${JSON.stringify(fields)} is SFNA ${reason} and error 689`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, fields));
    await peer.expect('SFNA', { reas: reason });
    assert.is(host.events.named('error')[0]?.errorCode, 689);
  });
}

test('B-059 B-093 C-302 for another station: the octets stay as they are, no checks, no end response', async () => {
  const host = await hub({
    on: {
      acceptFile: (event) => {
        event.accept = true;
      },
    },
    config: ['SignedFiles=1'],
  });
  const { peer } = await host.session();
  const octets = await made(CONTENT, { recipient: 'carol' });
  await transfer(peer, octets, { dest: 'O0013OTHER', sec: 1, ciph: 77, env: 1, sign: 'Y' });
  assert.equal(host.content('TESTFILE'), octets);
  peer.send(cd());
  await peer.expectEsid(0);
});

test('a stream gets the content, before the acknowledgement', async () => {
  const pieces: Buffer[] = [];
  const tempPath = temporaryFolder();
  const host = await hub({
    settings: { tempPath },
    on: {
      acceptFile: (event) => {
        event.stream = new Writable({
          write(piece: Buffer, _encoding, done) {
            pieces.push(Buffer.from(piece));
            done();
          },
        });
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, await made(CONTENT, { signer: 'bob', recipient: 'alice' }), { sec: 3, ciph: 4, env: 1 });
  assert.equal(Buffer.concat(pieces), CONTENT);
  assert.is((await answer(peer)).name, 'EERP');
  assert.equal(readdirSync(tempPath), []);
});

test('the previous key still decrypts, the previous certificate still verifies', async () => {
  const host = await hub({
    on: {
      acceptConnection: ({ connection }) => {
        connection.certificates.decryption = [own('carol'), own('alice')];
        connection.recipientCertificates.signatureVerification = [known('carol'), known('bob')];
      },
    },
  });
  const octets = await made(CONTENT, { signer: 'bob', recipient: 'alice' });
  assert.is((await sent(host, octets, { sec: 3, ciph: 4 })).name, 'EERP');
});

test('C-297 a V file: each record behind its length inside, one line outside', async () => {
  const records = Buffer.from('\x00\x02AB\x00\x00\x00\x03CDE', 'latin1');
  const host = await hub();
  const octets = await made(records, { signer: 'bob' });
  assert.is((await sent(host, octets, { sec: 2, ciph: 4, fmt: 'V', lrecl: 80 })).name, 'EERP');
  assert.equal(host.content('TESTFILE').toString(), 'AB\r\n\r\nCDE\r\n');
});

test('C-195 the record count of an envelope means nothing', async () => {
  const host = await hub();
  const { peer } = await host.session();
  const octets = await made(Buffer.from('\x00\x01A', 'latin1'), { signer: 'bob' });
  await open(peer, { sec: 2, ciph: 4, env: 1, fmt: 'V', lrecl: 80 });
  peer.send(...dataBuffers(octets), efid(5, { rcnt: 1, ucnt: octets.length }));
  await peer.expect('EFPA');
});

test('a V file whose content is in no records is NERP 34', async () => {
  const host = await hub();
  const octets = await made(Buffer.from('\x00\x05A', 'latin1'), { signer: 'bob' });
  assert.is((await sent(host, octets, { sec: 2, ciph: 4, fmt: 'V', lrecl: 80 })).fields['reas'], '34');
  assert.equal(readdirSync(host.inbox), []);
});

test('C-301 EFPA does not wait for the unwrapping, nor do the files that follow', async () => {
  const host = await hub();
  const { peer } = await host.session();
  const octets = await made(sample(3_000_000), { signer: 'bob', recipient: 'alice', compress: true });
  const fields = { sec: 3, ciph: 4, comp: 1, env: 1, fsiz: 2930 };
  for (const dsn of ['ONE', 'TWO', 'THREE']) await transfer(peer, octets, { dsn, ...fields });
  peer.send(cd());
  for (let responses = 0; responses < 3; responses++) {
    await peer.expect('EERP');
    peer.send(rtr());
  }
  await peer.expect('CD');
  assert.equal(host.delivered(), ['ONE', 'THREE', 'TWO']);
});

test('EndResponseTurn=1: the response is ready when EFPA asks for the turn', async () => {
  const host = await hub({ config: ['EndResponseTurn=1'] });
  const { peer } = await host.session();
  const efpa = await transfer(peer, await made(CONTENT, { signer: 'bob' }), { sec: 2, ciph: 4, env: 1 });
  assert.is(efpa.fields['cd'], 'Y');
  peer.send(cd());
  await peer.expect('EERP');
});

test('an acknowledged file is finished without the partner; its response waits for his next session', async () => {
  const host = await hub();
  const { peer } = await host.session();
  await transfer(peer, await made(CONTENT, { signer: 'bob', recipient: 'alice' }), { sec: 3, ciph: 4, env: 1 });
  peer.reset();
  await host.events.next('endTransfer');
  assert.equal(host.content('TESTFILE'), CONTENT);
  const again = await host.session();
  assert.is((await answer(again.peer)).name, 'EERP');
});

test('what has to wait for its certificate is finished in the next session, as replayed', async () => {
  let missing = true;
  const host = await hub({
    on: {
      acceptConnection: ({ connection }) => {
        connection.recipientCertificate = known('bob');
      },
      acceptFile: ({ connection }) => {
        if (missing) queueMicrotask(() => (connection.recipientCertificate = null));
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, await made(CONTENT, { signer: 'bob' }), { sec: 2, ciph: 4, env: 1 });
  assert.is((await host.events.next('error')).errorCode, 689);
  assert.equal(host.delivered(), []);
  peer.send(cd());
  await peer.expectEsid(0);
  missing = false;
  const again = await host.session();
  assert.is((await answer(again.peer)).name, 'EERP');
  assert.equal(host.content('TESTFILE'), CONTENT);
  const ended = host.events.named('endTransfer');
  assert.equal(
    ended.map((event) => (event as unknown as { replayed: boolean }).replayed),
    [true],
  );
});

test.run();

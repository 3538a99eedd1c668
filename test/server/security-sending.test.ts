/** Sending secured files through the public API, read by OpenSSL: RFC 5024 §5.3.3, §6, §10.2. Alice sends to bob. */
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendFileOptions, SentFile } from '../../src/index.js';
import { CIPHER_SUITES, type CipherSuite } from '../../src/security/suites.js';
import { opensslCms, text } from '../security/support.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import type { Outcome } from '../support/outcome.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf, type Received } from '../support/received.js';
import { type ReceivedFile, receive, sample } from '../support/scenario.js';
import { aliceSends, decompressed, decryptBy, expectBob, verifiedBy } from '../support/secured.js';
import type { SendingServer } from '../support/sending.js';
import type { TestServer } from '../support/server.js';
import { cd, cdt, eerp, efpa, sfna, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(100_000);
const blocks = (length: number): string => String(Math.ceil(length / 1024)).padStart(13, '0');

/** Lets the server send, and takes the file. */
async function taken(sending: SendingServer): Promise<{ peer: RawPeer; file: ReceivedFile; octets: Buffer }> {
  const { peer } = await sending.host.session({ rest: 'Y' });
  peer.send(cd());
  const file = await receive(peer);
  return { peer, file, octets: contentOf(file.data) };
}

/** Takes the layers off, as SFIDSEC and SFIDCOMP announce them. */
async function opened(octets: Buffer, { sec, comp }: Readonly<Record<string, string>>): Promise<Buffer> {
  let content = octets;
  if (sec === '01' || sec === '03') content = decryptBy('bob', content);
  if (comp === '1') content = await decompressed(content);
  if (sec === '02' || sec === '03') content = verifiedBy('alice', content);
  return content;
}

const sentBy = (outcome: Outcome<unknown> | undefined): SentFile => outcome?.value as SentFile;

const SERVICES: readonly [SendFileOptions['security'], boolean, string][] = [
  ['none', true, '00'],
  ['encrypted', false, '01'],
  ['encrypted', true, '01'],
  ['signed', false, '02'],
  ['signed', true, '02'],
  ['encryptedAndSigned', false, '03'],
  ['encryptedAndSigned', true, '03'],
];

for (const [security, compress, sec] of SERVICES) {
  test(`C-117 C-287 C-288 B-069 B-116 B-117 B-118 ${security}${compress ? ', compressed' : ''}`, async () => {
    const sending = await aliceSends({ security: security!, compress }, { octets: CONTENT });
    const { file, octets } = await taken(sending);
    const { fields } = file.sfid;
    assert.is(fields['sec'], sec);
    assert.is(fields['ciph'], sec === '00' ? '00' : '04');
    assert.is(fields['comp'], compress ? '1' : '0');
    assert.is(fields['env'], '1');
    assert.is(fields['sign'], 'N');
    assert.is(fields['fmt'], 'U');
    assert.is(fields['fsiz'], blocks(octets.length));
    assert.is(fields['osiz'], blocks(CONTENT.length));
    assert.is(file.efid.fields['rcnt'], '0'.repeat(17), 'C-195');
    assert.is(Number(file.efid.fields['ucnt']), octets.length);
    assert.equal(await opened(octets, fields), CONTENT);
    const [outcome] = await sending.outcomes();
    assert.is(sentBy(outcome).fileSize, CONTENT.length);
  });
}

const DIGESTS = { sha1: 'sha1', sha256: 'sha256', sha512: 'sha512', 'sha3-512': 'sha3-512' } as const;
const CIPHERS = { '3des': 'des-ede3-cbc', aes256: 'aes-256-cbc' } as const;
const printed = (octets: Uint8Array): string => opensslCms(['-cmsout', '-print', '-inform', 'DER'], octets).toString();

for (const { code, encryption, hash } of [...CIPHER_SUITES.values()].filter(isSent)) {
  test(`C-119 C-121 C-293 B-079 B-080 B-263 B-280 suite 0${code}: ${encryption} and ${hash}`, async () => {
    const options = { security: 'encryptedAndSigned', encryption, receiptHash: hash, signedReceipt: true } as const;
    const sending = await aliceSends(options, { octets: sample(5000) });
    const { file, octets } = await taken(sending);
    assert.is(file.sfid.fields['ciph'], `0${code}`);
    assert.is(file.sfid.fields['sign'], 'Y');
    assert.match(printed(octets), CIPHERS[encryption]);
    const signed = decryptBy('bob', octets);
    assert.match(printed(signed), DIGESTS[hash]);
    assert.equal(verifiedBy('alice', signed), sample(5000));
    const [outcome] = await sending.outcomes();
    assert.is(sentBy(outcome).fileHash, createHash(hash).update(octets).digest('base64'), 'C-227');
  });
}

function isSent({ padding }: CipherSuite): boolean {
  return padding === 'pkcs1';
}

test('one setting makes a partner one of suite 02; the file hash follows', async () => {
  const config = ['DefaultReceiptHashAlgorithm=0'];
  const sending = await aliceSends({ security: 'signed' }, { config });
  assert.is(sending.host.server.config('FileHashAlgorithm'), '0');
  const { file, octets } = await taken(sending);
  assert.is(file.sfid.fields['ciph'], '02');
  assert.match(printed(octets), 'sha1');
});

test('R-02 the hash of the file may differ from that of the suite', async () => {
  const sending = await aliceSends({ security: 'signed', receiptHash: 'sha1', fileHash: 'sha512' });
  const { file, octets } = await taken(sending);
  assert.is(file.sfid.fields['ciph'], '02');
  assert.match(printed(octets), 'sha512');
});

test('B-078 the encryption has no effect on a file that is not encrypted', async () => {
  const sending = await aliceSends({ encryption: '3des' }, { octets: CONTENT });
  const { file, octets } = await taken(sending);
  assert.is(file.sfid.fields['sec'], '00');
  assert.is(file.sfid.fields['ciph'], '00');
  assert.equal(octets, CONTENT);
});

test('B-094 C-122 a plain file with a signed receipt names the suite, and has a hash', async () => {
  const sending = await aliceSends({ signedReceipt: true, receiptHash: 'sha512' }, { octets: CONTENT });
  const { file, octets } = await taken(sending);
  const { sec, ciph, env, sign } = file.sfid.fields;
  assert.equal([sec, ciph, env, sign], ['00', '06', '0', 'Y']);
  assert.equal(octets, CONTENT);
  const [outcome] = await sending.outcomes();
  assert.is(sentBy(outcome).fileHash, createHash('sha512').update(CONTENT).digest('base64'));
});

test('B-114 R-12 a text file becomes unstructured by its envelope', async () => {
  const { file } = await taken(await aliceSends({ format: 'text', compress: true }));
  assert.is(file.sfid.fields['fmt'], 'U');
});

test('C-297 R-12 a V file keeps its format and has its record lengths inside', async () => {
  const options = { security: 'signed', format: 'variable', maxRecordSize: 80 } as const;
  const sending = await aliceSends(options, { octets: Buffer.from('AB\r\n\r\nCDE\r\n') });
  const { file, octets } = await taken(sending);
  assert.equal([file.sfid.fields['fmt'], file.sfid.fields['lrecl']], ['V', '00080']);
  assert.is(file.efid.fields['rcnt'], '0'.repeat(17));
  assert.equal(verifiedBy('alice', octets).toString('latin1'), '\0\x02AB\0\0\0\x03CDE');
});

test('the hash of a plain file of records is that of the octets that go out', async () => {
  const options = { signedReceipt: true, format: 'variable', maxRecordSize: 80 } as const;
  const sending = await aliceSends(options, { octets: Buffer.from('AB\r\n\r\nCDE\r\n') });
  const { octets } = await taken(sending);
  assert.is(octets.toString(), 'ABCDE');
  const [outcome] = await sending.outcomes();
  assert.is(sentBy(outcome).fileHash, createHash('sha256').update('ABCDE').digest('base64'));
});

test('connection.outgoing holds where the options are silent', async () => {
  const sending = await aliceSends(
    {},
    {
      octets: CONTENT,
      on: {
        acceptConnection: async (event) => {
          await expectBob(event);
          Object.assign(event.connection.outgoing, { security: 'encrypted', encryption: '3des', receiptHash: 'sha1' });
        },
      },
    },
  );
  const { file, octets } = await taken(sending);
  assert.is(file.sfid.fields['ciph'], '01');
  assert.equal(decryptBy('bob', octets), CONTENT);
});

test('C-292 the signer is inside only if asked for', async () => {
  for (const [included, config] of [
    [false, []],
    [true, ['IncludeSignerCertificate=True']],
  ] as const) {
    const { octets } = await taken(await aliceSends({ security: 'signed' }, { config }));
    assert.is(/certificates:\s+<ABSENT>/.test(printed(octets)), !included);
  }
});

test('C-291 several signers sign side by side, several recipients can decrypt', async () => {
  const sending = await aliceSends({ security: 'encryptedAndSigned' });
  sending.host.server.certificates.signing = [own('alice'), own('carol')];
  const { octets } = await taken(sending);
  const signed = decryptBy('bob', octets);
  assert.is(printed(signed).match(/d.issuerAndSerialNumber/g)?.length, 2);
});

for (const [name, file, code, prepare] of [
  ['B-398 encryption without the certificate of the partner', { security: 'encrypted' }, 685, 'noPartner'],
  ['B-399 a signature without an own certificate', { security: 'signed' }, 686, 'noOwn'],
  ['B-095 B-402 a signed receipt without the certificate of the partner', { signedReceipt: true }, 689, 'noPartner'],
] as const) {
  test(`${name} is error ${code}, and nothing is offered`, async () => {
    const on = prepare === 'noPartner' ? { acceptConnection: () => {} } : {};
    const sending = await aliceSends(file, { on });
    if (prepare === 'noOwn') sending.host.server.certificate = null;
    const { peer } = await sending.host.session();
    peer.send(cd());
    await peer.expectEsid(0);
    const [outcome] = await sending.outcomes();
    assert.is(outcome?.error?.code, code);
  });
}

for (const file of [{ security: 'encrypted' }, { compress: true }, { signedReceipt: true }] as const) {
  test(`B-071 B-120 B-401 ${JSON.stringify(file)} below 2.0 is error 688`, async () => {
    const sending = await aliceSends(file);
    const { peer } = await sending.host.session({ level: 4 });
    peer.send(cd());
    await peer.expectEsid(0);
    assert.is((await sending.outcomes())[0]?.error?.code, 688);
  });
}

for (const file of [{ security: 'secret' }, { encryption: 'des' }, { receiptHash: 'md5' }, { fileHash: 'sha3' }]) {
  test(`${JSON.stringify(file)} is refused with the values that exist`, async () => {
    const sending = await aliceSends(file as Partial<SendFileOptions>);
    const { peer } = await sending.host.session();
    peer.send(cd());
    await peer.expectEsid(0);
    const { error } = (await sending.outcomes())[0]!;
    assert.is(error?.code, 10022);
    assert.match(error?.message ?? '', Object.keys(file)[0]!);
  });
}

test('no suite has 3DES with SHA3-512', async () => {
  const sending = await aliceSends({ security: 'encrypted', encryption: '3des', receiptHash: 'sha3-512' });
  const { peer } = await sending.host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.is((await sending.outcomes())[0]?.error?.code, 10022);
});

/** A server whose every turn sends this file, and nothing else. */
async function sendsAgain(content: Buffer, file: Partial<SendFileOptions>, tempPath: string): Promise<TestServer> {
  const { host } = await aliceSends({}, { settings: { tempPath, creditCount: 999 }, names: [] });
  const path = host.outgoing('AGAIN', content);
  host.server.on('readyToSend', async ({ connection }) => {
    await connection.sendFile({ path, virtualFileName: 'AGAIN', ...file }).catch(() => {});
  });
  return host;
}

test('C-141 C-146 B-316 a restart goes on in the same octets, which stay until the end response', async () => {
  const tempPath = temporaryFolder();
  const content = sample(700_000);
  const host = await sendsAgain(content, { security: 'encrypted' }, tempPath);
  const first = await host.session({ rest: 'Y', cred: 200 });
  first.peer.send(cd());
  const offer = await first.peer.expect('SFID', { rest: '0'.repeat(17) });
  first.peer.send(sfpa(5));
  const head: Received[] = [];
  while (head.length < 200) head.push(await first.peer.expect('DATA'));
  assert.is(readdirSync(tempPath).length, 1);
  first.peer.reset();
  await host.events.next('endTransfer');

  const second = await host.session({ rest: 'Y' });
  second.peer.send(cd());
  const sfid = await second.peer.expect('SFID');
  const position = Number(sfid.fields['rest']);
  assert.ok(position > 0 && position * 1024 <= contentOf(head).length, `SFIDREST ${position}`);
  assert.is(sfid.fields['time'], offer.fields['time'], 'the same virtual file');
  const rest = await takeFrom(second.peer, position);
  assert.equal(decryptBy('bob', Buffer.concat([contentOf(head).subarray(0, position * 1024), rest])), content);
  await host.events.next('endTransfer');
  assert.is(readdirSync(tempPath).length, 1, 'until the end response');
  await second.peer.expect('CD');
  const { dsn, date, time } = sfid.fields;
  second.peer.send(eerp(5, { dsn: dsn!.trimEnd(), date: date!, time: time! }));
  await second.peer.expect('RTR');
  assert.equal(readdirSync(tempPath), []);
});

/** Takes the offered file from a position on and confirms it. */
async function takeFrom(peer: RawPeer, position: number): Promise<Buffer> {
  peer.send(sfpa(5, position));
  const buffers: Received[] = [];
  for (;;) {
    const received = await peer.expectOneOf('DATA', 'EFID');
    if (received.name === 'EFID') break;
    buffers.push(received);
    if (buffers.length % 99 === 0) peer.send(cdt());
  }
  peer.send(efpa());
  return contentOf(buffers);
}

test('what was prepared goes when the partner refuses the file for good', async () => {
  const tempPath = temporaryFolder();
  const sending = await aliceSends({ security: 'encrypted' }, { settings: { tempPath } });
  const { peer } = await sending.host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfna(5, 16, 'N'));
  assert.is((await sending.outcomes())[0]?.error?.code, 687);
  assert.equal(readdirSync(tempPath), []);
});

for (const [name, spoil] of [
  ['a cleared TempPath', (path: string) => rmSync(path)],
  ['a prepared file that somebody has cut short', (path: string) => truncateSync(path, 20)],
] as const) {
  test(`${name}: the file is made anew and sent from the start`, async () => {
    const tempPath = temporaryFolder();
    const host = await sendsAgain(CONTENT, { compress: true }, tempPath);
    const first = await host.session({ rest: 'Y' });
    first.peer.send(cd());
    await first.peer.expect('SFID');
    first.peer.reset();
    await host.events.next('endTransfer');
    for (const file of readdirSync(tempPath)) spoil(join(tempPath, file));
    const second = await host.session({ rest: 'Y' });
    second.peer.send(cd());
    const { data: buffers } = await receive(second.peer);
    assert.equal(await decompressed(contentOf(buffers)), CONTENT);
  });
}

test.run();

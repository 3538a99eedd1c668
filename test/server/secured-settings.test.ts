/**
 * What settings and properties of the reference do to secured files, and tell of them: rows B-070, B-097, B-114,
 * B-119, B-263, B-280, B-295, B-316, B-317. Alice is the hub, bob her partner.
 */
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendFileOptions } from '../../src/index.js';
import { opensslCms, text } from '../security/support.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { contentOf } from '../support/received.js';
import { receive, transfer } from '../support/scenario.js';
import { aliceSends, decompressed, decryptBy, expectBob, type Making, made, verifiedBy } from '../support/secured.js';
import { type Handler, TestServer } from '../support/server.js';
import { cd, eerp, type SfidFields } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(50_000);

/** The SFID and the octets of a file that alice sends. */
async function sent(file: Partial<SendFileOptions>, config: readonly string[] = [], octets: Uint8Array = CONTENT) {
  const { host } = await aliceSends(file, { octets, config });
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid, data, efid } = await receive(peer);
  return { fields: sfid.fields, octets: contentOf(data), records: Number(efid.fields['rcnt']) };
}

const LINES = Buffer.from('ABCD\r\nEFGH\r\n');

for (const [what, file] of [
  ['text, compressed', { format: 'text', compress: true }],
  ['text, signed', { format: 'text', security: 'signed' }],
  ['fixed, compressed', { format: 'fixed', maxRecordSize: 4, compress: true }],
  ['fixed, encrypted', { format: 'fixed', maxRecordSize: 4, security: 'encrypted' }],
  ['fixed, signed', { format: 'fixed', maxRecordSize: 4, security: 'signed' }],
] as const satisfies readonly (readonly [string, Partial<SendFileOptions>])[]) {
  test(`B-114 ${what}: SFIDFMT is U without a record length, and the envelope holds the lines as they are`, async () => {
    const { fields, octets, records } = await sent(file, [], LINES);
    assert.equal([fields['fmt'], fields['lrecl'], records], ['U', '00000', 0]);
    assert.equal(await opened(octets, fields), LINES);
  });
}

/** What is in the envelope of a file with one service. */
async function opened(octets: Buffer, { sec, comp }: Readonly<Record<string, string>>): Promise<Buffer> {
  if (comp === '1') return decompressed(octets);
  return sec === '01' ? decryptBy('bob', octets) : verifiedBy('alice', octets);
}

for (const [value, ciph] of [
  ['0', '02'],
  ['1', '04'],
  ['2', '06'],
] as const) {
  test(`B-263 DefaultReceiptHashAlgorithm=${value} is suite ${ciph} in the SFID that asks for a signed receipt`, async () => {
    const config = [`DefaultReceiptHashAlgorithm=${value}`];
    const { fields } = await sent({ signedReceipt: true }, config);
    assert.equal([fields['ciph'], fields['sign'], fields['sec']], [ciph, 'Y', '00']);
  });
}

const printed = (octets: Uint8Array): string => opensslCms(['-cmsout', '-print', '-inform', 'DER'], octets).toString();

for (const [value, digest] of [
  ['0', 'sha1'],
  ['1', 'sha256'],
  ['2', 'sha512'],
] as const) {
  test(`B-280 FileHashAlgorithm=${value}: the signature of the file has ${digest}`, async () => {
    const { fields, octets } = await sent({ security: 'signed' }, [`FileHashAlgorithm=${value}`]);
    assert.match(printed(octets), `algorithm: ${digest} (`);
    assert.is(fields['ciph'], '04', 'the suite follows the hash of receipts');
  });
}

test('B-280 without FileHashAlgorithm the signature of the file has sha256', async () => {
  const { host } = await aliceSends({});
  assert.is(host.server.config('FileHashAlgorithm'), '1');
  assert.match(printed((await sent({ security: 'signed' })).octets), 'algorithm: sha256 (');
});

/** What the sender did to a file, and what the properties and the setting tell of that. */
const INCOMING: readonly (readonly [making: Making, fields: SfidFields, told: readonly unknown[]])[] = [
  [{ recipient: 'alice', cipher: '-des3' }, { sec: 1, ciph: 3 }, ['encrypted', false, false, '3des', '0']],
  [{ recipient: 'alice' }, { sec: 1, ciph: 4, sign: 'Y' }, ['encrypted', false, true, 'aes256', '1']],
  [{ signer: 'bob' }, { sec: 2, ciph: 4 }, ['signed', false, false, null, '']],
  [{ signer: 'bob', compress: true }, { sec: 2, ciph: 4, comp: 1 }, ['signed', true, false, null, '']],
  [
    { signer: 'bob', recipient: 'alice', compress: true },
    { sec: 3, ciph: 4, comp: 1, sign: 'Y' },
    ['encryptedAndSigned', true, true, 'aes256', '1'],
  ],
  [{ compress: true }, { comp: 1 }, ['none', true, false, null, '']],
  [{}, { env: 0, sign: 'Y', ciph: 4 }, ['none', false, true, null, '']],
];

for (const [making, fields, told] of INCOMING) {
  test(`B-070 B-097 B-119 B-295 ${JSON.stringify(fields)}: acceptFile and endTransfer know ${told}`, async () => {
    const read: unknown[] = [];
    const ask: Handler = ({ connection }) => {
      const { security, compressed, signedReceipt, encryption } = connection.incoming ?? {};
      read.push([security, compressed, signedReceipt, encryption, connection.config('ReceivedFileEncryptionAlg')]);
    };
    const on = { acceptConnection: expectBob, acceptFile: ask, endTransfer: ask };
    const host = await TestServer.start({ on });
    host.server.certificate = own('alice');
    const { peer } = await host.session();
    await transfer(peer, await made(CONTENT, making), { env: 1, fsiz: 60, ...fields });
    assert.is((await host.events.next('endTransfer')).reasonCode, 0);
    assert.equal(read, [told, told]);
    assert.equal(host.content('TESTFILE'), CONTENT);
  });
}

for (const [what, file] of [
  ['a compressed file', { compress: true }],
  ['an encrypted file', { security: 'encrypted' }],
] as const) {
  test(`B-316 B-317 ${what} stands in TempPath[id] of its connection until its end response, and in no other`, async () => {
    const [everybody, alone] = [temporaryFolder(), temporaryFolder()];
    const host = await sendsTo(everybody, alone, file);
    for (const [folder, other] of [
      [alone, everybody],
      [everybody, alone],
    ] as const) {
      const { peer } = await host.session();
      peer.send(cd());
      const { sfid } = await receive(peer);
      assert.equal([readdirSync(folder).length, readdirSync(other).length], [1, 0]);
      await peer.expect('CD');
      const { dsn = '', date = '', time = '' } = sfid.fields;
      peer.send(eerp(5, { dsn: dsn.trim(), date, time }));
      await peer.expect('RTR');
      assert.equal(readdirSync(folder), []);
    }
  });
}

test('B-317 a plain file is sent as it stands: nothing appears in TempPath', async () => {
  const [everybody, alone] = [temporaryFolder(), temporaryFolder()];
  const host = await sendsTo(everybody, alone, {});
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  assert.equal([...readdirSync(everybody), ...readdirSync(alone)], []);
});

/** A server that sends a file in each turn; its first connection has a TempPath of its own. */
async function sendsTo(tempPath: string, alone: string, file: Partial<SendFileOptions>): Promise<TestServer> {
  const acceptConnection: Handler = (event) => {
    if (host.events.named('acceptConnection').length === 1) {
      host.server.config(`TempPath[${event.connectionId}]=${alone}`);
    }
    return expectBob(event);
  };
  let turns = 0;
  const readyToSend: Handler = async ({ connection }) => {
    turns += 1;
    await connection.sendFile({ path, virtualFileName: `FILE${turns}`, ...file });
  };
  const host: TestServer = await TestServer.start({ settings: { tempPath }, on: { acceptConnection, readyToSend } });
  const path = host.outgoing('OUT', CONTENT);
  return host;
}

test.run();

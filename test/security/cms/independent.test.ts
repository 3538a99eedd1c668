// CMS made by Bouncy Castle (fixtures/cms): CompressedData, which Debian's OpenSSL lacks, nested layers, SHA-3 with
// PSS and OAEP.
import { inflateSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compress, decompress } from '../../../src/security/cms/compressed.js';
import { openEnvelope } from '../../../src/security/cms/enveloped.js';
import { verifySigned } from '../../../src/security/cms/signed.js';
import { SecurityFailure } from '../../../src/security/failure.js';
import { collect } from '../../../src/security/octets.js';
import { chunked, fixture, pair, rejection, sample, text } from '../support.js';

const content = fixture('cms/content.txt');
const bob = pair('bob');
const trusted = [pair('alice').certificate];
const cms = (name: string) => chunked(fixture(`cms/${name}.cms`), 700);
const plain = { trusted, decrypted: false };

test('CompressedData in BER and DER is inflated (C-294, C-296)', async () => {
  assert.equal(await collect(decompress(cms('compressed-ber'), false, {})), content);
  assert.equal(await collect(decompress(cms('compressed-der'), false, {})), content);
  assert.equal(await collect(decompress(cms('compressed-empty'), false, {})), Buffer.alloc(0));
});

test('signed, compressed, encrypted: unwrapped in reverse (C-287)', async () => {
  for (const name of ['nested-aes256', 'nested-3des']) {
    const compressed = openEnvelope(cms(name), [bob], {});
    const signed = decompress(compressed, true, {});
    assert.equal(await collect(verifySigned(signed, plain, {})), content, name);
  }
});

test('a typed layer with bare content inside is read (C-289)', async () => {
  assert.equal(await collect(verifySigned(decompress(cms('compressed-typed'), false, {}), plain, {})), content);
});

test('signatures with SHA-512, SHA3-512, and SHA3-512 with PSS verify', async () => {
  for (const name of ['signed', 'signed-sha3-512', 'signed-pss-sha3-512']) {
    assert.equal(await collect(verifySigned(cms(name), plain, {})), content, name);
  }
});

test('OAEP with SHA3-512 is opened', async () => {
  assert.equal(await collect(openEnvelope(cms('enveloped-oaep-sha3-512'), [bob], {})), content);
});

test('detached SignedData is told apart (C-290)', async () => {
  const error = (await rejection(collect(verifySigned(cms('detached'), plain, {})))) as SecurityFailure;
  assert.is(error.fault, 'detached');
  assert.is(error.reasonCode, 31);
});

test('the wrong order is refused: CompressedData where SignedData belongs, and the reverse (C-287)', async () => {
  const signed = (await rejection(collect(decompress(cms('compress-then-sign'), false, {})))) as SecurityFailure;
  assert.is(signed.reasonCode, 32);
  const compressed = (await rejection(collect(verifySigned(cms('compressed-ber'), plain, {})))) as SecurityFailure;
  assert.is(compressed.reasonCode, 31);
  assert.match(compressed.message, 'should be SignedData and is CompressedData');
});

test('a bomb stops at the ratio and at the declared size, with reason 32 (C-295)', async () => {
  for (const limits of [{ ratioMax: 100 }, { lengthMax: 2_000_000 }]) {
    const error = (await rejection(collect(decompress(cms('bomb'), false, limits)))) as SecurityFailure;
    assert.is(error.fault, 'expansion-limit');
    assert.is(error.reasonCode, 32);
  }
  let length = 0;
  for await (const chunk of decompress(cms('bomb'), false, { ratioMax: 1_032, lengthMax: 33_554_432 })) {
    length += chunk.length;
  }
  assert.is(length, 33_554_432);
});

test('CompressedData is written as RFC 3274 says: type, version 0, zlib, id-data, zlib stream', async () => {
  for (const original of [Buffer.alloc(0), text(1_000), text(500_000), sample(200_000)]) {
    const written = await collect(compress(chunked(original, 8_192)));
    const head = [
      ['3080', '060b2a864886f70d0109100109', 'a080'],
      ['3080', '020100', '300d060b2a864886f70d0109100308'],
      ['3080', '06092a864886f70d010701', 'a080', '2480'],
    ];
    const start = head.flat().join('');
    assert.is(written.toString('hex', 0, start.length / 2), start);
    assert.is(written.toString('hex', written.length - 12), '00'.repeat(12));
    assert.equal(inflateSync(joinPieces(written.subarray(start.length / 2))), original);
    assert.equal(await collect(decompress(chunked(written, 999), false, {})), original);
  }
});

/** The content of octet string pieces up to the end of contents. */
function joinPieces(octets: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; octets[at] === 0x04; ) {
    const first = octets[at + 1] as number;
    const count = first < 0x80 ? 0 : first & 0x7f;
    const length = count === 0 ? first : octets.readUIntBE(at + 2, count);
    at += 2 + count;
    pieces.push(octets.subarray(at, at + length));
    at += length;
  }
  return Buffer.concat(pieces);
}

test('damaged compressed content is reason 32: garbage, cut short, with octets after it', async () => {
  const whole = fixture('cms/compressed-ber.cms');
  const spoiled = Buffer.from(whole);
  spoiled[2_000] = (spoiled[2_000] as number) ^ 0xff;
  const trailing = await collect(compress(chunked(text(70_000), 70_000)));
  const zlibStart = trailing.indexOf('2480', 'hex') + 2;
  const header = trailing[zlibStart + 1] === 0x81 ? 3 : 4;
  const length = header === 3 ? trailing.readUInt8(zlibStart + 2) : trailing.readUInt16BE(zlibStart + 2);
  const end = zlibStart + header + length;
  const withTrailing = Buffer.concat([
    trailing.subarray(0, end),
    Buffer.from('0403616263', 'hex'),
    trailing.subarray(end),
  ]);
  for (const octets of [spoiled, whole.subarray(0, 3_000), Buffer.concat([whole, Buffer.alloc(1)]), withTrailing]) {
    const error = (await rejection(collect(decompress(chunked(octets, 512), false, {})))) as SecurityFailure;
    assert.instance(error, SecurityFailure);
    assert.is(error.reasonCode, 32);
  }
});

test.run();

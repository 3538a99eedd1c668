// What is refused, and with which reason: damage, strangers, limits, structures beyond all bounds.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BerReader, TAG } from '../../../src/security/cms/ber-reader.js';
import { decompress } from '../../../src/security/cms/compressed.js';
import { envelop, openEnvelope } from '../../../src/security/cms/enveloped.js';
import { sign, verifySigned } from '../../../src/security/cms/signed.js';
import { SecurityFailure } from '../../../src/security/failure.js';
import { collect, streamOf } from '../../../src/security/octets.js';
import { certificatePath, chunked, fixture, keyPath, opensslCms, pair, rejection, sample, text } from '../support.js';

const alice = pair('alice');
const bob = pair('bob');
const carol = pair('carol');
const signOptions = { hash: 'sha256', signers: [alice], includeCertificates: true } as const;
const verify = (octets: Uint8Array, trusted: Uint8Array[]) =>
  collect(verifySigned(chunked(octets, 500), { trusted, decrypted: false }, {}));

async function refusal(promise: Promise<unknown>): Promise<[number, string]> {
  const error = await rejection(promise);
  assert.instance(error, SecurityFailure, error.stack);
  return [(error as SecurityFailure).reasonCode, (error as SecurityFailure).fault];
}

test('a signer that is only embedded is unknown (C-292)', async () => {
  const signed = await collect(sign(chunked(text(900), 900), signOptions));
  assert.equal(await refusal(verify(signed, [carol.certificate])), [31, 'unknown-signer']);
  assert.equal(await refusal(verify(signed, [])), [31, 'unknown-signer']);
});

test('one changed octet of content: signature invalid', async () => {
  const signed = await collect(sign(chunked(text(900), 900), signOptions));
  const at = signed.indexOf('UNB+UNOA');
  signed[at] = (signed[at] as number) ^ 1;
  assert.equal(await refusal(verify(signed, [alice.certificate])), [31, 'signature-invalid']);
});

test('a signature by another key under the name of a known certificate is invalid', async () => {
  const forged = { ...signOptions, signers: [{ certificate: alice.certificate, key: carol.key }] };
  const signed = await collect(sign(chunked(text(900), 900), forged));
  assert.equal(await refusal(verify(signed, [alice.certificate])), [31, 'signature-invalid']);
});

test('a certificate renewed with the same key still verifies', async () => {
  const signer = { certificate: carol.certificate, key: alice.key };
  const signed = await collect(sign(chunked(text(900), 900), { ...signOptions, signers: [signer] }));
  assert.equal(await verify(signed, [alice.certificate]), text(900));
});

test('SignedData without signers is refused', async () => {
  const signed = await collect(sign(chunked(text(90), 90), { ...signOptions, signers: [] }));
  assert.equal(await refusal(verify(signed, [alice.certificate])), [31, 'unknown-signer']);
});

test('MD5 signatures are refused', async () => {
  const who = ['-signer', certificatePath('alice'), '-inkey', keyPath('alice')];
  const signed = opensslCms(['-sign', '-outform', 'DER', '-nodetach', '-md', 'md5', ...who], text(90));
  assert.equal(await refusal(verify(signed, [alice.certificate])), [31, 'unsupported-algorithm']);
});

test('plain octets where SignedData was announced: reason 31; where EnvelopedData was: 33 (C-299)', async () => {
  for (const octets of [text(900), sample(900), Buffer.alloc(0), Buffer.alloc(900)]) {
    assert.equal(await refusal(verify(octets, [alice.certificate])), [31, 'malformed']);
    assert.equal(await refusal(collect(openEnvelope(chunked(octets, 99), [bob], {}))), [33, 'malformed']);
  }
});

test('encrypted for someone else: reason 33 (C-299)', async () => {
  const enveloped = await collect(
    envelop(chunked(text(90), 90), { encryption: '3des', recipients: [carol.certificate] }),
  );
  assert.equal(await refusal(collect(openEnvelope(chunked(enveloped, 99), [bob, alice], {}))), [33, 'not-a-recipient']);
});

test('a cipher that no suite has is refused with reason 33', async () => {
  const enveloped = opensslCms(['-encrypt', '-outform', 'DER', '-camellia128', certificatePath('bob')], text(90));
  assert.equal(await refusal(collect(openEnvelope(chunked(enveloped, 99), [bob], {}))), [33, 'unsupported-algorithm']);
});

test('an IV of another length than the cipher has is refused with reason 33', async () => {
  const enveloped = await collect(
    envelop(chunked(text(90), 90), { encryption: 'aes256', recipients: [bob.certificate] }),
  );
  const identifier = Buffer.from('301d060960864801650304012a0410', 'hex');
  const at = enveloped.indexOf(identifier);
  const short = Buffer.from('3015060960864801650304012a0408', 'hex');
  const changed = Buffer.concat([
    enveloped.subarray(0, at),
    short,
    enveloped.subarray(at + identifier.length, at + identifier.length + 8),
    enveloped.subarray(at + identifier.length + 16),
  ]);
  assert.equal(await refusal(collect(openEnvelope(chunked(changed, 99), [bob], {}))), [33, 'malformed']);
});

test('compression that is not zlib is refused with reason 32', async () => {
  const compressed = fixture('cms/compressed-der.cms');
  const zlib = Buffer.from('060b2a864886f70d0109100308', 'hex');
  compressed[compressed.indexOf(zlib) + zlib.length - 1] = 9;
  assert.equal(await refusal(collect(decompress(chunked(compressed, 99), false, {}))), [32, 'unsupported-algorithm']);
});

test('cut short anywhere: refused with the reason of the layer, never taken', async () => {
  const signed = await collect(sign(chunked(text(300), 300), signOptions));
  const enveloped = await collect(
    envelop(chunked(signed, 300), { encryption: 'aes256', recipients: [bob.certificate] }),
  );
  for (let length = 0; length < signed.length; length += 7) {
    const [reason] = await refusal(verify(signed.subarray(0, length), [alice.certificate]));
    assert.is(reason, 31, `signed, ${length}`);
  }
  for (let length = 0; length < enveloped.length; length += 7) {
    const opened = openEnvelope(chunked(enveloped.subarray(0, length), 500), [bob], {});
    const [reason] = await refusal(collect(opened));
    assert.is(reason, 33, `enveloped, ${length}`);
  }
});

test('one octet changed anywhere: the content is never given out as other content', async () => {
  const content = text(300);
  const signed = await collect(sign(chunked(content, 300), signOptions));
  for (let at = 0; at < signed.length; at += 3) {
    const changed = Buffer.from(signed);
    changed[at] = (changed[at] as number) ^ 0x21;
    try {
      assert.equal(await verify(changed, [alice.certificate]), content, `octet ${at}`);
    } catch (error) {
      assert.instance(error, SecurityFailure, `octet ${at}: ${(error as Error).stack}`);
    }
  }
});

test('octets after the end are refused', async () => {
  const signed = await collect(sign(chunked(text(300), 300), signOptions));
  const padded = Buffer.concat([signed, Buffer.alloc(1)]);
  assert.equal(await refusal(verify(padded, [alice.certificate])), [31, 'malformed']);
});

test('a key that is not RSA cannot sign or be encrypted for: no suite has one', async () => {
  const elliptic = pair('elliptic');
  const signing = sign(chunked(text(9), 9), { ...signOptions, signers: [elliptic] });
  assert.match((await rejection(collect(signing))).message, 'Signing takes an RSA key');
  const recipients = [elliptic.certificate];
  const encrypting = envelop(chunked(text(9), 9), { encryption: 'aes256', recipients });
  assert.match((await rejection(collect(encrypting))).message, 'this one is ec');
});

// The reader itself: hex in, message out.
const read = (hex: string) => {
  const reader = new BerReader(streamOf(Buffer.from(hex.replaceAll(' ', ''), 'hex')), (detail) => new Error(detail));
  return reader;
};

test('octet strings: primitive, constructed, nested, empty, definite and indefinite', async () => {
  for (const [hex, content] of [
    ['0403 616263', 'abc'],
    ['0400', ''],
    ['2480 0402 6162 0401 63 0000', 'abc'],
    ['2407 0402 6162 0401 63', 'abc'],
    ['2480 0000', ''],
    ['2480 2480 0401 61 0000 2403 0401 62 0401 63 0000', 'abc'],
    ['0481 03 616263', 'abc'],
    ['0484 00000003 616263', 'abc'],
  ] as const) {
    assert.is((await collect(read(hex).octetString(TAG.octetString, 'it'))).toString(), content, hex);
  }
});

test('malformed octet strings are refused', async () => {
  for (const [hex, message] of [
    ['0480 616263 0000', /without a length|has no length/],
    ['0404 616263', /cut short/],
    ['2480 0403 616263', /cut short/],
    ['2480 0203 616263 0000', /missing/],
    ['2405 0404 61626364', /longer than what holds it/],
    ['2402 0484', /cut short|longer/],
    ['0489 000000000000000001 61', /beyond all bounds/],
    ['1f8101 0401', /missing/],
    ['2480'.repeat(20), /nested too deeply/],
  ] as const) {
    const error = await rejection(collect(read(hex).octetString(TAG.octetString, 'it')));
    assert.match(error.message, message, hex);
  }
});

test('whole elements are limited in length, depth and number before memory is taken', async () => {
  const long = await rejection(read('3084 7fffffff 00').element('it', 1_000));
  assert.match(long.message, 'too long');
  const deep = await rejection(read('3080'.repeat(100)).element('it', 100_000));
  assert.match(deep.message, 'nested too deeply');
  const many = await rejection(read(`3080${'0500'.repeat(20_000)}0000`).element('it', 100_000));
  assert.match(many.message, 'too many');
  const endless = await rejection(read('3080 0480 0500 0000 0000').element('it', 100));
  assert.match(endless.message, 'a primitive element has no length');
  assert.is(
    Buffer.from(await read('3080 3080 0500 0000 0000 ff').element('it', 100)).toString('hex'),
    '30803080050000000000',
  );
});

test.run();

// RSA PKCS#1 v1.5 without an oracle (RFC 3218 §2.3.2): a key that does not open looks like any other.
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decompress } from '../../../src/security/cms/compressed.js';
import { envelop, openEnvelope } from '../../../src/security/cms/enveloped.js';
import { removePadding, unwrapContentKey, wrapContentKey } from '../../../src/security/cms/key-transport.js';
import { verifySigned } from '../../../src/security/cms/signed.js';
import { SecurityFailure } from '../../../src/security/failure.js';
import { collect } from '../../../src/security/octets.js';
import { chunked, pair, rejection, sample } from '../support.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PKCS1 = { scheme: 'pkcs1' } as const;
const raw = (block: Uint8Array) => publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block);

/** 00 02, padding, 00, key: with changes. */
function block(keyLength: number, change: (octets: Buffer) => void = () => undefined): Buffer {
  const octets = Buffer.alloc(256, 0x55);
  octets[0] = 0;
  octets[1] = 2;
  octets[255 - keyLength] = 0;
  octets.fill(0xab, 256 - keyLength);
  change(octets);
  return octets;
}

test('a well-formed key of the right length is opened, for each cipher', () => {
  for (const length of [16, 24, 32]) {
    const key = randomBytes(length);
    assert.equal(Buffer.from(unwrapContentKey(privateKey, PKCS1, wrapContentKey(publicKey, key), length)), key);
    assert.equal(
      Buffer.from(unwrapContentKey(privateKey, PKCS1, raw(block(length)), length)),
      Buffer.alloc(length, 0xab),
    );
  }
});

const BAD: [string, Buffer][] = [
  ['first octet', block(32, (octets) => octets.writeUInt8(1, 0))],
  ['block type', block(32, (octets) => octets.writeUInt8(1, 1))],
  ['zero at the start of the padding', block(32, (octets) => octets.writeUInt8(0, 2))],
  ['zero at the end of the padding', block(32, (octets) => octets.writeUInt8(0, 222))],
  ['no separator', block(32, (octets) => octets.writeUInt8(7, 223))],
  ['key of 31 octets', block(31)],
  ['key of 33 octets', block(33)],
  ['key of 24 octets', block(24)],
  ['empty key', block(0)],
];

test('bad padding and a key of another length give a key of the right length that nobody has chosen', () => {
  const substitutes = new Set<string>();
  for (const [what, octets] of BAD) {
    const key = Buffer.from(unwrapContentKey(privateKey, PKCS1, raw(octets), 32));
    assert.is(key.length, 32, what);
    assert.not.ok(key.includes(Buffer.alloc(8, 0xab)), what);
    substitutes.add(key.toString('hex'));
  }
  assert.is(substitutes.size, BAD.length, 'each time another one');
});

test('OAEP: a key of another length or hash is replaced by a random one, new each time', () => {
  const padding = { scheme: 'oaep', hash: 'sha256' } as const;
  const wrapped = (key: Buffer, oaepHash: string) =>
    publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, key);
  const key = Buffer.alloc(32, 0xab);
  assert.equal(Buffer.from(unwrapContentKey(privateKey, padding, wrapped(key, 'sha256'), 32)), key);
  for (const octets of [wrapped(key, 'sha1'), wrapped(Buffer.alloc(16, 0xab), 'sha256'), wrapped(key, 'sha512')]) {
    const substitutes = [1, 2].map(() => Buffer.from(unwrapContentKey(privateKey, padding, octets, 32)));
    for (const substitute of substitutes) {
      assert.is(substitute.length, 32);
      assert.not.equal(substitute, key);
    }
    assert.not.equal(substitutes[0], substitutes[1]);
  }
});

test('the unpadding alone: every bad octet leads to the substitute, the good block to the key', () => {
  const substitute = Buffer.alloc(32, 0x11);
  assert.equal(Buffer.from(removePadding(block(32), substitute)), Buffer.alloc(32, 0xab));
  for (const [what, octets] of BAD) assert.equal(Buffer.from(removePadding(octets, substitute)), substitute, what);
  for (let at = 2; at < 223; at++) {
    const zero = block(32, (octets) => octets.writeUInt8(0, at));
    assert.equal(Buffer.from(removePadding(zero, substitute)), substitute, `zero at ${at}`);
  }
  const short = (padding: number): Buffer =>
    Buffer.concat([Buffer.of(0, 2), Buffer.alloc(padding, 0x55), Buffer.of(0), Buffer.alloc(32, 0xab)]);
  assert.equal(Buffer.from(removePadding(short(8), substitute)), Buffer.alloc(32, 0xab));
  // RFC 8017 §7.2.2: at least eight octets.
  assert.equal(Buffer.from(removePadding(short(7), substitute)), substitute, 'seven octets of padding');
  assert.equal(Buffer.from(removePadding(Buffer.alloc(20), substitute)), substitute, 'shorter than the key');
});

test('octets that are no block of this key at all give a random key too', () => {
  for (const octets of [Buffer.alloc(0), Buffer.alloc(255, 1), Buffer.alloc(256, 0xff), Buffer.alloc(300, 1)]) {
    for (const padding of [PKCS1, { scheme: 'oaep', hash: 'sha256' } as const]) {
      assert.is(unwrapContentKey(privateKey, padding, octets, 24).length, 24);
    }
  }
});

test('bad padding, bad length and the wrong private key end in the same failure', async () => {
  const bob = pair('bob');
  const enveloped = await collect(
    envelop(chunked(sample(4_000), 4_000), { encryption: 'aes256', recipients: [bob.certificate] }),
  );
  const start = enveloped.indexOf('04820100', 'hex') + 4;
  const encryptWith = (octets: Buffer): Buffer => {
    const copy = Buffer.from(enveloped);
    const key = { key: createPublicKey(bob.key), padding: constants.RSA_NO_PADDING };
    publicEncrypt(key, octets).copy(copy, start);
    return copy;
  };
  const cases: [string, Buffer, typeof bob.key][] = [
    ...BAD.map(([what, octets]): [string, Buffer, typeof bob.key] => [what, encryptWith(octets), bob.key]),
    ['another content key', encryptWith(block(32)), bob.key],
    ['the wrong private key', enveloped, privateKey],
  ];
  const outcomes = new Set<string>();
  for (const [what, octets, key] of cases) {
    const keys = [{ certificate: bob.certificate, key }];
    // CBC padding happens to fit for one wrong key in 256; within a layer below nothing fits.
    for (const inner of ['signed', 'compressed'] as const) {
      const opened = openEnvelope(chunked(octets, 1_000), keys, {});
      const layer =
        inner === 'signed'
          ? verifySigned(opened, { trusted: [bob.certificate], decrypted: true }, {})
          : decompress(opened, true, {});
      const error = (await rejection(collect(layer))) as SecurityFailure;
      assert.instance(error, SecurityFailure, what);
      outcomes.add(`${inner} ${error.reasonCode} ${error.fault} ${error.message}`);
    }
  }
  assert.equal([...outcomes].sort(), [
    'compressed 33 decryption-failed Decryption gives no CompressedData',
    'signed 33 decryption-failed Decryption gives no SignedData',
  ]);
});

test.run();

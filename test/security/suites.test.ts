// Cipher suites (RFC 5024 §10.2; 03 to 07 after Odette's list).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CIPHER_SUITES, cipherSuiteFor } from '../../src/security/suites.js';

test('encryption and hash give SFIDCIPH', () => {
  for (const [encryption, hash, code] of [
    ['3des', 'sha1', 1],
    ['aes256', 'sha1', 2],
    ['3des', 'sha256', 3],
    ['aes256', 'sha256', 4],
    ['3des', 'sha512', 5],
    ['aes256', 'sha512', 6],
    ['aes256', 'sha3-512', 7],
  ] as const) {
    assert.is(cipherSuiteFor(encryption, hash), code);
    const suite = CIPHER_SUITES.get(code);
    assert.equal([suite?.encryption, suite?.hash, suite?.padding], [encryption, hash, 'pkcs1']);
  }
});

test('3DES with SHA3-512 is no suite', () => {
  assert.throws(() => cipherSuiteFor('3des', 'sha3-512'), /No cipher suite combines 3des with sha3-512/);
});

test('08 to 10 are known for what is received; 00 and 11 are not', () => {
  for (const [code, hash] of [
    [8, 'sha256'],
    [9, 'sha512'],
    [10, 'sha3-512'],
  ] as const) {
    assert.equal(CIPHER_SUITES.get(code), { code, encryption: 'aes256', hash, padding: 'oaep-pss' });
  }
  assert.is(CIPHER_SUITES.get(0), undefined);
  assert.is(CIPHER_SUITES.get(11), undefined);
});

test.run();

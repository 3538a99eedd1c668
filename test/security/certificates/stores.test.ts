// Certificate stores of every type, by file, octets and base64, with and without telling the type (B-023 to B-035).
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CertificateError } from '../../../src/security/certificates/entry.js';
import {
  type FoundCertificate,
  findCertificate,
  type StoreOptions,
  storeTypeOf,
} from '../../../src/security/certificates/stores.js';
import { isOnToken } from '../../../src/security/private-key.js';
import { fixture, fixturePath, pair, withFolder } from '../support.js';

const path = (name: string) => fixturePath(`certificates/${name}`);
const octets = (name: string) => fixture(`certificates/${name}`);
const load = (store: string | Uint8Array, options: Omit<StoreOptions, 'store'> = {}) =>
  findCertificate({ store, ...options });

const BOB = 'CN=bob.example.com, O=Bob SA, L=Paris, S=Ile-de-France, C=FR, E=edi@bob.example.com';
const ALICE = 'CN=Alice Motors, O="Acme, Inc", OU=EDI, C=DE, SERIALNUMBER=O0013ALICE';

/** Whether what was loaded is this pair: a signature of the one key verifies with the other. */
function isPairOf(found: FoundCertificate, name: string): boolean {
  const { key } = pair(name);
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const message = Buffer.from('message');
  const { privateKey } = found;
  if (privateKey === undefined || isOnToken(privateKey)) return false;
  if (!verify(digest, message, createPublicKey(key), sign(digest, message, privateKey))) return false;
  return verify(digest, message, found.publicKey, sign(digest, message, key));
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.instance(error, CertificateError, (error as Error).stack);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

const PROTECTED = { storePassword: 'secret' };

for (const [name, owner] of [
  ['bob-aes.pfx', 'bob'],
  ['bob-3des.pfx', 'bob'],
  ['bob-rc2.pfx', 'bob'],
  ['elliptic-aes.pfx', 'elliptic'],
  ['elliptic-rc2.pfx', 'elliptic'],
] as const) {
  test(`${name}: by file, octets and base64, typed and told from the content (B-023, B-025)`, () => {
    const blob = octets(name);
    for (const found of [
      load(path(name), { ...PROTECTED, storeType: 'pfxFile' }),
      load(blob, { ...PROTECTED, storeType: 'pfxBlob' }),
      load(blob.toString('base64'), { ...PROTECTED, storeType: 'pfxBlob' }),
      load(path(name), PROTECTED),
      load(blob, PROTECTED),
      load(blob.toString('base64'), PROTECTED),
    ]) {
      assert.ok(isPairOf(found, owner));
      assert.equal(found.certificate?.raw, pair(owner).certificate);
    }
  });

  test(`${name}: a wrong or missing password is said so (B-024)`, () => {
    for (const storePassword of ['wrong', '']) {
      const message = refusal(() => load(path(name), { storePassword }));
      assert.match(message, 'wrong password');
      assert.not.match(message, 'secret');
    }
  });
}

test('a PFX without a password', () => {
  assert.ok(isPairOf(load(path('bob-no-password.pfx')), 'bob'));
});

test('PEM: key and certificate, plain, encrypted as PKCS#8 and in the traditional style (B-026, B-027)', () => {
  assert.ok(isPairOf(load(path('bob.pem'), { storeType: 'pemKeyFile' }), 'bob'));
  assert.ok(isPairOf(load(octets('bob.pem').toString(), { storeType: 'pemKeyBlob' }), 'bob'));
  assert.ok(isPairOf(load(octets('bob.pem').toString('base64'), { storeType: 'pemKeyBlob' }), 'bob'));
  const encrypted = load(path('bob-encrypted.pem'), PROTECTED);
  assert.ok(isPairOf(encrypted, 'bob'));
  assert.is(encrypted.subject, BOB);
  assert.ok(isPairOf(load(path('bob-traditional.key.pem'), PROTECTED), 'bob'));
  assert.match(
    refusal(() => load(path('bob-encrypted.pem'))),
    'give storePassword',
  );
  for (const name of ['bob-encrypted.pem', 'bob-traditional.key.pem']) {
    assert.match(
      refusal(() => load(path(name), { storePassword: 'wrong' })),
      'wrong password for its private key',
    );
  }
});

test('PEM with a key alone: a key, no certificate (B-026)', () => {
  const found = load(path('bob.key.pem'));
  assert.is(found.certificate, undefined);
  assert.is(found.subject, '');
  assert.ok(isPairOf(found, 'bob'));
});

test('certificates in DER and PEM, text around them (B-028, B-029)', () => {
  const commented = `subject=Bob\r\n\r\n${octets('bob.cert.pem')}\r\nend`;
  for (const found of [
    load(path('bob.cert.der'), { storeType: 'publicKeyFile' }),
    load(path('bob.cert.pem'), { storeType: 'publicKeyFile' }),
    load(octets('bob.cert.der'), { storeType: 'publicKeyBlob' }),
    load(octets('bob.cert.der').toString('base64'), { storeType: 'publicKeyBlob' }),
    load(commented, { storeType: 'publicKeyBlob' }),
    load(commented),
    load(path('bob.cert.der')),
    load(octets('bob.cert.der').toString('base64')),
    load(`\ufeff${octets('bob.cert.pem')}`),
  ]) {
    assert.is(found.subject, BOB);
    assert.is(found.issuer, BOB);
    assert.is(found.privateKey, undefined);
  }
});

test('PKCS#7 in DER and PEM: the subject selects (B-030)', () => {
  for (const [name, storeType] of [
    ['both.p7b', 'p7bFile'],
    ['both.p7b.pem', 'p7bFile'],
    ['both.p7b', 'auto'],
    ['both.p7b.pem', 'auto'],
  ] as const) {
    assert.is(load(path(name), { storeType, subject: 'Alice' }).subject, ALICE);
    assert.is(load(path(name), { storeType, subject: 'bob.example' }).subject, BOB);
  }
});

test('SSH public keys: one line, RFC 4716, elliptic; by file and text', () => {
  const alice = createPublicKey(pair('alice').key);
  for (const name of ['alice.ssh.pub', 'alice.ssh2.pub']) {
    for (const found of [
      load(path(name), { storeType: 'sshPublicKeyFile' }),
      load(octets(name), { storeType: 'sshPublicKeyBlob' }),
      load(octets(name).toString()),
      load(path(name)),
    ]) {
      assert.ok(found.publicKey.equals(alice), name);
      assert.is(found.privateKey, undefined);
    }
  }
  assert.ok(load(path('elliptic.ssh.pub')).publicKey.equals(createPublicKey(pair('elliptic').key)));
});

test('OpenSSH private keys: plain ones are read, encrypted ones named with the remedy', () => {
  for (const owner of ['alice', 'elliptic']) {
    assert.ok(isPairOf(load(path(`${owner}.openssh.pem`)), owner), owner);
  }
  assert.match(
    refusal(() => load(path('alice-encrypted.openssh.pem'), PROTECTED)),
    'ssh-keygen -p -m PKCS8',
  );
});

test('PuTTY keys of versions 2 and 3, RSA and elliptic, plain and encrypted (B-031)', () => {
  for (const version of ['v2', 'v3']) {
    assert.ok(isPairOf(load(path(`alice-${version}.ppk`), { storeType: 'ppkFile' }), 'alice'), version);
    assert.ok(isPairOf(load(octets(`alice-${version}.ppk`).toString()), 'alice'), version);
    assert.ok(isPairOf(load(path(`elliptic-${version}.ppk`)), 'elliptic'), version);
    const encrypted = `alice-${version}-encrypted.ppk`;
    assert.ok(isPairOf(load(octets(encrypted), { ...PROTECTED, storeType: 'ppkBlob' }), 'alice'), encrypted);
    assert.match(
      refusal(() => load(path(encrypted), { storePassword: 'wrong' })),
      'wrong password',
    );
    assert.match(
      refusal(() => load(path(encrypted))),
      'give storePassword',
    );
    const damaged = octets(`alice-${version}.ppk`).toString().replace('Comment: alice', 'Comment: bob');
    assert.match(
      refusal(() => load(damaged)),
      'the file is damaged',
    );
  }
});

test('JSON Web Keys: private, public, with a certificate, in a set (B-032)', () => {
  const { key, certificate } = pair('alice');
  const jwk = key.export({ format: 'jwk' });
  const x5c = [certificate.toString('base64')];
  assert.ok(isPairOf(load(JSON.stringify(jwk), { storeType: 'jwkBlob' }), 'alice'));
  assert.ok(isPairOf(load(JSON.stringify(pair('elliptic').key.export({ format: 'jwk' }))), 'elliptic'));
  const both = load(JSON.stringify({ keys: [{ ...jwk, x5c }] }));
  assert.ok(isPairOf(both, 'alice'));
  assert.is(both.subject, ALICE);
  const open = load(JSON.stringify(createPublicKey(key).export({ format: 'jwk' })));
  assert.is(open.privateKey, undefined);
  assert.match(
    refusal(() => load('{"kty":"RSA","n":"AA"}')),
    'lacks a number',
  );
  assert.match(
    refusal(() => load('{"a":1}')),
    'no JSON Web Key',
  );
  assert.match(
    refusal(() => load('nonsense', { storeType: 'jwkBlob' })),
    'not JSON',
  );
});

test('XML: RSAKeyValue, private as .NET writes it, and X509Certificate of XML Signature', () => {
  const { key, certificate } = pair('alice');
  const xml = rsaKeyValue(key);
  assert.ok(isPairOf(load(xml, { storeType: 'xmlBlob' }), 'alice'));
  const info = `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
    <ds:X509Certificate>\n${certificate.toString('base64')}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
  assert.is(load(info).subject, ALICE);
  assert.match(
    refusal(() => load('<a/>')),
    'neither X509Certificate nor RSAKeyValue',
  );
});

function rsaKeyValue(key: KeyObject): string {
  const { n, e, d, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
  const parts = { Modulus: n, Exponent: e, P: p, Q: q, DP: dp, DQ: dq, InverseQ: qi, D: d };
  const inner = Object.entries(parts).map(([name, value]) => {
    return `<${name}>${Buffer.from(value as string, 'base64url').toString('base64')}</${name}>`;
  });
  return `<RSAKeyValue>${inner.join('')}</RSAKeyValue>`;
}

test('private keys in DER', () => {
  const der = createPrivateKey(octets('bob.key.pem')).export({ format: 'der', type: 'pkcs8' });
  assert.ok(isPairOf(load(der), 'bob'));
  const pkcs1 = createPrivateKey(octets('bob.key.pem')).export({ format: 'der', type: 'pkcs1' });
  assert.ok(isPairOf(load(pkcs1), 'bob'));
});

test('stores that cannot be supported say what to do instead (B-033, B-034, B-035)', () => {
  for (const [storeType, message] of [
    ['user', 'PFX'],
    ['machine', 'PFX'],
    ['jksFile', 'keytool'],
    ['jksBlob', 'keytool'],
    ['bcfksFile', 'keytool'],
    ['bcfksBlob', 'keytool'],
  ] as const) {
    assert.match(
      refusal(() => load('MY', { storeType })),
      message,
    );
  }
  assert.match(
    refusal(() => load(Buffer.from('feedfeed00000002', 'hex'))),
    'keytool',
  );
  assert.match(
    refusal(() => load('x', { storeType: 'pfx' as never })),
    'use one of user, machine, pfxFile',
  );
});

test('what is no store is refused with its name', () =>
  withFolder((folder) => {
    const file = join(folder, 'file');
    writeFileSync(file, 'nothing of use here.');
    assert.match(
      refusal(() => load(file)),
      `The auto store ${file}: it is in no format`,
    );
    assert.match(
      refusal(() => load(join(folder, 'none'))),
      'cannot be read: ENOENT',
    );
    assert.match(
      refusal(() => load(folder, { storeType: 'pfxFile' })),
      'is not a file',
    );
    for (const storeType of ['pfxBlob', 'pemKeyBlob', 'publicKeyBlob', 'p7bBlob', 'ppkBlob', 'xmlBlob'] as const) {
      for (const content of [Buffer.alloc(0), Buffer.from('3003020100', 'hex'), Buffer.from('-----BEGIN X-----')]) {
        assert.match(
          refusal(() => load(content, { storeType })),
          `The ${storeType} store: `,
        );
      }
    }
  }));

test('every type has its number of config()', () => {
  const names = [2, 3, 6, 8, 11, 14, 18, 99].map(storeTypeOf);
  assert.equal(names, ['pfxFile', 'pfxBlob', 'pemKeyFile', 'publicKeyFile', 'p7bFile', 'ppkFile', 'jwkFile', 'auto']);
  assert.is(storeTypeOf(20), undefined);
});

test.run();

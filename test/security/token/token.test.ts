// Certificates and keys on security keys, against a module in memory (PKCS#11 2.40, RFC 7512).
import { constants, createPublicKey, publicEncrypt, randomBytes, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate } from '../../../src/index.js';
import { findCertificate } from '../../../src/security/certificates/stores.js';
import { unwrapContentKey } from '../../../src/security/cms/key-transport.js';
import { SecurityFailure } from '../../../src/security/failure.js';
import { isOnToken, type PrivateKey, signRsa } from '../../../src/security/private-key.js';
import { parseTokenAddress } from '../../../src/security/token/address.js';
import { TokenError } from '../../../src/security/token/pkcs11.js';
import { pair } from '../support.js';
import { fakeModule, fakeToken } from './fake-module.js';

const PKCS1 = { scheme: 'pkcs1' } as const;

function load(store: string | Uint8Array, storePassword = '1234', subject = '*') {
  return findCertificate({ storeType: 'pkcs11', store, storePassword, subject });
}

function thrown(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

const refusal = (act: () => unknown): string => thrown(act).message;

/** The key of alice on a token. */
function keyOf(path: string, pin?: string): PrivateKey {
  const { privateKey } = load(path, pin, 'CN=Alice Motors');
  assert.ok(privateKey !== undefined && isOnToken(privateKey));
  return privateKey;
}

const publicKeyOf = (name: string) => createPublicKey(pair(name).key);
const encrypted = (octets: Uint8Array, padding = constants.RSA_PKCS1_PADDING): Buffer =>
  publicEncrypt({ key: publicKeyOf('alice'), padding }, octets);

for (const [store, address] of [
  ['/usr/lib/some.so', { module: '/usr/lib/some.so' }],
  ['pkcs11:token=My%20Key?module-path=/a.so', { module: '/a.so', label: 'My Key' }],
  ['pkcs11:serial=0815;token=x?module-path=C:%5Ca.dll', { module: 'C:\\a.dll', label: 'x', serialNumber: '0815' }],
  ['pkcs11:?module-path=/a.so', { module: '/a.so' }],
] as const) {
  test(`${store}: names a token`, () => assert.equal(parseTokenAddress(store), address));
}

for (const [store, message] of [
  ['pkcs11:token=a', 'module-path'],
  ['pkcs11:object=key?module-path=/a.so', 'the attribute object is not supported'],
  ['pkcs11:token=a?module-path=/a.so&pin-value=1234', 'give the PIN as storePassword'],
  ['pkcs11:token=%zz?module-path=/a.so', 'the value of token'],
  ['pkcs11:token?module-path=', 'module-path'],
] as const) {
  test(`${store}: is refused`, () => {
    const error = thrown(() => parseTokenAddress(store));
    assert.instance(error, TokenError);
    assert.ok(error.message.includes(message), error.message);
    assert.not.match(error.message, '1234');
  });
}

test('a token: its certificates with their keys, by subject; a path in octets is one too', () => {
  const { path } = fakeModule(fakeToken('EDI', ['bob', 'alice', 'elliptic']));
  const alice = load(path, '1234', 'CN=Alice Motors');
  assert.equal(alice.certificate?.raw, pair('alice').certificate);
  assert.is(alice.subject, 'CN=Alice Motors, O="Acme, Inc", OU=EDI, C=DE, SERIALNUMBER=O0013ALICE');
  assert.ok(alice.privateKey);
  assert.equal(load(Buffer.from(path)).certificate?.raw, pair('bob').certificate);
  assert.is(load(path, '1234', 'elliptic').privateKey, undefined, 'no suite has curves');
  assert.match(
    refusal(() => load(path, '1234', 'CN=Nobody')),
    'CN=Alice Motors',
  );
});

test('a token without any certificate: said so, with no session left open', () => {
  const { path, module } = fakeModule(fakeToken('EDI', []));
  assert.match(
    refusal(() => load(path)),
    'the token "EDI" holds no certificate',
  );
  assert.is(module.sessions.size, 0);
});

test('a token without its PIN: certificates without keys', () => {
  const token = fakeToken('EDI', ['alice']);
  const { path } = fakeModule(token);
  assert.is(load(path, '').privateKey, undefined);
  assert.equal(token.logins, []);
});

test('several tokens: none is tried before one is named, since a wrong PIN locks them', () => {
  const [one, other] = [fakeToken('one', ['bob']), fakeToken('other', ['alice'])];
  const { path } = fakeModule(one, other);
  const message = refusal(() => load(path));
  assert.match(message, '"one" (serial serial of one), "other" (serial serial of other)');
  assert.match(message, 'pkcs11:token=');
  assert.equal([...one.logins, ...other.logins], []);
  assert.equal(load(`pkcs11:token=other?module-path=${path}`).certificate?.raw, pair('alice').certificate);
  assert.equal(load(`pkcs11:serial=serial%20of%20one?module-path=${path}`).certificate?.raw, pair('bob').certificate);
  assert.equal(one.logins.length + other.logins.length, 2);
  assert.match(
    refusal(() => load(`pkcs11:token=third?module-path=${path}`)),
    'the token is not there; there is "one"',
  );
});

test('a wrong PIN: said so without the PIN, with no session left open', () => {
  const { path, module } = fakeModule(fakeToken('EDI', ['alice']));
  const message = refusal(() => load(path, '9999'));
  assert.match(message, `The pkcs11 store ${path}: the token "EDI" cannot be used: wrong PIN (CKR_PIN_INCORRECT)`);
  assert.not.match(message, '9999');
  assert.is(module.sessions.size, 0);
});

test('a token that has been away: logged in again; a PIN that was changed meanwhile is tried once and never again', () => {
  const token = fakeToken('EDI', ['alice']);
  const { path, module } = fakeModule(token);
  const key = keyOf(path);
  signRsa(key, 'sha256', Buffer.from('while the certificate is loaded'));
  assert.equal(token.logins, ['1234'], 'the session that has loaded it keeps the process logged in');
  token.present = false;
  assert.match(
    refusal(() => signRsa(key, 'sha256', Buffer.from('x'))),
    'the token is not there; none is',
  );
  token.present = true;
  for (const session of module.sessions.keys()) module.C_CloseSession(Uint8Array.of(session));
  signRsa(key, 'sha256', Buffer.from('x'));
  assert.equal(token.logins, ['1234', '1234']);
  token.pin = '4321';
  const tries = [1, 2, 3].map(() => refusal(() => signRsa(key, 'sha256', Buffer.from('x'))));
  assert.match(tries[0] as string, 'wrong PIN');
  assert.match(tries[2] as string, 'has refused the PIN before');
  assert.is(token.logins.length, 3);
  assert.is(module.sessions.size, 0);
});

for (const hash of ['sha1', 'sha256', 'sha512', 'sha3-512'] as const) {
  test(`a token signs with ${hash} what node:crypto verifies`, () => {
    const { path, module } = fakeModule(fakeToken('EDI', ['bob', 'alice']));
    const key = keyOf(path);
    const open = module.sessions.size;
    const message = Buffer.from('EERP fields');
    assert.ok(verify(hash, message, publicKeyOf('alice'), signRsa(key, hash, message)));
    assert.is(module.sessions.size, open);
  });
}

test('a key that asks for the PIN at each use gets it', () => {
  const token = fakeToken('EDI', ['alice'], { alwaysAuthenticate: true });
  const key = keyOf(fakeModule(token).path);
  for (const count of [2, 3]) {
    const message = Buffer.from('x');
    assert.ok(verify('sha256', message, publicKeyOf('alice'), signRsa(key, 'sha256', message)));
    assert.is(token.logins.length, count);
  }
});

for (const raw of [true, false]) {
  test(`a token ${raw ? 'without' : 'with'} its own padding decrypts a content key`, () => {
    const token = fakeToken('EDI', ['alice'], { raw });
    const key = keyOf(fakeModule(token).path);
    const contentKey = randomBytes(32);
    assert.equal(Buffer.from(unwrapContentKey(key, PKCS1, encrypted(contentKey), 32)), contentKey);
    const oaep = { scheme: 'oaep', hash: 'sha1' } as const;
    const forOaep = encrypted(contentKey, constants.RSA_PKCS1_OAEP_PADDING);
    assert.equal(Buffer.from(unwrapContentKey(key, oaep, forOaep, 32)), contentKey);
    assert.equal(token.mechanisms, [raw ? 3 : 1, 9], 'CKM_RSA_X_509 or CKM_RSA_PKCS, CKM_RSA_PKCS_OAEP');
  });

  test(`a token ${raw ? 'without' : 'with'} its own padding: bad padding, a wrong length and no block look the same`, () => {
    const key = keyOf(fakeModule(fakeToken('EDI', ['alice'], { raw })).path);
    const block = Buffer.alloc(256, 1);
    const badPadding = publicEncrypt({ key: publicKeyOf('alice'), padding: constants.RSA_NO_PADDING }, block);
    for (const octets of [badPadding, encrypted(randomBytes(16)), encrypted(randomBytes(48)), randomBytes(100)]) {
      const [one, two] = [1, 2].map(() => unwrapContentKey(key, PKCS1, octets, 32));
      assert.is(one?.length, 32);
      assert.not.equal(one, two, 'a random key each time');
    }
  });
}

test('a token that is removed while it decrypts is no failure of the peer', () => {
  const token = fakeToken('EDI', ['alice']);
  const key = keyOf(fakeModule(token).path);
  token.failure = 0x32;
  const error = thrown(() => unwrapContentKey(key, PKCS1, encrypted(randomBytes(32)), 32));
  assert.instance(error, TokenError);
  token.failure = 0x05;
  assert.is(
    unwrapContentKey(key, PKCS1, encrypted(randomBytes(32)), 32).length,
    32,
    'CKR_GENERAL_ERROR may be padding',
  );
});

for (const hash of ['sha256', 'sha3-512']) {
  test(`OAEP with ${hash} for a token that does not know it: NERP 33, unsupported`, () => {
    const key = keyOf(fakeModule(fakeToken('EDI', ['alice'])).path);
    const octets = encrypted(randomBytes(32));
    const error = thrown(() => unwrapContentKey(key, { scheme: 'oaep', hash }, octets, 32));
    assert.instance(error, SecurityFailure);
    assert.is((error as SecurityFailure).reasonCode, 33);
    assert.is((error as SecurityFailure).fault, 'unsupported-algorithm');
  });
}

test('B-035 Certificate.load: a token has a private key that is not given out, and its PIN is nowhere to be seen', async () => {
  const { path } = fakeModule(fakeToken('EDI', ['alice'], { pin: 'PIN-4711' }));
  const options = { storeType: 'pkcs11', store: path, storePassword: 'PIN-4711' } as const;
  const certificate = await Certificate.load(options);
  assert.is(certificate.hasPrivateKey, true);
  assert.is(certificate.privateKey, undefined);
  const shown = inspect(certificate, { depth: null, showHidden: true, getters: true });
  assert.not.match(shown + JSON.stringify(certificate), 'PIN-4711');
});

test('a path without a module: said so', () => {
  assert.match(
    refusal(() => load('/nowhere/module.so')),
    /The pkcs11 store \/nowhere\/module\.so: (?:it is no PKCS#11 module|PKCS#11 needs the optional package pkcs11js)/,
  );
});

test.run();

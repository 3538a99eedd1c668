/**
 * Certificate stores through the public API, proven by what a partner with OpenSSL makes of the octets: a signature
 * that verifies was made with the key of the store, a file that decrypts was encrypted for its certificate.
 * Rows B-023 to B-032 and B-034.
 */
import { createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate, type OFTPServer } from '../../src/index.js';
import { fixture, fixturePath, pair } from '../security/support.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import type { Outcome } from '../support/outcome.js';
import { contentOf } from '../support/received.js';
import { refusal } from '../support/refusal.js';
import { receive, transfer } from '../support/scenario.js';
import { decryptBy, verifiedBy } from '../support/secured.js';
import { encryptedFor, serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd } from '../support/wire.js';

test.after.each(cleanUp);

type Options = Parameters<typeof Certificate.load>[0];

const CONTENT = Buffer.from('UNB+UNOA:2+O0013HUB+O0013PARTNER+260101:1200+4711');
const SECRET = { storePassword: 'secret' };
const path = (name: string): string => fixturePath(`certificates/${name}`);
const octets = (name: string): Buffer => fixture(`certificates/${name}`);
const text = (name: string): string => readFileSync(path(name), 'utf8');

/** The octets of a signed file from a server with this certificate. */
async function signedBy(equip: (server: OFTPServer) => void): Promise<Buffer> {
  const { host } = await serverThatSends({ octets: CONTENT, file: { security: 'signed' } });
  equip(host.server);
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid, data } = await receive(peer);
  assert.is(sfid.fields['sec'], '02');
  return contentOf(data);
}

/** Stores with a private key and its certificate, and whose they are. */
const OWN: readonly [row: string, what: string, owner: string, options: () => Options][] = [
  ['B-023', 'pfxFile takes a path', 'bob', () => ({ storeType: 'pfxFile', store: path('bob-aes.pfx'), ...SECRET })],
  [
    'B-023',
    'pfxBlob takes the octets',
    'bob',
    () => ({ storeType: 'pfxBlob', store: octets('bob-aes.pfx'), ...SECRET }),
  ],
  [
    'B-023',
    'pfxBlob takes them as base64',
    'bob',
    () => ({ storeType: 'pfxBlob', store: octets('bob-aes.pfx').toString('base64'), ...SECRET }),
  ],
  [
    'B-025',
    'auto finds out that it is a PFX file',
    'bob',
    () => ({ storeType: 'auto', store: path('bob-rc2.pfx'), ...SECRET }),
  ],
  ['B-025', 'auto finds out that it is PEM', 'bob', () => ({ storeType: 'auto', store: path('bob.pem') })],
  [
    'B-026',
    'pemKeyFile takes a key with its certificate',
    'bob',
    () => ({ storeType: 'pemKeyFile', store: path('bob.pem') }),
  ],
  [
    'B-026',
    'pemKeyFile takes an encrypted key',
    'bob',
    () => ({ storeType: 'pemKeyFile', store: path('bob-encrypted.pem'), ...SECRET }),
  ],
  ['B-027', 'pemKeyBlob takes the text', 'bob', () => ({ storeType: 'pemKeyBlob', store: text('bob.pem') })],
  [
    'B-027',
    'pemKeyBlob takes it as base64',
    'bob',
    () => ({ storeType: 'pemKeyBlob', store: octets('bob.pem').toString('base64') }),
  ],
  [
    'B-032',
    'jwkBlob takes a key with x5c',
    'alice',
    () => ({ storeType: 'jwkBlob', store: jwk({ withCertificate: true }) }),
  ],
];

for (const [row, what, owner, options] of OWN) {
  test(`${row} ${what}: files signed with it verify with the certificate of ${owner}`, async () => {
    const certificate = await Certificate.load(options());
    assert.is(certificate.subject, own(owner).subject);
    const signed = await signedBy((server) => {
      server.certificate = certificate;
    });
    assert.equal(verifiedBy(owner, signed), CONTENT);
  });
}

/** The same by `config()`, with the numbers of the reference; the content of a store is text there. */
const BY_CONFIG: readonly [row: string, type: number, store: () => string, password: string][] = [
  ['B-023', 2, () => path('bob-aes.pfx'), 'secret'],
  ['B-023', 3, () => octets('bob-aes.pfx').toString('base64'), 'secret'],
  ['B-025', 99, () => path('bob-aes.pfx'), 'secret'],
  ['B-025', 99, () => path('bob.pem'), ''],
  ['B-026', 6, () => path('bob.pem'), ''],
  ['B-027', 7, () => text('bob.pem'), ''],
];

for (const [row, type, store, password] of BY_CONFIG) {
  test(`${row} CertificateStoreType=${type}${password && ' with a password'}: files are signed with it`, async () => {
    const signed = await signedBy((server) => {
      server.config(`CertificateStoreType=${type}`);
      server.config(`CertificateStore=${store()}`);
      server.config(`CertificateStorePassword=${password}`);
      server.config('CertificateSubject=*');
      assert.is(server.config('CertificateSubject'), own('bob').subject);
    });
    assert.equal(verifiedBy('bob', signed), CONTENT);
  });
}

test('B-024 with a wrong password there is no certificate and nothing signed; with the right one there is', async () => {
  const { host, outcomes } = await serverThatSends({ octets: CONTENT, file: { security: 'signed' } });
  const { server } = host;
  server.config(`CertificateStore=${path('bob-aes.pfx')}`);
  server.config('CertificateStorePassword=guessed');
  const { message } = refusal(() => server.config('CertificateSubject=*'), 690, 'wrong password');
  assert.not.match(message, 'guessed');
  assert.equal([server.config('CertificateSubject'), server.certificate], ['', null]);
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  const [outcome] = (await outcomes()) as [Outcome<unknown>];
  assert.is(outcome.error?.code, 686);
  server.config('CertificateStorePassword=secret');
  server.config('CertificateSubject=*');
  assert.is(server.config('CertificateSubject'), own('bob').subject);
});

/** Stores with certificates alone. */
const PARTNERS: readonly [row: string, what: string, owner: string, options: () => Options][] = [
  ['B-025', 'auto finds out that it is DER', 'bob', () => ({ store: path('bob.cert.der') })],
  ['B-025', 'auto finds out that it is a PEM certificate', 'bob', () => ({ store: path('bob.cert.pem') })],
  ['B-028', 'publicKeyFile takes DER', 'bob', () => ({ storeType: 'publicKeyFile', store: path('bob.cert.der') })],
  ['B-028', 'publicKeyFile takes PEM', 'bob', () => ({ storeType: 'publicKeyFile', store: path('bob.cert.pem') })],
  [
    'B-029',
    'publicKeyBlob takes the octets',
    'bob',
    () => ({ storeType: 'publicKeyBlob', store: octets('bob.cert.der') }),
  ],
  [
    'B-029',
    'publicKeyBlob takes them as base64',
    'bob',
    () => ({ storeType: 'publicKeyBlob', store: octets('bob.cert.der').toString('base64') }),
  ],
  [
    'B-030',
    'p7bFile: the subject picks the first of two',
    'bob',
    () => ({ storeType: 'p7bFile', store: path('both.p7b'), subject: 'bob.example.com' }),
  ],
  [
    'B-030',
    'p7bFile: the subject picks the second of two',
    'alice',
    () => ({ storeType: 'p7bFile', store: path('both.p7b'), subject: 'Alice Motors' }),
  ],
];

for (const [row, what, owner, options] of PARTNERS) {
  test(`${row} ${what}: files encrypted for it open with the key of ${owner}`, async () => {
    const certificate = await Certificate.load(options());
    assert.equal([certificate.subject, certificate.hasPrivateKey], [own(owner).subject, false]);
    assert.equal(decryptBy(owner, await encryptedFor(certificate, CONTENT)), CONTENT);
  });
}

function jwk({ withCertificate }: { withCertificate: boolean }): string {
  const { key, certificate } = pair('alice');
  return JSON.stringify({
    ...key.export({ format: 'jwk' }),
    ...(withCertificate ? { x5c: [certificate.toString('base64')] } : {}),
  });
}

/** Stores with a private key and nothing else. */
const KEYS: readonly [row: string, what: string, owner: string, options: () => Options][] = [
  ['B-026', 'pemKeyFile with a key alone', 'bob', () => ({ storeType: 'pemKeyFile', store: path('bob.key.pem') })],
  ['B-031', 'ppkFile, version 2', 'alice', () => ({ storeType: 'ppkFile', store: path('alice-v2.ppk') })],
  ['B-031', 'ppkFile, version 3', 'alice', () => ({ storeType: 'ppkFile', store: path('alice-v3.ppk') })],
  [
    'B-031',
    'ppkFile with a password',
    'alice',
    () => ({ storeType: 'ppkFile', store: path('alice-v3-encrypted.ppk'), ...SECRET }),
  ],
  ['B-032', 'jwkBlob without x5c', 'alice', () => ({ storeType: 'jwkBlob', store: jwk({ withCertificate: false }) })],
];

for (const [row, what, owner, options] of KEYS) {
  test(`${row} ${what}: the key signs; a file that is to be signed needs a certificate, and is not sent`, async () => {
    const found = await Certificate.load(options());
    assert.equal([found.subject, found.encoded.length, found.hasPrivateKey], ['', 0, true]);
    const { privateKey } = found;
    assert.ok(privateKey);
    const signature = sign('sha256', CONTENT, privateKey);
    assert.ok(verify('sha256', CONTENT, createPublicKey(pair(owner).key), signature));
    const { host, outcomes } = await serverThatSends({ octets: CONTENT, file: { security: 'signed' } });
    refusal(() => Object.assign(host.server, { certificate: found }), 690, 'cannot be a key alone');
    const { peer } = await host.session();
    peer.send(cd());
    await peer.expectEsid(0);
    const [outcome] = (await outcomes()) as [Outcome<unknown>];
    assert.is(outcome.error?.code, 686);
  });
}

for (const [type, name] of [
  [0, 'user'],
  [1, 'machine'],
] as const) {
  test(`B-034 a store of Windows (${name}, ${type}) is error 690 with the way out, and the server goes on`, async () => {
    const host = await TestServer.start();
    host.server.config(`CertificateStoreType=${type}`);
    const { message } = refusal(() => host.server.config('CertificateSubject=CN=hub'), 690, 'Windows');
    assert.match(message, /PFX/);
    const error = await Certificate.load({ storeType: name, store: 'MY', subject: 'CN=hub' }).catch((reason) => reason);
    assert.equal([error.code, error.message], [690, message]);
    assert.equal([host.server.config('CertificateSubject'), host.server.certificate], ['', null]);
    const { peer } = await host.session();
    await transfer(peer, CONTENT);
    assert.equal(host.content('TESTFILE'), CONTENT);
  });
}

test.run();

/**
 * How a certificate is found by its subject and how the subject reads, with what goes over the wire as the proof of
 * which certificate it was: rows B-038 to B-042.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate } from '../../src/index.js';
import { fixture, fixturePath, opensslCms } from '../security/support.js';
import { type Issued, issue, keyPem, pem } from '../support/authority.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { delivered } from '../support/exchange.js';
import { folderWith, temporaryFolder } from '../support/folder.js';
import { openssl } from '../support/openssl.js';
import type { Outcome } from '../support/outcome.js';
import { contentOf } from '../support/received.js';
import { refusal } from '../support/refusal.js';
import { receive } from '../support/scenario.js';
import { decryptBy } from '../support/secured.js';
import { encryptedFor, serverThatSends } from '../support/sending.js';
import { cd } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = Buffer.from('UNB+UNOA:2+O0013HUB+O0013PARTNER+260101:1200+4711');

/** Two whose names are alike: that of the second is the beginning of that of the first. */
const WORKS = issue({ name: 'Bob Works', key: 'rsa' });
const BOB = issue({ name: 'Bob', key: 'rsa' });
const STORE = [WORKS, BOB].map((issued) => `${keyPem(issued)}${pem(issued)}`).join('');

/** A server that signs one file with what `CertificateSubject` finds in a store. */
async function signing(store: string, subject: string) {
  const sending = await serverThatSends({ octets: CONTENT, file: { security: 'signed' } });
  const { server } = sending.host;
  server.config(`CertificateStore=${store}`);
  server.config(`CertificateSubject=${subject}`);
  return { ...sending, server };
}

/** The content, if OpenSSL finds that it was signed with the key of this certificate. */
function verifiedWith(issued: Issued, octets: Buffer): Buffer {
  const certificates = join(folderWith({ 'signer.pem': pem(issued) }), 'signer.pem');
  return opensslCms(['-verify', '-inform', 'DER', '-noverify', '-nointern', '-certfile', certificates], octets);
}

for (const [row, subject, signer, name] of [
  ['B-038 a part of the name finds the first that contains it', 'ob', WORKS, 'CN=Bob Works'],
  ['B-038 a part of the name, in other case', 'bob w', WORKS, 'CN=Bob Works'],
  ['B-038 the whole name goes before one that only contains it', 'CN=Bob', BOB, 'CN=Bob'],
  ['B-040 * takes one of them', '*', WORKS, 'CN=Bob Works'],
] as const) {
  test(`${row}: CertificateSubject=${subject} reads ${name}, and that one signs`, async () => {
    const { host, server } = await signing(STORE, subject);
    assert.is(server.config('CertificateSubject'), name);
    assert.is((server.certificate as Certificate).subject, name);
    assert.is((await Certificate.load({ store: STORE, subject })).subject, name);
    const { peer } = await host.session();
    peer.send(cd());
    assert.equal(verifiedWith(signer, contentOf((await receive(peer)).data)), CONTENT);
  });
}

test('B-039 a name that no certificate has: error 690 with those that do, none is left, and nothing signed', async () => {
  const { host, server, outcomes } = await signing(STORE, 'CN=Bob');
  const { message } = refusal(() => server.config('CertificateSubject=CN=none'), 690, 'CN=none');
  assert.ok(message.includes('"CN=Bob Works"') && message.includes('"CN=Bob"'), message);
  assert.equal([server.config('CertificateSubject'), server.certificate], ['', null]);
  const loading = await Certificate.load({ store: STORE, subject: 'CN=none' }).catch((reason) => reason);
  assert.equal([loading.code, loading.message], [690, message]);
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  const [outcome] = (await outcomes()) as [Outcome<unknown>];
  assert.is(outcome.error?.code, 686);
});

/** A self-signed certificate in DER, made by OpenSSL; the fields stand in it in the order of the text. */
function certificateFor(subject: string): Buffer {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const keyFile = join(temporaryFolder(), 'key.pem');
  return openssl(['req', '-x509', ...key, '-keyout', keyFile, '-days', '30', '-subj', subject, '-outform', 'DER']);
}

for (const [row, made, name, otherwise] of [
  [
    'B-041 all fields come in the order CN, O, OU, L, S, C, E, whatever order they were signed in',
    '/emailAddress=support@example.com/C=US/ST=NC/L=Chapel Hill/OU=test/O=Example/CN=www.server.com',
    'CN=www.server.com, O=Example, OU=test, L=Chapel Hill, S=NC, C=US, E=support@example.com',
    'E=support@example.com,C=US,S=NC,L=Chapel Hill,OU=test,O=Example,CN=www.server.com',
  ],
  [
    'B-041 fields that are not there are left out',
    '/C=US/CN=www.server.com',
    'CN=www.server.com, C=US',
    'c=us, cn=www.server.com',
  ],
  ['B-042 a value with a comma is quoted', '/O=Acme, Inc/CN=Acme', 'CN=Acme, O="Acme, Inc"', 'O="Acme, Inc", CN=Acme'],
] as const) {
  test(`${row}: a partner's certificate reads ${name}, and is found by that`, async () => {
    const { event } = await delivered(certificateFor(made));
    assert.equal([event?.certificate.subject, event?.certificate.issuer], [name, name]);
    const store = event?.certificateFileName ?? '';
    assert.is((await Certificate.load({ store, subject: name })).subject, name);
    assert.is((await Certificate.load({ store, subject: otherwise })).subject, name);
  });
}

test('B-042 of two certificates the name with the quoted value finds the one to encrypt for', async () => {
  const store = fixturePath('certificates/both.p7b');
  const subject = 'CN=Alice Motors, O="Acme, Inc", OU=EDI, C=DE, SERIALNUMBER=O0013ALICE';
  const certificate = await Certificate.load({ store, subject });
  assert.equal([certificate.subject, certificate.encoded], [subject, fixture('certificates/alice.cert.der')]);
  assert.equal(decryptBy('alice', await encryptedFor(certificate, CONTENT)), CONTENT);
  assert.is(own('alice').subject, subject);
});

test.run();

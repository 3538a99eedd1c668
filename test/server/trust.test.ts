/** importTrustedCerts, validateCert, validateRecipientCert and FailOnUntrustedCert, as programs see them. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate, OFTPServer, type OFTPServerOptions } from '../../src/index.js';
import { fixturePath } from '../security/support.js';
import { crl, type Issued, issue, keyPem, pem, root, USAGE } from '../support/authority.js';
import { own } from '../support/certificates.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { folderWith, temporaryFolder } from '../support/folder.js';
import { outcomeOf, within } from '../support/outcome.js';
import { refusal } from '../support/refusal.js';
import { TestServer } from '../support/server.js';
import { WebServer } from '../support/web.js';

test.after.each(cleanUp);

const LIST = fixturePath('trust/list.xml');
const UNSIGNED = fixturePath('trust/list-unsigned.xml');
const SIGNER = Certificate.loadSync({ store: fixturePath('trust/signer.cert.der') });
const NAMES = [
  'CN=Example OFTP2 Authority, O=Example Trust, C=DE',
  'CN=Example Root, O=Example Trust, C=DE',
  'CN=Other Authority, O=Autre, C=FR',
];

const ca = root('CA');
const trusted = issue({ name: 'trusted', issuer: ca, usage: [USAGE.digitalSignature, USAGE.keyEncipherment] });

const withKey = (one: Issued): Certificate => Certificate.loadSync({ store: `${keyPem(one)}${pem(one)}` });
const without = (one: Issued): Certificate => Certificate.loadSync({ store: pem(one) });

function makeServer(options: OFTPServerOptions = {}): { server: OFTPServer; errors: string[]; logs: string[] } {
  const server = new OFTPServer({ statePath: null, ...options });
  const errors: string[] = [];
  const logs: string[] = [];
  server.on('error', ({ errorCode, description }) => void errors.push(`${errorCode} ${description}`));
  server.on('log', ({ message }) => void logs.push(message));
  onCleanUp(() => within(server.shutdown()));
  return { server, errors, logs };
}

const subjects = ({ trustedCertificates }: OFTPServer): string[] => trustedCertificates.map(({ subject }) => subject);

async function importFails(server: OFTPServer, words: string): Promise<void> {
  const { error } = await outcomeOf(server.importTrustedCerts());
  assert.is(error?.code, 691, error?.message ?? 'nothing was thrown');
  assert.match(error?.message ?? '', words);
}

test('B-319 the default source is the list of Odette', () => {
  assert.is(new OFTPServer().config('TrustedCertsData'), 'http://www.odette.org/TSL/TSL_OFTP2.XML');
});

// covers: trusted_cert_subject
test('B-135 B-318 a trust list in a file, as text, and unsigned fills trustedCertificates', async () => {
  for (const trustedCertsData of [LIST, readFileSync(LIST, 'utf8'), UNSIGNED]) {
    const { server } = makeServer({ trustedCertsData });
    await server.importTrustedCerts();
    assert.equal(subjects(server), NAMES);
    assert.instance(server.trustedCertificates[0], Certificate);
  }
});

// covers: trusted_cert_store, trusted_cert_store_type
test('B-318 a PEM bundle, a DER file, PKCS#7 and a folder with other files in it', async () => {
  const second = root('Second');
  const folder = folderWith({
    'a.pem': `Text before\n${pem(ca)}and between\n${pem(second)}`,
    'README.txt': 'nothing',
    'sub/c.pem': pem(root('Third')),
  });
  for (const trustedCertsData of [join(folder, 'a.pem'), pem(ca) + pem(second), folder]) {
    const { server } = makeServer({ trustedCertsData });
    await server.importTrustedCerts();
    assert.equal(subjects(server), ['CN=CA', 'CN=Second']);
  }
  writeFileSync(join(folder, 'ca.der'), ca.der);
  for (const trustedCertsData of [join(folder, 'ca.der'), fixturePath('certificates/both.p7b')]) {
    const { server } = makeServer({ trustedCertsData });
    await server.importTrustedCerts();
    assert.is(server.trustedCertificates.length, trustedCertsData.endsWith('der') ? 1 : 2);
  }
});

test('B-404 what cannot be imported is error 691 that says what and why; nothing changes', async () => {
  const { server } = makeServer({ trustedCertificates: [without(ca)] });
  const folder = folderWith({ 'x.txt': 'no certificate' });
  const cases: [string, string][] = [
    ['/nowhere/trust.xml', '/nowhere/trust.xml'],
    ['', 'TrustedCertsData is empty'],
    [join(folder, 'x.txt'), 'x.txt'],
    [temporaryFolder(), 'holds no certificate'],
    ['<html></html>', 'no trust-service status list but <html>'],
    ['<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'document type'],
    [readFileSync(LIST, 'utf8').replace('>42<', '>43<'), 'changed after it was signed'],
  ];
  for (const [source, words] of cases) {
    server.trustedCertsData = source;
    await importFails(server, words);
  }
  assert.equal(subjects(server), ['CN=CA']);
});

test('TrustListSigner as certificate or fingerprint: the list must be signed by just that', async () => {
  const { server } = makeServer({ trustedCertsData: LIST });
  const good = [
    readFileSync(fixturePath('trust/signer.cert.der')),
    SIGNER.fingerprint256,
    SIGNER.fingerprint256.replaceAll(':', '').toLowerCase(),
  ];
  for (const signer of good) {
    server.trustListSigner =
      typeof signer === 'string'
        ? signer
        : `-----BEGIN CERTIFICATE-----\n${signer.toString('base64')}\n-----END CERTIFICATE-----`;
    await server.importTrustedCerts();
  }
  assert.is(server.trustedCertificates.length, 3);
  server.trustListSigner = trusted.x509.fingerprint256;
  await importFails(server, SIGNER.fingerprint256);
  server.trustListSigner = 'the usual one';
  await importFails(server, 'TrustListSigner takes a certificate in PEM or SHA-256 fingerprints');
  server.trustListSigner = SIGNER.fingerprint256;
  server.trustedCertsData = UNSIGNED;
  await importFails(server, 'not signed');
});

test('without TrustListSigner the first signer of a source is the only one afterwards, and is logged', async () => {
  const path = join(temporaryFolder(), 'list.xml');
  writeFileSync(path, readFileSync(LIST));
  const { server, logs } = makeServer({ trustedCertsData: path });
  await server.importTrustedCerts();
  assert.match(logs.join('\n'), `TrustListSigner=${SIGNER.fingerprint256}`);
  await server.importTrustedCerts();
  writeFileSync(path, readFileSync(UNSIGNED));
  await importFails(server, 'not signed');
});

test('an import takes the place of the one before, and leaves what the program has added', async () => {
  const { server } = makeServer({ trustedCertsData: LIST, trustedCertificates: [without(ca)] });
  await server.importTrustedCerts();
  assert.equal(subjects(server), ['CN=CA', ...NAMES]);
  server.trustedCertsData = pem(root('Later'));
  await server.importTrustedCerts();
  assert.equal(subjects(server), ['CN=CA', 'CN=Later']);
  server.trustedCertificates = [];
  assert.equal(subjects(server), []);
});

test('B-282 B-283 B-284 redirects: 0 is error 691, 1 follows, 2 follows within http', async () => {
  const web = await WebServer.start((path) => {
    if (path === '/list.xml') return { body: readFileSync(LIST) };
    return { status: 302, headers: { location: path === '/https' ? 'https://127.0.0.1:9/' : '/list.xml' } };
  });
  const { server } = makeServer({ trustedCertsData: web.url('/moved') });
  await importFails(server, 'which is not followed');
  for (const value of ['1', '2']) {
    server.config(`FollowRedirects=${value}`);
    await server.importTrustedCerts();
    assert.equal(subjects(server), NAMES);
  }
  server.trustedCertsData = web.url('/https');
  await importFails(server, 'another scheme');
  server.config('FollowRedirects=1');
  await importFails(server, 'https://127.0.0.1:9/');
});

test('a trust list that is too large, too slow or elsewhere is error 691', async () => {
  const web = await WebServer.start((path) => {
    if (path === '/large') return { body: Buffer.alloc(1_048_577, 0x20) };
    if (path === '/inside') return { status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } };
    return undefined;
  });
  const { server } = makeServer({ fetchMaxSize: 1, fetchTimeout: 1, followRedirects: 'always' });
  for (const [path, words] of [
    ['/large', 'larger than 1048576 octets'],
    ['/slow', 'no answer within 1000 ms'],
    ['/inside', 'private network'],
  ] as const) {
    server.trustedCertsData = web.url(path);
    await importFails(server, words);
  }
});

test('B-164 B-165 B-166 B-168 validateCert: dates, issuer, self-signed, no list to ask', async () => {
  const { server } = makeServer();
  const { error } = await outcomeOf(server.validateCert());
  assert.is(error?.code, 689);
  server.certificate = withKey(trusted);
  assert.is(await server.validateCert(), false);
  const [problem] = await server.certificateProblems();
  assert.is(problem?.kind, 'unknownIssuer');
  assert.match(problem?.message ?? '', '"CN=CA" is not among the trusted ones');
  server.trustedCertificates = [without(ca)];
  assert.is(await server.validateCert(), true);
  server.certificate = own('alice');
  assert.is(await server.validateCert(), true, 'self-signed');
  server.trustedCertificates = [];
  server.certificate = withKey(issue({ name: 'old', issuer: ca, to: new Date('2024-01-01T00:00:00Z') }));
  server.failOnUntrustedCert = false;
  server.trustedCertificates = [without(ca)];
  assert.is(await server.validateCert(), false);
  assert.equal(
    (await server.certificateProblems()).map(({ kind }) => kind),
    ['expired'],
  );
});

test('validateCert is about the certificate that certificateType names, and what it is for', async () => {
  const signing = issue({ name: 'signing', issuer: ca, usage: [USAGE.digitalSignature] });
  const { server } = makeServer({ trustedCertificates: [without(ca)], certificateType: 'signing' });
  server.certificate = withKey(signing);
  assert.is(await server.validateCert(), true);
  server.failOnUntrustedCert = false;
  server.certificateType = 'decryption';
  server.certificate = withKey(signing);
  assert.equal(
    (await server.certificateProblems()).map(({ kind }) => kind),
    ['keyUsage'],
  );
});

/** A certificate that names a list on this machine, and the server of that list. */
async function listedCertificate(revoked: boolean): Promise<{ certificate: Issued; web: WebServer }> {
  const web = await WebServer.start(() => ({
    body: crl({ issuer: ca, revoked: revoked ? [{ serial: 0x4711, reason: 1 }] : [] }),
  }));
  return { certificate: issue({ name: 'listed', issuer: ca, serial: 0x4711, crlUrl: web.url('/ca.crl') }), web };
}

test('B-167 revoked by the list that the certificate names: false, with the reason', async () => {
  const { certificate, web } = await listedCertificate(true);
  const { server } = makeServer({ trustedCertificates: [without(ca)], certificate: withKey(certificate) });
  assert.is(await server.validateCert(), false);
  assert.match((await server.certificateProblems())[0]?.message ?? '', 'private network');
  assert.equal(web.requests, [], 'this machine is not asked unless that is allowed');
  const allowed = makeServer({
    trustedCertificates: [without(ca)],
    certificate: withKey(certificate),
    fetchPrivateAddresses: true,
  }).server;
  assert.is(await allowed.validateCert(), false);
  assert.match(
    (await allowed.certificateProblems())[0]?.message ?? '',
    'is revoked since 2024-05-06T07:08:09.000Z (key compromise)',
  );
  assert.equal(web.requests, ['GET /ca.crl']);
});

test('B-167 not on the list: true', async () => {
  const { certificate } = await listedCertificate(false);
  const { server } = makeServer({
    trustedCertificates: [without(ca)],
    certificate: withKey(certificate),
    fetchPrivateAddresses: true,
  });
  assert.is(await server.validateCert(), true);
});

test('B-136 B-275 with trusted certificates, assigning one that is not trusted is error 690', () => {
  const stranger = issue({ name: 'stranger', issuer: root('Elsewhere') });
  const { server, errors } = makeServer({ certificate: withKey(stranger), trustedCertificates: [] });
  server.trustedCertificates = [without(ca)];
  const { message } = refusal(() => {
    server.certificate = withKey(stranger);
  }, 690);
  assert.match(message, 'certificate is not trusted: the issuer of "CN=stranger" is unknown');
  refusal(() => {
    server.certificates.signing = withKey(stranger);
  }, 690);
  server.certificate = withKey(trusted);
  assert.is((server.certificate as Certificate).subject, 'CN=trusted');
  assert.equal(errors, []);
});

test('B-136 CertificateSubject by config() is checked as well', () => {
  const store = join(folderWith({ 's.pem': '' }), 's.pem');
  const stranger = issue({ name: 'stranger', issuer: root('Elsewhere') });
  writeFileSync(store, keyPem(stranger) + pem(stranger));
  const { server } = makeServer({ trustedCertificates: [without(ca)], certificateStore: store });
  refusal(() => server.config('CertificateSubject=*'), 690);
  assert.is(server.certificate, null);
});

test('B-276 FailOnUntrustedCert=False: an error event, and the certificate is used', () => {
  const { server, errors } = makeServer({ trustedCertificates: [without(ca)] });
  server.config('FailOnUntrustedCert=False');
  server.certificate = withKey(issue({ name: 'stranger', issuer: root('Elsewhere') }));
  assert.is((server.certificate as Certificate).subject, 'CN=stranger');
  assert.is(errors.length, 1);
  assert.match(errors[0] ?? '', /^690 .*"CN=stranger" is unknown/);
});

test('4.3 a certificate issued directly by a root of the imported list is refused', async () => {
  const { server } = makeServer({ trustedCertsData: LIST });
  await server.importTrustedCerts();
  const recipient = Certificate.loadSync({ store: fixturePath('trust/direct.cert.der') });
  const events = await TestServer.start({ settings: { trustedCertsData: LIST } });
  await events.server.importTrustedCerts();
  await events.session();
  const [connection] = [...events.server.connections.values()];
  const { message } = refusal(() => {
    if (connection) connection.recipientCertificate = recipient;
  }, 690);
  assert.match(message, 'issued directly by');
});

test('B-169 validateRecipientCert: the same for the certificate of the partner', async () => {
  const { certificate } = await listedCertificate(true);
  const running = await TestServer.start({
    settings: { trustedCertificates: [without(ca)], fetchPrivateAddresses: true },
  });
  await running.session();
  const [connection] = [...running.server.connections.values()];
  assert.ok(connection);
  assert.is((await outcomeOf(connection.validateRecipientCert())).error?.code, 689);
  connection.recipientCertificate = without(trusted);
  assert.is(await connection.validateRecipientCert(), true);
  connection.recipientCertificate = without(issue({ name: 'alone' }));
  assert.is(await connection.validateRecipientCert(), true, 'self-signed');
  connection.recipientCertificate = without(certificate);
  assert.is(await connection.validateRecipientCert(), false);
  assert.equal(
    (await connection.recipientCertProblems()).map(({ kind }) => kind),
    ['revoked'],
  );
  running.server.failOnUntrustedCert = false;
  connection.recipientCertificate = without(issue({ name: 'old', issuer: ca, to: new Date('2024-01-01T00:00:00Z') }));
  assert.is(await connection.validateRecipientCert(), false);
  connection.recipientCertificate = without(issue({ name: 'stranger', issuer: root('Elsewhere') }));
  assert.is(await connection.validateRecipientCert(), false);
});

test('what is no certificate cannot be trusted', () => {
  const { server } = makeServer();
  for (const value of [[pem(ca)], [null], 'x', [Certificate.loadSync({ store: keyPem(ca) })]]) {
    refusal(() => Object.assign(server, { trustedCertificates: value }), 690);
  }
});

test.run();

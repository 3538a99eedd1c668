/** The Certificate Logical Identification Data of certificate exchange, which stands in SFIDDESC (C-311). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type CertificateIdentification,
  identificationOf,
  isIdentifiedBy,
  readIdentification,
  writeIdentification,
} from '../../../src/security/certificates/identification.js';
import { openssl } from '../../support/openssl.js';
import { fixture, keyPath } from '../support.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A self-signed certificate of carol's key, made by OpenSSL. */
function certificate(subject: string, ...extensions: readonly string[]): Buffer {
  const options = ['-utf8', '-subj', subject, '-days', '30', '-outform', 'DER'];
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  return openssl(['req', '-x509', '-new', '-key', keyPath('carol'), ...options, ...added]);
}

/** Serial number as OpenSSL prints it. */
const serialOf = (der: Buffer): string =>
  openssl(['x509', '-inform', 'DER', '-noout', '-serial'], der).toString().trim().replace('serial=', '').toLowerCase();

test('C-311 a certificate is described by issuer, serial number, authority key, key usage, extended usage, subject', () => {
  const der = certificate(
    '/C=CZ/O=Company A/CN=Station A0',
    'keyUsage=critical,digitalSignature,keyEncipherment',
    'extendedKeyUsage=clientAuth,serverAuth',
  );
  const [issuer, serial, authority, usage, extended, subject, ...more] = writeIdentification(
    identificationOf(der),
  ).split('\n');
  assert.is(issuer, `I=${base64('CN=Station A0,O=Company A,C=CZ')}`);
  assert.is(serial, `N=${serialOf(der).replace(/^0+/, '')}`);
  const keyId = openssl(['x509', '-inform', 'DER', '-noout', '-ext', 'authorityKeyIdentifier'], der).toString();
  assert.is(authority, `A=${/([\dA-F]{2}:)+[\dA-F]{2}/.exec(keyId)?.[0].replaceAll(':', '').toLowerCase()}`);
  assert.is(usage, 'B=a0');
  assert.is(extended, 'E=1.3.6.1.5.5.7.3.1,1.3.6.1.5.5.7.3.2');
  assert.is(subject, `S=${base64('CN=Station A0,O=Company A,C=CZ')}`);
  assert.equal(more, []);
});

test('RFC 4514 §2.4 characters of names that mean something are escaped, types without a keyword are numbers', () => {
  const der = certificate('/O=Acme, "Sons" \\+ Co/CN=#1 \\\\ Müller /pseudonym=x');
  const { subject } = identificationOf(der);
  assert.is(subject, '2.5.4.65=#0c0178,CN=\\#1 \\\\ Müller\\ ,O=Acme\\, \\"Sons\\" \\+ Co');
});

test('C-311 what is written is read again', () => {
  const written = identificationOf(fixture('certificates/alice.cert.der'));
  assert.equal(readIdentification(writeIdentification(written)), written);
});

test('C-311 of names that make it longer than 999 octets the subject goes, then the extended usage', () => {
  const long: CertificateIdentification = {
    issuer: 'x'.repeat(300),
    serialNumber: '01',
    authorityKeyIdentifier: 'ab',
    keyUsage: 'a0',
    extendedKeyUsage: ['1.2.3'],
    subject: 'y'.repeat(450),
  };
  assert.equal(writeIdentification(long).replaceAll(/=.*/g, '').split('\n'), ['I', 'N', 'A', 'B', 'E']);
  const longer = { ...long, extendedKeyUsage: Array.from({ length: 100 }, (_, at) => `1.2.3.${at}`) };
  assert.equal(writeIdentification(longer).replaceAll(/=.*/g, '').split('\n'), ['I', 'N', 'A', 'B']);
});

for (const text of ['', 'June orders', 'I=\nN=', `I=${base64('CN=A')}`, 'N=01', '\n\n', '====', `I\nN=01`]) {
  test(`C-311 a description ${JSON.stringify(text)} names nothing`, () => {
    assert.is(readIdentification(text), undefined);
  });
}

const IDENTIFICATION: CertificateIdentification = {
  issuer: 'CN=CA,O=Company A,C=CZ',
  serialNumber: '1f',
  authorityKeyIdentifier: '',
  keyUsage: 'a0',
  extendedKeyUsage: ['1.2.3'],
  subject: 'CN=Station A0',
};

const SAME_ISSUER = [
  'C=CZ, O=Company A, CN=CA',
  'c=cz;o=company  a;cn=ca',
  '2.5.4.3=CA,OID.2.5.4.10=Company A,C=CZ',
  '2.5.4.3=#0c024341,O="Company A",C=CZ',
  'CN=C\\41,O=Company\\ A,C=CZ',
];
for (const issuer of SAME_ISSUER) {
  test(`C-311 the issuer ${issuer} is the same`, () => {
    const other = { ...IDENTIFICATION, issuer, subject: 'CN=Somebody else' };
    assert.ok(isIdentifiedBy(other, IDENTIFICATION));
  });
}

const OTHERS: readonly [string, Partial<CertificateIdentification>, boolean][] = [
  ['a renewal: another serial number, all else the same', { serialNumber: '20' }, true],
  ['another subject and serial number', { serialNumber: '20', subject: 'CN=Station B0' }, false],
  ['another key usage and serial number', { serialNumber: '20', keyUsage: '20' }, false],
  ['another extended usage and serial number', { serialNumber: '20', extendedKeyUsage: [] }, false],
  ['another issuer with the same serial number', { issuer: 'CN=CA,O=Company B,C=CZ' }, false],
  ['an issuer with one attribute more', { issuer: 'CN=CA,OU=X,O=Company A,C=CZ' }, false],
  ['no issuer at all', { issuer: '' }, false],
];
for (const [what, change, expected] of OTHERS) {
  test(`C-311 ${what} is ${expected ? '' : 'not '}meant`, () => {
    assert.is(isIdentifiedBy({ ...IDENTIFICATION, ...change }, IDENTIFICATION), expected);
  });
}

test('C-311 serial numbers with leading zeros, colons and capitals are the same', () => {
  const issuer = `I=${base64('CN=CA')}`;
  const one = readIdentification(`${issuer}\nN=00:AB:1F`);
  const other = readIdentification(`${issuer}\r\nN = ab1f\r\n`);
  assert.is(one?.serialNumber, 'ab1f');
  assert.is(other?.serialNumber, 'ab1f');
});

test('a name of 100,000 hostile characters is compared in bounded time', () => {
  for (const issuer of ['\\'.repeat(100_000), '"'.repeat(100_000), ' '.repeat(100_000), '=,'.repeat(50_000)]) {
    assert.not.ok(isIdentifiedBy({ ...IDENTIFICATION, issuer }, IDENTIFICATION));
  }
});

test.run();

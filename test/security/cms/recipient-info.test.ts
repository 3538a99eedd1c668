// RecipientInfos that are not for this end, or not as any suite has them, next to those that are.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import type * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { envelop, openEnvelope } from '../../../src/security/cms/enveloped.js';
import { SecurityFailure } from '../../../src/security/failure.js';
import { collect, streamOf } from '../../../src/security/octets.js';
import { certificatePath, keyPath, opensslCms, pair, rejection, text } from '../support.js';

const CONTENT = text(500);
const MD5 = '1.2.840.113549.2.5';
const SHA_1 = '1.3.14.3.2.26';
const SHA_256 = '2.16.840.1.101.3.4.2.1';
const OAEP = '1.2.840.113549.1.1.7';

const bob = pair('bob');
const carol = pair('carol');

const opened = (octets: Uint8Array, ...keys: (typeof bob)[]) => collect(openEnvelope(streamOf(octets), keys, {}));

async function refusal(octets: Uint8Array, ...keys: (typeof bob)[]): Promise<[number, string]> {
  const error = await rejection(opened(octets, ...keys));
  assert.instance(error, SecurityFailure, error.stack);
  return [(error as SecurityFailure).reasonCode, (error as SecurityFailure).fault];
}

const encrypted = (...options: string[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(opensslCms(['-encrypt', '-outform', 'DER', '-aes256', ...options], CONTENT));

/** The key of this name under a certificate of its own, made by OpenSSL. */
function certified(key: string, subject: string, serial: string): typeof bob {
  const who = ['-key', keyPath(key), '-subj', subject, '-set_serial', serial];
  const pem = execFileSync('openssl', ['req', '-x509', '-days', '1', ...who], { stdio: 'pipe' });
  return { certificate: new X509Certificate(pem).raw, key: pair(key).key };
}

test('recipients with a password or a key agreement stand beside ours: they are passed over', async () => {
  const octets = encrypted('-pwri_password', 'x', certificatePath('elliptic'), certificatePath('bob'));
  assert.equal(await opened(octets, bob), CONTENT);
  assert.equal(await refusal(encrypted(certificatePath('elliptic')), bob), [33, 'not-a-recipient']);
});

test('issuer and serial number have to fit both', async () => {
  const ours = certified('bob', '/CN=One', '7');
  const options = { encryption: 'aes256', recipients: [ours.certificate] } as const;
  const octets = await collect(envelop(streamOf(CONTENT), options));
  for (const other of [certified('carol', '/CN=Two', '7'), certified('carol', '/CN=One', '8')]) {
    assert.equal(await refusal(octets, other), [33, 'not-a-recipient']);
    assert.equal(await opened(octets, other, ours), CONTENT);
  }
});

test('originatorInfo before the recipients and unprotectedAttrs after the content are passed over', async () => {
  const octets = await collect(envelop(streamOf(CONTENT), { encryption: 'aes256', recipients: [bob.certificate] }));
  const recipients = octets.indexOf('0201003182', 'hex') + 3;
  const end = octets.length - 6;
  const changed = [
    octets.subarray(0, recipients),
    Buffer.of(0xa0, 0x00),
    octets.subarray(recipients, end),
    Buffer.of(0xa1, 0x00),
    octets.subarray(end),
  ];
  assert.equal(await opened(Buffer.concat(changed), bob), CONTENT);
});

test('1,000 recipients are read, 1,001 are not', async () => {
  const sentTo = (count: number) => {
    const recipients = [...Array<Uint8Array>(count - 1).fill(carol.certificate), bob.certificate];
    return collect(envelop(streamOf(CONTENT), { encryption: 'aes256', recipients }));
  };
  assert.equal(await opened(await sentTo(1_000), bob), CONTENT);
  assert.equal(await refusal(await sentTo(1_001), bob), [33, 'malformed']);
});

/** Encrypted for bob with OAEP by OpenSSL, with the algorithm of its one recipient changed. */
function changed(change: (algorithm: pkijs.AlgorithmIdentifier) => void): Buffer {
  const padding = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256'];
  const contentInfo = pkijs.ContentInfo.fromBER(encrypted('-recip', certificatePath('bob'), ...padding));
  const envelopedData = new pkijs.EnvelopedData({ schema: contentInfo.content });
  const [recipient] = envelopedData.recipientInfos as [pkijs.RecipientInfo];
  change((recipient.value as pkijs.KeyTransRecipientInfo).keyEncryptionAlgorithm);
  contentInfo.content = envelopedData.toSchema();
  return Buffer.from(contentInfo.toSchema().toBER());
}

const parameters = (hash: string, mask: pkijs.AlgorithmIdentifier) =>
  new pkijs.RSAESOAEPParams({
    hashAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: hash }),
    maskGenAlgorithm: mask,
  }).toSchema();

const mgf1 = (hash: string) =>
  new pkijs.AlgorithmIdentifier({
    algorithmId: '1.2.840.113549.1.1.8',
    algorithmParams: new pkijs.AlgorithmIdentifier({ algorithmId: hash }).toSchema(),
  });

test('OAEP with a hash, a mask or a key encryption that no suite has is refused by its name', async () => {
  const withParameters = (schema: asn1js.BaseBlock) => changed((algorithm) => (algorithm.algorithmParams = schema));
  assert.equal(await opened(withParameters(parameters(SHA_256, mgf1(SHA_256))), bob), CONTENT);
  for (const octets of [
    withParameters(parameters(MD5, mgf1(MD5))),
    withParameters(parameters(SHA_256, mgf1(SHA_1))),
    withParameters(parameters(SHA_256, new pkijs.AlgorithmIdentifier({ algorithmId: OAEP }))),
    changed((algorithm) => (algorithm.algorithmId = '1.2.840.113549.1.1.10')),
  ]) {
    assert.equal(await refusal(octets, bob), [33, 'unsupported-algorithm']);
  }
});

test('OAEP under another hash than the key was encrypted with opens nothing', async () => {
  const [, fault] = await refusal(
    changed((algorithm) => (algorithm.algorithmParams = parameters(SHA_1, mgf1(SHA_1)))),
    bob,
  );
  assert.is(fault, 'decryption-failed');
});

test.run();

// SignerInfos as an attacker or a careless toolkit makes them: labels that do not fit, attributes twice, too many.
import { createHash, sign as signWith } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sign, verifySigned } from '../../../src/security/cms/signed.js';
import { SecurityFailure } from '../../../src/security/failure.js';
import { collect, streamOf } from '../../../src/security/octets.js';
import { certificatePath, keyPath, opensslCms, pair, rejection, text } from '../support.js';

const CONTENT = text(500);
const SHA_1 = '1.3.14.3.2.26';
const SHA_256 = '2.16.840.1.101.3.4.2.1';
const SHA_512 = '2.16.840.1.101.3.4.2.3';
const SHA_256_WITH_RSA = '1.2.840.113549.1.1.11';
const SHA_512_WITH_RSA = '1.2.840.113549.1.1.13';
const ECDSA_WITH_SHA_256 = '1.2.840.10045.4.3.2';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';

const alice = pair('alice');
const bob = pair('bob');
const PSS = ['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:digest'];

const verify = (octets: Uint8Array, trusted: Uint8Array[]) =>
  collect(verifySigned(streamOf(octets), { trusted, decrypted: false }, {}));

async function refusal(octets: Uint8Array, trusted: Uint8Array[]): Promise<[number, string]> {
  const error = await rejection(verify(octets, trusted));
  assert.instance(error, SecurityFailure, error.stack);
  return [(error as SecurityFailure).reasonCode, (error as SecurityFailure).fault];
}

/** Signed by OpenSSL with SHA-256. */
function signedBy(name: string, ...options: string[]): Uint8Array<ArrayBuffer> {
  const who = ['-signer', certificatePath(name), '-inkey', keyPath(name)];
  const form = ['-sign', '-outform', 'DER', '-nodetach', '-nocerts', '-md', 'sha256'];
  return Uint8Array.from(opensslCms([...form, ...who, ...options], CONTENT));
}

/** The same with its one SignerInfo changed. */
function changed(octets: Uint8Array<ArrayBuffer>, change: (info: pkijs.SignerInfo) => void): Buffer {
  const contentInfo = pkijs.ContentInfo.fromBER(octets);
  const signedData = new pkijs.SignedData({ schema: contentInfo.content });
  change(signedData.signerInfos[0] as pkijs.SignerInfo);
  contentInfo.content = signedData.toSchema(true);
  return Buffer.from(contentInfo.toSchema().toBER());
}

test('what is taken apart and put together without a change still verifies', async () => {
  for (const [name, options] of [
    ['alice', []],
    ['alice', PSS],
    ['elliptic', []],
  ] as const) {
    const octets = changed(signedBy(name, ...options), () => undefined);
    assert.equal(await verify(octets, [pair(name).certificate]), CONTENT, `${name} ${options.join(' ')}`);
  }
});

test('a signature algorithm with another hash than the digest is refused', async () => {
  const relabelled = (id: string) => changed(signedBy('alice'), (info) => (info.signatureAlgorithm.algorithmId = id));
  assert.equal(await verify(relabelled(SHA_256_WITH_RSA), [alice.certificate]), CONTENT);
  assert.equal(await refusal(relabelled(SHA_512_WITH_RSA), [alice.certificate]), [31, 'unsupported-algorithm']);
});

test('a signature algorithm for another kind of key is refused', async () => {
  const ecdsa = changed(signedBy('alice'), (info) => (info.signatureAlgorithm.algorithmId = ECDSA_WITH_SHA_256));
  assert.equal(await refusal(ecdsa, [alice.certificate]), [31, 'signature-invalid']);
  const rsa = changed(signedBy('elliptic'), (info) => (info.signatureAlgorithm.algorithmId = SHA_256_WITH_RSA));
  assert.equal(await refusal(rsa, [pair('elliptic').certificate]), [31, 'signature-invalid']);
});

test('PSS with another hash, or another one for its mask, than the digest is refused', async () => {
  const mask = (hash: string) =>
    new pkijs.AlgorithmIdentifier({
      algorithmId: '1.2.840.113549.1.1.8',
      algorithmParams: new pkijs.AlgorithmIdentifier({ algorithmId: hash }).toSchema(),
    });
  const withParameters = (hash: string, maskHash: string) =>
    changed(signedBy('alice', ...PSS), (info) => {
      info.signatureAlgorithm.algorithmParams = new pkijs.RSASSAPSSParams({
        hashAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: hash }),
        maskGenAlgorithm: mask(maskHash),
        saltLength: 32,
      }).toSchema();
    });
  assert.equal(await verify(withParameters(SHA_256, SHA_256), [alice.certificate]), CONTENT);
  assert.equal(await refusal(withParameters(SHA_512, SHA_256), [alice.certificate]), [31, 'unsupported-algorithm']);
  assert.equal(await refusal(withParameters(SHA_256, SHA_1), [alice.certificate]), [31, 'unsupported-algorithm']);
});

/** Signed over these values of the attribute messageDigest, by its own key. */
function withDigests(...digests: readonly (readonly Buffer[])[]): Buffer {
  return changed(signedBy('alice'), (info) => {
    const attributes = info.signedAttrs as pkijs.SignedAndUnsignedAttributes;
    const others = attributes.attributes.filter(({ type }) => type !== MESSAGE_DIGEST);
    const octetStrings = (values: readonly Buffer[]) => values.map((valueHex) => new asn1js.OctetString({ valueHex }));
    const own = digests.map((values) => new pkijs.Attribute({ type: MESSAGE_DIGEST, values: octetStrings(values) }));
    attributes.attributes = [...others, ...own];
    const set = new asn1js.Set({ value: attributes.attributes.map((attribute) => attribute.toSchema()) });
    info.signature = new asn1js.OctetString({ valueHex: signWith('sha256', Buffer.from(set.toBER()), alice.key) });
  });
}

test('the digest of the content has to stand in the attributes exactly once (RFC 5652 §11.2)', async () => {
  const right = createHash('sha256').update(CONTENT).digest();
  const wrong = Buffer.alloc(32, 1);
  assert.equal(await verify(withDigests([right]), [alice.certificate]), CONTENT);
  for (const digests of [[], [[wrong]], [[right], [wrong]], [[right, wrong]], [[right.subarray(0, 31)]]]) {
    assert.equal(await refusal(withDigests(...digests), [alice.certificate]), [31, 'signature-invalid']);
  }
});

test('64 signers are looked at, of 65 none', async () => {
  const signedTimes = (count: number) => {
    const signers = [...Array<typeof bob>(count - 1).fill(bob), alice];
    return collect(sign(streamOf(CONTENT), { hash: 'sha256', signers, includeCertificates: false }));
  };
  assert.equal(await verify(await signedTimes(64), [alice.certificate]), CONTENT);
  assert.equal(await refusal(await signedTimes(65), [alice.certificate]), [31, 'malformed']);
});

test('of several refused signers that of the known one says why', async () => {
  const signers = [{ certificate: alice.certificate, key: pair('carol').key }, bob];
  const octets = await collect(sign(streamOf(CONTENT), { hash: 'sha256', signers, includeCertificates: true }));
  assert.equal(await refusal(octets, [alice.certificate]), [31, 'signature-invalid']);
  const reverse = await collect(
    sign(streamOf(CONTENT), { hash: 'sha256', signers: signers.toReversed(), includeCertificates: true }),
  );
  assert.equal(await refusal(reverse, [alice.certificate]), [31, 'signature-invalid']);
});

test.run();

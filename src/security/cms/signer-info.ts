// SignerInfos of a SignedData (RFC 5652 §5.3): one per signer, over the digest of the content and a few signed
// attributes.
import { constants, type KeyObject, publicDecrypt, timingSafeEqual, verify } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { HASHES, OID, SIGNATURES } from '../algorithms.js';
import { signRsa } from '../private-key.js';
import { HASH_OIDS, type HashName } from '../suites.js';
import {
  algorithm,
  childrenOf,
  contentsOf,
  decodeElement,
  encode,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
} from './der.js';
import { type Identity, identityOf, isMeant, issuerAndSerialNumber } from './identity.js';
import type { SigningKey, VerifiedSigner } from './keys.js';
import { maskHashOf } from './recipient-info.js';

/** Why no signature could be accepted. */
export type SignatureRefusal = 'unknown-signer' | 'signature-invalid' | 'unsupported-algorithm';

const SIGNER_COUNT_MAX = 64;

/**
 * SHA-3 has signature identifiers of its own and no place under rsaEncryption (RFC 9688 §3); for the others
 * rsaEncryption is read by all.
 */
const SHA3_512_WITH_RSA = '2.16.840.1.101.3.4.3.16';

export function writeSignerInfo(
  signer: SigningKey,
  hash: HashName,
  digest: Uint8Array,
  signingTime: Date,
): asn1js.BaseBlock {
  const attributes = setOf([
    attribute(OID.contentType, oid(OID.data)),
    attribute(OID.signingTime, timeElement(signingTime)),
    attribute(OID.messageDigest, octetString(digest)),
  ]);
  const signature = signRsa(signer.key, hash, encode(attributes));
  return sequence(
    integer(1),
    issuerAndSerialNumber(identityOf(signer.certificate)),
    digestAlgorithm(hash),
    explicit(...childrenOf(attributes)),
    hash === 'sha3-512' ? algorithm(SHA3_512_WITH_RSA) : algorithm(OID.rsaEncryption),
    octetString(signature),
  );
}

/** SHA-1 is written with NULL as everyone does; the others without parameters (RFC 5754 §2, RFC 9688 §2). */
export function digestAlgorithm(hash: HashName): asn1js.Sequence {
  return algorithm(HASH_OIDS[hash], hash === 'sha1' ? new asn1js.Null() : 'absent');
}

function attribute(type: string, value: asn1js.BaseBlock): asn1js.Sequence {
  return sequence(oid(type), setOf([value]));
}

/** UTCTime until 2049, as RFC 5652 §11.3 asks. */
function timeElement(time: Date): asn1js.BaseBlock {
  return time.getUTCFullYear() < 2050
    ? new asn1js.UTCTime({ valueDate: time })
    : new asn1js.GeneralizedTime({ valueDate: time });
}

/**
 * Checks every SignerInfo against the configured certificates. One valid signature is enough: files are signed twice
 * while a partner changes certificates (RFC 5024 §6.2).
 *
 * The signer's identifier only decides which certificate is tried first. What proves the signer is the key, and a
 * certificate renewed with the same key keeps verifying.
 *
 * @param signerInfos the encoded SET
 * @param digests of the content, by node:crypto name
 */
export function verifySigners(
  signerInfos: Uint8Array,
  digests: ReadonlyMap<string, Uint8Array>,
  trusted: readonly Uint8Array[],
): VerifiedSigner[] | SignatureRefusal {
  const elements = childrenOf(decodeElement(signerInfos));
  if (elements.length > SIGNER_COUNT_MAX) throw new Error(`it has more than ${SIGNER_COUNT_MAX} signers`);
  const identities = trusted.map(identityOf);
  const verified: VerifiedSigner[] = [];
  let refusal: SignatureRefusal = 'unknown-signer';
  for (const schema of elements) {
    const signer = verifySigner(new pkijs.SignerInfo({ schema }), digests, identities);
    if (typeof signer === 'object') verified.push(signer);
    else if (signer !== 'unknown-signer') refusal = signer;
  }
  return verified.length > 0 ? verified : refusal;
}

function verifySigner(
  info: pkijs.SignerInfo,
  digests: ReadonlyMap<string, Uint8Array>,
  identities: readonly Identity[],
): VerifiedSigner | SignatureRefusal {
  const named = identities.filter((identity) => isMeant(identity, info.sid));
  const others = identities.filter((identity) => !named.includes(identity));
  const hash = HASHES.get(info.digestAlgorithm.algorithmId);
  const digest = hash === undefined ? undefined : digests.get(hash);
  const check = hash === undefined || digest === undefined ? undefined : signatureCheck(info, hash, digest);
  if (hash === undefined || check === undefined) return named.length > 0 ? 'unsupported-algorithm' : 'unknown-signer';
  for (const { certificate, publicKey } of [...named, ...others]) {
    if (check(publicKey)) return { certificate, hash, signingTime: signingTimeOf(info) };
  }
  return named.length > 0 ? 'signature-invalid' : 'unknown-signer';
}

/** The check of one SignerInfo as a function of the key, or undefined for algorithms that are not supported. */
function signatureCheck(
  info: pkijs.SignerInfo,
  hash: string,
  digest: Uint8Array,
): ((key: KeyObject) => boolean) | undefined {
  const identifier = info.signatureAlgorithm;
  const signatureAlgorithm = SIGNATURES.get(identifier.algorithmId);
  if (signatureAlgorithm === undefined || (signatureAlgorithm.hash ?? hash) !== hash) return undefined;
  const { scheme } = signatureAlgorithm;
  const signature = contentsOf(info.signature);
  if (info.signedAttrs === undefined) {
    return scheme === 'pkcs1'
      ? (key) => key.asymmetricKeyType === 'rsa' && signsDigest(key, signature, hash, digest)
      : undefined;
  }
  const saltLength = scheme === 'pss' ? saltLengthOf(identifier, hash) : undefined;
  if (scheme === 'pss' && saltLength === undefined) return undefined;
  const attributes = new Uint8Array(info.signedAttrs.encodedValue);
  const complete = attributesHold(info.signedAttrs.attributes, digest);
  return (key) => complete && keyFits(key, scheme) && verifyOver(attributes, key, scheme, hash, saltLength, signature);
}

export function keyFits(key: KeyObject, scheme: 'pkcs1' | 'pss' | 'ecdsa'): boolean {
  const type = key.asymmetricKeyType;
  return scheme === 'ecdsa' ? type === 'ec' : type === 'rsa' || (type === 'rsa-pss' && scheme === 'pss');
}

export function verifyOver(
  octets: Uint8Array,
  key: KeyObject,
  scheme: 'pkcs1' | 'pss' | 'ecdsa',
  hash: string,
  saltLength: number | undefined,
  signature: Uint8Array,
): boolean {
  if (saltLength === undefined || scheme !== 'pss') return verify(hash, octets, key, signature);
  return verify(hash, octets, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
}

/** Signed attributes must name the digest of this very content (RFC 5652 §5.6), exactly once. */
function attributesHold(attributes: readonly pkijs.Attribute[], digest: Uint8Array): boolean {
  const found = attributes.filter((candidate) => candidate.type === OID.messageDigest);
  const value = found[0]?.values[0];
  if (found.length !== 1 || found[0]?.values.length !== 1 || !(value instanceof asn1js.OctetString)) return false;
  const claimed = contentsOf(value);
  return claimed.length === digest.length && timingSafeEqual(claimed, digest);
}

/** PSS parameters: hash and mask must be the digest's, as suites 08 to 10 have it. */
export function saltLengthOf(identifier: pkijs.AlgorithmIdentifier, hash: string): number | undefined {
  const parameters = identifier.algorithmParams
    ? new pkijs.RSASSAPSSParams({ schema: identifier.algorithmParams })
    : new pkijs.RSASSAPSSParams();
  if (HASHES.get(parameters.hashAlgorithm.algorithmId) !== hash) return undefined;
  return maskHashOf(parameters.maskGenAlgorithm) === hash ? parameters.saltLength : undefined;
}

/**
 * A signature straight over the digest, without signed attributes: node:crypto has no check for an existing digest,
 * so the DigestInfo is taken out with the public key and compared with the two forms that exist (parameters NULL or
 * absent).
 */
function signsDigest(key: KeyObject, signature: Uint8Array, hash: string, digest: Uint8Array): boolean {
  let signed: Uint8Array;
  try {
    signed = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return false;
  }
  const id = [...HASHES].find(([, name]) => name === hash)?.[0] as string;
  return [algorithm(id), algorithm(id, 'absent')].some(
    (identifier) => Buffer.compare(encode(sequence(identifier, octetString(digest))), signed) === 0,
  );
}

function signingTimeOf(info: pkijs.SignerInfo): Date | undefined {
  const value = info.signedAttrs?.attributes.find((candidate) => candidate.type === OID.signingTime)?.values[0];
  return value instanceof asn1js.UTCTime || value instanceof asn1js.GeneralizedTime ? value.toDate() : undefined;
}

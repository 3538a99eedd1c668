// SignedData (RFC 5652 §5) with the content inside, streamed: content is digested as it passes.
import { createHash, type Hash } from 'node:crypto';
import type * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { HASHES, OID } from '../algorithms.js';
import { REASON, SecurityFailure } from '../failure.js';
import type { HashName } from '../suites.js';
import { type BerReader, contextTag, type Octets, TAG } from './ber-reader.js';
import { ends, indefinite, octetStringOf } from './ber-writer.js';
import {
  closeLayer,
  isNext,
  type Layer,
  layerStart,
  openLayer,
  readElement,
  readOid,
  SET_LENGTH_MAX,
} from './content-info.js';
import {
  childrenOf,
  contentInfo,
  decodeElement,
  encode,
  encoded,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
} from './der.js';
import type { SigningKey, VerifiedSigner } from './keys.js';
import { digestAlgorithm, type SignatureRefusal, verifySigners, writeSignerInfo } from './signer-info.js';

export interface SignOptions {
  readonly hash: HashName;
  /** One SignerInfo for each; two while certificates change (RFC 5024 §6.2). */
  readonly signers: readonly SigningKey[];
  /** Whether the signers' certificates go inside; RFC 5024 §6.2 recommends that they do not. */
  readonly includeCertificates: boolean;
  /** Default: now. */
  readonly signingTime?: Date | undefined;
}

/** Signs content as SignedData with the content inside. */
export async function* sign(content: Octets, options: SignOptions): AsyncGenerator<Uint8Array> {
  const digest = createHash(options.hash);
  yield Buffer.concat([
    layerStart(OID.signedData, 1),
    encode(setOf([digestAlgorithm(options.hash)])),
    indefinite(TAG.sequence),
    encode(oid(OID.data)),
    indefinite(contextTag(0)),
  ]);
  yield* octetStringOf(TAG.octetString, digested(content, [digest]));
  yield Buffer.concat([ends(2), ...trailer(options, digest.digest()).map(encode), ends(3)]);
}

/** Signs a few octets as SignedData in DER, for end responses. */
export function signOctets(content: Uint8Array, options: SignOptions): Uint8Array {
  const digest = createHash(options.hash).update(content).digest();
  const signedData = sequence(
    integer(1),
    setOf([digestAlgorithm(options.hash)]),
    sequence(oid(OID.data), explicit(octetString(content))),
    ...trailer(options, digest),
  );
  return encode(contentInfo(OID.signedData, signedData));
}

/** What follows the content: certificates and signerInfos. */
function trailer(options: SignOptions, digest: Uint8Array): asn1js.BaseBlock[] {
  const { hash, signers, includeCertificates, signingTime = new Date() } = options;
  const signerInfos = setOf(signers.map((signer) => writeSignerInfo(signer, hash, digest, signingTime)));
  if (!includeCertificates) return [signerInfos];
  const certificates = setOf(signers.map(({ certificate }) => encoded(certificate)));
  return [explicit(...childrenOf(certificates)), signerInfos];
}

async function* digested(content: Octets, hashes: readonly Hash[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    for (const hash of hashes) hash.update(chunk);
    yield chunk;
  }
}

export interface VerifyOptions {
  /** Certificates (DER) whose signatures are accepted; what is embedded is not trusted for being there. */
  readonly trusted: readonly Uint8Array[];
  /** Whether the octets come out of a decryption, see `openLayer`. */
  readonly decrypted: boolean;
  /** The content, when it may stand outside (end responses of some peers). */
  readonly detachedContent?: Uint8Array | undefined;
}

/** Who signed; filled when the content has been read to its end. */
export interface SignatureReport {
  signers?: readonly VerifiedSigner[];
}

/**
 * The content of a SignedData. The last step checks the signatures: nothing may be believed before the stream has
 * ended well.
 */
export async function* verifySigned(
  source: Octets,
  options: VerifyOptions,
  report: SignatureReport,
): AsyncGenerator<Uint8Array> {
  const layer = await openLayer(source, OID.signedData, options.decrypted);
  const { reader } = layer;
  try {
    if (!(await isNext(reader, TAG.set))) throw reader.malformed('digestAlgorithms are missing');
    const hashes = await readElement(reader, 'digestAlgorithms', SET_LENGTH_MAX, readHashes);
    await reader.open(TAG.sequence, 'encapContentInfo');
    await readOid(reader, 'eContentType');
    yield* digested(readContent(reader, options.detachedContent), [...hashes.values()]);
    await reader.close();
    const digests = new Map([...hashes].map(([name, hash]) => [name, hash.digest() as Uint8Array]));
    report.signers = await readSigners(layer, digests, options.trusted);
    await closeLayer(layer);
  } finally {
    await reader.release();
  }
}

async function* readContent(reader: BerReader, detached: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (await isNext(reader, contextTag(0))) {
    await reader.open(contextTag(0), 'eContent');
    yield* reader.octetString(TAG.octetString, 'the signed content');
    await reader.close();
    return;
  }
  if (detached === undefined) {
    // RFC 5024 §6.2: content and signature are stored together.
    throw new SecurityFailure(REASON.signature, 'detached', 'The signed content is not inside the SignedData');
  }
  yield detached;
}

/** A digest under way for each hash announced before the content. */
function readHashes(octets: Uint8Array): Map<string, Hash> {
  const hashes = new Map<string, Hash>();
  for (const schema of childrenOf(decodeElement(octets))) {
    const name = HASHES.get(new pkijs.AlgorithmIdentifier({ schema }).algorithmId);
    if (name !== undefined && !hashes.has(name)) hashes.set(name, createHash(name));
  }
  return hashes;
}

async function readSigners(
  { reader }: Layer,
  digests: ReadonlyMap<string, Uint8Array>,
  trusted: readonly Uint8Array[],
): Promise<readonly VerifiedSigner[]> {
  for (const tag of [contextTag(0), contextTag(1)]) {
    if (await isNext(reader, tag)) await reader.element('certificates or CRLs', SET_LENGTH_MAX);
  }
  if (!(await isNext(reader, TAG.set))) throw reader.malformed('signerInfos are missing');
  const signers = await readElement(reader, 'signerInfos', SET_LENGTH_MAX, (octets) =>
    verifySigners(octets, digests, trusted),
  );
  if (typeof signers === 'string') throw new SecurityFailure(REASON.signature, signers, REFUSALS[signers]);
  return signers;
}

const REFUSALS: Readonly<Record<SignatureRefusal, string>> = {
  'unknown-signer': 'It is signed by none of the configured certificates',
  'signature-invalid': 'The signature does not match the content',
  'unsupported-algorithm': 'It is signed with an algorithm that is not supported',
};

// The Online Certificate Status Protocol (RFC 6960): the question, and what of an answer may be believed.
import { createHash, timingSafeEqual } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { HASHES } from '../algorithms.js';
import { algorithm, contentsOf, decodeElement, encode, octetString, oid, sequence } from '../cms/der.js';
import { type CertificateFacts, factsOf, isSame, isSignedBy, KEY_USAGE } from './facts.js';
import { type RevocationAnswer, reasonText, SKEW_MS } from './revocation-answer.js';
import { isSignatureOf } from './signed-octets.js';
import { weakHashOf } from './strength.js';

const OID = {
  sha1: '1.3.14.3.2.26',
  basicResponse: '1.3.6.1.5.5.7.48.1.1',
  nonce: '1.3.6.1.5.5.7.48.1.2',
  signing: '1.3.6.1.5.5.7.3.9',
} as const;

/** Answers without nextUpdate are used for so long after they were made, in milliseconds. */
const AGE_MAX_MS = 24 * 3_600_000;
const CERTIFICATES_MAX = 8;
const ANSWERS_MAX = 100;

export interface OcspSubject {
  /** DER of the certificate in question, and of its issuer. */
  readonly certificate: Uint8Array;
  readonly issuer: Uint8Array;
  /** At most 32 random octets (RFC 8954), or undefined for a question that responders may answer from their store. */
  readonly nonce: Uint8Array | undefined;
}

/** The OCSPRequest (DER). Its CertID is over SHA-1, the only one that all responders know; it proves nothing. */
export function ocspRequest({ certificate, issuer, nonce }: OcspSubject): Uint8Array {
  const [{ parsed }, authority] = [factsOf(certificate), factsOf(issuer)];
  const { name, key } = issuerHashes(authority, 'sha1');
  const id = sequence(algorithm(OID.sha1), octetString(name), octetString(key), parsed.serialNumber);
  const requests = sequence(sequence(id));
  if (nonce === undefined) return encode(sequence(sequence(requests)));
  const extension = sequence(oid(OID.nonce), octetString(encode(octetString(nonce))));
  const extensions = new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber: 2 }, value: [sequence(extension)] });
  return encode(sequence(sequence(requests, extensions)));
}

/** What an OCSPResponse (DER) says about the certificate. Whatever is wrong with it makes the answer `unknown`. */
export function readOcspResponse(response: Uint8Array, subject: OcspSubject, at: Date): RevocationAnswer {
  const [facts, authority] = [factsOf(subject.certificate), factsOf(subject.issuer)];
  try {
    const basic = basicResponse(response);
    return typeof basic === 'string' ? unknown(basic) : answerIn(basic, facts, authority, subject.nonce, at);
  } catch (error) {
    return unknown(`gave an answer that cannot be read: ${(error as Error).message}`);
  }
}

const unknown = (message: string): RevocationAnswer => ({ status: 'unknown', message });

/** OCSPResponseStatus by its number. */
const STATUS: readonly (string | undefined)[] = [
  undefined,
  'malformed request',
  'internal error',
  'try later',
  undefined,
  'signature required',
  'unauthorized',
];

function basicResponse(response: Uint8Array): pkijs.BasicOCSPResponse | string {
  const { responseStatus, responseBytes } = new pkijs.OCSPResponse({ schema: decodeElement(response) });
  const status = responseStatus.valueBlock.valueDec;
  if (status !== 0) return `refused the question: ${STATUS[status] ?? `status ${status}`}`;
  if (responseBytes?.responseType !== OID.basicResponse) return 'gave no answer of the basic type';
  return new pkijs.BasicOCSPResponse({ schema: decodeElement(contentsOf(responseBytes.response)) });
}

function answerIn(
  basic: pkijs.BasicOCSPResponse,
  facts: CertificateFacts,
  authority: CertificateFacts,
  nonce: Uint8Array | undefined,
  at: Date,
): RevocationAnswer {
  const { tbsResponseData: data, signatureAlgorithm, signature } = basic;
  const responder = responderOf(basic, authority, at);
  if (responder === undefined) return unknown('is not authorised by the issuer of the certificate');
  if (!isSignatureOf(data.tbsView, signatureAlgorithm, signature.valueBlock.valueHexView, responder.x509.publicKey)) {
    return unknown('gave an answer with a signature that is not valid');
  }
  if (!nonceFits(data.responseExtensions, nonce))
    return unknown('gave an answer to another question (its nonce differs)');
  const singles = data.responses.slice(0, ANSWERS_MAX).filter(({ certID }) => isMeant(certID, facts, authority));
  if (singles.length === 0) return unknown('says nothing about this certificate');
  const answers = singles.map((single) => singleAnswer(single, at));
  const bad = answers.find(({ status }) => status === 'revoked') ?? answers.find(({ status }) => status === 'unknown');
  return bad ?? (answers[0] as RevocationAnswer);
}

/**
 * Who may answer (RFC 6960 §4.2.2.2): the issuer itself, or whom it has given a certificate for just that. Such a
 * certificate is good for as long as it is valid; its own revocation is not looked into.
 */
function responderOf(
  basic: pkijs.BasicOCSPResponse,
  authority: CertificateFacts,
  at: Date,
): CertificateFacts | undefined {
  const id: unknown = basic.tbsResponseData.responderID;
  if (isNamed(authority, id) && authority.keyUsage?.has(KEY_USAGE.digitalSignature) !== false) return authority;
  for (const certificate of (basic.certs ?? []).slice(0, CERTIFICATES_MAX)) {
    const delegate = factsOf(encode(certificate.toSchema()));
    if (!isNamed(delegate, id)) continue;
    if (isSame(delegate.x509, authority.x509)) return authority;
    const delegated =
      delegate.extendedKeyUsage?.includes(OID.signing) === true && delegate.unknownCritical.length === 0;
    const valid = delegate.validFrom <= at && at <= delegate.validTo && weakHashOf(delegate) === undefined;
    if (delegated && valid && isIssuedBy(delegate, authority)) return delegate;
  }
  return undefined;
}

function isIssuedBy({ parsed, x509 }: CertificateFacts, authority: CertificateFacts): boolean {
  return parsed.issuer.isEqual(authority.parsed.subject) && isSignedBy(x509, authority.x509);
}

/** ResponderID: a name, or the SHA-1 of a key. */
function isNamed({ parsed }: CertificateFacts, id: unknown): boolean {
  if (id instanceof pkijs.RelativeDistinguishedNames) return id.isEqual(parsed.subject);
  if (!(id instanceof asn1js.OctetString)) return false;
  return Buffer.compare(contentsOf(id), keyHash(parsed, 'sha1')) === 0;
}

/** Many responders answer without the nonce, from what they signed before: dates limit the use of that. */
function nonceFits(extensions: readonly pkijs.Extension[] | undefined, nonce: Uint8Array | undefined): boolean {
  const echoed = extensions?.find(({ extnID }) => extnID === OID.nonce)?.extnValue;
  if (nonce === undefined || echoed === undefined) return true;
  const expected = encode(octetString(nonce));
  const octets = contentsOf(echoed);
  return octets.length === expected.length && timingSafeEqual(octets, expected);
}

function isMeant(id: pkijs.CertID, { parsed }: CertificateFacts, authority: CertificateFacts): boolean {
  const hash = HASHES.get(id.hashAlgorithm.algorithmId);
  if (hash === undefined) return false;
  const { name, key } = issuerHashes(authority, hash);
  return (
    Buffer.compare(contentsOf(id.issuerNameHash), name) === 0 &&
    Buffer.compare(contentsOf(id.issuerKeyHash), key) === 0 &&
    Buffer.compare(contentsOf(id.serialNumber), contentsOf(parsed.serialNumber)) === 0
  );
}

function issuerHashes({ parsed }: CertificateFacts, hash: string): { name: Uint8Array; key: Uint8Array } {
  const name = createHash(hash).update(encode(parsed.subject.toSchema())).digest();
  return { name, key: keyHash(parsed, hash) };
}

const keyHash = ({ subjectPublicKeyInfo }: pkijs.Certificate, hash: string): Uint8Array =>
  createHash(hash).update(subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView).digest();

/** CertStatus by its context tag. */
const GOOD = 0;
const REVOKED = 1;

function singleAnswer({ certStatus, thisUpdate, nextUpdate }: pkijs.SingleResponse, at: Date): RevocationAnswer {
  const until = nextUpdate ?? new Date(thisUpdate.getTime() + AGE_MAX_MS);
  if (thisUpdate.getTime() > at.getTime() + SKEW_MS)
    return unknown(`gave an answer of ${thisUpdate.toISOString()}, which is in the future`);
  if (until.getTime() < at.getTime() - SKEW_MS)
    return unknown(`gave an answer that is out of date since ${until.toISOString()}`);
  const { idBlock, valueBlock } = certStatus as asn1js.Constructed;
  if (idBlock.tagNumber === GOOD) return { status: 'good', until };
  if (idBlock.tagNumber !== REVOKED) return unknown('does not know the certificate');
  const [since, reason] = valueBlock.value;
  const code = reason instanceof asn1js.Constructed ? reason.valueBlock.value[0] : undefined;
  return {
    status: 'revoked',
    since: since instanceof asn1js.GeneralizedTime ? since.toDate() : undefined,
    reason: reasonText(code instanceof asn1js.Enumerated ? code.valueBlock.valueDec : undefined),
    until,
  };
}

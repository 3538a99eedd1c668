// XML signatures (XMLDSig) over a whole document. What comes out is the octets that were signed, and nothing else:
// content around or beside them is never looked at, which leaves signature wrapping without effect.
import { constants, createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { type SignatureAlgorithm, SignedXml } from 'xml-crypto';
import { isSame } from './facts.js';
import { childrenNamed, elementsAt, parseXml, XmlError } from './xml.js';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
const MORE_2007 = 'http://www.w3.org/2007/05/xmldsig-more#';

/** Certificates in KeyInfo that are tried. */
const EMBEDDED_MAX = 8;
/** The document, and the signed properties that XAdES adds. */
const REFERENCES_MAX = 4;

type Scheme = 'pkcs1' | 'pss' | 'ecdsa';

/** Neither SHA-1, which is broken, nor HMAC, whose key the reader would have to know. */
const SIGNATURES: Readonly<Record<string, readonly [Scheme, string]>> = {
  [`${MORE}rsa-sha256`]: ['pkcs1', 'sha256'],
  [`${MORE}rsa-sha384`]: ['pkcs1', 'sha384'],
  [`${MORE}rsa-sha512`]: ['pkcs1', 'sha512'],
  [`${MORE_2007}sha256-rsa-MGF1`]: ['pss', 'sha256'],
  [`${MORE_2007}sha384-rsa-MGF1`]: ['pss', 'sha384'],
  [`${MORE_2007}sha512-rsa-MGF1`]: ['pss', 'sha512'],
  [`${MORE}ecdsa-sha256`]: ['ecdsa', 'sha256'],
  [`${MORE}ecdsa-sha384`]: ['ecdsa', 'sha384'],
  [`${MORE}ecdsa-sha512`]: ['ecdsa', 'sha512'],
};

const DIGESTS: Readonly<Record<string, string>> = {
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  [`${MORE}sha384`]: 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};

export interface SignedContent {
  /** The signed document without its signature, in canonical form. */
  readonly content: string;
  readonly signer: X509Certificate;
}

/** Whether a signature stands where one over the whole document has to stand. */
export function isSigned(text: string): boolean {
  return childrenNamed(parseXml(text).root, DSIG, 'Signature').length > 0;
}

/**
 * What was signed, and by whom.
 *
 * @param isSigner which of the certificates that came with the signature may have made it
 * @param signers certificates that may have made it, whether or not they came with it
 * @throws XmlError when the signature does not cover the document, does not hold, or is by nobody who may sign
 */
export function signedContent(
  text: string,
  signers: readonly X509Certificate[],
  isSigner: (certificate: X509Certificate) => boolean,
): SignedContent {
  const { document, root } = parseXml(text);
  const [signature] = childrenNamed(root, DSIG, 'Signature');
  if (signature === undefined) throw new XmlError('it is not signed');
  // One signature with one SignedInfo, first in it: nothing is left to choose from.
  for (const name of ['Signature', 'SignedInfo']) {
    if (document.getElementsByTagNameNS(DSIG, name).length !== 1) throw new XmlError(`it has more than one ${name}`);
  }
  const [first] = Array.from(signature.childNodes).filter(({ nodeType }) => nodeType === signature.nodeType);
  if ((first as Element | undefined)?.localName !== 'SignedInfo')
    throw new XmlError('its signature does not begin with SignedInfo');
  requireAlgorithms(signature);
  requireWholeDocument(signature, root);
  const embedded = embeddedCertificates(signature);
  const candidates = [...signers, ...embedded.filter(isSigner)];
  if (candidates.length === 0) throw new XmlError(strangerMessage(embedded));
  for (const signer of candidates) {
    const content = verified(text, signature, signer.publicKey);
    if (content !== undefined) return { content, signer };
  }
  const [named] = embedded;
  if (named && !candidates.some((candidate) => isSame(candidate, named))) throw new XmlError(strangerMessage(embedded));
  throw new XmlError('its signature is not valid: it was changed after it was signed');
}

function strangerMessage([signer]: readonly X509Certificate[]): string {
  if (signer === undefined) return 'its signature comes without a certificate, and no signer is set';
  const name = signer.subject.replaceAll('\n', ', ');
  return `it is signed by "${name}" (SHA-256 ${signer.fingerprint256}), who is not the signer that is set`;
}

function requireAlgorithms(signature: Element): void {
  const [method] = elementsAt(signature, DSIG, 'SignedInfo', 'SignatureMethod');
  const name = method?.getAttribute('Algorithm') ?? '';
  if (SIGNATURES[name] === undefined)
    throw new XmlError(
      `it is signed with ${name || 'no algorithm'}, which is not accepted: SHA-256 or better is needed`,
    );
  for (const digest of elementsAt(signature, DSIG, 'SignedInfo', 'Reference', 'DigestMethod')) {
    const digestName = digest.getAttribute('Algorithm') ?? '';
    if (DIGESTS[digestName] === undefined)
      throw new XmlError(`it is signed over a digest by ${digestName}, which is not accepted`);
  }
}

function requireWholeDocument(signature: Element, root: Element): void {
  const references = elementsAt(signature, DSIG, 'SignedInfo', 'Reference').map(
    (reference) => reference.getAttribute('URI') ?? undefined,
  );
  if (references.length > REFERENCES_MAX)
    throw new XmlError(`its signature has more than ${REFERENCES_MAX} references`);
  const ids = ['Id', 'ID', 'id'].map((name) => root.getAttribute(name)).filter((id) => id !== null && id !== '');
  const whole = references.filter((uri) => uri === '' || ids.some((id) => uri === `#${id}`));
  if (whole.length !== 1) throw new XmlError('its signature does not cover the whole document');
}

function embeddedCertificates(signature: Element): X509Certificate[] {
  return elementsAt(signature, DSIG, 'KeyInfo', 'X509Data', 'X509Certificate')
    .slice(0, EMBEDDED_MAX)
    .flatMap((element) => {
      try {
        return [new X509Certificate(Buffer.from(element.textContent ?? '', 'base64'))];
      } catch {
        return [];
      }
    });
}

/** The signed document, or undefined when the key did not make the signature. */
function verified(text: string, signature: Element, key: KeyObject): string | undefined {
  const signed = new SignedXml({ publicCert: key });
  signed.SignatureAlgorithms = Object.fromEntries(
    Object.entries(SIGNATURES).map(([name, [scheme, hash]]) => [name, verifier(name, scheme, hash)]),
  );
  signed.HashAlgorithms = Object.fromEntries(
    Object.entries(DIGESTS).map(([name, hash]) => [
      name,
      class {
        getHash = (xml: string): string => createHash(hash).update(xml).digest('base64');
        getAlgorithmName = (): string => name;
      },
    ]),
  );
  try {
    signed.loadSignature(signature);
    if (!signed.checkSignature(text)) return undefined;
  } catch {
    return undefined;
  }
  const name = signature.parentNode?.nodeName;
  // The signed properties of XAdES are the other reference.
  return signed.getSignedReferences().find((content) => parseXml(content).root.nodeName === name);
}

function verifier(name: string, scheme: Scheme, hash: string): new () => SignatureAlgorithm {
  return class {
    getAlgorithmName = (): string => name;
    getSignature = (): never => {
      throw new Error('nothing is signed here');
    };
    verifySignature = (material: string, key: KeyObject, signature: string): boolean => {
      const fits = scheme === 'ecdsa' ? key.asymmetricKeyType === 'ec' : key.asymmetricKeyType === 'rsa';
      return (
        fits && verify(hash, Buffer.from(material), { key, ...PARAMETERS[scheme] }, Buffer.from(signature, 'base64'))
      );
    };
  } as unknown as new () => SignatureAlgorithm;
}

const PARAMETERS = {
  pkcs1: { padding: constants.RSA_PKCS1_PADDING },
  pss: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ecdsa: { dsaEncoding: 'ieee-p1363' },
} as const;

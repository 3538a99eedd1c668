// Trust-service status lists (ETSI TS 102 231, TS 119 612): the authorities that Odette has admitted for OFTP2.
import { X509Certificate } from 'node:crypto';
import { type CertificateFacts, factsOf, isSelfSigned, isSignedBy } from './facts.js';
import { childrenNamed, elementsAt, parseXml, textAt, textOf, XmlError } from './xml.js';
import { isSigned, signedContent } from './xml-signature.js';

const NAMESPACE = 'http://uri.etsi.org/02231/v2#';

/** The last part of a ServiceStatus that means "in good standing": those of Odette, and of TS 119 612 §5.5.4. */
const GOOD_STATUS: ReadonlySet<string> = new Set([
  'inaccord',
  'granted',
  'undersupervision',
  'supervisionincessation',
  'accredited',
  'recognisedatnationallevel',
  'setbynationallaw',
]);

const CERTIFICATES_MAX = 5_000;

export interface TrustListQuestion {
  readonly octets: Uint8Array;
  /** DER of certificates that may have signed the list. */
  readonly signers: readonly Uint8Array[];
  /** SHA-256 fingerprints, upper case with colons, of such certificates. */
  readonly fingerprints: readonly string[];
  /** With neither signers nor fingerprints: whether a list without a signature is taken. */
  readonly unsigned: boolean;
}

export interface TrustList {
  /** DER, each once, in their order. */
  readonly certificates: readonly Uint8Array[];
  /** Fingerprints of roots that stand in the list above the authorities, and must not issue to partners themselves. */
  readonly notIssuing: readonly string[];
  /** Fingerprint and name of the signer; undefined for a list that is not signed. */
  readonly signer: { readonly fingerprint: string; readonly subject: string } | undefined;
  readonly sequenceNumber: number | undefined;
  readonly nextUpdate: Date | undefined;
  /** Entries that are out of accord, of no authority, or cannot be read. */
  readonly skipped: number;
}

/**
 * Reads a list. Of a signed one only what the signature covers is read.
 *
 * @throws XmlError that says why the list cannot be used
 */
export function readTrustList({ octets, signers, fingerprints, unsigned }: TrustListQuestion): TrustList {
  const text = textOf(octets);
  const anybody = signers.length === 0 && fingerprints.length === 0;
  if (anybody && unsigned && !isSigned(text)) return listIn(text, undefined);
  const isSigner = (certificate: X509Certificate): boolean =>
    anybody || fingerprints.includes(certificate.fingerprint256);
  const { content, signer } = signedContent(
    text,
    signers.map((der) => new X509Certificate(der)),
    isSigner,
  );
  return listIn(content, { fingerprint: signer.fingerprint256, subject: signer.subject.replaceAll('\n', ', ') });
}

function listIn(text: string, signer: TrustList['signer']): TrustList {
  const { root } = parseXml(text);
  if (root.localName !== 'TrustServiceStatusList' || root.namespaceURI !== NAMESPACE) {
    throw new XmlError(`it is no trust-service status list but <${root.nodeName}>`);
  }
  const [scheme] = childrenNamed(root, NAMESPACE, 'SchemeInformation');
  const services = elementsAt(
    root,
    NAMESPACE,
    'TrustServiceProviderList',
    'TrustServiceProvider',
    'TSPServices',
    'TSPService',
    'ServiceInformation',
  );
  const found = new Map<string, CertificateFacts>();
  let skipped = 0;
  for (const service of services) {
    const status = textAt(service, NAMESPACE, 'ServiceStatus');
    const good = status === undefined || GOOD_STATUS.has(status.split('/').at(-1)?.toLowerCase() ?? '');
    for (const element of elementsAt(service, NAMESPACE, 'ServiceDigitalIdentity', 'DigitalId', 'X509Certificate')) {
      const facts = good ? authorityIn(element.textContent ?? '') : undefined;
      if (facts === undefined) skipped += 1;
      else found.set(facts.x509.fingerprint256, facts);
      if (found.size > CERTIFICATES_MAX) throw new XmlError(`it has more than ${CERTIFICATES_MAX} certificates`);
    }
  }
  const authorities = [...found.values()];
  const sequence = Number(scheme && textAt(scheme, NAMESPACE, 'TSLSequenceNumber'));
  return {
    certificates: authorities.map(({ x509 }) => x509.raw),
    notIssuing: authorities.filter((facts) => standsAbove(facts, authorities)).map(({ x509 }) => x509.fingerprint256),
    signer,
    sequenceNumber: Number.isSafeInteger(sequence) ? sequence : undefined,
    nextUpdate: dateOf(scheme && textAt(scheme, NAMESPACE, 'NextUpdate', 'dateTime')),
    skipped,
  };
}

/** What is no certificate of an authority cannot have issued one of a partner. */
function authorityIn(base64: string): CertificateFacts | undefined {
  try {
    const facts = factsOf(Buffer.from(base64, 'base64'));
    return facts.isAuthority ? facts : undefined;
  } catch {
    return undefined;
  }
}

/** A service lists the chain of its authority up to the root: the root is there to verify the authority only. */
function standsAbove(root: CertificateFacts, authorities: readonly CertificateFacts[]): boolean {
  if (!isSelfSigned(root)) return false;
  return authorities.some(
    (facts) =>
      facts !== root &&
      facts.parsed.issuer.isEqual(root.parsed.subject) &&
      isSignedBy(facts.x509, root.x509) &&
      !isSelfSigned(facts),
  );
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

// What the checks of a chain need to know of one certificate (RFC 5280 §4).
import { X509Certificate } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { namesOf } from '../certificates/subject.js';
import { decodeElement } from '../cms/der.js';

/** Object identifiers of the extensions that are understood here. */
const EXTENSION = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
  authorityInformationAccess: '1.3.6.1.5.5.7.1.1',
} as const;

const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(EXTENSION));

/** Bits of KeyUsage, by their numbers (RFC 5280 §4.2.1.3). */
export const KEY_USAGE = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  crlSign: 6,
} as const;

const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1';
const URI = 6;

/** A certificate and what its extensions say. */
export interface CertificateFacts {
  readonly x509: X509Certificate;
  readonly parsed: pkijs.Certificate;
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  readonly isAuthority: boolean;
  readonly pathLength: number | undefined;
  /** Bits that are set; undefined without the extension, which allows everything. */
  readonly keyUsage: ReadonlySet<number> | undefined;
  /** Object identifiers; undefined without the extension. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly nameConstraints: pkijs.NameConstraints | undefined;
  readonly alternativeNames: readonly pkijs.GeneralName[];
  /** URLs of http and https, in their order. */
  readonly crlUrls: readonly string[];
  readonly ocspUrls: readonly string[];
  /** Critical extensions that nothing here understands: whoever meets one must refuse the certificate. */
  readonly unknownCritical: readonly string[];
}

/** @throws Error when the octets are no X.509 certificate, or one of its extensions cannot be decoded */
export function factsOf(der: Uint8Array): CertificateFacts {
  const x509 = new X509Certificate(der);
  const parsed = new pkijs.Certificate({ schema: decodeElement(x509.raw) });
  const extensions = parsed.extensions ?? [];
  if (new Set(extensions.map(({ extnID }) => extnID)).size < extensions.length)
    throw new Error('it has an extension twice');
  const value = <T>(id: string, type: abstract new (...args: never[]) => T): T | undefined => {
    const extension = extensions.find(({ extnID }) => extnID === id);
    if (extension === undefined) return undefined;
    const { parsedValue } = extension;
    if (!(parsedValue instanceof type)) throw new Error(`its extension ${id} cannot be decoded`);
    return parsedValue;
  };
  const constraints = value(EXTENSION.basicConstraints, pkijs.BasicConstraints);
  const pathLength = constraints?.pathLenConstraint;
  return {
    x509,
    parsed,
    ...namesOf(x509.raw),
    validFrom: parsed.notBefore.value,
    validTo: parsed.notAfter.value,
    isAuthority: constraints?.cA === true,
    pathLength: typeof pathLength === 'number' ? pathLength : undefined,
    keyUsage: keyUsageOf(extensions.find(({ extnID }) => extnID === EXTENSION.keyUsage)),
    extendedKeyUsage: value(EXTENSION.extendedKeyUsage, pkijs.ExtKeyUsage)?.keyPurposes,
    nameConstraints: value(EXTENSION.nameConstraints, pkijs.NameConstraints),
    alternativeNames: value(EXTENSION.subjectAltName, pkijs.AltName)?.altNames ?? [],
    crlUrls: crlUrlsOf(value(EXTENSION.crlDistributionPoints, pkijs.CRLDistributionPoints)),
    ocspUrls: ocspUrlsOf(value(EXTENSION.authorityInformationAccess, pkijs.InfoAccess)),
    unknownCritical: extensions
      .filter(({ critical, extnID }) => critical && !UNDERSTOOD.has(extnID))
      .map(({ extnID }) => extnID),
  };
}

function keyUsageOf(extension: pkijs.Extension | undefined): ReadonlySet<number> | undefined {
  if (extension === undefined) return undefined;
  const { parsedValue } = extension;
  if (!(parsedValue instanceof asn1js.BitString))
    throw new Error(`its extension ${EXTENSION.keyUsage} cannot be decoded`);
  const bits = new Set<number>();
  for (const [at, octet] of parsedValue.valueBlock.valueHexView.subarray(0, 2).entries()) {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) bits.add(at * 8 + bit);
  }
  return bits;
}

/** Points whose list is signed by somebody else, or covers some reasons only, are left out: they prove nothing. */
function crlUrlsOf(points: pkijs.CRLDistributionPoints | undefined): readonly string[] {
  const whole = (points?.distributionPoints ?? []).filter(({ cRLIssuer, reasons }) => !cRLIssuer && !reasons);
  return webUrls(whole.flatMap(({ distributionPoint }) => (Array.isArray(distributionPoint) ? distributionPoint : [])));
}

function ocspUrlsOf(access: pkijs.InfoAccess | undefined): readonly string[] {
  const descriptions = access?.accessDescriptions ?? [];
  return webUrls(
    descriptions.filter(({ accessMethod }) => accessMethod === OCSP_ACCESS).map(({ accessLocation }) => accessLocation),
  );
}

function webUrls(names: readonly pkijs.GeneralName[]): readonly string[] {
  return names
    .filter(({ type, value }) => type === URI && /^https?:\/\//i.test(String(value)))
    .map(({ value }) => String(value));
}

/** Whether two certificates are the same. */
export const isSame = (a: X509Certificate, b: X509Certificate): boolean => a.fingerprint256 === b.fingerprint256;

/** Whether a certificate names itself as its issuer and carries its own signature. */
export function isSelfSigned({ parsed, x509 }: CertificateFacts): boolean {
  return parsed.issuer.isEqual(parsed.subject) && isSignedBy(x509, x509);
}

/** Whether the signature of a certificate was made by the key of another. */
export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    return false; // a key of another kind, or an algorithm that OpenSSL does not know
  }
}

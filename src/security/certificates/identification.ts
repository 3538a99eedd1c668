// What names a certificate to a partner: the Certificate Logical Identification Data of certificate exchange, which
// stands in SFIDDESC as lines of a letter, an equals sign and a value.
import { X509Certificate } from 'node:crypto';
import * as pkijs from 'pkijs';
import { contentsOf, decodeElement } from '../cms/der.js';
import { isSameName, writeDistinguishedName } from './distinguished-name.js';

/** What names a certificate. Hexadecimal digits are in lower case; what is not known is empty. */
export interface CertificateIdentification {
  /** Distinguished name (RFC 4514). */
  readonly issuer: string;
  readonly serialNumber: string;
  readonly authorityKeyIdentifier: string;
  /** The bits of KeyUsage (RFC 5280 §4.2.1.3), for example `a0`: digitalSignature and keyEncipherment. */
  readonly keyUsage: string;
  /** Object identifiers, sorted. */
  readonly extendedKeyUsage: readonly string[];
  /** Distinguished name (RFC 4514). */
  readonly subject: string;
}

const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const KEY_USAGE = '2.5.29.15';

/** SFIDDESC, T(999) (RFC 5024 §5.3.3), in octets. */
const DESCRIPTION_LENGTH_MAX = 999;

export function identificationOf(certificate: Uint8Array): CertificateIdentification {
  const parsed = new pkijs.Certificate({ schema: decodeElement(certificate) });
  const { serialNumber, keyUsage: extended } = new X509Certificate(certificate);
  return {
    issuer: writeDistinguishedName(parsed.issuer),
    serialNumber: hexadecimal(serialNumber),
    authorityKeyIdentifier: authorityKeyOf(parsed),
    keyUsage: keyUsageOf(parsed),
    // Node.js calls the extended usage keyUsage, and has none for a certificate without that extension.
    extendedKeyUsage: [...((extended as string[] | undefined) ?? [])].sort(),
    subject: writeDistinguishedName(parsed.subject),
  };
}

/** The text for SFIDDESC. Where it would be too long, the subject is left out, then the extended key usage. */
export function writeIdentification(identification: CertificateIdentification): string {
  const { issuer, serialNumber, authorityKeyIdentifier, keyUsage, extendedKeyUsage, subject } = identification;
  const lines = [`I=${base64(issuer)}`, `N=${serialNumber}`, `A=${authorityKeyIdentifier}`, `B=${keyUsage}`];
  const mandatory = lines.length;
  if (extendedKeyUsage.length > 0) lines.push(`E=${extendedKeyUsage.join(',')}`);
  if (subject !== '') lines.push(`S=${base64(subject)}`);
  while (lines.length > mandatory && lines.join('\n').length > DESCRIPTION_LENGTH_MAX) lines.pop();
  return lines.join('\n');
}

/** What a received SFIDDESC names; nothing where it is some other text. */
export function readIdentification(description: string): CertificateIdentification | undefined {
  const fields = new Map<string, string>();
  for (const line of description.split(/\r?\n|\r/)) {
    const [, letter, value] = /^\s*([A-Z])\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (letter !== undefined && value !== undefined) fields.set(letter, value);
  }
  const text = (letter: string): string => Buffer.from(fields.get(letter) ?? '', 'base64').toString('utf8');
  const issuer = text('I');
  const serialNumber = hexadecimal(fields.get('N') ?? '');
  if (issuer === '' || serialNumber === '') return undefined;
  return {
    issuer,
    serialNumber,
    authorityKeyIdentifier: (fields.get('A') ?? '').toLowerCase(),
    keyUsage: (fields.get('B') ?? '').toLowerCase(),
    extendedKeyUsage: (fields.get('E') ?? '')
      .split(',')
      .map((usage) => usage.trim())
      .filter((usage) => usage !== '')
      .sort(),
    subject: text('S'),
  };
}

/**
 * Whether an identification means this certificate: the very one, by issuer and serial number, or one of the same owner
 * and issuer for the same purposes, as a renewal is.
 */
export function isIdentifiedBy(
  certificate: CertificateIdentification,
  identification: CertificateIdentification,
): boolean {
  if (!isSameName(certificate.issuer, identification.issuer)) return false;
  if (certificate.serialNumber === identification.serialNumber) return true;
  return (
    isSameName(certificate.subject, identification.subject) &&
    certificate.keyUsage === identification.keyUsage &&
    certificate.extendedKeyUsage.join() === identification.extendedKeyUsage.join()
  );
}

/** Digits alone, without the leading zeros that some put there. */
const hexadecimal = (digits: string): string =>
  digits
    .toLowerCase()
    .replaceAll(/[^\da-f]/g, '')
    .replace(/^0+(?=.)/, '');

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

function extensionOf(certificate: pkijs.Certificate, id: string): Uint8Array | undefined {
  return certificate.extensions?.find(({ extnID }) => extnID === id)?.extnValue.valueBlock.valueHexView;
}

function authorityKeyOf(certificate: pkijs.Certificate): string {
  const extension = extensionOf(certificate, AUTHORITY_KEY_IDENTIFIER);
  if (extension === undefined) return '';
  const { keyIdentifier } = new pkijs.AuthorityKeyIdentifier({ schema: decodeElement(extension) });
  return keyIdentifier === undefined ? '' : Buffer.from(contentsOf(keyIdentifier)).toString('hex');
}

/** The octets of the BIT STRING, behind the one that counts its unused bits. */
function keyUsageOf(certificate: pkijs.Certificate): string {
  const extension = extensionOf(certificate, KEY_USAGE);
  if (extension === undefined) return '';
  return Buffer.from(contentsOf(decodeElement(extension))).toString('hex');
}

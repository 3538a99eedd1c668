// A certificate as a partner sends it in certificate exchange: DER as it should be, or PEM, or PKCS#7 (CMS).
import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { writeFileWhole } from '../file-io.js';
import { streamOf } from '../octets.js';
import { CertificateError } from './entry.js';
import { readPem } from './pem.js';
import { certificatesOfPkcs7 } from './pkcs7.js';

/** The longest file that can be a certificate, in octets: with its issuers, and with keys of post-quantum size. */
export const EXCHANGED_LENGTH_MAX = 262_144;

/** The most certificates beside each other: one, and those of its issuers. */
const CERTIFICATES_MAX = 16;

export interface ExchangedOptions {
  /** Path of the file as it was transmitted. */
  readonly source: string;
  /** Path to write the DER of the certificate to; a file that has it already is replaced. */
  readonly target: string;
  /** Whether the target is on disk when the call returns. */
  readonly sync: boolean;
}

export type ExchangedOutcome =
  | { readonly ok: true; readonly size: number }
  | { readonly ok: false; readonly message: string };

/**
 * Takes the certificate out of a received file. What the peer did wrong is an outcome; the target exists only when all
 * was in order.
 *
 * @throws the system's error for files
 */
export async function unwrapCertificate({ source, target, sync }: ExchangedOptions): Promise<ExchangedOutcome> {
  const { size } = await stat(source);
  if (size > EXCHANGED_LENGTH_MAX) {
    return { ok: false, message: `${size} octets are more than a certificate file has (${EXCHANGED_LENGTH_MAX})` };
  }
  const octets = await readFile(source);
  try {
    const { raw } = certificateOf(octets);
    return { ok: true, size: await writeFileWhole(target, streamOf(raw), { sync }) };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    return { ok: false, message: error.message };
  }
}

/** The one that is meant: its issuers may stand beside it. */
function certificateOf(octets: Buffer): X509Certificate {
  const found = new Map(certificatesIn(octets).map((certificate) => [certificate.fingerprint256, certificate]));
  if (found.size > CERTIFICATES_MAX) {
    throw new CertificateError(`it holds ${found.size} certificates, one and its issuers were expected`);
  }
  if (found.size === 0) throw new CertificateError('it holds no certificate');
  const all = [...found.values()];
  const [certificate, ...others] = all.filter(
    (issuer) => !all.some((issued) => issued !== issuer && issued.checkIssued(issuer)),
  );
  if (certificate === undefined || others.length > 0) {
    throw new CertificateError(`it holds ${found.size} certificates, and which one is meant cannot be told`);
  }
  return certificate;
}

function certificatesIn(octets: Buffer): X509Certificate[] {
  if (octets.length === 0) throw new CertificateError('it is empty');
  if (octets[0] !== 0x30) return certificatesInPem(octets);
  try {
    const certificate = new X509Certificate(octets);
    // OpenSSL looks for PEM first, wherever in the octets it stands.
    if (octets.subarray(0, certificate.raw.length).equals(certificate.raw)) return [certificate];
  } catch {
    return certificatesOfPkcs7(octets);
  }
  throw new CertificateError('it hides one certificate inside another');
}

function certificatesInPem(octets: Buffer): X509Certificate[] {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(octets.toString('latin1'))) {
    throw new CertificateError('it holds a private key, which is not secret any more');
  }
  try {
    return readPem(octets, '').flatMap(({ certificate }) => certificate ?? []);
  } catch (error) {
    throw error instanceof CertificateError ? error : new CertificateError('it holds no certificate that can be read');
  }
}

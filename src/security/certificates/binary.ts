// DER without PEM around it: a certificate, or a private key in PKCS#8 or PKCS#1.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CertificateError, certificateEntry, privateKeyEntry, type StoreEntry } from './entry.js';

export function readCertificate(octets: Buffer): StoreEntry[] {
  try {
    return [certificateEntry(new X509Certificate(octets))];
  } catch {
    throw new CertificateError('it is no X.509 certificate in DER or PEM');
  }
}

/** @throws CertificateError */
export function readDerKey(octets: Buffer, password: string): StoreEntry[] {
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    const key = tryKey(octets, type, password);
    if (key) return [privateKeyEntry(key)];
  }
  throw new CertificateError('it is no certificate and no private key that can be read with this password');
}

function tryKey(octets: Buffer, type: 'pkcs8' | 'pkcs1' | 'sec1', passphrase: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: octets, format: 'der', type, passphrase });
  } catch {
    return undefined;
  }
}

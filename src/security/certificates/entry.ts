// What a certificate store holds, whatever its format.
import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { PrivateKey } from '../private-key.js';

/** A certificate, a key, or both that belong together. */
export interface StoreEntry {
  readonly certificate: X509Certificate | undefined;
  readonly privateKey: PrivateKey | undefined;
  /** The certificate's key, or the only thing there is (SSH, JWK). */
  readonly publicKey: KeyObject;
}

/**
 * A store that cannot be read, or that lacks what was asked for. The message never holds a password or key material.
 */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export const certificateEntry = (certificate: X509Certificate, privateKey?: PrivateKey): StoreEntry => ({
  certificate,
  privateKey,
  publicKey: certificate.publicKey,
});

export const privateKeyEntry = (privateKey: KeyObject): StoreEntry => ({
  certificate: undefined,
  privateKey,
  publicKey: createPublicKey(privateKey),
});

export const publicKeyEntry = (publicKey: KeyObject): StoreEntry => ({
  certificate: undefined,
  privateKey: undefined,
  publicKey,
});

/** Puts each private key to the certificate it belongs to; a key without one stands for itself. */
export function pairUp(certificates: readonly X509Certificate[], privateKeys: readonly KeyObject[]): StoreEntry[] {
  const alone = new Set(privateKeys);
  const entries = certificates.map((certificate) => {
    const own = privateKeys.find((key) => certificate.checkPrivateKey(key));
    if (own) alone.delete(own);
    return certificateEntry(certificate, own);
  });
  return [...entries, ...[...alone].map(privateKeyEntry)];
}

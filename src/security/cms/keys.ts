// Keys that the layers above hand in, and the signers they get back: plain types, without those of any ASN.1 library.
import type { PrivateKey } from '../private-key.js';

/** A private key and the certificate (DER) that names it. */
export interface DecryptionKey {
  readonly certificate: Uint8Array;
  readonly key: PrivateKey;
}

/** A private RSA key and the certificate (DER) that names it. */
export interface SigningKey {
  readonly certificate: Uint8Array;
  readonly key: PrivateKey;
}

/** A signature that verified. */
export interface VerifiedSigner {
  /** The configured certificate (DER) whose key made the signature. */
  readonly certificate: Uint8Array;
  /** Hash of the content, by its node:crypto name. */
  readonly hash: string;
  /** What the signer claims as the time of signing. */
  readonly signingTime: Date | undefined;
}

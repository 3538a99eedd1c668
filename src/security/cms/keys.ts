// Keys that the layers above hand in, and the signers they get back: plain types, without those of any ASN.1 library.
import type { KeyObject } from 'node:crypto';

/** A private key and the certificate (DER) that names it. */
export interface DecryptionKey {
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
}

/** A private RSA key and the certificate (DER) that names it. */
export interface SigningKey {
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
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

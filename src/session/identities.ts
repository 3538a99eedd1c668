import type { DecryptionKey, SigningKey } from '../security/cms/keys.js';
import type { EncryptionName } from '../security/suites.js';

/** The keys and certificates that a session uses, each for its purpose. Certificates are DER. */
export interface Identities {
  /** Own keys that answer challenges, the present one first. */
  readonly authentication: readonly DecryptionKey[];
  /** Own keys that decrypt files. */
  readonly decryption: readonly DecryptionKey[];
  /** Own keys that sign files, all of them each file. */
  readonly signing: readonly SigningKey[];
  readonly receiptSigning: SigningKey | undefined;
  /** The partner's certificate that challenges are for. */
  readonly recipientAuthentication: Uint8Array | undefined;
  /** Certificates of the partner that files are encrypted for. */
  readonly encryption: readonly Uint8Array[];
  readonly signatureVerification: readonly Uint8Array[];
  readonly receiptVerification: readonly Uint8Array[];
  /** How challenges are encrypted. */
  readonly challengeCipher: EncryptionName;
}

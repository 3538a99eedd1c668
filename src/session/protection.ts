import type { SFID } from '../protocol/commands/codec.js';
import { CIPHER_SUITES, cipherSuiteFor, type EncryptionName, type HashName } from '../security/suites.js';
import { OFTPError } from '../settings/errors.js';
import type { Identities } from './identities.js';

/** What file services a file to be sent gets (RFC 5024 §6). */
export interface Protection {
  readonly encrypt: boolean;
  readonly sign: boolean;
  readonly compress: boolean;
  readonly signedReceipt: boolean;
  readonly encryption: EncryptionName;
  readonly fileHash: HashName;
  /** Hash of the end response; with the encryption it makes the suite. */
  readonly receiptHash: HashName;
}

/** The content of the file is an envelope: what is transmitted are not the octets of the file itself. */
export function isEnveloped({ encrypt, sign, compress }: Protection): boolean {
  return encrypt || sign || compress;
}

/** As `isEnveloped`, of an offered file. */
export function isSecured({ sec, comp }: Pick<SFID, 'sec' | 'comp'>): boolean {
  return sec !== 0 || comp !== 0;
}

/** SFIDSEC: 01 encrypted, 02 signed, 03 both. */
export const isEncrypted = ({ sec }: Pick<SFID, 'sec'>): boolean => sec === 1 || sec === 3;
export const isSigned = ({ sec }: Pick<SFID, 'sec'>): boolean => sec === 2 || sec === 3;

/** Whether a cipher suite has the cipher and the hash, as far as one is needed. */
export function hasSuite({ encrypt, sign, signedReceipt, encryption, receiptHash }: Protection): boolean {
  return !(encrypt || sign || signedReceipt) || !(encryption === '3des' && receiptHash === 'sha3-512');
}

/** The security fields of the SFID. A suite is named where one is used, be it by the end response. */
export function securityFields(protection: Protection): Pick<SFID, 'sec' | 'ciph' | 'comp' | 'env' | 'sign'> {
  const { encrypt, sign, compress, signedReceipt, encryption, receiptHash } = protection;
  const suite = encrypt || sign || signedReceipt;
  return {
    sec: (encrypt ? 1 : 0) + (sign ? 2 : 0),
    ciph: suite ? cipherSuiteFor(encryption, receiptHash) : 0,
    comp: compress ? 1 : 0,
    env: isEnveloped(protection) ? 1 : 0,
    sign: signedReceipt,
  };
}

/**
 * The hash of a file's end response. SHA-1 where no suite is named: such a file is taken under
 * ReceiptWithoutCipherSuite only, and it is what the suites of RFC 5024 itself have.
 */
export function receiptHashOf({ ciph }: Pick<SFID, 'ciph'>): HashName {
  return CIPHER_SUITES.get(ciph)?.hash ?? 'sha1';
}

/**
 * Whether the session and the certificates allow what is asked for.
 *
 * @throws OFTPError 688 below version 2.0; 685, 686, 689 for a certificate that is missing
 */
export function checkProtection(protection: Protection, secured: boolean, identities: Identities): void {
  const { encrypt, sign, signedReceipt } = protection;
  if (!isEnveloped(protection) && !signedReceipt) return;
  if (!secured) {
    throw new OFTPError(
      688,
      'encrypted, signed and compressed files and signed end responses exist in OFTP 2.0 only, and this session ' +
        'speaks an older version: send the file without them',
    );
  }
  if (encrypt && identities.encryption.length === 0) {
    throw new OFTPError(685, "a file cannot be encrypted without the partner's certificate: set recipientCertificate");
  }
  if (sign && identities.signing.length === 0) {
    throw new OFTPError(686, 'a file cannot be signed without an own certificate and its private key: set certificate');
  }
  if (signedReceipt && identities.receiptVerification.length === 0) {
    throw new OFTPError(
      689,
      "a signed end response cannot be checked without the partner's certificate: set recipientCertificate",
    );
  }
}

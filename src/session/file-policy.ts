import type { SFID } from '../protocol/commands/codec.js';
import type { FileRefusal } from '../protocol/entity.js';
import { CIPHER_SUITES } from '../security/suites.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { Identities } from './identities.js';
import { isEncrypted, isSecured, isSigned } from './protection.js';

/** Why a file is not taken, and what the own side has to change if it is to be. */
export interface PolicyRefusal extends FileRefusal {
  readonly error?: OFTPError;
}

/** The longest record of a V file inside an envelope: its length stands in two octets (RFC 5024 §6.5). */
const ENVELOPED_RECORD_MAX = 65_536;

/**
 * Offers for this station that are refused because of their file services, whatever the application thinks of them
 * (RFC 5024 §5.3.5). Files for others are passed on as they are.
 */
export function securityRefusal(
  sfid: SFID,
  settings: SettingValues,
  identities: Identities,
): PolicyRefusal | undefined {
  return (
    suiteRefusal(sfid, settings) ?? ruleRefusal(sfid, settings) ?? formRefusal(sfid) ?? keyRefusal(sfid, identities)
  );
}

export function suiteRefusal(
  { sec, ciph, sign }: SFID,
  { receiptWithoutCipherSuite }: SettingValues,
): FileRefusal | undefined {
  if (ciph !== 0) return CIPHER_SUITES.has(ciph) ? undefined : refused(15, `cipher suite ${ciph} is not supported`);
  if (sec !== 0) return refused(15, `SFIDSEC ${sec} needs a cipher suite, SFIDCIPH is 00`);
  if (sign && !receiptWithoutCipherSuite) {
    return refused(15, 'a signed end response needs a cipher suite, SFIDCIPH is 00');
  }
  return undefined;
}

function ruleRefusal(
  sfid: SFID,
  { encryptedFiles, signedFiles, compressedFiles }: SettingValues,
): FileRefusal | undefined {
  if (isEncrypted(sfid) && encryptedFiles === 'refused') return refused(16);
  if (!isEncrypted(sfid) && encryptedFiles === 'required') return refused(17);
  if (sfid.comp === 1 && compressedFiles === 'refused') return refused(18);
  if (isSigned(sfid) && signedFiles === 'refused') return refused(19);
  if (!isSigned(sfid) && signedFiles === 'required') return refused(20);
  return undefined;
}

/** RFC 5024 §6.1: what is secured must be in an envelope. */
function formRefusal(sfid: SFID): FileRefusal | undefined {
  if (!isSecured(sfid)) return undefined;
  if (sfid.env === 0) return refused(99, 'a signed, compressed or encrypted file needs an envelope, SFIDENV is 0');
  if (sfid.fmt === 'V' && sfid.lrecl > ENVELOPED_RECORD_MAX) {
    return refused(5, `SFIDLRECL ${sfid.lrecl}: records in an envelope have at most ${ENVELOPED_RECORD_MAX} octets`);
  }
  return undefined;
}

/** Nothing is taken that could not be read afterwards. */
function keyRefusal(sfid: SFID, { decryption, signatureVerification }: Identities): PolicyRefusal | undefined {
  if (isEncrypted(sfid) && decryption.length === 0) {
    const text = `${sfid.dsn} is encrypted, and there is no own certificate with its private key: set certificate`;
    return { ...refused(16), error: new OFTPError(689, text) };
  }
  if (isSigned(sfid) && signatureVerification.length === 0) {
    const text = `${sfid.dsn} is signed, and there is no certificate of the partner: set recipientCertificate`;
    return { ...refused(19), error: new OFTPError(689, text) };
  }
  return undefined;
}

export const refused = (reason: number, text = ''): FileRefusal => ({ reason, retry: false, text });

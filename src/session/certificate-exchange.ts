/** Certificate exchange: virtual files with reserved names that carry one certificate, without any file service. */
import type { SFID } from '../protocol/commands/codec.js';
import type { FileRefusal } from '../protocol/entity.js';
import { EXCHANGED_LENGTH_MAX } from '../security/certificates/exchanged.js';
import type { SettingValues } from '../settings/settings.js';
import { refused, suiteRefusal } from './file-policy.js';
import { isEncrypted, isSecured, isSigned } from './protection.js';

/** SFIDDSN by what the sender of the certificate wants. RFC 5024 has no such names; Odette reserves them. */
export const EXCHANGE_NAMES = {
  /** Here is mine, send me yours. */
  request: 'ODETTE_CERTIFICATE_REQUEST',
  /** It takes the place of the earlier one, which is not valid any more. */
  replace: 'ODETTE_CERTIFICATE_REPLACE',
  /** The answer to a request, or another one besides those known. */
  deliver: 'ODETTE_CERTIFICATE_DELIVER',
} as const;

export type ExchangeType = keyof typeof EXCHANGE_NAMES;

/** Certificates, and with them their exchange, came with 2.0. */
const EXCHANGE_LEVEL = 5;

const TYPES = Object.keys(EXCHANGE_NAMES) as ExchangeType[];

/** What a virtual file for this station exchanges; nothing where it is an ordinary one. */
export function exchangeTypeOf({ dsn }: Pick<SFID, 'dsn'>, level: number): ExchangeType | undefined {
  return level === EXCHANGE_LEVEL ? TYPES.find((type) => EXCHANGE_NAMES[type] === dsn) : undefined;
}

/** The file itself is only found inside what is transmitted, and published when it was found good. */
export function isWrapped(sfid: SFID, level: number): boolean {
  return isSecured(sfid) || exchangeTypeOf(sfid, level) !== undefined;
}

/**
 * Certificates are exchanged without file services, for these need certificates: rules of the settings that files be
 * secured do not apply to them.
 */
export function exchangeRefusal(sfid: SFID, settings: SettingValues): FileRefusal | undefined {
  if (isEncrypted(sfid)) return refused(16, 'certificates are exchanged unencrypted');
  if (sfid.comp !== 0) return refused(18, 'certificates are exchanged uncompressed');
  if (isSigned(sfid)) return refused(19, 'certificates are exchanged unsigned');
  if (sfid.fmt === 'F' || sfid.fmt === 'V') return refused(4, 'a certificate has no records, send it unstructured');
  if (sfid.fsiz * 1024 - 1023 > EXCHANGED_LENGTH_MAX) {
    return refused(6, `a certificate file has at most ${EXCHANGED_LENGTH_MAX} octets`);
  }
  return suiteRefusal(sfid, settings);
}

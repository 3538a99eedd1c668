/** Errors of a client in the words of an operator: what failed, and where to look. */
import { OFTPError } from '../settings/errors.js';
import { type Address, formatAddress } from './address.js';

export interface Attempt {
  readonly address: Address;
  readonly ssid: string;
  readonly hasPassword: boolean;
}

const WORDS: Readonly<Record<number, (attempt: Attempt) => string>> = {
  675: ({ ssid }) =>
    `the server does not know the code ${ssid} (ESID 03): check --ssid, and ask whether it is registered`,
  677: ({ ssid, hasPassword }) =>
    `the server does not accept the password of ${ssid} (ESID 04): ` +
    (hasPassword ? 'check it; capitals and small letters differ' : 'none was given, see --password-file'),
  10061: ({ address }) =>
    `nobody listens at ${formatAddress(address)}: check address and port, and whether the server runs`,
  10060: ({ address }) => `no answer from ${formatAddress(address)}: check address and port, and firewalls on the way`,
  11001: ({ address }) => `there is no host '${address.host}'`,
};

/** Why a session could not be opened. */
export function explain(error: Error, attempt: Attempt): string {
  const words = error instanceof OFTPError ? WORDS[error.code] : undefined;
  return words === undefined ? error.message : `${words(attempt)} (error ${(error as OFTPError).code})`;
}

import { randomUUID } from 'node:crypto';
import { formatStamp } from '../files/stamp.js';
import type { SFID, SSID } from '../protocol/commands/codec.js';
import type { Agreement } from '../protocol/negotiate.js';
import type { SettingValues, StoreHooks } from '../settings/settings.js';
import { effectiveValues } from './certificate-settings.js';
import type { Keyring } from './certificates.js';
import type { ConnectionTls } from './connection-tls.js';
import { encryptionOf } from './incoming-file-info.js';

/** SSIDSR in words. */
export const CONNECTION_TYPES = { B: 'both', S: 'sender', R: 'receiver' } as const;

/** What a connection has come to know in the course of its session. */
export interface ConnectionFacts {
  /** Unique for all time and all processes; made when somebody asks for it. */
  uid: string | undefined;
  /** The handshake is done. */
  tls: ConnectionTls | undefined;
  /** The peer's SSID. */
  ssid: SSID | undefined;
  /** The own SSID has been sent. */
  identified: boolean;
  agreement: Agreement | undefined;
  /** The last offer of the peer. */
  sfid: SFID | undefined;
  /** That offer is being decided about or received. */
  receiving: boolean;
  /** Where the last received file is. */
  localFile: string | undefined;
  /** Whether the peer allows another attempt at the last file that it refused. */
  retry: boolean | undefined;
}

/** Settings of a connection that show what is, rather than what was set. */
export function connectionHooks(
  facts: ConnectionFacts,
  values: () => SettingValues,
  keyring: Keyring,
): Omit<StoreHooks, 'checks'> {
  return {
    // What goes into the own SSID is fixed as soon as that has been sent.
    frozen: () => facts.identified,
    live: {
      uid: () => {
        facts.uid ??= randomUUID();
        return facts.uid;
      },
      creditCount: () => facts.agreement?.window ?? facts.ssid?.cred,
      exchangeBufferSize: () => facts.agreement?.bufferSize ?? facts.ssid?.sdeb,
      receivedConnectionType: () => CONNECTION_TYPES[facts.ssid?.sr ?? 'B'],
      receivedFileName: () => facts.localFile,
      receivedFileDateTime: () => {
        const { sfid } = facts;
        return sfid && formatStamp(sfid, values().virtualFileDateFormat);
      },
      receivedFileDescription: () => facts.sfid?.desc,
      receivedFileEncryptionAlg: () =>
        facts.sfid && { none: '', '3des': '0', aes256: '1' }[encryptionOf(facts.sfid) ?? 'none'],
      retry: () => facts.retry,
      serverSfidCode: () => facts.sfid?.dest,
      sslNegotiatedVersion: () => facts.tls?.version,
      sslNegotiatedCipher: () => facts.tls?.cipher,
      sslNegotiatedCipherStrength: () => facts.tls?.cipherStrength,
      sslNegotiatedCipherSuite: () => facts.tls?.cipherSuite,
      sslNegotiatedKeyExchange: () => facts.tls?.keyExchange,
      sslNegotiatedKeyExchangeStrength: () => facts.tls?.keyExchangeStrength,
      ...effectiveValues(values, keyring),
    },
  };
}

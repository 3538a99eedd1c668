import { randomUUID } from 'node:crypto';
import { formatStamp } from '../files/stamp.js';
import type { SFID, SSID } from '../protocol/commands/codec.js';
import type { Agreement } from '../protocol/negotiate.js';
import type { SettingName, SettingStore, SettingValues, StoreHooks } from '../settings/settings.js';
import { fileHashInUse, loadConfigured, subjectInUse } from './certificate-settings.js';
import type { Keyring } from './certificates.js';
import type { ConnectionTls } from './connection-tls.js';
import { encryptionOf } from './incoming-file-info.js';

type Live = NonNullable<StoreHooks['live']>;

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

/** What the settings ask of their connection. */
interface SettingsOwner {
  readonly facts: ConnectionFacts;
  readonly settings: SettingValues;
  readonly store: SettingStore;
  readonly keyring: Keyring;
}

/**
 * What a connection adds to its settings. This class and the next have methods where an object with functions would do:
 * of those every one of thousands of connections would have its own.
 */
export class ConnectionHooks implements StoreHooks {
  readonly live: LiveValues;
  readonly #owner: SettingsOwner;

  constructor(owner: SettingsOwner) {
    this.live = new LiveValues(owner);
    this.#owner = owner;
  }

  /** What goes into the own SSID is fixed as soon as that has been sent. */
  frozen(): boolean {
    return this.#owner.facts.identified;
  }

  changed(name: SettingName): void {
    loadConfigured(name, this.#owner.store, this.#owner.keyring);
  }
}

/** Settings of a connection that show what is, rather than what was set. */
class LiveValues implements Live {
  readonly #owner: SettingsOwner;

  constructor(owner: SettingsOwner) {
    this.#owner = owner;
  }

  get #facts(): ConnectionFacts {
    return this.#owner.facts;
  }

  uid(): string {
    this.#facts.uid ??= randomUUID();
    return this.#facts.uid;
  }

  creditCount(): number | undefined {
    return this.#facts.agreement?.window ?? this.#facts.ssid?.cred;
  }

  exchangeBufferSize(): number | undefined {
    return this.#facts.agreement?.bufferSize ?? this.#facts.ssid?.sdeb;
  }

  receivedConnectionType(): SettingValues['receivedConnectionType'] {
    return CONNECTION_TYPES[this.#facts.ssid?.sr ?? 'B'];
  }

  receivedFileName(): string | undefined {
    return this.#facts.localFile;
  }

  receivedFileDateTime(): string | undefined {
    const { sfid } = this.#facts;
    return sfid && formatStamp(sfid, this.#owner.settings.virtualFileDateFormat);
  }

  receivedFileDescription(): string | undefined {
    return this.#facts.sfid?.desc;
  }

  receivedFileEncryptionAlg(): string | undefined {
    const { sfid } = this.#facts;
    return sfid && { none: '', '3des': '0', aes256: '1' }[encryptionOf(sfid) ?? 'none'];
  }

  retry(): boolean | undefined {
    return this.#facts.retry;
  }

  serverSfidCode(): string | undefined {
    return this.#facts.sfid?.dest;
  }

  sslNegotiatedVersion(): string | undefined {
    return this.#facts.tls?.version;
  }

  sslNegotiatedCipher(): string | undefined {
    return this.#facts.tls?.cipher;
  }

  sslNegotiatedCipherStrength(): number | undefined {
    return this.#facts.tls?.cipherStrength;
  }

  sslNegotiatedCipherSuite(): string | undefined {
    return this.#facts.tls?.cipherSuite;
  }

  sslNegotiatedKeyExchange(): string | undefined {
    return this.#facts.tls?.keyExchange;
  }

  sslNegotiatedKeyExchangeStrength(): number | undefined {
    return this.#facts.tls?.keyExchangeStrength;
  }

  certificateSubject(): string {
    return subjectInUse(this.#owner.settings, this.#owner.keyring);
  }

  fileHashAlgorithm(): SettingValues['fileHashAlgorithm'] {
    return fileHashInUse(this.#owner.settings);
  }
}

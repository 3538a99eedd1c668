import { type InspectOptions, inspect } from 'node:util';
import type { Stamp, Stamps } from '../files/stamp.js';
import { VERSION_OF_LEVEL, type Version } from '../protocol/commands/version.js';
import { SPEAKER_STATES } from '../protocol/machine/states.js';
import type { Agreement } from '../protocol/negotiate.js';
import type { SentFile } from '../session/outgoing-transfer.js';
import { completeReceipt } from '../session/receipts.js';
import type { Session } from '../session/session.js';
import { config } from '../settings/config.js';
import { OFTPError } from '../settings/errors.js';
import {
  type ConnectionSettings,
  defineSettings,
  type SettingStore,
  type SettingValues,
} from '../settings/settings.js';
import type { Carrier } from '../transport/carrier.js';
import {
  type CertificateSlot,
  Keyring,
  type OwnCertificates,
  type RecipientCertificates,
  usageOf,
} from './certificates.js';
import { CONNECTION_TYPES, type ConnectionFacts, ConnectionHooks } from './connection-hooks.js';
import type { ConnectionTls } from './connection-tls.js';
import { certificateFile, type ExchangeCertificateOptions } from './exchange-certificate.js';
import { type IncomingFileInfo, incomingFileInfo } from './incoming-file-info.js';
import { Outgoing, type OutgoingDefaults } from './outgoing.js';
import type { ReceivedStamps } from './received-stamps.js';
import { endResponseFrom, type SendEndResponseOptions } from './send-end-response.js';
import { fileToSend, type SendFileOptions } from './send-file.js';
import type { CertificateProblem, Trust } from './trust.js';

/** What both sides agreed on in their SSIDs. */
export interface Negotiated {
  /** SSIDSDEB, octets of a DATA exchange buffer. */
  readonly bufferSize: number;
  /** SSIDCRED, exchange buffers. */
  readonly credit: number;
  readonly bufferCompression: boolean;
  readonly restart: boolean;
  /** What this end may do: `sender`, `receiver` or `both`. */
  readonly connectionType: 'both' | 'sender' | 'receiver';
  readonly secureAuthentication: boolean;
}

/** What a connection needs of its server or client. */
export interface ConnectionOwner {
  readonly settings: SettingStore;
  readonly keyring: Keyring;
  readonly trust: Trust;
  readonly stamps: Stamps;
  readonly receivedStamps: ReceivedStamps;
  disconnect(connection: OFTPConnection): Promise<void>;
  raise(error: OFTPError, connection: OFTPConnection): void;
}

/** One connection with a partner, from `connected` to `disconnected`. */
export class OFTPConnection {
  /** @internal */
  readonly store: SettingStore;
  /** @internal */
  readonly facts: ConnectionFacts = {
    uid: undefined,
    tls: undefined,
    ssid: undefined,
    identified: false,
    agreement: undefined,
    sfid: undefined,
    receiving: false,
    localFile: undefined,
    retry: undefined,
  };
  readonly #id: number;
  readonly #owner: ConnectionOwner;
  /** @internal The network connection. */
  readonly carrier: Carrier;
  #session: Session | undefined;
  // Made when they are needed: an idle connection has no use for them, and there are thousands.
  #keyring: Keyring | undefined;
  #outgoing: Outgoing | undefined;

  /** @internal Connections are made by their server or client. */
  constructor(owner: ConnectionOwner, id: number, carrier: Carrier) {
    this.#owner = owner;
    this.#id = id;
    this.carrier = carrier;
    this.store = owner.settings.forConnection(id, new ConnectionHooks(this));
  }

  /** @internal */
  get keyring(): Keyring {
    this.#keyring ??= new Keyring(
      (certificate, name, usage) =>
        this.#owner.trust.admit(certificate, name, usage, (error) => this.#owner.raise(error, this)),
      this.#owner.keyring,
    );
    return this.#keyring;
  }

  /** Number of the connection; never used again within its server or client. */
  get id(): number {
    return this.#id;
  }

  /**
   * What the next `sendFile` uses where its own options are silent. Assigning an unknown property, or a value that it
   * does not take, is error 10022.
   */
  get outgoing(): OutgoingDefaults {
    this.#outgoing ??= new Outgoing(this.#id, () => this.settings.virtualFileDateFormat);
    return this.#outgoing.defaults;
  }

  /** @internal */
  get outgoingStamp(): Stamp | undefined {
    return this.#outgoing?.stamp;
  }

  /** @internal The values of its settings: those of its own, and for the rest those of its server or client. */
  get settings(): SettingValues {
    return this.store.values;
  }

  /** @internal */
  attach(session: Session): void {
    this.#session = session;
  }

  /** @internal */
  get session(): Session {
    if (this.#session === undefined)
      throw new OFTPError(10057, 'the connection has no session yet', { connectionId: this.id });
    return this.#session;
  }

  /**
   * The own certificate for this partner, with its private key: for all purposes, or for the one that `certificateType`
   * says. Without it the server's or client's serves.
   */
  get certificate(): CertificateSlot {
    return this.keyring.own.get(this.settings.certificateType);
  }

  set certificate(value: CertificateSlot) {
    this.keyring.own.set(this.settings.certificateType, value);
  }

  /** Own certificates for this partner and single purposes. */
  get certificates(): OwnCertificates {
    return this.keyring.own.slots;
  }

  set certificates(value: Partial<OwnCertificates>) {
    Object.assign(this.keyring.own.slots, value);
  }

  /** The partner's certificate: for all purposes, or for the one that `recipientCertificateType` says. */
  get recipientCertificate(): CertificateSlot {
    return this.keyring.recipient.get(this.settings.recipientCertificateType);
  }

  set recipientCertificate(value: CertificateSlot) {
    this.keyring.recipient.set(this.settings.recipientCertificateType, value);
  }

  /** The partner's certificates for single purposes; where there is none, `recipientCertificate` serves. */
  get recipientCertificates(): RecipientCertificates {
    return this.keyring.recipient.slots;
  }

  set recipientCertificates(value: Partial<RecipientCertificates>) {
    Object.assign(this.keyring.recipient.slots, value);
  }

  /** Whether nothing is wrong with the partner's certificate; `recipientCertProblems` says what is. */
  async validateRecipientCert(): Promise<boolean> {
    return (await this.recipientCertProblems()).length === 0;
  }

  /**
   * What is wrong with the partner's certificate, the one for all purposes or for what `recipientCertificateType` says;
   * see `certificateProblems` of the server.
   *
   * @throws OFTPError 689 when there is no certificate
   */
  async recipientCertProblems(): Promise<readonly CertificateProblem[]> {
    const { recipientCertificateType: type } = this.settings;
    const [certificate] = [this.keyring.recipient.nearest(type)].flat();
    if (certificate === undefined) {
      throw new OFTPError(689, 'there is no certificate to validate: set recipientCertificate', {
        connectionId: this.id,
      });
    }
    return this.#owner.trust.problems(certificate, usageOf(type));
  }

  /** Whether the network connection stands. Assigning false closes it, as `disconnect` does. */
  get connected(): boolean {
    return this.#session === undefined ? !this.carrier.socket.destroyed : !this.#session.channel.closed;
  }

  set connected(value: boolean) {
    if (value) throw new OFTPError(10022, 'connected can only be set to false: a connection is opened by its peer');
    void this.disconnect();
  }

  /** IP address of the peer. */
  get remoteHost(): string {
    return this.carrier.remoteAddress;
  }

  get remotePort(): number {
    return this.carrier.remotePort;
  }

  /** IP address of this end. */
  get localAddress(): string {
    return this.carrier.localAddress;
  }

  /** What the TLS handshake has agreed on; null without TLS, and before the handshake is done. */
  get tls(): ConnectionTls | null {
    return this.facts.tls ?? null;
  }

  /** The agreed protocol version; before agreement the highest that both sides are known to speak. */
  get version(): Version {
    return VERSION_OF_LEVEL[this.session.entity.level];
  }

  /** SSIDCODE of the peer; empty before it has identified itself. */
  get ssidCode(): string {
    return this.#session?.partner ?? '';
  }

  /**
   * SFIDORIG of the last file offered, or what `sendFile` uses as destination when told nothing: the peer's SSID code.
   */
  get sfidCode(): string {
    return this.facts.sfid?.orig ?? this.ssidCode;
  }

  /** Whether this end has the turn. */
  get readyToSend(): boolean {
    return SPEAKER_STATES.has(this.session.entity.state);
  }

  /** What the SSIDs agreed on; null before the session is open. */
  get negotiated(): Negotiated | null {
    const agreement = this.#session?.entity.agreement;
    return agreement === undefined ? null : negotiatedFrom(agreement);
  }

  /** The virtual file being offered or received, or null. */
  get incoming(): IncomingFileInfo | null {
    const { sfid, receiving } = this.facts;
    return sfid !== undefined && receiving ? incomingFileInfo(sfid, this.settings.virtualFileDateFormat) : null;
  }

  /**
   * Sends a file when this end has the turn; calls queue and keep their order. Settles when the peer has acknowledged
   * the file (EFPA). After a call that has rejected, a call for the same unchanged file is its next attempt: it goes on
   * where that one ended, and settles without offering the file where its EERP has come meanwhile.
   *
   * @throws OFTPError 679 if the file cannot be read, 687 with `reasonCode`, `reasonText` and `retry` if the peer
   *   refused it, and without a reason if the peer has the turn, the session ended or another one is sending the file,
   *   680 for a date that is none, 678 for a value that does not fit its field
   */
  async sendFile(options: SendFileOptions): Promise<SentFile> {
    const { facts, session } = this;
    try {
      return await session.turn.sendFile(fileToSend(this, options, this.#owner.stamps));
    } catch (error) {
      if (error instanceof OFTPError) facts.retry = error.retry;
      // Whatever kept it from being sent: nobody else knows that the stream is not wanted any more.
      options.stream?.destroy();
      throw error;
    }
  }

  /**
   * Queues an end response for a file received earlier, over this or another connection of the same partner. It goes
   * out at once if this end has the turn, otherwise the next time it does, in this session or a later one.
   *
   * @throws OFTPError 688 for a negative response below version 1.4, 680 for a date that is none, 678 for a value that
   *   does not fit its field, 10022 for a reason that NERP does not have, and for hash or signature that are not base64
   */
  async sendEndResponse(options: SendEndResponseOptions): Promise<void> {
    const { store } = this.session.environment;
    const response = await endResponseFrom(this, options, this.#owner.receivedStamps, store);
    await store.queueResponse(await completeReceipt(this.session, response));
    this.session.turn.respond();
  }

  /**
   * Sends a certificate by the reserved name of certificate exchange (2.0 only). It goes out when this end has the
   * turn, which may be later in this session: inside `certificateReceived` the peer still has it. Settles when the peer
   * has acknowledged it.
   *
   * @throws OFTPError 688 below version 2.0; 690 for a certificate that cannot be loaded; 679 when it cannot be written
   *   to the folder of prepared files; 687 if the peer refused it or the session ended before: send it in the next one;
   *   10022 and 678 for options that do not fit
   */
  async exchangeCertificate(options: ExchangeCertificateOptions): Promise<SentFile> {
    if (this.version !== '2.0') {
      const text = `certificates are exchanged in OFTP 2.0 only, and this session speaks ${this.version}`;
      throw new OFTPError(688, text, { connectionId: this.id });
    }
    // Queued before it is made, so that a turn which comes meanwhile does not go back without it.
    const file = certificateFile(this, options).then((made) => fileToSend(this, made, this.#owner.stamps));
    file.catch(() => {});
    return this.session.turn.queueFile(file);
  }

  /** Hands the turn over (CD) after what is queued. Rarely needed: turns are handed back by themselves. */
  changeDirection(): Promise<void> {
    return this.session.turn.changeDirection();
  }

  /**
   * Ends the session at the next legal moment, after what is queued: by ESID straight after the peer's CD, otherwise by
   * handing over the turn and ending when it comes back. Settles when ESID or CD is with the network, or at once, with
   * the wish noted, while the peer has the turn.
   */
  logoff(): Promise<void> {
    return this.session.turn.logoff();
  }

  /**
   * Stops the file that is being sent, without ending the session: its `sendFile` rejects with error 687, files queued
   * behind it follow. ODETTE-FTP cannot take a file back: its end is announced with counts that do not fit, and the
   * peer refuses it. A peer that takes it all the same holds a part of a file, and the session ends with ESID 99. A
   * file whose last octet has been sent is not stopped. Settles at once; what came of it is the outcome of `sendFile`.
   */
  async interrupt(): Promise<void> {
    this.session.turn.interrupt();
  }

  /** Closes the network connection without ceremony; with `linger` off by a reset. Settles when it is gone. */
  async disconnect(): Promise<void> {
    await this.#owner.disconnect(this);
  }

  /** What logs show of a connection: who and where, and nothing that a partner has in confidence. */
  toJSON(): Record<string, unknown> {
    const { id, uid, connected, remoteHost, remotePort, localAddress, ssidCode, negotiated } = this;
    return { id, uid, connected, remoteHost, remotePort, localAddress, ssidCode, negotiated };
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `OFTPConnection ${inspect(this.toJSON(), options)}`;
  }

  /** The string form of this connection's settings: `config('AllowRetry=True')`, `config('Retry')`. */
  config(text: string): string {
    return config(text, this.store);
  }
}

export interface OFTPConnection extends ConnectionSettings {}

defineSettings(OFTPConnection.prototype, 'connection', (connection) => connection.store);

function negotiatedFrom(agreement: Agreement): Negotiated {
  return {
    bufferSize: agreement.bufferSize,
    credit: agreement.window,
    bufferCompression: agreement.compression,
    restart: agreement.restart,
    connectionType: CONNECTION_TYPES[agreement.mode],
    secureAuthentication: agreement.authentication,
  };
}

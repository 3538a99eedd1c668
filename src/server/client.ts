import type { SSID } from '../protocol/commands/codec.js';
import { LEVEL_OF_VERSION, type Version } from '../protocol/commands/version.js';
import type { SessionEnd } from '../protocol/indications.js';
import type { Agreement, SessionOffer } from '../protocol/negotiate.js';
import type { SentFile } from '../session/outgoing-transfer.js';
import { config } from '../settings/config.js';
import { OFTPError } from '../settings/errors.js';
import { type ServerOptions, type SettingStore, serverSettings } from '../settings/settings.js';
import { connectChannel } from '../transport/connector.js';
import type { CertificateSlot, OwnCertificates, RecipientCertificates } from './certificates.js';
import type { OFTPConnection } from './connection.js';
import { Endpoint } from './endpoint.js';
import { type EndTransferEvent, passwordsEqual } from './events.js';
import type { SendFileOptions } from './send-file.js';
import { offerFrom } from './session-offer.js';
import { endpointHooks } from './setting-hooks.js';

/** Settings of the table that mean for a client what they mean for a server. */
type SharedOptions = Pick<
  ServerOptions,
  | 'bufferCompression'
  | 'certificateStore'
  | 'certificateStorePassword'
  | 'certificateStoreType'
  | 'certificateSubject'
  | 'certificateType'
  | 'compressedFiles'
  | 'connectionType'
  | 'creditCount'
  | 'defaultIdleTimeout'
  | 'defaultReceiptHashAlgorithm'
  | 'defaultTimeout'
  | 'deleteOnError'
  | 'disconnectAfterEndSession'
  | 'downloadDirectory'
  | 'encryptedFiles'
  | 'endResponseTurn'
  | 'endResponseWait'
  | 'exchangeBufferSize'
  | 'fileDescription'
  | 'fileHashAlgorithm'
  | 'fireEndResponseOnSend'
  | 'friendlyLogFormat'
  | 'includeSignerCertificate'
  | 'inBufferSize'
  | 'keepAlive'
  | 'keepAliveInterval'
  | 'keepAliveRetryCount'
  | 'keepAliveTime'
  | 'keepStampsDays'
  | 'linger'
  | 'logLevel'
  | 'maskSensitive'
  | 'maxExpansionRatio'
  | 'maxFileSize'
  | 'maxReadTime'
  | 'outBufferSize'
  | 'processIdleEvents'
  | 'receiptWithoutCipherSuite'
  | 'receivedFileNameFormat'
  | 'recordDelimiter'
  | 'recipientCertificateType'
  | 'restart'
  | 'secureAuthentication'
  | 'signedFiles'
  | 'syncOnCommit'
  | 'tcpNoDelay'
  | 'tempPath'
  | 'transferMemory'
  | 'unwrapInSession'
  | 'useFipsCompliantApi'
  | 'useInternalSecurityApi'
  | 'virtualFileDateFormat'
  | 'workerThreads'
>;

export interface ClientOptions extends SharedOptions {
  /** Name or address of the server. */
  readonly host: string;
  /** 3305 if left out. */
  readonly port?: number;
  /** Own identification code of the session (SSIDCODE), at most 25 characters. */
  readonly clientSsidCode: string;
  /** Own identification code of files (SFIDORIG), at most 25 characters; the SSID code if left out. */
  readonly clientSfidCode?: string;
  /** SSIDPSWD, at most 8 characters. */
  readonly clientPassword?: string;
  /** Highest protocol version to offer; `2.0` if left out. */
  readonly version?: Version;
  /** The server must identify itself by this code; a stranger gets ESID 03. Not checked if left out. */
  readonly serverSsidCode?: string;
  /** The server must give this password, otherwise ESID 04. Not checked if left out. */
  readonly serverPassword?: string;
  /** The own certificate, with its private key. */
  readonly certificate?: CertificateSlot;
  readonly certificates?: Partial<OwnCertificates>;
  /** The certificate of the server. */
  readonly recipientCertificate?: CertificateSlot;
  readonly recipientCertificates?: Partial<RecipientCertificates>;
  /** Folder for what must outlive the process, of this client alone; null, the default, keeps it in memory only. */
  readonly statePath?: string | null;
}

/** A file that `receiveFiles` has brought. */
export interface ReceivedFileInfo {
  readonly virtualFileName: string;
  readonly virtualFileDate: string;
  readonly originator: string;
  readonly destination: string;
  /** Full path; empty where a handler of `acceptFile` gave a stream. */
  readonly localFile: string;
  readonly fileSize: number;
}

const UNKNOWN_CODE = 3;
const INVALID_PASSWORD = 4;

interface Waiter {
  resolve(): void;
  reject(error: OFTPError): void;
}

/** An OFTP client: one session at a time with one server. Its events are those of the server's connections. */
export class OFTPClient extends Endpoint {
  /** @internal */
  readonly settings: SettingStore;
  readonly #options: ClientOptions;
  #connection: OFTPConnection | undefined;
  /** Ends the attempt to connect that is under way. */
  #attempt: AbortController | undefined;
  #lastError: OFTPError | undefined;
  /** Settles when the session opens, or `receiveFiles` gets the turn back. */
  #waiter: Waiter | undefined;
  #received: ReceivedFileInfo[] = [];

  /** @throws OFTPError 10022 for an unknown option or a value out of range */
  constructor(options: ClientOptions) {
    super();
    const { host, port, clientSsidCode, clientSfidCode, clientPassword, version, ...rest } = options;
    const { serverSsidCode, serverPassword, statePath, ...others } = rest;
    const { certificate, certificates, recipientCertificate, recipientCertificates, ...settings } = others;
    if (typeof host !== 'string' || host === '')
      throw new OFTPError(10022, 'host is empty: give the name or address of the server');
    if (typeof clientSsidCode !== 'string' || clientSsidCode === '')
      throw new OFTPError(10022, 'clientSsidCode is empty: give the own identification code of the session');
    if (version !== undefined && LEVEL_OF_VERSION[version] === undefined) {
      throw new OFTPError(10022, `version is ${version}: use '1.2', '1.3', '1.4' or '2.0'`);
    }
    this.#options = options;
    this.settings = serverSettings(
      // Not the default of the table: the folder in the working directory is that of a server.
      { ...settings, statePath: statePath ?? null },
      { ...endpointHooks(() => this.settings.values), changed: (name) => this.settingChanged(name) },
    );
    this.settings.set('serverSsidCode', clientSsidCode, 'clientSsidCode');
    this.settings.set('serverSfidCode', clientSfidCode ?? clientSsidCode, 'clientSfidCode');
    this.settings.set('serverPassword', clientPassword ?? '', 'clientPassword');
    if (this.settings.values.certificateSubject !== '') this.settingChanged('certificateSubject');
    if (certificate !== undefined) this.keyring.own.set('all', certificate);
    if (certificates !== undefined) this.certificates = certificates;
    if (recipientCertificate !== undefined) this.keyring.recipient.set('all', recipientCertificate);
    if (recipientCertificates !== undefined) this.recipientCertificates = recipientCertificates;
  }

  /** The certificate of the server: for all purposes, or for the one that `recipientCertificateType` says. */
  get recipientCertificate(): CertificateSlot {
    return this.keyring.recipient.get(this.settings.values.recipientCertificateType);
  }

  set recipientCertificate(value: CertificateSlot) {
    this.keyring.recipient.set(this.settings.values.recipientCertificateType, value);
  }

  /** Certificates of the server for single purposes; where there is none, `recipientCertificate` serves. */
  get recipientCertificates(): RecipientCertificates {
    return this.keyring.recipient.slots;
  }

  set recipientCertificates(value: Partial<RecipientCertificates>) {
    Object.assign(this.keyring.recipient.slots, value);
  }

  /** The connection with the server; null before `connect` and after the session has ended. */
  get connection(): OFTPConnection | null {
    return this.#connection ?? null;
  }

  /**
   * Connects and opens the session. Settles when files can be sent.
   *
   * @throws OFTPError 10056 when connected already, 100xx and 1100x when the server cannot be reached, 675 or 677 when
   *   it does not know this client or its password, 671 for any other end of the session, 10053 after `shutdown`
   */
  async connect(): Promise<void> {
    if (this.#attempt !== undefined || this.#connection !== undefined)
      throw new OFTPError(10056, 'the client is connected already');
    this.#attempt = new AbortController();
    try {
      await this.#connect(this.#attempt.signal);
    } finally {
      this.#attempt = undefined;
    }
  }

  /** Sends a file; see `OFTPConnection.sendFile`. */
  async sendFile(options: SendFileOptions): Promise<SentFile> {
    return this.#open().sendFile(options);
  }

  /**
   * Gives the turn to the server and takes what it has. Settles with the received files when the turn has come back and
   * their end responses are out, or when the server has ended the session in good order.
   *
   * @throws OFTPError 10057 when not connected, 10037 while an earlier call is under way, 671 when the session ends in
   *   any other way
   */
  async receiveFiles({ downloadDirectory }: { downloadDirectory?: string } = {}): Promise<readonly ReceivedFileInfo[]> {
    const connection = this.#open();
    if (this.#waiter !== undefined) throw new OFTPError(10037, 'receiveFiles is under way already');
    if (downloadDirectory !== undefined) connection.downloadDirectory = downloadDirectory;
    this.#received = [];
    const { turn, entity } = connection.session;
    // Straight after the server's CD there is nothing more to come: it has just had its turn.
    if (entity.state === 'IDLESPCD' && turn.idle) return [];
    // The turn that the session began with may not have been told yet: only one that comes after CD is meant.
    await connection.changeDirection();
    await this.#wait();
    return this.#received;
  }

  /** Ends the session in good order. Settles when the connection is gone. */
  async logoff(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const gone = this.gone(connection);
    await connection.logoff();
    await gone;
    // What is kept in memory only has to last until the next session.
    if (this.settings.values.statePath !== null) await this.closeRuntime();
  }

  /** Ends the session at once, with ESID 05 if one is open, and an attempt to connect. */
  async shutdown(): Promise<void> {
    this.#attempt?.abort(new OFTPError(10053, 'the client was shut down before it was connected'));
    await this.endAll();
    await this.closeRuntime();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** The string form of the settings, as `OFTPServer.config`. */
  config(text: string): string {
    return config(text, this.settings, (id) => this.connections.get(id)?.store);
  }

  /** @internal A client is never asked to identify others. */
  async identify(): Promise<SessionEnd | SessionOffer> {
    throw new TypeError('F_CONNECT_IND at an Initiator');
  }

  /** @internal */
  acceptsFiles(connection: OFTPConnection): boolean {
    return connection.downloadDirectory !== '' || this.listenerCount('acceptFile') > 0;
  }

  /** @internal */
  override opened(connection: OFTPConnection, agreement: Agreement, ssid: SSID): void {
    super.opened(connection, agreement, ssid);
    const stranger = this.#strangeness(ssid);
    if (stranger === undefined) {
      this.#settle();
      return;
    }
    const { reason: reasonCode, detail } = stranger;
    this.raise(new OFTPError(671, `the server is not who it should be: ${detail}`, { reasonCode }), connection);
    // What was expected is none of a stranger's business.
    connection.session.abort({ reason: reasonCode, detail: '' });
  }

  /** @internal */
  override turned(): void {
    this.#settle();
  }

  /** @internal */
  override raise(error: OFTPError, connection: OFTPConnection | null): void {
    this.#lastError = error;
    super.raise(error, connection);
  }

  /** @internal */
  override reportTransfer(event: EndTransferEvent): void {
    super.reportTransfer(event);
    if (event.direction === 'sent' || event.reasonCode !== 0) return;
    const { virtualFileName, virtualFileDate, originator, destination, localFile, fileSize } = event;
    this.#received.push({ virtualFileName, virtualFileDate, originator, destination, localFile, fileSize });
  }

  /** @internal */
  override finished(connection: OFTPConnection): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#connection = undefined;
    if (connection.session.released) waiter?.resolve();
    else waiter?.reject(this.#lastError ?? new OFTPError(671, 'the session ended before its time'));
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { values } = this.settings;
    const { host, port = 3305, version = '2.0' } = this.#options;
    this.unhonoured.tell();
    const { transport, environment } = await this.runtime();
    const channel = await connectChannel(transport, { ...values, host, port, deadline: values.timeout * 1000, signal });
    if (signal.aborted) channel.destroy();
    signal.throwIfAborted();
    const opened = this.#wait();
    const level = LEVEL_OF_VERSION[version];
    const connection = this.begin('initiator', channel, environment, (settings) => offerFrom(settings, level));
    // A handler of `connected` may have ended it already.
    if (!connection.session.over) this.#connection = connection;
    await opened;
  }

  #open(): OFTPConnection {
    if (this.#connection === undefined) throw new OFTPError(10057, 'the client is not connected: call connect first');
    return this.#connection;
  }

  #wait(): Promise<void> {
    this.#lastError = undefined;
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #settle(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve();
  }

  #strangeness({ code, pswd }: SSID): SessionEnd | undefined {
    const { serverSsidCode, serverPassword } = this.#options;
    if (serverSsidCode !== undefined && code !== serverSsidCode) {
      return { reason: UNKNOWN_CODE, detail: `SSIDCODE is '${code}', expected was '${serverSsidCode}'` };
    }
    if (serverPassword !== undefined && !passwordsEqual(pswd, serverPassword)) {
      return { reason: INVALID_PASSWORD, detail: 'SSIDPSWD is not the expected one' };
    }
    return undefined;
  }
}

import type { SSID } from '../protocol/commands/codec.js';
import { LEVEL_OF_VERSION } from '../protocol/commands/version.js';
import type { SessionEnd } from '../protocol/indications.js';
import type { Agreement, SessionOffer } from '../protocol/negotiate.js';
import type { SentFile } from '../session/outgoing-transfer.js';
import { config } from '../settings/config.js';
import { OFTPError } from '../settings/errors.js';
import { type SettingStore, serverSettings } from '../settings/settings.js';
import { Channel } from '../transport/channel.js';
import { type ConnectOptions, connectCarrier, connectChannel } from '../transport/connector.js';
import type { CertificateSlot, RecipientCertificates } from './certificates.js';
import type { ClientOptions } from './client-options.js';
import type { OFTPConnection } from './connection.js';
import { Endpoint } from './endpoint.js';
import { type EndTransferEvent, passwordsEqual } from './events.js';
import type { Runtime } from './runtime.js';
import type { SendFileOptions } from './send-file.js';
import { offerFrom } from './session-offer.js';
import { endpointHooks } from './setting-hooks.js';
import { checkedFingerprints, TlsCalls } from './tls-call.js';
import { TlsSide } from './tls-side.js';

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
const INCOMPATIBLE = 10;

/** The registered ports (RFC 5024 §2.3, §2.4). */
const PORT = 3305;
const TLS_PORT = 6619;

/** A connection that is ready for its session. */
interface Call {
  readonly connection: OFTPConnection;
  readonly channel: Channel;
}

interface Waiter {
  resolve(): void;
  reject(error: OFTPError): void;
}

/** An OFTP client: one session at a time with one server. Its events are those of the server's connections. */
export class OFTPClient extends Endpoint {
  /** @internal */
  readonly settings: SettingStore;
  /** @internal */
  readonly tls = new TlsSide(this, 'server');
  readonly #tlsCalls: TlsCalls;
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
    const { serverName, serverFingerprints, sslCertificate, trustedCertificates, ...more } = others;
    const { certificate, certificates, recipientCertificate, recipientCertificates, ...settings } = more;
    if (typeof host !== 'string' || host === '')
      throw new OFTPError(10022, 'host is empty: give the name or address of the server');
    if (typeof clientSsidCode !== 'string' || clientSsidCode === '')
      throw new OFTPError(10022, 'clientSsidCode is empty: give the own identification code of the session');
    if (version !== undefined && LEVEL_OF_VERSION[version] === undefined) {
      throw new OFTPError(10022, `version is ${version}: use '1.2', '1.3', '1.4' or '2.0'`);
    }
    this.#options = { ...options };
    this.#tlsCalls = new TlsCalls(this.tls, {
      name: serverName ?? host,
      fingerprints: checkedFingerprints(serverFingerprints),
    });
    this.settings = serverSettings(
      // Not the default of the table: the folder in the working directory is that of a server.
      { ...settings, statePath: statePath ?? null },
      { ...endpointHooks(() => this.settings.values, this.keyring), changed: (name) => this.settingChanged(name) },
    );
    this.settings.set('serverSsidCode', clientSsidCode, 'clientSsidCode');
    this.settings.set('serverSfidCode', clientSfidCode ?? clientSsidCode, 'clientSfidCode');
    this.settings.set('serverPassword', clientPassword ?? '', 'clientPassword');
    if (trustedCertificates !== undefined) this.trustedCertificates = trustedCertificates;
    if (this.settings.values.certificateSubject !== '') this.settingChanged('certificateSubject');
    if (sslCertificate !== undefined) this.sslCertificate = sslCertificate;
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
   *   it does not know this client or its password, 690 when its TLS certificate is not accepted, 671 for any other
   *   failure of TLS or end of the session, 10022 for a version below 2.0 with `useSsl`, 10053 after `shutdown`
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
    if (this.#connection === undefined) options.stream?.destroy();
    return this.#open().sendFile(options);
  }

  /**
   * Gives the turn to the server, unless it has taken it by its last acknowledgement (EFPA with Y), and takes what it
   * has. Settles with the received files when the turn has come back and their end responses are out, or when the
   * server has ended the session in good order.
   *
   * @throws OFTPError 10057 when not connected, 10037 while an earlier call is under way, 671 when the session ends in
   *   any other way
   */
  async receiveFiles({ downloadDirectory }: { downloadDirectory?: string } = {}): Promise<readonly ReceivedFileInfo[]> {
    const connection = this.#open();
    if (this.#waiter !== undefined) throw new OFTPError(10037, 'receiveFiles is under way already');
    if (downloadDirectory !== undefined) connection.downloadDirectory = downloadDirectory;
    const { turn, entity } = connection.session;
    // What has arrived since the server took the turn is part of it.
    if (!turn.held) return this.#arrivals();
    this.#received = [];
    // Straight after the server's CD there is nothing more to come: it has just had its turn.
    if (entity.state === 'IDLESPCD' && turn.idle) return [];
    // The turn that the session began with may not have been told yet: only one that comes after CD is meant.
    await connection.changeDirection();
    return this.#arrivals();
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
    if (connection.tls !== null && connection.version !== '2.0') {
      this.raise(
        new OFTPError(671, `the server answers with ${connection.version} over TLS, which needs 2.0`),
        connection,
      );
      connection.session.abort({ reason: INCOMPATIBLE, detail: 'over TLS OFTP 2.0 is needed' });
      return;
    }
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
    const { useSsl, timeout } = values;
    const { host, port = useSsl ? TLS_PORT : PORT, version = '2.0' } = this.#options;
    if (useSsl && version !== '2.0') {
      throw new OFTPError(10022, `version is ${version}, and over TLS OFTP 2.0 is needed: leave it out, or useSsl`);
    }
    this.unhonoured.tell();
    const runtime = await this.runtime();
    const target: ConnectOptions = { ...values, host, port, deadline: timeout * 1000, signal };
    const { connection, channel } = await (useSsl
      ? this.#callOverTls(runtime, target, signal)
      : this.#call(runtime, target));
    if (signal.aborted) channel.destroy();
    signal.throwIfAborted();
    const opened = this.#wait();
    const level = LEVEL_OF_VERSION[version];
    this.begin('initiator', connection, channel, runtime.environment, (settings) => offerFrom(settings, level));
    // A handler of `connected` may have ended it already.
    if (!connection.session.over) this.#connection = connection;
    await opened;
  }

  async #call({ transport }: Runtime, target: ConnectOptions): Promise<Call> {
    const channel = await connectChannel(transport, target);
    return { connection: this.newConnection(channel.carrier), channel };
  }

  async #callOverTls({ transport, environment }: Runtime, target: ConnectOptions, signal: AbortSignal): Promise<Call> {
    const carrier = await connectCarrier(transport, target);
    const connection = this.newConnection(carrier);
    const { reuseSslSession } = this.settings.values;
    try {
      const stream = await this.#tlsCalls.open(carrier, connection, environment.clock, reuseSslSession, signal);
      return { connection, channel: new Channel(transport, carrier, stream) };
    } catch (error) {
      if (error instanceof OFTPError) this.notConnected(connection, error);
      throw error;
    }
  }

  #open(): OFTPConnection {
    if (this.#connection === undefined) throw new OFTPError(10057, 'the client is not connected: call connect first');
    return this.#connection;
  }

  /** What has been received when the turn comes back. */
  async #arrivals(): Promise<readonly ReceivedFileInfo[]> {
    await this.#wait();
    return this.#received.splice(0);
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

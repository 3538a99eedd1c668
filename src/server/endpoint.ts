import { setTimeout as delay } from 'node:timers/promises';
import type { JoinedState } from '../cluster/join-state.js';
import { StampCounter, type Stamps } from '../files/stamp.js';
import type { SSID } from '../protocol/commands/codec.js';
import type { SessionEnd } from '../protocol/indications.js';
import type { Agreement, SessionOffer } from '../protocol/negotiate.js';
import type { Environment } from '../session/environment.js';
import { Session } from '../session/session.js';
import { OFTPError, systemError } from '../settings/errors.js';
import type { SettingName, SettingValues } from '../settings/settings.js';
import type { Carrier } from '../transport/carrier.js';
import type { Channel } from '../transport/channel.js';
import type { Certificate } from './certificate.js';
import { loadConfigured } from './certificate-settings.js';
import { type CertificateSlot, Keyring, type OwnCertificates, usageOf } from './certificates.js';
import { OFTPConnection } from './connection.js';
import { ConnectionMonitor } from './connection-monitor.js';
import { EventHub } from './event-hub.js';
import { PartFileKeeper } from './housekeeping.js';
import { ReadOnlyMap } from './read-only-map.js';
import { createRuntime, endRuntime, type Runtime } from './runtime.js';
import type { TlsSide } from './tls-side.js';
import { type CertificateProblem, Trust } from './trust.js';
import { UnhonouredSettings } from './unhonoured.js';

/** ESIDREAS 05: the answer of a side that shuts down (RFC 5024 §5.3.11). */
const SHUTTING_DOWN: SessionEnd = { reason: 5, detail: 'shutting down' };

/** Milliseconds that handlers have to settle when the connections are gone. */
const SETTLING_MS = 10_000;

/** What a server and a client have in common: connections, and what their sessions share. */
export abstract class Endpoint extends EventHub {
  /** @internal Makes the stamps of new virtual files. */
  stamps: Stamps = new StampCounter();
  /** @internal */
  readonly keyring = new Keyring((certificate, name, usage) =>
    this.trust.admit(certificate, name, usage, (error) => this.raise(error, null)),
  );
  protected readonly unhonoured = new UnhonouredSettings(this);
  /** @internal */
  abstract readonly tls: TlsSide;
  /** @internal */
  readonly trust = new Trust({
    settings: () => this.settings,
    trusted: () => this.trustedCertificates,
    setTrusted: (certificates) => {
      this.trustedCertificates = certificates;
    },
    log: (message) => this.log(1, message, 'Info', null),
    pool: async () => (await this.#runtime?.catch(() => undefined))?.environment.pool,
  });
  readonly #partFiles = new PartFileKeeper();
  readonly #connections = new Map<number, OFTPConnection>();
  readonly #shownConnections = new ReadOnlyMap(this.#connections);
  readonly #closing = new Map<OFTPConnection, () => void>();
  #lastId = 0;
  #runtime: Promise<Runtime> | undefined;

  /** The open connections by their number, as they are at any moment. It cannot be written. */
  get connections(): ReadonlyMap<number, OFTPConnection> {
    return this.#shownConnections;
  }

  /**
   * The own certificate, with its private key: for all purposes, or for the one that `certificateType` says.
   *
   * @throws OFTPError 690 when what is assigned is no certificate, or has no private key
   */
  get certificate(): CertificateSlot {
    return this.keyring.own.get(this.settings.values.certificateType);
  }

  set certificate(value: CertificateSlot) {
    this.keyring.own.set(this.settings.values.certificateType, value);
  }

  /** Own certificates for single purposes; where there is none, `certificate` serves. */
  get certificates(): OwnCertificates {
    return this.keyring.own.slots;
  }

  set certificates(value: Partial<OwnCertificates>) {
    Object.assign(this.keyring.own.slots, value);
  }

  /**
   * The own certificate for TLS, with its private key; or several with different kinds of key (RSA and ECDSA), of
   * which each partner gets one that it can verify. May be replaced at any time: new connections get the new one.
   *
   * @throws OFTPError 690 when what is assigned is no certificate, has no private key, or is the second of its kind
   */
  get sslCertificate(): CertificateSlot {
    return this.tls.certificate;
  }

  set sslCertificate(value: CertificateSlot) {
    this.tls.certificate = value;
  }

  /**
   * Certificates of authorities, or of single partners, that are trusted. TLS trusts them beside those of its settings,
   * from the next connection. While there are none, certificates of files and sessions are not checked; see
   * FailOnUntrustedCert.
   *
   * @throws OFTPError 690 when something in it is no certificate
   */
  get trustedCertificates(): readonly Certificate[] {
    return this.tls.trusted;
  }

  set trustedCertificates(value: readonly Certificate[]) {
    this.tls.trusted = value;
  }

  /**
   * Imports CA certificates from where TrustedCertsData says into `trustedCertificates`, in place of those of the last
   * import.
   *
   * @throws OFTPError 691 when they cannot be fetched or read, or are not signed by whom TrustListSigner names
   */
  importTrustedCerts(): Promise<void> {
    return this.trust.import();
  }

  /** Whether nothing is wrong with the own certificate; `certificateProblems` says what is. */
  async validateCert(): Promise<boolean> {
    return (await this.certificateProblems()).length === 0;
  }

  /**
   * What is wrong with the own certificate (the one for all purposes, or for what `certificateType` says): its dates,
   * its chain up to `trustedCertificates`, its key usage, and whether the list or responder that it names says that it
   * is revoked. A self-signed certificate needs no chain. Empty: it is good.
   *
   * @throws OFTPError 689 when there is no certificate
   */
  async certificateProblems(): Promise<readonly CertificateProblem[]> {
    const { certificateType } = this.settings.values;
    const [certificate] = [this.keyring.own.get(certificateType) ?? []].flat();
    if (certificate === undefined) throw new OFTPError(689, 'there is no certificate to validate: set certificate');
    return this.trust.problems(certificate, usageOf(certificateType));
  }

  /** @internal */
  override opened(connection: OFTPConnection, agreement: Agreement, ssid: SSID): void {
    super.opened(connection, agreement, ssid);
    this.#clean(connection);
  }

  /** Removes hidden files that nobody came back for, in the background. */
  #clean(connection: OFTPConnection): void {
    const { downloadDirectory, partFileMaxAge } = connection.settings;
    this.#partFiles.visit(downloadDirectory, partFileMaxAge).catch((error: NodeJS.ErrnoException) => {
      this.raise(systemError(error, `removing old part files from ${downloadDirectory}`), connection);
    });
    const cleaned = this.#runtime?.then(({ environment }) => environment.prepared.clean(connection.settings));
    cleaned?.catch((error: NodeJS.ErrnoException) => {
      this.raise(systemError(error, 'removing old files that were prepared to be sent'), connection);
    });
  }

  /** @internal */
  override closed(connection: OFTPConnection, error: OFTPError | undefined): void {
    this.#connections.delete(connection.id);
    super.closed(connection, error);
    this.#closing.get(connection)?.();
    this.#closing.delete(connection);
  }

  /** @internal */
  async disconnect(connection: OFTPConnection): Promise<void> {
    if (!this.#connections.has(connection.id)) {
      // In the middle of its TLS handshake, or gone already.
      connection.carrier.socket.destroy();
      return;
    }
    const gone = this.gone(connection);
    connection.session.disconnect();
    await gone;
  }

  /**
   * What the sessions share, made when it is first needed.
   * @throws OFTPError where the state folder cannot be used
   */
  protected runtime(): Promise<Runtime> {
    this.#runtime ??= this.#createRuntime().catch((error: unknown) => {
      this.#runtime = undefined;
      throw error;
    });
    return this.#runtime;
  }

  async #createRuntime(): Promise<Runtime> {
    const joined = await this.joinedState();
    const { values } = this.settings;
    const runtime = await createRuntime(values, joined);
    if (joined !== undefined) this.stamps = joined.stamps;
    // Nobody waits for what a killed process has left behind, nor needs it gone: a folder that may not be read is no
    // reason for an error.
    runtime.environment.prepared.removeAbandoned(values).catch((error: Error) => {
      this.log(1, `temporary files of killed processes could not be looked for: ${error.message}`, 'Info', null);
    });
    return runtime;
  }

  /** What a worker of a cluster shares with the others, if it does. */
  protected async joinedState(): Promise<JoinedState | undefined> {
    return undefined;
  }

  /** Lets go of what the sessions shared; there must be none left. */
  protected async closeRuntime(): Promise<void> {
    const runtime = await this.#runtime?.catch(() => undefined);
    this.#runtime = undefined;
    if (runtime !== undefined) await endRuntime(runtime, this.settings.values);
  }

  /** A connection that has a number, and no session yet. */
  protected newConnection(carrier: Carrier): OFTPConnection {
    this.#lastId += 1;
    return new OFTPConnection(this, this.#lastId, carrier);
  }

  /** Starts the session of a connection. */
  protected begin(
    role: 'initiator' | 'responder',
    connection: OFTPConnection,
    channel: Channel,
    environment: Environment,
    offer: (settings: SettingValues) => SessionOffer,
  ): void {
    const monitor = new ConnectionMonitor(this, connection);
    const { settings } = connection;
    connection.attach(new Session(role, channel, environment, settings, monitor, offer(settings)));
    this.#connections.set(connection.id, connection);
    this.tell('connected', { connectionId: connection.id, connection, statusCode: 0, description: 'OK' });
    connection.session.start();
  }

  /** A connection could not be opened: the handshake of TLS has failed. */
  protected notConnected(connection: OFTPConnection, { code, message }: OFTPError): void {
    this.tls.tellStatus(connection, message);
    this.tell('connected', { connectionId: connection.id, connection, statusCode: code, description: message });
  }

  /** A setting was written: of those that load a certificate, the last one does it. */
  protected settingChanged(name: SettingName): void {
    // Not while the options of the constructor are being taken in: the order in which they come means nothing.
    if (this.settings === undefined) return;
    this.tls.settingChanged(name);
    loadConfigured(name, this.settings, this.keyring);
    if (this.#runtime === undefined) return;
    this.unhonoured.tell();
    if (name === 'maxReadTime') this.#shareReading(this.#runtime);
  }

  /** MaxReadTime holds for the connections that there are, too. */
  #shareReading(runtime: Promise<Runtime>): void {
    const share = ({ transport }: Runtime) => {
      transport.fairness.budgetMs = this.settings.values.maxReadTime;
    };
    // Who waits for the runtime gets the error.
    runtime.then(share, () => {});
  }

  /**
   * Ends all sessions with ESID 05. Settles when their connections are gone and what they had under way with files and
   * handlers is done, or has taken too long.
   */
  protected async endAll(): Promise<void> {
    const sessions: Session[] = [];
    const gone: Promise<void>[] = [];
    for (const connection of this.#connections.values()) {
      sessions.push(connection.session);
      gone.push(this.gone(connection));
    }
    for (const session of sessions) session.shutDown(SHUTTING_DOWN);
    await Promise.all(gone);
    const patience = new AbortController();
    const settled = Promise.all(sessions.map((session) => session.settled)).finally(() => patience.abort());
    await Promise.race([settled, delay(SETTLING_MS, undefined, { signal: patience.signal }).catch(() => {})]);
  }

  /** Settles when a connection is gone. */
  protected gone(connection: OFTPConnection): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#closing.get(connection);
      this.#closing.set(connection, () => {
        before?.();
        resolve();
      });
    });
  }
}

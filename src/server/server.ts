import { type JoinedState, joinState } from '../cluster/join-state.js';
import type { SSID } from '../protocol/commands/codec.js';
import { LEVEL_OF_VERSION, VERSION_OF_LEVEL } from '../protocol/commands/version.js';
import type { SessionEnd } from '../protocol/indications.js';
import { agreedLevel, type SessionOffer } from '../protocol/negotiate.js';
import { config } from '../settings/config.js';
import { OFTPError } from '../settings/errors.js';
import {
  defineSettings,
  type ServerOptions,
  type ServerSettings,
  type SettingStore,
  serverSettings,
} from '../settings/settings.js';
import { DEFAULTS, SETTING_NAMES } from '../settings/table.js';
import type { AccessControl } from '../transport/access.js';
import { AccessList } from '../transport/access-list.js';
import type { Arrival } from '../transport/arrival.js';
import type { Channel } from '../transport/channel.js';
import type { CoarseClock } from '../transport/clock.js';
import { Listener } from '../transport/listener.js';
import type { Certificate } from './certificate.js';
import { certificateMismatch } from './certificate-binding.js';
import type { CertificateSlot, OwnCertificates } from './certificates.js';
import type { OFTPConnection } from './connection.js';
import { Endpoint } from './endpoint.js';
import { AcceptConnectionEvent, type ConnectionRequestEvent } from './events.js';
import { Handshakes } from './handshakes.js';
import type { Runtime } from './runtime.js';
import { offerFrom } from './session-offer.js';
import { endpointHooks } from './setting-hooks.js';
import { admitOverTls } from './tls-admission.js';
import { TlsSide } from './tls-side.js';

/** The highest release level of this implementation: OFTP 2.0. */
const LEVEL_MAX = 5;

const UNKNOWN_CODE = 3;
const RESOURCES_NOT_AVAILABLE = 8;
const INCOMPATIBLE = 10;
const UNSPECIFIED = 99;

/** The settings, and the own certificates. */
export interface OFTPServerOptions extends ServerOptions {
  readonly certificate?: CertificateSlot;
  readonly certificates?: Partial<OwnCertificates>;
  /** The certificate, or certificates with different kinds of key, for TLS. */
  readonly sslCertificate?: CertificateSlot;
  readonly trustedCertificates?: readonly Certificate[];
  /**
   * In a worker of a cluster: the state is the one that the primary shares (`shareState`), and so are `statePath`,
   * `keepStampsDays` and `maxConnections`; the workers share the port, too. Default false: a server on its own.
   */
  readonly sharedState?: boolean;
}

/** An OFTP server: listens, lets partners in as `acceptConnection` decides, receives and sends files. */
export class OFTPServer extends Endpoint {
  /** @internal */
  readonly settings: SettingStore;
  /** @internal */
  readonly tls = new TlsSide(this, 'client');
  readonly #handshakes = new Handshakes();
  /** Starting, or started: clients are accepted, or will be. */
  #started: Promise<Listener> | undefined;
  /** The one that accepts clients. */
  #listener: Listener | undefined;
  #stopping: Promise<void> = Promise.resolve();
  /** The one that counts the clients there are, also while nobody listens. */
  #lastListener:
    | { readonly listener: Listener; readonly runtime: Runtime; readonly maxConnections: number }
    | undefined;
  readonly #sharesState: boolean;
  readonly #overLimit = new Set<OFTPConnection>();

  /** @throws OFTPError for an unknown setting or a value out of range, with the setting and its range */
  constructor(options: OFTPServerOptions = {}) {
    super();
    const { certificate, certificates, sslCertificate, trustedCertificates, sharedState, ...settings } = options;
    this.#sharesState = sharedState === true;
    const { live, checks } = endpointHooks(() => this.settings.values, this.keyring);
    this.settings = serverSettings(settings, {
      frozen: () => this.listening,
      live: {
        localPort: () => this.#listener?.localPort,
        localHost: () => this.#listener?.localAddress,
        // What the sockets have got, which is what the system gives them.
        inBufferSize: () => (this.listening ? DEFAULTS.inBufferSize : undefined),
        outBufferSize: () => (this.listening ? DEFAULTS.outBufferSize : undefined),
        ...live,
      },
      changed: (name) => this.settingChanged(name),
      checks,
    });
    if (trustedCertificates !== undefined) this.trustedCertificates = trustedCertificates;
    if (this.settings.values.certificateSubject !== '') this.settingChanged('certificateSubject');
    if (certificate !== undefined) this.keyring.own.set('all', certificate);
    if (certificates !== undefined) this.certificates = certificates;
    if (sslCertificate !== undefined) this.sslCertificate = sslCertificate;
  }

  /** Whether clients are being accepted. Assigning true starts, its failure is an `error` event; false stops. */
  get listening(): boolean {
    return this.#started !== undefined;
  }

  set listening(value: boolean) {
    const action = value ? this.startListening() : this.stopListening();
    action.catch((error: OFTPError) => this.raise(error, null));
  }

  /**
   * Starts to accept clients on `localHost`:`localPort`.
   *
   * @throws OFTPError 672 or 673 without `serverSsidCode` or `serverSfidCode`, 689 with `useSsl` and without
   *   `sslCertificate`, 690 when a certificate or CA cannot be used, 104 when already listening, 10048 and others of
   *   the system when the port cannot be had, 10022 when `statePath` or the settings of TLS cannot be used, 10004 when
   *   stopped before it had started, 10022, 10058 or 10060 when there is no state to share or a setting contradicts it
   */
  async startListening(): Promise<void> {
    if (this.listening) throw new OFTPError(104, 'the server is listening already');
    const { serverSsidCode, serverSfidCode, useSsl } = this.settings.values;
    if (serverSsidCode === '') throw new OFTPError(672, 'serverSsidCode is empty: set it before startListening');
    if (serverSfidCode === '') throw new OFTPError(673, 'serverSfidCode is empty: set it before startListening');
    if (useSsl && [this.sslCertificate].flat().every((certificate) => certificate === null)) {
      throw new OFTPError(689, 'useSsl is on and sslCertificate is missing: set it before startListening');
    }
    const started = this.#start();
    this.#started = started;
    try {
      const listener = await started;
      if (this.#started !== started) throw new OFTPError(10004, 'stopListening was called before the server listened');
      this.#listener = listener;
      this.unhonoured.tell();
    } catch (error) {
      if (this.#started === started) this.#started = undefined;
      throw error;
    }
  }

  /** Refuses new clients, also those in the middle of a TLS handshake; sessions under way go on. */
  stopListening(): Promise<void> {
    const started = this.#started;
    this.#started = undefined;
    this.#listener = undefined;
    this.#handshakes.abort(new OFTPError(10053, 'the server has stopped listening'));
    if (started !== undefined) this.#stopping = this.#stop(started);
    return this.#stopping;
  }

  /**
   * Stops listening and ends every session: the exchange buffer under way is finished, then ESID 05. Settles when all
   * connections are gone, files are closed and handlers have settled; those that do not are given 10 s.
   */
  async shutdown(): Promise<void> {
    await this.stopListening();
    await this.endAll();
    await this.closeRuntime();
  }

  /**
   * Shuts down and puts every setting back to its default; certificates are forgotten, nothing is trusted any more.
   * Event handlers stay.
   */
  async reset(): Promise<void> {
    await this.shutdown();
    for (const name of SETTING_NAMES) this.settings.reset(name);
    this.keyring.clear();
    this.sslCertificate = null;
    this.trustedCertificates = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** The string form of the settings: `config('MaxConnections=5000')` writes, `config('MaxConnections')` reads. */
  config(text: string): string {
    return config(text, this.settings, (id) => this.connections.get(id)?.store);
  }

  /** Settles at the next event, or after `selectWaitMillis`. Nothing depends on calling it. */
  doEvents(): Promise<void> {
    return this.nextEvent(this.settings.values.selectWaitMillis);
  }

  /** @internal */
  async identify(connection: OFTPConnection, ssid: SSID): Promise<SessionOffer | SessionEnd> {
    if (this.#overLimit.has(connection)) {
      return { reason: RESOURCES_NOT_AVAILABLE, detail: 'too many sessions, call again later' };
    }
    if (ssid.code.trim() === '') return { reason: UNKNOWN_CODE, detail: 'SSIDCODE is empty' };
    if (this.listenerCount('acceptConnection') === 0) {
      this.raise(
        new OFTPError(671, "nobody is let in: add server.on('acceptConnection', …) to decide who may connect"),
        connection,
      );
      return { reason: UNKNOWN_CODE, detail: '' };
    }
    const level = agreedLevel(LEVEL_MAX, ssid.lev);
    if (connection.tls !== null && level < LEVEL_MAX) {
      return { reason: INCOMPATIBLE, detail: 'over TLS OFTP 2.0 is needed' };
    }
    const event = new AcceptConnectionEvent(connection, ssid.code, ssid.pswd, VERSION_OF_LEVEL[level]);
    await this.#ask(connection, event);
    if (!event.accept) return { reason: event.errorCode, detail: event.errorDescription };
    const answered = LEVEL_OF_VERSION[event.serverVersion];
    if (answered === undefined || answered > level) {
      this.raise(
        new OFTPError(
          671,
          `serverVersion ${event.serverVersion} is not one up to ${event.clientVersion}, the client's`,
        ),
        connection,
      );
      return { reason: INCOMPATIBLE, detail: '' };
    }
    if (connection.tls !== null && answered < LEVEL_MAX) {
      this.raise(new OFTPError(671, `serverVersion ${event.serverVersion} cannot be had over TLS`), connection);
      return { reason: INCOMPATIBLE, detail: '' };
    }
    const stranger = certificateMismatch(connection);
    if (stranger !== undefined) {
      this.raise(new OFTPError(690, `${ssid.code} was refused: ${stranger}`), connection);
      return { reason: UNSPECIFIED, detail: 'the TLS certificate is not the one of this partner' };
    }
    return offerFrom(connection.settings, answered, ssid.auth);
  }

  /** @internal */
  acceptsFiles(): boolean {
    return true;
  }

  /** @internal */
  override closed(connection: OFTPConnection, error: OFTPError | undefined): void {
    this.#overLimit.delete(connection);
    super.closed(connection, error);
  }

  async #ask(connection: OFTPConnection, event: AcceptConnectionEvent): Promise<void> {
    try {
      await this.decideFor(connection, 'acceptConnection', event);
    } catch (error) {
      this.raise(
        new OFTPError(671, `acceptConnection failed: ${(error as Error).message}`, { cause: error }),
        connection,
      );
      throw error;
    }
  }

  /** The settings that the primary has for all workers take the place of those of this server. */
  protected override async joinedState(): Promise<JoinedState | undefined> {
    if (!this.#sharesState) return undefined;
    const joined = await joinState();
    for (const name of ['statePath', 'keepStampsDays', 'maxConnections'] as const) {
      const own = this.settings.values[name];
      const common = joined.settings[name];
      if (own !== common && own !== DEFAULTS[name]) {
        throw new OFTPError(
          10022,
          `${name} is ${own} here and ${common} in shareState of the primary: set it only there`,
        );
      }
      this.settings.adopt(name, common);
    }
    return joined;
  }

  async #stop(started: Promise<Listener>): Promise<void> {
    const listener = await started.catch(() => undefined);
    await listener?.stop();
  }

  async #start(): Promise<Listener> {
    await this.#stopping;
    const runtime = await this.runtime();
    if (this.settings.values.useSsl) await this.tls.prepare();
    const listener = this.#listenerOf(runtime);
    await listener.start();
    return listener;
  }

  /** The listener of before, as long as it counts right: clients who are still there take places of MaxConnections. */
  #listenerOf(runtime: Runtime): Listener {
    const { values } = this.settings;
    const { maxConnections } = values;
    const last = this.#lastListener;
    if (last?.runtime === runtime && last.maxConnections === maxConnections) return last.listener;
    const listener = new Listener(
      runtime.transport,
      values,
      {
        onArrival: (arrival) => {
          this.#admit(arrival, runtime).catch((error: unknown) => {
            arrival.refuse();
            this.raise(new OFTPError(671, `a client could not be admitted: ${error}`, { cause: error }), null);
          });
        },
        makeRoom: () => this.#handshakes.makeRoom(runtime.environment.clock),
        onTurnedAway: (address, why) => this.log(1, `client ${address} turned away: no ${why} left`, 'Info', null),
        onError: (error) => this.raise(error, null),
      },
      runtime.places,
    );
    this.#lastListener = { listener, runtime, maxConnections };
    return listener;
  }

  /** What AllowedClients and BlockedClients say about an address. */
  async #allows(address: string, access: AccessControl): Promise<boolean> {
    const { allowedClients, blockedClients } = this.settings.values;
    if (allowedClients === '*' && blockedClients === '') return true;
    return access.admits(address, new AccessList(allowedClients), new AccessList(blockedClients));
  }

  /** A client has connected: who may stay is decided before anything is read from or written to it. */
  async #admit(arrival: Arrival, { environment, access }: Runtime): Promise<void> {
    const started = this.#started;
    const event: ConnectionRequestEvent = {
      connectionId: 0,
      connection: null,
      address: arrival.remoteAddress,
      port: arrival.remotePort,
      accept: true,
    };
    try {
      event.accept = await this.#allows(arrival.remoteAddress, access);
      await this.decide('connectionRequest', event, this.settings.values.timeout * 1000, environment.clock);
    } catch (error) {
      event.accept = false;
      this.handlerFailed('connectionRequest', error, null);
    }
    if (!event.accept || started === undefined || this.#started !== started) {
      arrival.refuse();
      return;
    }
    const connection = this.newConnection(arrival);
    const channel = this.settings.values.useSsl
      ? await this.#secure(arrival, connection, environment.clock)
      : arrival.openPlain();
    if (channel === undefined) return;
    if (arrival.overLimit) this.#overLimit.add(connection);
    this.begin('responder', connection, channel, environment, (settings) => offerFrom(settings, LEVEL_MAX));
  }

  /** The channel of a client over TLS; undefined when there is none, which has been told by then. */
  async #secure(arrival: Arrival, connection: OFTPConnection, clock: CoarseClock): Promise<Channel | undefined> {
    const { signal, done } = this.#handshakes.begin(arrival, clock);
    try {
      return await admitOverTls({ endpoint: this, side: this.tls, clock, signal }, arrival, connection);
    } catch (error) {
      arrival.refuse();
      if (signal.aborted) {
        this.tls.tellStatus(connection, (signal.reason as Error).message);
        return undefined;
      }
      const failure = error instanceof OFTPError ? error : new OFTPError(671, String(error), { cause: error });
      this.notConnected(connection, failure);
      this.raise(failure, connection);
      return undefined;
    } finally {
      done();
    }
  }
}

export interface OFTPServer extends ServerSettings {}

defineSettings(OFTPServer.prototype, 'server', (server) => server.settings);

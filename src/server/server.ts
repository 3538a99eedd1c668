import { datePatternProblem } from '../files/date-pattern.js';
import { templateProblem } from '../files/template.js';
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
import { AccessList } from '../transport/access-list.js';
import type { Arrival } from '../transport/arrival.js';
import { Listener } from '../transport/listener.js';
import { effectiveHashes } from './certificate-settings.js';
import type { CertificateSlot, OwnCertificates } from './certificates.js';
import type { OFTPConnection } from './connection.js';
import { Endpoint } from './endpoint.js';
import { AcceptConnectionEvent, type ConnectionRequestEvent } from './events.js';
import { closeRuntime, createRuntime, type Runtime } from './runtime.js';
import { offerFrom } from './session-offer.js';

/** The highest release level of this implementation: OFTP 2.0. */
const LEVEL_MAX = 5;

const UNKNOWN_CODE = 3;
const RESOURCES_NOT_AVAILABLE = 8;
const INCOMPATIBLE = 10;

/** The settings, and the own certificates. */
export interface OFTPServerOptions extends ServerOptions {
  readonly certificate?: CertificateSlot;
  readonly certificates?: Partial<OwnCertificates>;
}

/** An OFTP server: listens, lets partners in as `acceptConnection` decides, receives and sends files. */
export class OFTPServer extends Endpoint {
  /** @internal */
  readonly settings: SettingStore;
  #runtime: Runtime | undefined;
  #listener: Listener | undefined;
  #starting: Promise<void> | undefined;
  readonly #overLimit = new Set<OFTPConnection>();

  /** @throws OFTPError for an unknown setting or a value out of range, with the setting and its range */
  constructor({ certificate, certificates, ...options }: OFTPServerOptions = {}) {
    super();
    this.settings = serverSettings(options, {
      frozen: () => this.listening,
      live: {
        localPort: () => this.#listener?.localPort,
        localHost: () => this.#listener?.localAddress,
        ...effectiveHashes(() => this.settings.values),
      },
      changed: (name) => this.settingChanged(name),
      checks: { receivedFileNameFormat: templateProblem, virtualFileDateFormat: datePatternProblem },
    });
    if (this.settings.values.certificateSubject !== '') this.settingChanged('certificateSubject');
    if (certificate !== undefined) this.keyring.own.set('all', certificate);
    if (certificates !== undefined) this.certificates = certificates;
  }

  /** Whether clients are being accepted. Assigning true starts, its failure is an `error` event; false stops. */
  get listening(): boolean {
    return this.#listener !== undefined || this.#starting !== undefined;
  }

  set listening(value: boolean) {
    const action = value ? this.startListening() : this.stopListening();
    action.catch((error: OFTPError) => this.raise(error, null));
  }

  /**
   * Starts to accept clients on `localHost`:`localPort`.
   *
   * @throws OFTPError 672 or 673 without `serverSsidCode` or `serverSfidCode`, 104 when already listening, 10048 and
   * others
   *   of the system when the port cannot be had
   */
  async startListening(): Promise<void> {
    if (this.listening) throw new OFTPError(104, 'the server is listening already');
    const { serverSsidCode, serverSfidCode } = this.settings.values;
    if (serverSsidCode === '') throw new OFTPError(672, 'serverSsidCode is empty: set it before startListening');
    if (serverSfidCode === '') throw new OFTPError(673, 'serverSfidCode is empty: set it before startListening');
    this.#starting = this.#start();
    try {
      await this.#starting;
    } finally {
      this.#starting = undefined;
    }
  }

  /** Refuses new clients; sessions under way go on. */
  async stopListening(): Promise<void> {
    await this.#starting?.catch(() => {});
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.stop();
  }

  /** Stops listening and ends every session: the exchange buffer under way is finished, then ESID 05. */
  async shutdown(): Promise<void> {
    await this.stopListening();
    await this.endAll();
    const runtime = this.#runtime;
    this.#runtime = undefined;
    if (runtime !== undefined) await closeRuntime(runtime, this.settings.values);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** The string form of the settings: `config('MaxConnections=5000')` writes, `config('MaxConnections')` reads. */
  config(text: string): string {
    return config(text, this.settings, (id) => this.connections.get(id)?.store);
  }

  /** Settles after the event loop has turned. Nothing depends on calling it. */
  async doEvents(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
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

  async #start(): Promise<void> {
    const { values } = this.settings;
    this.#runtime ??= await createRuntime(values);
    const listener = new Listener(this.#runtime.transport, values, {
      onArrival: (arrival) => void this.#admit(arrival),
      onTurnedAway: (address, why) => this.log(1, `client ${address} turned away: no ${why} left`, 'Info', null),
      onError: (error) => this.raise(error, null),
    });
    await listener.start();
    this.#listener = listener;
  }

  /** What AllowedClients and BlockedClients say about an address. */
  async #allows(address: string): Promise<boolean> {
    const { allowedClients, blockedClients } = this.settings.values;
    if (allowedClients === '*' && blockedClients === '') return true;
    const access = (this.#runtime as Runtime).access;
    return access.admits(address, new AccessList(allowedClients), new AccessList(blockedClients));
  }

  /** A client has connected: who may stay is decided before anything is read from or written to it. */
  async #admit(arrival: Arrival): Promise<void> {
    const { environment } = this.#runtime as Runtime;
    const event: ConnectionRequestEvent = {
      connectionId: 0,
      connection: null,
      address: arrival.remoteAddress,
      port: arrival.remotePort,
      accept: true,
    };
    try {
      event.accept = await this.#allows(arrival.remoteAddress);
      await this.decide('connectionRequest', event, this.settings.values.timeout * 1000, environment.clock);
    } catch (error) {
      event.accept = false;
      this.handlerFailed('connectionRequest', error, null);
    }
    if (!event.accept || this.#runtime === undefined || this.#listener === undefined) {
      arrival.refuse();
      return;
    }
    const { overLimit } = arrival;
    const channel = arrival.openPlain();
    const connection = this.begin('responder', channel, environment, (settings) => offerFrom(settings, LEVEL_MAX));
    if (overLimit) this.#overLimit.add(connection);
  }
}

export interface OFTPServer extends ServerSettings {}

defineSettings(OFTPServer.prototype, 'server', (server) => server.settings);

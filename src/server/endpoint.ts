import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import { StampCounter } from '../files/stamp.js';
import type { SSID } from '../protocol/commands/codec.js';
import type { SessionEnd } from '../protocol/indications.js';
import type { Agreement, SessionOffer } from '../protocol/negotiate.js';
import type { Environment } from '../session/environment.js';
import { Session } from '../session/session.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingStore, SettingValues } from '../settings/settings.js';
import type { Channel } from '../transport/channel.js';
import { OFTPConnection } from './connection.js';
import { ConnectionMonitor } from './connection-monitor.js';
import { DecisionEmitter } from './emitter.js';
import type { EndTransferEvent, EventName, LogEvent } from './events.js';
import { ReceivedStamps } from './received-stamps.js';

const SESSIONS = diagnosticsChannel('oftp:session');
const TRANSFERS = diagnosticsChannel('oftp:transfer');
const ERRORS = diagnosticsChannel('oftp:error');

/** The levels of the log by their words. */
export const LOG_LEVELS = { none: 0, info: 1, verbose: 2, debug: 3 } as const;

/** ESIDREAS 05: the answer of a side that shuts down (RFC 5024 §5.3.11). */
const SHUTTING_DOWN: SessionEnd = { reason: 5, detail: 'shutting down' };

/** What a server and a client have in common: connections, their events, and what their sessions share. */
export abstract class Endpoint extends DecisionEmitter {
  /** @internal Makes the stamps of new virtual files. */
  readonly stamps = new StampCounter();
  /** @internal */
  readonly receivedStamps = new ReceivedStamps();
  /** @internal */
  abstract readonly settings: SettingStore;
  readonly #connections = new Map<number, OFTPConnection>();
  readonly #closing = new Map<OFTPConnection, () => void>();
  #lastId = 0;

  /** The open connections by their number. */
  get connections(): ReadonlyMap<number, OFTPConnection> {
    return this.#connections;
  }

  /** @internal An Initiator has identified itself. */
  abstract identify(connection: OFTPConnection, ssid: SSID): Promise<SessionOffer | SessionEnd>;

  /** @internal The preset of `accept` for a file to one of the own codes. */
  abstract acceptsFiles(connection: OFTPConnection): boolean;

  /** @internal */
  opened(connection: OFTPConnection, agreement: Agreement, _ssid: SSID): void {
    if (SESSIONS.hasSubscribers) SESSIONS.publish({ state: 'open', connection, agreement });
  }

  /** @internal The turn has come to this side, and pending end responses are out. */
  turned(_connection: OFTPConnection): void {}

  /** @internal The session is over. */
  finished(_connection: OFTPConnection): void {}

  /** @internal */
  closed(connection: OFTPConnection, error: OFTPError | undefined): void {
    this.#connections.delete(connection.id);
    if (SESSIONS.hasSubscribers) SESSIONS.publish({ state: 'closed', connection, error });
    this.tell('disconnected', {
      connectionId: connection.id,
      connection,
      statusCode: error?.code ?? 0,
      description: error?.message ?? 'OK',
    });
    this.#closing.get(connection)?.();
    this.#closing.delete(connection);
  }

  /** @internal Reports an error that no call does. Without a listener for `error` it is logged. */
  raise(error: OFTPError, connection: OFTPConnection | null): void {
    if (ERRORS.hasSubscribers) ERRORS.publish({ error, connection });
    if (this.listenerCount('error') === 0) {
      this.log(1, `error ${error.code}: ${error.message}`, 'Info', connection);
      return;
    }
    const event = {
      connectionId: connection?.id ?? 0,
      connection,
      errorCode: error.code,
      description: error.message,
      error,
    };
    this.inform('error', event, () => {});
  }

  /** @internal */
  log(
    logLevel: LogEvent['logLevel'],
    message: string,
    logType: LogEvent['logType'],
    connection: OFTPConnection | null,
  ): void {
    if (this.listenerCount('log') === 0 || LOG_LEVELS[this.settings.values.logLevel] < logLevel) return;
    this.inform('log', { connectionId: connection?.id ?? 0, connection, logLevel, message, logType }, () => {});
  }

  /** @internal A handler of an event that only informs has failed. */
  handlerFailed(name: EventName, error: unknown, connection: OFTPConnection | null): void {
    this.raise(new OFTPError(671, `a handler of ${name} failed: ${describe(error)}`, { cause: error }), connection);
  }

  /** @internal */
  reportTransfer(event: EndTransferEvent): void {
    if (TRANSFERS.hasSubscribers) TRANSFERS.publish(event);
  }

  /** @internal */
  async disconnect(connection: OFTPConnection, channel: Channel): Promise<void> {
    if (!this.#connections.has(connection.id)) return;
    const gone = this.gone(connection);
    channel.close();
    await gone;
  }

  /** Makes a connection of a channel and starts its session. */
  protected begin(
    role: 'initiator' | 'responder',
    channel: Channel,
    environment: Environment,
    offer: (settings: SettingValues) => SessionOffer,
  ): OFTPConnection {
    this.#lastId += 1;
    const connection = new OFTPConnection(this, this.#lastId, channel);
    const monitor = new ConnectionMonitor(this, connection);
    const { settings } = connection;
    connection.attach(new Session(role, channel, environment, settings, monitor, offer(settings)), monitor);
    this.#connections.set(connection.id, connection);
    this.tell('connected', { connectionId: connection.id, connection, statusCode: 0, description: 'OK' });
    connection.session.start();
    return connection;
  }

  /** Ends all sessions with ESID 05 and settles when their connections are gone. */
  protected async endAll(): Promise<void> {
    const open = [...this.#connections.values()];
    const gone = Promise.all(open.map((connection) => this.gone(connection)));
    for (const { session } of open) session.abort(SHUTTING_DOWN);
    await gone;
  }

  /** Tells the handlers of an event that only informs. */
  protected tell<N extends 'connected' | 'disconnected'>(name: N, event: Parameters<typeof this.inform<N>>[1]): void {
    this.inform(name, event, (error) => this.handlerFailed(name, error, event.connection));
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

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

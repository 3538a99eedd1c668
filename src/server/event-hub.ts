import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import type { SSID } from '../protocol/commands/codec.js';
import type { SessionEnd } from '../protocol/indications.js';
import type { Agreement, SessionOffer } from '../protocol/negotiate.js';
import { OFTPError } from '../settings/errors.js';
import { LOG_LEVELS } from '../settings/operation-rows.js';
import type { SettingStore } from '../settings/settings.js';
import type { OFTPConnection } from './connection.js';
import { DecisionEmitter } from './emitter.js';
import type { EndTransferEvent, EventMap, EventName, LogEvent } from './events.js';
import { ReceivedStamps } from './received-stamps.js';
import type { Trust } from './trust.js';

const SESSIONS = diagnosticsChannel('oftp:session');
const TRANSFERS = diagnosticsChannel('oftp:transfer');
const ERRORS = diagnosticsChannel('oftp:error');

/**
 * The events of a server or client, and what its connections report and ask. What differs between the two is abstract,
 * or a method that does nothing here.
 */
export abstract class EventHub extends DecisionEmitter {
  /** @internal */
  abstract readonly settings: SettingStore;
  /** @internal */
  abstract readonly trust: Trust;
  /** @internal */
  readonly receivedStamps = new ReceivedStamps();

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

  /** @internal The network connection is gone. */
  closed(connection: OFTPConnection, error: OFTPError | undefined): void {
    if (SESSIONS.hasSubscribers) SESSIONS.publish({ state: 'closed', connection, error });
    this.tell('disconnected', {
      connectionId: connection.id,
      connection,
      statusCode: error?.code ?? 0,
      description: error?.message ?? 'OK',
    });
  }

  /** @internal Asks the handlers of a decision about a connection within its `timeout`. */
  async decideFor<N extends EventName>(connection: OFTPConnection, name: N, event: EventMap[N][0]): Promise<void> {
    await this.decide(name, event, connection.settings.timeout * 1000, connection.session.environment.clock);
  }

  /** @internal Tells the handlers of an event that only informs. */
  tell<N extends EventName>(name: N, event: EventMap[N][0]): void {
    this.inform(name, event, (error) => this.handlerFailed(name, error, event.connection));
  }

  /** @internal Reports an error that no call does. Without a listener for `error` it is logged. */
  raise(error: OFTPError, connection: OFTPConnection | null): void {
    if (ERRORS.hasSubscribers) ERRORS.publish({ error, connection });
    if (this.listenerCount('error') === 0) {
      this.log(1, `error ${error.code}: ${error.message}`, 'Info', connection);
      return;
    }
    const { code: errorCode, message: description } = error;
    const event = { connectionId: connection?.id ?? 0, connection, errorCode, description, error };
    this.inform('error', event, () => {});
  }

  /** @internal A handler of an event has failed. */
  handlerFailed(name: EventName, error: unknown, connection: OFTPConnection | null): void {
    const text = error instanceof Error ? error.message : String(error);
    this.raise(new OFTPError(671, `a handler of ${name} failed: ${text}`, { cause: error }), connection);
  }

  /** @internal Whether somebody listens to log messages of this level. */
  logs(logLevel: LogEvent['logLevel']): boolean {
    return this.listenerCount('log') > 0 && LOG_LEVELS[this.settings.values.logLevel] >= logLevel;
  }

  /** @internal */
  log(
    logLevel: LogEvent['logLevel'],
    message: string,
    logType: LogEvent['logType'],
    connection: OFTPConnection | null,
  ): void {
    if (!this.logs(logLevel)) return;
    this.inform('log', { connectionId: connection?.id ?? 0, connection, logLevel, message, logType }, () => {});
  }

  /** @internal */
  reportTransfer(event: EndTransferEvent): void {
    if (TRANSFERS.hasSubscribers) TRANSFERS.publish(event);
  }
}

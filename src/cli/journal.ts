/** Writes what happens on a server into the log: one line for each session, transfer, end response and error. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { OFTPConnection } from '../server/connection.js';
import type { AcceptConnectionEvent, EndResponseEvent, EndTransferEvent, ErrorEvent } from '../server/events.js';
import type { OFTPServer } from '../server/server.js';
import { formatAddress } from './address.js';
import type { Log } from './log.js';
import type { Partners, Refusal } from './partners.js';

/** What came of a session so far. */
interface Tally {
  received: number;
  sent: number;
  /** Why it ended, where that was not in good order. */
  trouble?: string;
}

/** Errors of this side that an operator has to look into: they concern the machine, not what a partner did. */
const OWN_ERRORS: ReadonlySet<number> = new Set([679, 681, 10013, 10024, 10055, 10069]);

export class Journal {
  readonly #server: OFTPServer;
  readonly #partners: Partners;
  readonly #log: Log;
  /** The open sessions. */
  readonly #tallies = new Map<OFTPConnection, Tally>();
  readonly #onSession = (message: unknown) => this.#session(message as { state: string; connection: OFTPConnection });

  constructor(server: OFTPServer, partners: Partners, log: Log) {
    this.#server = server;
    this.#partners = partners;
    this.#log = log;
  }

  attach(): void {
    const server = this.#server;
    subscribe('oftp:session', this.#onSession);
    server.on('connectionRequest', ({ accept, address }) => {
      if (!accept)
        this.#log.warn({ address }, `refused ${address}: AllowedClients and BlockedClients do not let it in`);
    });
    server.on('acceptFile', ({ accept, connection, virtualFileName, destination }) => {
      if (accept) return;
      const why = `its destination ${destination} is not one of the own codes`;
      this.#log.warn(
        { ...this.#about(connection), file: virtualFileName, destination },
        `${this.#name(connection)}: refused ${virtualFileName}: ${why}`,
      );
    });
    server.on('startTransfer', ({ connection, direction, virtualFileName, localFile }) => {
      this.#log.info(
        { ...this.#about(connection), direction, file: virtualFileName, path: localFile },
        `${this.#name(connection)}: ${direction === 'received' ? 'receiving' : 'sending'} ${virtualFileName}`,
      );
    });
    server.on('endTransfer', (event) => this.#transferred(event));
    server.on('endResponse', (event) => this.#responded(event));
    server.on('certificateReceived', (event) => {
      const { connection, certificateExchangeType: type, certificateFileName: path, certificate, originator } = event;
      const { subject, fingerprint256: fingerprint } = certificate;
      this.#log.info(
        { ...this.#about(connection), originator, type, subject, fingerprint, path },
        `${this.#name(connection)}: certificate of ${originator} received (${type}): ${subject}, as ${path}`,
      );
    });
    server.on('disconnected', ({ connection }) => this.#disconnected(connection));
    server.on('error', (event) => this.#error(event));
  }

  /** To be called when the server is down. */
  detach(): void {
    unsubscribe('oftp:session', this.#onSession);
  }

  /** A client was not let in. */
  refused({ connection, clientSsidCode: ssid }: AcceptConnectionEvent, { reason, why }: Refusal): void {
    const address = addressOf(connection);
    this.#log.warn(
      { ssid, address, connection: connection.id, reason },
      `refused ${ssid} from ${address}: ${why} (ESID ${String(reason).padStart(2, '0')})`,
    );
  }

  #session({ state, connection }: { state: string; connection: OFTPConnection }): void {
    // The channel is that of the process; this journal is that of one server.
    if (state !== 'open' || this.#server.connections.get(connection.id) !== connection) return;
    this.#tallies.set(connection, { received: 0, sent: 0 });
    const { version, negotiated } = connection;
    this.#log.info(
      { ...this.#about(connection), version, ...negotiated },
      `${this.#name(connection)}: session open from ${addressOf(connection)}, version ${version}`,
    );
  }

  #transferred(event: EndTransferEvent): void {
    const { connection, direction, virtualFileName: file, fileSize: size, localFile: path } = event;
    const { virtualFileDate: date, reasonCode, reasonText } = event;
    const about = { ...this.#about(connection), direction, file, date, size, path };
    const name = this.#name(connection);
    if (reasonCode !== 0) {
      const reason = `reason ${reasonCode}, ${reasonText}`;
      this.#log.warn({ ...about, reasonCode, reasonText }, `${name}: ${file} was not ${direction}: ${reason}`);
      return;
    }
    const tally = this.#tallies.get(connection);
    if (tally !== undefined) tally[direction] += 1;
    const where = direction === 'received' ? `as ${path}` : `from ${path}`;
    this.#log.info(about, `${name}: ${direction} ${file}, ${size} octets, ${where}`);
  }

  #responded({ connection, direction, virtualFileName: file, ...event }: EndResponseEvent): void {
    const { virtualFileDate: date, originator, destination, reasonCode, reasonText } = event;
    const about = { ...this.#about(connection), direction, file, date, originator, destination };
    const name = this.#name(connection);
    if (reasonCode === 0) {
      this.#log.info(about, `${name}: end response ${direction}: ${file} was delivered (EERP)`);
    } else {
      const words = `${file} was not delivered (NERP), reason ${reasonCode}, ${reasonText}`;
      this.#log.warn({ ...about, reasonCode, reasonText }, `${name}: end response ${direction}: ${words}`);
    }
  }

  #disconnected(connection: OFTPConnection): void {
    const tally = this.#tallies.get(connection);
    this.#tallies.delete(connection);
    if (tally === undefined) {
      this.#log.debug(this.#about(connection), `${this.#name(connection)}: connection closed`);
      return;
    }
    const { received, sent, trouble } = tally;
    this.#log.info(
      { ...this.#about(connection), received, sent, ...(trouble === undefined ? {} : { reason: trouble }) },
      `${this.#name(connection)}: session closed, ${received} received, ${sent} sent${trouble ? ` (${trouble})` : ''}`,
    );
  }

  #error({ connection, errorCode: code, description }: ErrorEvent): void {
    const tally = connection === null ? undefined : this.#tallies.get(connection);
    if (tally !== undefined) tally.trouble = description;
    const level = connection === null || OWN_ERRORS.has(code) ? 'error' : 'warn';
    const name = connection === null ? '' : `${this.#name(connection)}: `;
    this.#log[level]({ ...this.#about(connection), code }, `${name}${description} (error ${code})`);
  }

  #name(connection: OFTPConnection): string {
    return this.#partners.of(connection)?.code ?? addressOf(connection);
  }

  #about(connection: OFTPConnection | null): { partner?: string; connection?: number; address?: string } {
    if (connection === null) return {};
    const partner = this.#partners.of(connection)?.code;
    const address = addressOf(connection);
    return { ...(partner === undefined ? {} : { partner }), connection: connection.id, address };
  }
}

function addressOf({ remoteHost: host, remotePort: port }: OFTPConnection): string {
  return formatAddress({ host, port });
}

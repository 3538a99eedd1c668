import { formatStamp } from '../files/stamp.js';
import type { Command, SFID, SSID } from '../protocol/commands/codec.js';
import { quote } from '../protocol/commands/printable.js';
import { reasonText } from '../protocol/commands/reasons.js';
import type { FileRefusal } from '../protocol/entity.js';
import type { SessionEnd } from '../protocol/indications.js';
import type { Agreement, SessionOffer } from '../protocol/negotiate.js';
import type { ExchangeType } from '../session/certificate-exchange.js';
import { PROCESSING_FAILED } from '../session/end-responses.js';
import type { Identities } from '../session/identities.js';
import type {
  Direction,
  EndResponseDecision,
  FileDecision,
  Monitor,
  Transfer,
  TransferEnd,
} from '../session/monitor.js';
import { OFTPError } from '../settings/errors.js';
import type { EndResponse, FileIdentity } from '../store/store.js';
import { Certificate } from './certificate.js';
import { CertificateReceivedEvent } from './certificate-received.js';
import type { OFTPConnection } from './connection.js';
import type { EventHub } from './event-hub.js';
import type { EventMap, EventName, TransferEventBase } from './events.js';
import { DATA_LOG_LEVEL, showExchange } from './exchange-trail.js';
import { identitiesOf } from './identities.js';
import { decideOffer } from './offer.js';

const NO_OCTETS = Buffer.alloc(0);

/** Turns what a session asks and tells into the events of its server or client. */
export class ConnectionMonitor implements Monitor {
  readonly endpoint: EventHub;
  readonly connection: OFTPConnection;

  constructor(endpoint: EventHub, connection: OFTPConnection) {
    this.endpoint = endpoint;
    this.connection = connection;
  }

  get trails(): boolean {
    return this.endpoint.listenerCount('piTrail') > 0 || this.#logs(1);
  }

  get trailsData(): boolean {
    return this.endpoint.listenerCount('piTrail') > 0 || this.#logs(DATA_LOG_LEVEL);
  }

  get watchesTransfers(): boolean {
    return this.endpoint.listenerCount('transfer') > 0;
  }

  trail(direction: Direction, octets: Uint8Array, command: Command | undefined): void {
    showExchange(this.endpoint, this.connection, direction, octets, command);
  }

  transferred(transfer: Transfer, block: Uint8Array | undefined): void {
    if (!this.watchesTransfers || transfer.exchange !== undefined) return;
    this.#inform('transfer', {
      ...this.#transferFields(transfer),
      localFile: transfer.localFile,
      bytesTransferred: transfer.bytesTransferred,
      text: block === undefined ? NO_OCTETS : Buffer.from(block.buffer, block.byteOffset, block.byteLength),
    });
  }

  error(error: OFTPError): void {
    this.endpoint.raise(error, this.connection);
  }

  identities(): Identities {
    return identitiesOf(this.connection.keyring, this.connection.outgoing.encryption);
  }

  usable(certificates: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return this.endpoint.trust.usable(certificates, (error) => this.error(error));
  }

  async identify(ssid: SSID): Promise<SessionOffer | SessionEnd> {
    this.connection.facts.ssid = ssid;
    const answer = await this.endpoint.identify(this.connection, ssid);
    this.connection.facts.identified = true;
    return answer;
  }

  opened(agreement: Agreement, ssid: SSID): void {
    Object.assign(this.connection.facts, { ssid, agreement, identified: true });
    this.endpoint.opened(this.connection, agreement, ssid);
  }

  refused({ dsn, orig }: SFID, by: 'SFNA' | 'EFNA', { reason, text }: Pick<FileRefusal, 'reason' | 'text'>): void {
    if (by === 'SFNA') this.connection.facts.receiving = false;
    const why = text === '' ? reasonText(by, reason) : `${reasonText(by, reason)}: ${text}`;
    const message = `file ${quote(dsn)} of ${quote(orig)} refused, ${by} ${reason}, ${why}`;
    this.endpoint.log(1, message, 'Info', this.connection);
  }

  async offered(sfid: SFID, identity: FileIdentity): Promise<FileDecision> {
    Object.assign(this.connection.facts, { sfid, receiving: true, localFile: undefined });
    return decideOffer(this.endpoint, this.connection, sfid, identity);
  }

  async starting(transfer: Transfer): Promise<void> {
    await this.decide('startTransfer', { ...this.#transferFields(transfer), localFile: transfer.localFile });
  }

  async ended(
    transfer: Transfer,
    { reasonCode, reasonText, acknowledged = false, replayed = false }: TransferEnd,
  ): Promise<EndResponseDecision> {
    if (transfer.exchange !== undefined) {
      return this.#exchanged(transfer, transfer.exchange, { reasonCode, reasonText, acknowledged, replayed });
    }
    const event: EventMap['endTransfer'][0] = {
      ...this.#transferFields(transfer),
      localFile: transfer.localFile,
      fileSize: transfer.fileSize ?? transfer.bytesTransferred,
      fileHash: transfer.fileHash ?? '',
      reasonCode,
      reasonText,
      replayed,
      sendEndResponse: true,
    };
    const { facts } = this.connection;
    // Another file may be on its way already: for the handlers, the one that has ended is the incoming one.
    const { sfid, receiving } = facts;
    if (transfer.direction === 'received') {
      Object.assign(facts, { localFile: transfer.localFile, sfid: transfer.sfid, receiving: true });
    }
    this.endpoint.reportTransfer(event);
    if (transfer.direction === 'received') this.#remember(transfer, event);
    try {
      await this.decide('endTransfer', event);
    } catch (error) {
      this.error(
        new OFTPError(671, `endTransfer for ${event.virtualFileName} failed: ${(error as Error).message}`, {
          cause: error,
          connectionId: this.connection.id,
        }),
      );
      return { reasonCode: reasonCode || PROCESSING_FAILED, reasonText: '' };
    } finally {
      if (transfer.direction === 'received') facts.receiving = false;
      if (sfid !== undefined && sfid !== transfer.sfid) Object.assign(facts, { sfid, receiving });
    }
    if (transfer.direction === 'sent' || (reasonCode !== 0 && !acknowledged)) return undefined;
    return event.sendEndResponse ? { reasonCode, reasonText } : undefined;
  }

  /**
   * A certificate has come. Its event only informs, so that a handler may answer a request in the next turn, which
   * cannot come before this settles.
   */
  async #exchanged(
    { localFile, identity, sfid }: Transfer,
    type: ExchangeType,
    { reasonCode, reasonText, acknowledged = false, replayed = false }: TransferEnd,
  ): Promise<EndResponseDecision> {
    const { connection } = this;
    Object.assign(connection.facts, { localFile, receiving: false });
    if (!acknowledged) return undefined;
    if (reasonCode !== 0) return { reasonCode, reasonText };
    try {
      const certificate = await Certificate.load({ storeType: 'publicKeyFile', store: localFile });
      const { originator, destination } = identity;
      const virtualFileDate = formatStamp(identity, connection.settings.virtualFileDateFormat);
      const about = { connection, type, certificate, virtualFileDate, originator, destination, replayed };
      this.#inform(
        'certificateReceived',
        new CertificateReceivedEvent({ ...about, path: localFile, description: sfid.desc }),
      );
      return { reasonCode, reasonText };
    } catch (error) {
      this.error(error as OFTPError);
      return { reasonCode: PROCESSING_FAILED, reasonText: '' };
    }
  }

  /** For an end response that the application sends itself, at once or later. */
  #remember({ identity }: Transfer, { virtualFileDate, fileHash }: EventMap['endTransfer'][0]): void {
    const { name: virtualFileName, destination: originator, originator: destination, date, time } = identity;
    const response = { virtualFileName, virtualFileDate, destination, originator };
    this.endpoint.receivedStamps.remember(response, { date, time, fileHash });
  }

  async turn(): Promise<void> {
    this.endpoint.turned(this.connection);
    try {
      await this.endpoint.decide('readyToSend', this.#own(), 0, this.connection.session.environment.clock);
    } catch (error) {
      this.error(
        new OFTPError(671, `readyToSend failed: ${(error as Error).message}`, {
          cause: error,
          connectionId: this.connection.id,
        }),
      );
    }
  }

  async answered(response: EndResponse, verified: boolean | null): Promise<boolean> {
    const event = this.#endResponse(response, 'received', verified);
    const { fileHash: received, virtualFileName } = event;
    await this.decide('endResponse', event);
    if (event.fileHash === received) return true;
    const text =
      `the ${response.name} for ${virtualFileName} is about other octets than those sent: its hash is ` +
      `${received || 'missing'}, endResponse expects ${event.fileHash}`;
    this.error(new OFTPError(682, text, { connectionId: this.connection.id }));
    return false;
  }

  responded(response: EndResponse): void {
    if (!this.connection.settings.fireEndResponseOnSend) return;
    this.#inform('endResponse', this.#endResponse(response, 'sent'));
  }

  finished(): void {
    this.connection.facts.receiving = false;
    this.endpoint.finished(this.connection);
  }

  closed(error: OFTPError | undefined): void {
    this.endpoint.closed(this.connection, error);
  }

  /** Asks the handlers of a decision within the time limit of the connection. */
  decide<N extends EventName>(name: N, event: EventMap[N][0]): Promise<void> {
    return this.endpoint.decideFor(this.connection, name, event);
  }

  #logs(level: 1 | 2 | 3): boolean {
    return this.endpoint.logs(level);
  }

  #inform<N extends EventName>(name: N, event: EventMap[N][0]): void {
    this.endpoint.tell(name, event);
  }

  #own(): { connectionId: number; connection: OFTPConnection } {
    return { connectionId: this.connection.id, connection: this.connection };
  }

  #transferFields({ direction, identity }: Transfer): TransferEventBase {
    return {
      ...this.#own(),
      direction,
      virtualFileName: identity.name,
      virtualFileDate: formatStamp(identity, this.connection.settings.virtualFileDateFormat),
      destination: identity.destination,
      originator: identity.originator,
    };
  }

  #endResponse(
    response: EndResponse,
    direction: Direction,
    verified: boolean | null = null,
  ): EventMap['endResponse'][0] {
    return {
      ...this.#own(),
      direction,
      virtualFileName: response.file.name,
      virtualFileDate: formatStamp(response.file, this.connection.settings.virtualFileDateFormat),
      destination: response.destination,
      originator: response.originator,
      creator: response.creator,
      reasonCode: response.reasonCode,
      reasonText: response.reasonText,
      fileHash: Buffer.from(response.hash).toString('base64'),
      signature: Buffer.from(response.signature).toString('base64'),
      verified,
    };
  }
}

import type { EERP, NERP } from '../protocol/commands/codec.js';
import { OFTPError } from '../settings/errors.js';
import type { EndResponse, QueuedResponse } from '../store/store.js';
import type { SessionContext } from './context.js';
import { commandOf, responseFrom } from './end-responses.js';
import { preparedOf } from './prepared-files.js';
import { verifyReceipt } from './receipts.js';

/** End responses of a session, both ways: EERP or NERP, then RTR (RFC 5024 §4.3.6–4.3.8). */
export class Responses {
  readonly #session: SessionContext;
  readonly #claimed = new Set<number>();

  constructor(session: SessionContext) {
    this.#session = session;
  }

  /** Sends what the partner has not confirmed yet, in the order in which it was queued. */
  async sendPending(): Promise<void> {
    const { store } = this.#session.environment;
    let page = await store.pendingResponses(this.#session.partner);
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      for (const response of page) {
        if (this.#session.over) return;
        if (this.#claim(response.id)) await this.#send(response);
      }
      page = await store.pendingResponses(this.#session.partner, last.id);
    }
  }

  /** An EERP or NERP has come: the application hears of it before it is confirmed. */
  async receive(command: EERP | NERP): Promise<void> {
    const { entity, monitor, partner, environment } = this.#session;
    const response = responseFrom(partner, command);
    const outgoing = await environment.store.findOutgoing(response.file);
    const prepared = outgoing && preparedOf(outgoing);
    const verified = this.#isOwn(response) ? await verifyReceipt(this.#session, command, prepared) : null;
    try {
      await monitor.answered(response, verified);
    } catch (error) {
      const { name, dsn } = command;
      this.#session.fail(new OFTPError(671, `the ${name} for ${dsn} could not be handled: ${error}`, { cause: error }));
      return;
    }
    // A response that proves nothing does not settle the matter: the record stays for a better one.
    if (outgoing !== undefined && verified !== false) await environment.prepared.forget(outgoing, prepared?.path ?? '');
    if (this.#session.over) return;
    entity.confirmResponse();
    this.#session.flush();
  }

  /** The session is over: what was not confirmed is free for another one. */
  end(): void {
    for (const id of this.#claimed) this.#session.environment.claimedResponses.delete(id);
    this.#claimed.clear();
  }

  /** For a file of this station. One for others is passed on as it is (RFC 5024 §4.3.6). */
  #isOwn({ destination }: EndResponse): boolean {
    const { serverSfidCode, serverSfidCodes } = this.#session.settings;
    return serverSfidCode === destination || serverSfidCodes.includes(destination);
  }

  #claim(id: number): boolean {
    const { claimedResponses } = this.#session.environment;
    if (claimedResponses.has(id)) return false;
    claimedResponses.add(id);
    this.#claimed.add(id);
    return true;
  }

  async #send(response: QueuedResponse): Promise<void> {
    const { entity, monitor, environment } = this.#session;
    const { level } = entity;
    if (response.name === 'NERP' && level < 4) {
      monitor.error(
        new OFTPError(688, `the NERP for ${response.file.name} has to wait: this session is older than level 1.4`),
      );
      return;
    }
    await this.#session.exchange(() => entity.sendEndResponse(commandOf(response, level)));
    await environment.store.confirmResponse(response.id);
    this.#claimed.delete(response.id);
    environment.claimedResponses.delete(response.id);
    monitor.responded(response);
  }
}

import type { EERP, NERP } from '../protocol/commands/codec.js';
import { EncodeError } from '../protocol/commands/encode-error.js';
import { OFTPError } from '../settings/errors.js';
import type { EndResponse, OutgoingFile, QueuedResponse } from '../store/store.js';
import type { SessionContext } from './context.js';
import { commandOf, responseFrom } from './end-responses.js';
import { preparedOf } from './prepared-files.js';
import { verifyReceipt } from './receipts.js';
import type { Reading } from './response-claims.js';
import { storageError } from './storage-error.js';

/** End responses of a session, both ways: EERP or NERP, then RTR (RFC 5024 §4.3.6–4.3.8). */
export class Responses {
  readonly #session: SessionContext;
  /** Responses that cannot go out in this session, as the application was told. */
  #held: Set<number> | undefined;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  /** Sends what the partner has not confirmed yet, in the order in which it was queued. */
  async sendPending(): Promise<void> {
    const { partner, environment } = this.#session;
    const { store, responseClaims } = environment;
    const reading = responseClaims.open(partner);
    try {
      let page = await store.pendingResponses(partner);
      for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
        for (const response of page) {
          if (this.#session.over) return;
          if (responseClaims.isUnrecorded(response.id)) await this.#record(reading, response);
          else if (this.#canGo(response) && (await responseClaims.take(reading, response.id))) {
            await this.#send(reading, response);
          }
        }
        page = await store.pendingResponses(partner, last.id);
      }
    } finally {
      responseClaims.close(reading);
    }
  }

  /** An EERP or NERP has come: the application hears of it before it is confirmed. */
  async receive(command: EERP | NERP): Promise<void> {
    const { entity, monitor, partner, environment } = this.#session;
    const response = responseFrom(partner, command);
    const outgoing = await environment.store.findOutgoing(response.file);
    const prepared = outgoing && preparedOf(outgoing);
    const verified = this.#isOwn(response) ? await verifyReceipt(this.#session, command, prepared) : null;
    let expected: boolean;
    try {
      expected = await monitor.answered(response, verified);
    } catch (error) {
      const { name, dsn } = command;
      this.#session.fail(new OFTPError(671, `the ${name} for ${dsn} could not be handled: ${error}`, { cause: error }));
      return;
    }
    // A response that proves nothing does not settle the matter: the record stays for a better one.
    if (outgoing !== undefined && expected && verified !== false) await this.#settle(outgoing, command);
    if (this.#session.over) return;
    entity.confirmResponse();
    this.#session.flush();
  }

  /**
   * A file that was delivered must not be delivered once more by a sender who has not heard of its EFPA. One that was
   * not is the application's to react to (RFC 5024 §4.3.7): sent again it is another virtual file, as the peer would
   * refuse this one as a duplicate.
   */
  async #settle(outgoing: OutgoingFile, { name, dsn }: EERP | NERP): Promise<void> {
    const { prepared, sendings } = this.#session.environment;
    const path = preparedOf(outgoing)?.path ?? '';
    const settled =
      name === 'NERP' || sendings.isUnrecorded(outgoing.id)
        ? prepared.forget(outgoing, path)
        : prepared.answered(outgoing, path);
    try {
      await settled;
      sendings.recorded(outgoing.id);
    } catch (error) {
      // The application has its answer. A record that stays does no harm, and is removed when its time has passed.
      this.#session.monitor.error(storageError(error, `the record of ${dsn} stays`));
    }
  }

  /** For a file of this station. One for others is passed on as it is (RFC 5024 §4.3.6). */
  #isOwn({ destination }: EndResponse): boolean {
    const { serverSfidCode, serverSfidCodes } = this.#session.settings;
    return serverSfidCode === destination || serverSfidCodes.includes(destination);
  }

  /** NERP came with level 1.4: an older session is not the one for it. */
  #canGo({ id, name, file }: QueuedResponse): boolean {
    if (this.#held?.has(id)) return false;
    if (name === 'EERP' || this.#session.entity.level >= 4) return true;
    this.#hold(id, new OFTPError(688, `the NERP for ${file.name} has to wait: this session is older than level 1.4`));
    return false;
  }

  #hold(id: number, why: OFTPError): void {
    this.#held ??= new Set();
    this.#held.add(id);
    this.#session.monitor.error(why);
  }

  async #send(reading: Reading, response: QueuedResponse): Promise<void> {
    const { entity, monitor, environment } = this.#session;
    if (this.#session.over) return environment.responseClaims.release(response.id);
    try {
      await this.#session.exchange(() => entity.sendEndResponse(commandOf(response, entity.level)));
    } catch (error) {
      environment.responseClaims.release(response.id);
      if (!(error instanceof EncodeError)) throw error;
      // The others must not wait for one that never fits.
      const text = `the ${response.name} for ${response.file.name} cannot be sent: ${error.message}`;
      this.#hold(response.id, new OFTPError(678, text, { cause: error }));
      return;
    }
    await this.#record(reading, response);
    monitor.responded(response);
  }

  /** RTR has come. That it cannot be noted is no reason to end the session, nor to send the response again. */
  async #record(reading: Reading, { id, name, file }: QueuedResponse): Promise<void> {
    const { store, responseClaims } = this.#session.environment;
    try {
      await store.confirmResponse(id);
      responseClaims.confirm(reading, id);
    } catch (error) {
      responseClaims.postpone(id);
      this.#session.monitor.error(storageError(error, `the RTR for the ${name} for ${file.name} could not be noted`));
    }
  }
}

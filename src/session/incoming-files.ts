import { PREFIXED_LENGTH_MAX } from '../files/record-format.js';
import { refusalFor } from '../files/refusal.js';
import type { EFID, SFID } from '../protocol/commands/codec.js';
import type { FileRefusal } from '../protocol/entity.js';
import type { SettingValues } from '../settings/settings.js';
import type { AcknowledgedFile } from '../store/store.js';
import { exchangeRefusal, exchangeTypeOf } from './certificate-exchange.js';
import type { SessionContext } from './context.js';
import { identityOf } from './end-responses.js';
import { securityRefusal } from './file-policy.js';
import type { FileDecision } from './monitor.js';
import type { AcceptedFile, Processing } from './processing.js';
import { isSecured } from './protection.js';
import { receivedFile } from './received-record.js';
import { Reception, recordFormatOf } from './reception.js';
import { storageError } from './storage-error.js';
import { incomplete } from './stream-target.js';

/** The receiving side of a session: from SFID to EFPA or EFNA, one file at a time (RFC 5024 §9.12). */
export class IncomingFiles {
  readonly #session: SessionContext;
  readonly #processing: Processing;
  #reception: Reception | undefined;

  constructor(session: SessionContext, processing: Processing) {
    this.#session = session;
    this.#processing = processing;
  }

  get full(): boolean {
    return this.#reception?.inlet.full ?? false;
  }

  get insideSubrecord(): boolean {
    return this.#reception?.inlet.insideSubrecord ?? false;
  }

  take(start: number, end: number): number {
    // Without a reception the machine has refused the DATA already: nothing may be left lying.
    return this.#reception?.inlet.take(start, end) ?? end - start;
  }

  /** An SFID has come: asks, prepares the target, and answers with SFPA or SFNA. */
  async offer(sfid: SFID): Promise<void> {
    const { entity, monitor, environment } = this.#session;
    const identity = identityOf(this.#session.partner, sfid);
    const refusal = this.#unsupported(sfid);
    if (refusal !== undefined) return this.#refuse(sfid, refusal);
    try {
      if ((await environment.store.findReceived(identity)) !== undefined) {
        await environment.store.repeatResponse(identity);
        return this.#refuse(sfid, { reason: 13, retry: false, text: '' });
      }
    } catch (error) {
      return this.#refuseForNow(sfid, error);
    }
    // The session may have ended while the file before was still being processed.
    if (this.#session.over) return;
    const decision = await monitor.offered(sfid, identity);
    if (!decision.accept) return this.#refuse(sfid, decision.refusal);
    // Only now: the application may have chosen another delimiter for this file.
    const inexpressible = beyondDelimiter(sfid, this.#session.settings);
    if (inexpressible !== undefined || this.#session.over) {
      leave(decision);
      return inexpressible && this.#refuse(sfid, inexpressible);
    }
    let opening = true;
    // The peer may be back before it is open.
    const isLeaving = (): boolean => opening && this.#session.over;
    try {
      this.#reception = await Reception.open(this.#session, sfid, identity, decision, isLeaving);
    } catch (error) {
      leave(decision);
      return this.#refuseForNow(sfid, error);
    } finally {
      opening = false;
    }
    if (this.#session.over) return this.end();
    entity.acceptFile(this.#reception.position);
    this.#session.flush();
  }

  /** An EFID has come: what it counts must be what is there; then the file is published, recorded and acknowledged. */
  async close(efid: EFID): Promise<void> {
    const reception = this.#reception;
    // The session has ended meanwhile, and what came of the file is kept for a restart.
    if (reception === undefined) return;
    const { transfer, relayed, overwrite, secured } = reception;
    const { environment, entity, settings } = this.#session;
    const { level } = entity;
    const enveloped = secured?.inSession === false;
    let done = (): void => {};
    let record: AcknowledgedFile | undefined;
    // The end of the session finds it no more: it is either safe or refused from here on.
    this.#reception = undefined;
    const refusal = await reception.complete(efid, async () => {
      done = await this.#processing.hold(transfer.identity);
      const received = receivedFile(transfer, level, { relayed, overwrite, enveloped });
      record = await environment.store.acknowledge(received);
    });
    if (refusal !== undefined || record === undefined) {
      await this.#refuseEnd(reception, refusal ?? { reason: 99, text: '' }).finally(done);
      return;
    }
    if (secured?.contentSize !== undefined) transfer.fileSize = secured.contentSize;
    const file = { record, transfer, level, relayed, secured: secured?.file, enveloped, replayed: false };
    if (settings.endResponseTurn === 'asap') await this.#answerThenAcknowledge(file, done);
    else await this.#acknowledgeThenAnswer(file, done);
  }

  async #refuseEnd(reception: Reception, refusal: Pick<FileRefusal, 'reason' | 'text'>): Promise<void> {
    const { entity, monitor } = this.#session;
    // That the part file cannot be removed is no reason to keep the answer back: it goes when it is stale.
    await reception.discard().catch((error: unknown) => {
      monitor.error(storageError(error, `the part file of ${reception.sfid.dsn} stays`));
    });
    monitor.refused(reception.sfid, 'EFNA', refusal);
    if (!this.#session.over) {
      entity.refuseEnd(refusal);
      this.#session.flush();
    }
    await monitor.ended(reception.transfer, { reasonCode: refusal.reason, reasonText: refusal.text });
  }

  /** Unwrapping goes on while the next file is received; anything else is quick and done in order. */
  async #acknowledgeThenAnswer(file: AcceptedFile, done: () => void): Promise<void> {
    const processing = this.#processing;
    this.#acceptEnd(false);
    if (file.enveloped) void processing.start(file, done);
    else if (file.secured !== undefined) await processing.finishNow(file, processing.begin(file)).finally(done);
    else await processing.tell(file, processing.begin(file), done);
  }

  /** EFPA asks for the turn, so that the response can go out at once: it has to be ready first, if that is soon. */
  async #answerThenAcknowledge(file: AcceptedFile, done: () => void): Promise<void> {
    const processing = this.#processing;
    const begun = processing.begin(file);
    if (!(await processing.isSoon(begun, this.#session.settings.endResponseWait))) {
      this.#acceptEnd(false);
      void processing.finishLater(file, begun, done);
      return;
    }
    const answered = await processing.finishNow(file, begun).finally(done);
    this.#acceptEnd(answered);
    if (answered && !this.#session.over) this.#session.answerAtOnce();
  }

  #acceptEnd(speaker: boolean): void {
    if (this.#session.over) return;
    this.#session.entity.acceptEnd(speaker);
    this.#session.flush();
  }

  /** Offers that are refused whatever the application thinks of them (RFC 5024 §5.3.5). */
  #unsupported(sfid: SFID): FileRefusal | undefined {
    const refuse = (reason: number, text: string): FileRefusal => ({ reason, retry: false, text });
    if (sfid.dsn.trim() === '') return refuse(1, 'SFIDDSN is empty');
    // The end response goes to the originator (RFC 5024 §5.3.13): without one it could reach nobody.
    if (isBlank(sfid.orig)) return refuse(3, 'SFIDORIG is empty');
    if (recordFormatOf(sfid)?.maxLength === 0) return refuse(5, `SFIDLRECL is 0 for a file of format ${sfid.fmt}`);
    const { settings, monitor, entity } = this.#session;
    const own = settings.serverSfidCode === sfid.dest || settings.serverSfidCodes.includes(sfid.dest);
    if (!own) return undefined;
    if (exchangeTypeOf(sfid, entity.level) !== undefined) return exchangeRefusal(sfid, settings);
    const refusal = securityRefusal(sfid, settings, monitor.identities());
    if (refusal?.error !== undefined) monitor.error(refusal.error);
    return refusal;
  }

  /** Neither the peer nor the application is to blame: this side cannot store the file, or know whether it has it. */
  #refuseForNow(sfid: SFID, error: unknown): void {
    this.#session.monitor.error(storageError(error, `the file ${sfid.dsn} cannot be stored`));
    this.#refuse(sfid, { ...refusalFor(error), text: '' });
  }

  #refuse(sfid: SFID, refusal: FileRefusal): void {
    if (this.#session.over) return;
    this.#session.monitor.refused(sfid, 'SFNA', refusal);
    this.#session.entity.refuseFile(refusal);
    this.#session.flush();
  }

  /** The session is over: a file that was not finished waits for its restart, or goes. */
  end(): void {
    const reception = this.#reception;
    if (reception === undefined) return;
    this.#reception = undefined;
    const { monitor } = this.#session;
    // Not in order: a handler that takes its time over an earlier file must not keep the peer from this one.
    const interrupted = reception.interrupt().catch((error: unknown) => {
      monitor.error(storageError(error, `not all of ${reception.sfid.dsn} is kept for a restart`));
    });
    this.#session.inOrder(async () => {
      await interrupted;
      await monitor.ended(reception.transfer, { reasonCode: 99, reasonText: 'the session ended before the file' });
    });
  }
}

/** An accepted file is not received after all: the stream that was to take it must not stay open. */
function leave(decision: FileDecision): void {
  if ('stream' in decision) decision.stream.destroy(incomplete());
}

/** Records that cannot stand in a local file as RecordDelimiter says. */
function beyondDelimiter(sfid: SFID, { recordDelimiter }: SettingValues): FileRefusal | undefined {
  if (isSecured(sfid) && sfid.fmt === 'V' && recordDelimiter === 'none') {
    return { reason: 4, retry: false, text: 'records of format V cannot be stored (RecordDelimiter=none)' };
  }
  const format = recordFormatOf(sfid);
  if (format === undefined) return undefined;
  if (recordDelimiter === 'length' && format.maxLength > PREFIXED_LENGTH_MAX) {
    return { reason: 5, retry: false, text: `records of at most ${PREFIXED_LENGTH_MAX} octets can be stored` };
  }
  if (recordDelimiter === 'none' && !format.fixed) {
    return { reason: 4, retry: false, text: 'only records of format F can be stored (RecordDelimiter=none)' };
  }
  return undefined;
}

/** True for a code of blanks, and for one of NUL characters, with which some peers fill fields. */
function isBlank(code: string): boolean {
  return /^[ \0]*$/.test(code);
}

import { RESTART_BLOCK } from '../files/incoming.js';
import { refusalFor } from '../files/refusal.js';
import type { EFID, SFID } from '../protocol/commands/codec.js';
import type { FileRefusal } from '../protocol/entity.js';
import { OFTPError } from '../settings/errors.js';
import type { AcknowledgedFile, FileIdentity } from '../store/store.js';
import type { SessionContext } from './context.js';
import { DiskTarget } from './disk-target.js';
import { EndRefusal } from './end-refusal.js';
import { identityOf } from './end-responses.js';
import { type PolicyRefusal, securityRefusal } from './file-policy.js';
import { type DataTarget, Inlet } from './inlet.js';
import type { FileDecision, Transfer } from './monitor.js';
import type { AcceptedFile, Processing } from './processing.js';
import { isSecured, receiptHashOf } from './protection.js';
import { partIdentity, receivedFile } from './received-record.js';
import { SecuredTarget } from './secured-target.js';
import { StreamTarget } from './stream-target.js';

/** How often a long file is put on the disk while it arrives: a crash costs a restart at most this much. */
const SYNC_OCTETS = 64 * 1024 * 1024;

/** A file being received. */
interface Reception {
  readonly sfid: SFID;
  readonly transfer: Transfer;
  readonly target: DiskTarget | SecuredTarget | StreamTarget;
  readonly inlet: Inlet;
  /** For somebody else: passed on by the application, which answers for it as well. */
  readonly relayed: boolean;
  /** `acceptFile` allowed to replace a file of the same name. */
  readonly overwrite: boolean;
}

type Acceptance = Extract<FileDecision, { accept: true }>;

/** The receiving side of a session: from SFID to EFPA or EFNA, one file at a time (RFC 5024 §9.12). */
export class IncomingFiles implements DataTarget {
  readonly #session: SessionContext;
  readonly #processing: Processing;
  #reception: Reception | undefined;

  constructor(session: SessionContext, processing: Processing) {
    this.#session = session;
    this.#processing = processing;
  }

  /** The transfer under way. */
  get transfer(): Transfer | undefined {
    return this.#reception?.transfer;
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
    if (refusal !== undefined) return this.#refuse(refusal);
    if ((await environment.store.findReceived(identity)) !== undefined) {
      await environment.store.repeatResponse(identity);
      return this.#refuse({ reason: 13, retry: false, text: '' });
    }
    const decision = await monitor.offered(sfid, identity);
    if (this.#session.over) return;
    if (!decision.accept) return this.#refuse(decision.refusal);
    try {
      await this.#prepare(sfid, identity, decision);
    } catch (error) {
      monitor.error(
        new OFTPError(679, `the file ${sfid.dsn} cannot be stored: ${(error as Error).message}`, { cause: error }),
      );
      return this.#refuse({ ...refusalFor(error), text: '' });
    }
    if (this.#session.over) return this.end();
    entity.acceptFile(BigInt((this.#reception as Reception).transfer.bytesTransferred / RESTART_BLOCK));
    this.#session.flush();
  }

  async #prepare(sfid: SFID, identity: FileIdentity, decision: Acceptance): Promise<void> {
    const { environment, entity } = this.#session;
    const target = await this.#target(sfid, identity, decision);
    const position = await target.resume(entity.agreement?.restart === true ? sfid.rest : 0n);
    const transfer: Transfer = {
      direction: 'received',
      identity,
      localFile: 'path' in decision ? decision.path : '',
      bytesTransferred: position,
      sfid,
    };
    const inlet = new Inlet(environment.memory, environment.codec, this, position, () => this.#session.roomAgain());
    const overwrite = 'overwrite' in decision && decision.overwrite;
    this.#reception = { sfid, transfer, target, inlet, relayed: decision.relayed, overwrite };
  }

  async #target(sfid: SFID, identity: FileIdentity, decision: Acceptance): Promise<Reception['target']> {
    const { environment, settings } = this.#session;
    const part = partIdentity(identity, sfid);
    if (isSecured(sfid) && !decision.relayed) {
      const place =
        'stream' in decision
          ? { stream: decision.stream, folder: await environment.prepared.folder(settings) }
          : { path: decision.path, overwrite: decision.overwrite };
      return SecuredTarget.open(this.#session, sfid, place, part);
    }
    if ('path' in decision) return DiskTarget.open(decision.path, decision.overwrite, part);
    return new StreamTarget(decision.stream, sfid.sign ? receiptHashOf(sfid) : undefined);
  }

  /** DataTarget: a block of the file, on its way to the disk. */
  async write(octets: Buffer, position: number): Promise<void> {
    const { monitor, settings } = this.#session;
    const reception = this.#reception as Reception;
    const limit = settings.maxFileSize;
    if (limit > 0 && position + octets.length > limit) throw new TooLarge(limit);
    await reception.target.write(octets);
    if (Math.floor(position / SYNC_OCTETS) !== Math.floor((position + octets.length) / SYNC_OCTETS)) {
      await reception.target.sync();
    }
    reception.transfer.bytesTransferred = position + octets.length;
    monitor.transferred(reception.transfer, monitor.watchesTransfers ? Buffer.from(octets) : undefined);
  }

  /** An EFID has come: what it counts must be what is there; then the file is published, recorded and acknowledged. */
  async close(efid: EFID): Promise<void> {
    const reception = this.#reception as Reception;
    const { transfer, target, relayed, overwrite } = reception;
    const { environment, entity, settings } = this.#session;
    const done = this.#processing.hold(transfer.identity);
    const secured = target instanceof SecuredTarget ? target : undefined;
    const enveloped = secured?.inSession === false;
    let record: AcknowledgedFile | undefined;
    const refusal = await this.#complete(reception, efid, async () => {
      const received = receivedFile(transfer, entity.level, { relayed, overwrite, enveloped });
      record = await environment.store.acknowledge(received);
    });
    this.#reception = undefined;
    if (refusal !== undefined || record === undefined) {
      await this.#refuseEnd(reception, refusal ?? { reason: 99, text: '' }).finally(done);
      return;
    }
    const file = { record, transfer, level: entity.level, relayed, secured: secured?.file, enveloped };
    if (settings.endResponseTurn === 'asap') await this.#answerThenAcknowledge(file, done);
    else await this.#acknowledgeThenAnswer(file, done);
  }

  async #complete(
    { sfid, inlet, target, transfer }: Reception,
    efid: EFID,
    recorded: () => Promise<void>,
  ): Promise<Pick<FileRefusal, 'reason' | 'text'> | undefined> {
    try {
      const octets = await inlet.finish();
      if (BigInt(octets) !== efid.ucnt) {
        return { reason: 11, text: `EFIDUCNT is ${efid.ucnt}, ${octets} octets were received` };
      }
      // An envelope has no records, whatever its format says (RFC 5024 §5.3.8).
      if (efid.rcnt !== 0n && !isSecured(sfid)) {
        return { reason: 10, text: `EFIDRCNT is ${efid.rcnt} for a file of format ${sfid.fmt}` };
      }
      const { syncOnCommit: sync } = this.#session.settings;
      Object.assign(transfer, await target.commit({ sync, recorded }));
      return undefined;
    } catch (error) {
      const text = `the file ${sfid.dsn} could not be stored: ${(error as Error).message}`;
      if (error instanceof EndRefusal) {
        const code = error.reason === 21 ? 683 : 684;
        this.#session.monitor.error(new OFTPError(code, text, { reasonCode: error.reason }));
        return { reason: error.reason, text: '' };
      }
      this.#session.monitor.error(new OFTPError(679, text, { cause: error }));
      if (error instanceof TooLarge) return { reason: 6, text: error.message };
      return { reason: refusalFor(error).reason, text: '' };
    }
  }

  async #refuseEnd({ target, transfer }: Reception, refusal: Pick<FileRefusal, 'reason' | 'text'>): Promise<void> {
    await target.discard();
    if (!this.#session.over) {
      this.#session.entity.refuseEnd(refusal);
      this.#session.flush();
    }
    await this.#session.monitor.ended(transfer, { reasonCode: refusal.reason, reasonText: refusal.text });
  }

  /** Unwrapping goes on while the next file is received; anything else is quick and done in order. */
  async #acknowledgeThenAnswer(file: AcceptedFile, done: () => void): Promise<void> {
    const processing = this.#processing;
    this.#acceptEnd(false);
    if (file.enveloped) void processing.start(file, done);
    else await processing.finishNow(file, processing.begin(file)).finally(done);
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
    if (sfid.dsn.trim() === '') return { reason: 1, retry: false, text: 'SFIDDSN is empty' };
    const { settings, monitor } = this.#session;
    const own = settings.serverSfidCode === sfid.dest || settings.serverSfidCodes.includes(sfid.dest);
    const refusal: PolicyRefusal | undefined = own ? securityRefusal(sfid, settings, monitor.identities()) : undefined;
    if (refusal?.error !== undefined) monitor.error(refusal.error);
    if (refusal !== undefined) return refusal;
    if (isSecured(sfid) || (sfid.fmt !== 'F' && sfid.fmt !== 'V')) return undefined;
    return { reason: 4, retry: false, text: `record format ${sfid.fmt} is not supported` };
  }

  #refuse(refusal: FileRefusal): void {
    if (this.#session.over) return;
    this.#session.entity.refuseFile(refusal);
    this.#session.flush();
  }

  /** The session is over: a file that was not finished waits for its restart, or goes. */
  end(): void {
    const reception = this.#reception;
    if (reception === undefined) return;
    this.#reception = undefined;
    const { settings, monitor } = this.#session;
    this.#session.inOrder(async () => {
      await reception.inlet.abandon();
      await (settings.restart ? reception.target.park() : reception.target.discard());
      await monitor.ended(reception.transfer, { reasonCode: 99, reasonText: 'the session ended before the file' });
    });
  }
}

class TooLarge extends Error {
  constructor(limit: number) {
    super(`the file is larger than MaxFileSize, ${limit} octets`);
  }
}

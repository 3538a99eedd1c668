import { RESTART_BLOCK } from '../files/incoming.js';
import type { FileIdentity as PartIdentity } from '../files/part-names.js';
import { refusalFor } from '../files/refusal.js';
import type { EFID, SFID } from '../protocol/commands/codec.js';
import type { FileRefusal } from '../protocol/entity.js';
import { OFTPError } from '../settings/errors.js';
import type { AcknowledgedFile, FileIdentity, ReceivedFile } from '../store/store.js';
import type { SessionContext } from './context.js';
import { DiskTarget } from './disk-target.js';
import { identityOf, responseTo } from './end-responses.js';
import { type DataTarget, Inlet } from './inlet.js';
import type { FileDecision, Transfer } from './monitor.js';
import { StreamTarget } from './stream-target.js';

/** How often a long file is put on the disk while it arrives: a crash costs a restart at most this much. */
const SYNC_OCTETS = 64 * 1024 * 1024;

/** A file being received. */
interface Reception {
  readonly sfid: SFID;
  readonly transfer: Transfer;
  readonly target: DiskTarget | StreamTarget;
  readonly inlet: Inlet;
  /** For somebody else: passed on by the application, which answers for it as well. */
  readonly relayed: boolean;
}

type Acceptance = Extract<FileDecision, { accept: true }>;

/** The receiving side of a session: from SFID to EFPA or EFNA, one file at a time (RFC 5024 §9.12). */
export class IncomingFiles implements DataTarget {
  readonly #session: SessionContext;
  #reception: Reception | undefined;

  constructor(session: SessionContext) {
    this.#session = session;
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
    const refusal = unsupported(sfid);
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
    const target =
      'stream' in decision
        ? new StreamTarget(decision.stream)
        : await DiskTarget.open(decision.path, decision.overwrite, partIdentity(identity, sfid));
    const position = await target.resume(entity.agreement?.restart === true ? sfid.rest : 0n);
    const transfer: Transfer = {
      direction: 'received',
      identity,
      localFile: 'path' in decision ? decision.path : '',
      bytesTransferred: position,
      sfid,
    };
    const inlet = new Inlet(environment.memory, environment.codec, this, position, () => this.#session.roomAgain());
    this.#reception = { sfid, transfer, target, inlet, relayed: decision.relayed };
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
    const session = this.#session;
    let record: AcknowledgedFile | undefined;
    const refusal = await this.#complete(reception, efid, async () => {
      record = await session.environment.store.acknowledge(receivedFile(reception, session.entity.level));
    });
    this.#reception = undefined;
    if (refusal !== undefined) await this.#refuseEnd(reception, refusal);
    else if (session.settings.endResponseTurn === 'asap') await this.#answerThenAcknowledge(reception, record);
    else await this.#acknowledgeThenAnswer(reception, record);
  }

  async #complete(
    { sfid, inlet, target }: Reception,
    efid: EFID,
    recorded: () => Promise<void>,
  ): Promise<Pick<FileRefusal, 'reason' | 'text'> | undefined> {
    try {
      const octets = await inlet.finish();
      if (BigInt(octets) !== efid.ucnt) {
        return { reason: 11, text: `EFIDUCNT is ${efid.ucnt}, ${octets} octets were received` };
      }
      if (efid.rcnt !== 0n) return { reason: 10, text: `EFIDRCNT is ${efid.rcnt} for a file of format ${sfid.fmt}` };
      await target.commit({ sync: this.#session.settings.syncOnCommit, recorded });
      return undefined;
    } catch (error) {
      const text = `the file ${sfid.dsn} could not be stored: ${(error as Error).message}`;
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

  async #acknowledgeThenAnswer(reception: Reception, record: AcknowledgedFile | undefined): Promise<void> {
    this.#acceptEnd(false);
    await this.#process(reception, record);
  }

  /** EFPA asks for the turn, so that the response can go out at once: it has to be ready first. */
  async #answerThenAcknowledge(reception: Reception, record: AcknowledgedFile | undefined): Promise<void> {
    const answered = await this.#process(reception, record);
    this.#acceptEnd(answered);
    if (answered && !this.#session.over) this.#session.answerAtOnce();
  }

  #acceptEnd(speaker: boolean): void {
    if (this.#session.over) return;
    this.#session.entity.acceptEnd(speaker);
    this.#session.flush();
  }

  /** What follows the acknowledgement: the application's processing, and the end response that says how it went. */
  async #process(reception: Reception, record: AcknowledgedFile | undefined): Promise<boolean> {
    const session = this.#session;
    const answer = await session.monitor.ended(reception.transfer, { reasonCode: 0, reasonText: '' });
    const response =
      answer === undefined || reception.relayed
        ? undefined
        : responseTo(reception.sfid, reception.transfer.identity, answer, session.entity.level);
    if (answer !== undefined && answer.reasonCode !== 0 && response === undefined && !reception.relayed) {
      session.monitor.error(
        new OFTPError(
          671,
          `no end response for ${reception.sfid.dsn}: its processing failed, and NERP exists from level 1.4 on only`,
        ),
      );
    }
    if (record !== undefined) await session.environment.store.finish(record.id, response);
    return response !== undefined;
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

function partIdentity({ partner, name, date, time, originator, destination }: FileIdentity, sfid: SFID): PartIdentity {
  return {
    ssid: partner,
    name,
    stamp: { date, time },
    originator,
    destination,
    format: sfid.fmt,
    recordLength: sfid.lrecl,
    security: sfid.sec,
    cipherSuite: sfid.ciph,
    compression: sfid.comp,
    envelope: sfid.env,
  };
}

function receivedFile({ sfid, transfer }: Reception, level: number): ReceivedFile {
  const { fmt, lrecl, sec, ciph, comp, env, sign } = sfid;
  return {
    ...transfer.identity,
    localFile: transfer.localFile,
    size: transfer.bytesTransferred,
    level,
    userData: sfid.user,
    description: sfid.desc,
    attributes: JSON.stringify({ fmt, lrecl, sec, ciph, comp, env, sign }),
  };
}

/** Offers that are refused whatever the application thinks of them (RFC 5024 §5.3.5). */
function unsupported(sfid: SFID): FileRefusal | undefined {
  const refuse = (reason: number, text = ''): FileRefusal => ({ reason, retry: false, text });
  if (sfid.dsn.trim() === '') return refuse(1, 'SFIDDSN is empty');
  if (sfid.fmt === 'F' || sfid.fmt === 'V') return refuse(4, `record format ${sfid.fmt} is not supported`);
  if (sfid.sec === 1 || sfid.sec === 3) return refuse(16);
  if (sfid.sec === 2) return refuse(19);
  if (sfid.comp === 1) return refuse(18);
  if (sfid.sign && sfid.ciph === 0) return refuse(15, 'a signed end response needs a cipher suite, SFIDCIPH is 00');
  return undefined;
}

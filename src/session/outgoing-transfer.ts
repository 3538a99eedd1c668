import { OutgoingFile } from '../files/outgoing.js';
import type { EFNA, SFID, SFNA } from '../protocol/commands/codec.js';
import { reasonText } from '../protocol/commands/reasons.js';
import { OFTPError } from '../settings/errors.js';
import type { OutgoingFile as OutgoingRecord, Stamp } from '../store/store.js';
import type { SessionContext } from './context.js';
import { identityOf, stampAt } from './end-responses.js';
import type { FileToSend } from './file-to-send.js';
import type { Transfer } from './monitor.js';
import { Outlet } from './outlet.js';
import { type ProtectedSource, protect, versionOf } from './protecting.js';
import { checkProtection, isEnveloped, securityFields } from './protection.js';

const BLOCK = 1024;

/** A file that the peer has acknowledged. */
export interface SentFile {
  readonly virtualFileName: string;
  readonly virtualFileDate: Stamp;
  readonly destination: string;
  readonly originator: string;
  /** Octets of the whole file. */
  readonly fileSize: number;
  /** Hash of the transmitted octets, base64; empty without a signed receipt. */
  readonly fileHash: string;
}

/** SFNA 13 after an earlier attempt had sent everything: the peer holds the file, only its EFPA was lost. */
const DUPLICATE = 13;

/** One file on its way out: from SFID to the peer's EFPA (RFC 5024 §9.10, §9.11). */
export class OutgoingTransfer {
  readonly #session: SessionContext;
  readonly #file: FileToSend;
  #outlet: Outlet | undefined;
  #stopped: Error | undefined;
  #transfer: Transfer | undefined;

  constructor(session: SessionContext, file: FileToSend) {
    this.#session = session;
    this.#file = file;
  }

  get transfer(): Transfer | undefined {
    return this.#transfer;
  }

  poke(): void {
    this.#outlet?.poke();
  }

  stop(error: Error): void {
    this.#stopped ??= error;
    this.#outlet?.stop(error);
  }

  /**
   * @throws OFTPError 679 for a file that cannot be read, 684 to 689 for one that cannot be secured as asked
   *   for, 687 for one that the peer did not take
   */
  async run(): Promise<SentFile> {
    const { entity, monitor } = this.#session;
    checkProtection(this.#file.protection, entity.level === 5, monitor.identities());
    const source = await OutgoingFile.open(this.#file.path);
    try {
      if (this.#file.format === 'T' && !isEnveloped(this.#file.protection)) await source.checkTextLines();
      return await this.#prepare(source);
    } finally {
      await source.close();
    }
  }

  async #prepare(original: OutgoingFile): Promise<SentFile> {
    const { environment, partner, entity } = this.#session;
    const { path, virtualFileName, destination, originator, protection } = this.#file;
    const record = await environment.store.beginOutgoing(
      { partner, name: virtualFileName, destination, originator, path, version: versionOf(original, protection) },
      () => this.#file.stamp(entity.level),
    );
    const content = await protect(this.#session, this.#file, original, record);
    try {
      this.#check();
      return await this.#send(content, record);
    } finally {
      await content.source.close();
    }
  }

  async #send(content: ProtectedSource, record: OutgoingRecord): Promise<SentFile> {
    const { environment, partner } = this.#session;
    const { path, virtualFileName, destination, originator } = this.#file;
    const sfid = this.#sfid(record, content);
    const transfer: Transfer = {
      direction: 'sent',
      identity: identityOf(partner, sfid),
      localFile: path,
      bytesTransferred: 0,
      fileSize: content.originalSize,
      fileHash: content.hash,
      sfid,
    };
    this.#transfer = transfer;
    try {
      await this.#session.monitor.starting(transfer);
      await this.#exchange(content, record, transfer);
    } catch (error) {
      await environment.store.outgoingReached(record.id, transfer.bytesTransferred);
      const reason = error instanceof OFTPError ? error : undefined;
      await this.#session.monitor.ended(transfer, {
        reasonCode: reason?.reasonCode ?? 99,
        reasonText: reason?.reasonText ?? (error as Error).message,
      });
      throw error;
    }
    await this.#session.monitor.ended(transfer, { reasonCode: 0, reasonText: '' });
    return {
      virtualFileName,
      virtualFileDate: { date: record.date, time: record.time },
      destination,
      originator,
      fileSize: content.originalSize,
      fileHash: content.hash,
    };
  }

  async #exchange({ source, path }: ProtectedSource, record: OutgoingRecord, transfer: Transfer): Promise<void> {
    const { environment } = this.#session;
    const position = await this.#startFile(record, transfer, path);
    // The peer has it already, from an attempt whose EFPA was lost.
    if (position === undefined) return;
    transfer.bytesTransferred = position;
    try {
      await this.#sendData(source, transfer, position);
      await source.checkUnchanged();
      await environment.store.outgoingPhase(record.id, 'sent');
    } catch (error) {
      await this.#giveUp(transfer);
      throw error;
    }
    this.#check();
    const { entity, settings } = this.#session;
    const answer = await this.#session.exchange(() =>
      entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: BigInt(source.size) }),
    );
    if (answer.name === 'F_CLOSE_FILE_CF(-)') throw refusedBy(answer.efna, this.#file);
    await environment.store.outgoingPhase(record.id, 'acknowledged');
    if (settings.sendCdAfterEfpa && entity.state === 'IDLESP') {
      entity.changeDirection();
      this.#session.flush();
    }
  }

  /** Offers the file. The octet to go on from, or nothing if the peer has all of it. */
  async #startFile(record: OutgoingRecord, { sfid }: Transfer, path: string): Promise<number | undefined> {
    const { environment, entity } = this.#session;
    this.#check();
    const answer = await this.#session.exchange(() => entity.startFile(sfid));
    if (answer.name === 'F_START_FILE_CF(+)') return Number(answer.position) * BLOCK;
    if (answer.name !== 'F_START_FILE_CF(-)') throw new TypeError(`${answer.name} in answer to SFID`);
    const { sfna } = answer;
    if (sfna.reas === DUPLICATE && record.phase !== 'started') {
      await environment.store.outgoingPhase(record.id, 'acknowledged');
      return undefined;
    }
    if (!sfna.rrtr) await environment.prepared.forget(record, path);
    throw refusedBy(sfna, this.#file);
  }

  async #sendData(source: OutgoingFile, transfer: Transfer, position: number): Promise<void> {
    const { monitor } = this.#session;
    const outlet = new Outlet(this.#session);
    this.#outlet = outlet;
    this.#session.whenClosed(() => outlet.abandon());
    this.#check();
    await outlet.send(source, position, source.size, (octets) => {
      transfer.bytesTransferred = octets;
      monitor.transferred(transfer, undefined);
    });
  }

  /**
   * OFTP has no command that takes back a file. An EFID whose counts do not fit the data makes the Listener refuse it, and
   * the session can go on. A Listener that takes it all the same has a truncated file: with that one the session ends.
   */
  async #giveUp({ bytesTransferred }: Transfer): Promise<void> {
    const session = this.#session;
    if (session.over) return;
    await this.#outlet?.reopen();
    const ucnt = BigInt(bytesTransferred) + 1n;
    const answer = await session.exchange(() => session.entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt }));
    if (answer.name === 'F_CLOSE_FILE_CF(-)') return;
    session.fail(
      new OFTPError(687, `the peer acknowledged ${this.#file.virtualFileName}, of which only a part was sent`),
    );
  }

  #check(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  #sfid(record: OutgoingRecord, { size, originalSize }: ProtectedSource): SFID {
    const { entity } = this.#session;
    const { virtualFileName, destination, originator, format, userData, description, restart } = this.#file;
    const { protection } = this.#file;
    const reached = restart ?? Math.floor(record.reached / BLOCK);
    return {
      name: 'SFID',
      dsn: virtualFileName,
      ...stampAt(entity.level, record),
      user: userData,
      dest: destination,
      orig: originator,
      // An envelope has lost the structure of what is inside (RFC 5024 §6.5).
      fmt: isEnveloped(protection) ? 'U' : format,
      lrecl: 0,
      fsiz: Math.ceil(size / BLOCK),
      osiz: Math.ceil(originalSize / BLOCK),
      rest: entity.agreement?.restart === true ? BigInt(reached) : 0n,
      ...securityFields(protection),
      desc: entity.level === 5 ? description : '',
    };
  }
}

function refusedBy(command: SFNA | EFNA, file: FileToSend): OFTPError {
  const retry = command.name === 'SFNA' ? command.rrtr : true;
  const text = command.reast || reasonText(command.name, command.reas);
  return new OFTPError(
    687,
    `the peer refused ${file.virtualFileName} by ${command.name} ${command.reas}: ${text}; ` +
      `${retry ? 'it may be sent again later' : 'it must not be sent again'}`,
    { reasonCode: command.reas, reasonText: text, retry },
  );
}

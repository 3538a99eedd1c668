import { OutgoingFile } from '../files/outgoing.js';
import { OutgoingRecords } from '../files/outgoing-records.js';
import type { EFNA, SFID, SFNA } from '../protocol/commands/codec.js';
import { reasonText } from '../protocol/commands/reasons.js';
import { OFTPError } from '../settings/errors.js';
import type { OutgoingKey, OutgoingFile as OutgoingRecord, Stamp } from '../store/store.js';
import type { SessionContext } from './context.js';
import { identityOf, stampAt } from './end-responses.js';
import type { FileToSend } from './file-to-send.js';
import type { Transfer } from './monitor.js';
import { OctetContent, type OutgoingContent } from './outgoing-content.js';
import { Outlet } from './outlet.js';
import { type Prepared, preparedOf } from './prepared-files.js';
import { protect, receiptFor, versionOf } from './protecting.js';
import { checkProtection, isEnveloped, securityFields } from './protection.js';
import { isRecoded, recode } from './recoded-file.js';
import { RecordContent } from './record-content.js';
import { storageError } from './storage-error.js';
import { takeStream } from './streamed-file.js';

/** Unit of SFIDFSIZ and SFIDOSIZ, in octets. */
const SIZE_BLOCK = 1024;

/** A file that the peer has acknowledged. */
export interface SentFile {
  readonly virtualFileName: string;
  readonly virtualFileDate: Stamp;
  readonly destination: string;
  readonly originator: string;
  /** Octets of the whole file, as EFID counts them: those of records without their delimiters. */
  readonly fileSize: number;
  /** Hash of the transmitted octets, base64; empty without a signed receipt. */
  readonly fileHash: string;
}

/** SFNA 13 after an earlier attempt had sent everything: the peer holds the file, only its EFPA was lost. */
const DUPLICATE = 13;

/** One file on its way out: from SFID to the peer's EFPA (RFC 5024 §9.10, §9.11). */
export class OutgoingTransfer {
  readonly #session: SessionContext;
  #file: FileToSend;
  #outlet: Outlet | undefined;
  /** Lets others have the record. */
  #release = (): void => {};
  #over = false;
  readonly #stopping = new AbortController();

  constructor(session: SessionContext, file: FileToSend) {
    this.#session = session;
    this.#file = file;
  }

  /** Nothing more of the file goes out. */
  get over(): boolean {
    return this.#over;
  }

  poke(): void {
    this.#outlet?.poke();
  }

  stop(error: Error): void {
    this.#stopping.abort(error);
    this.#outlet?.stop(error);
  }

  /**
   * @throws OFTPError 679 for a file that cannot be read, 684 to 689 for one that cannot be secured as asked for, 687
   *   for one that the peer did not take
   */
  async run(): Promise<SentFile> {
    const { entity, monitor } = this.#session;
    const { protection, stream, virtualFileName } = this.#file;
    checkProtection(protection, entity.level === 5, monitor.identities());
    if (stream === undefined) return this.#run();
    const { path, remove } = await takeStream(this.#session, virtualFileName, stream, this.#stopping.signal);
    try {
      this.#file = { ...this.#file, path };
      return await this.#run();
    } finally {
      await remove();
    }
  }

  async #run(): Promise<SentFile> {
    const { fileSystem } = this.#session.environment;
    const source = await OutgoingFile.open(this.#file.path, { fileSystem });
    try {
      if (this.#file.format === 'T' && !isEnveloped(this.#file.protection)) await source.checkTextLines();
      return await (isRecoded(this.#file) ? this.#sendRecoded(source) : this.#sendFile(source, this.#file));
    } finally {
      await source.close();
    }
  }

  /** Text for a partner with a code page of his own: what is sent is a copy, which lasts as long as this attempt. */
  async #sendRecoded(original: OutgoingFile): Promise<SentFile> {
    const { path, remove } = await recode(this.#session, this.#file, original, this.#stopping.signal);
    try {
      const source = await OutgoingFile.open(path, { fileSystem: this.#session.environment.fileSystem });
      try {
        return await this.#sendFile(source, { ...this.#file, path }, `${original.version}-${this.#file.codePage}`);
      } finally {
        await source.close();
      }
    } finally {
      await remove();
    }
  }

  /** `file`: with the path of the source. `version`: of what that was made of, if it is a copy. */
  async #sendFile(source: OutgoingFile, file: FileToSend, version?: string): Promise<SentFile> {
    if (isEnveloped(file.protection)) return this.#sendEnveloped(source, file, version ?? source.version);
    const content = await this.#examine(source);
    return this.#attempt(version ?? content.version, async (record) =>
      this.#send(content, record, await receiptFor(this.#session, file, content.size, record)),
    );
  }

  /** Signed, compressed or encrypted: what is sent is another file, made of this one. */
  #sendEnveloped(original: OutgoingFile, file: FileToSend, version: string): Promise<SentFile> {
    return this.#attempt(version, async (record) => {
      const known = preparedOf(record);
      // What was prepared is gone, and nothing of it will be sent any more.
      if (record.phase === 'answered' && known) return this.#send(new OctetContent(original), record, known);
      const { source, prepared } = await protect(this.#session, file, original, record);
      try {
        this.#check();
        return await this.#send(new OctetContent(source), record, prepared);
      } finally {
        await source.close();
      }
    });
  }

  /** No other session works on the file meanwhile: attempts follow each other, each knows how the last one ended. */
  async #attempt(version: string, send: (record: OutgoingRecord) => Promise<SentFile>): Promise<SentFile> {
    const { partner, environment } = this.#session;
    const { path, virtualFileName: name, destination, originator } = this.#file;
    const key = { partner, name, destination, originator, path, version: versionOf(version, this.#file) };
    this.#release = await environment.sendings.take(key);
    try {
      return await send(await this.#begin(key));
    } finally {
      this.#release();
    }
  }

  async #begin(key: OutgoingKey): Promise<OutgoingRecord> {
    const { environment, entity } = this.#session;
    const { store, sendings } = environment;
    const stamp = (): Stamp | Promise<Stamp> => this.#file.stamp(entity.level);
    const record = await store.beginOutgoing(key, stamp);
    if (!sendings.isUnrecorded(record.id)) return record;
    // That file was acknowledged: this is another one.
    await store.outgoingPhase(record.id, 'acknowledged');
    sendings.recorded(record.id);
    return store.beginOutgoing(key, stamp);
  }

  /** What cannot be sent in the format that was asked for never opens a transfer. */
  async #examine(source: OutgoingFile): Promise<OutgoingContent> {
    const { format, maxRecordSize, recordDelimiter } = this.#file;
    if (format === 'F' || format === 'V') {
      const records = { fixed: format === 'F', maxLength: maxRecordSize };
      return new RecordContent(source, await OutgoingRecords.examine(source, records, recordDelimiter));
    }
    return new OctetContent(source);
  }

  async #send(content: OutgoingContent, record: OutgoingRecord, prepared: Prepared): Promise<SentFile> {
    const { partner, monitor } = this.#session;
    const { path, stream, virtualFileName, destination, originator } = this.#file;
    const sfid = this.#sfid(record, content, prepared);
    const transfer: Transfer = {
      direction: 'sent',
      identity: identityOf(partner, sfid),
      localFile: stream === undefined ? path : '',
      bytesTransferred: 0,
      fileSize: prepared.originalSize,
      fileHash: prepared.hash,
      sfid,
    };
    try {
      await this.#exchange(content, record, transfer, prepared.path).finally(() => this.#end());
    } catch (error) {
      const reason = error instanceof OFTPError ? error : undefined;
      await monitor.ended(transfer, {
        reasonCode: reason?.reasonCode ?? 99,
        reasonText: reason?.reasonText ?? (error as Error).message,
      });
      throw error;
    }
    await monitor.ended(transfer, { reasonCode: 0, reasonText: '' });
    return {
      virtualFileName,
      virtualFileDate: { date: record.date, time: record.time },
      destination,
      originator,
      fileSize: prepared.originalSize,
      fileHash: prepared.hash,
    };
  }

  /** Only the handler of `endTransfer` is still at work, and it may send the same file once more. */
  #end(): void {
    this.#over = true;
    this.#release();
  }

  async #exchange(
    content: OutgoingContent,
    record: OutgoingRecord,
    transfer: Transfer,
    preparedPath: string,
  ): Promise<void> {
    const { environment, entity, monitor, settings } = this.#session;
    await monitor.starting(transfer);
    // Its EERP came after an attempt whose EFPA was lost. Whoever sends the file once more means another one.
    if (record.phase === 'answered') return environment.store.endOutgoing(record.id);
    const position = await this.#startFile(record, transfer, preparedPath);
    // The peer has it already, from an attempt whose EFPA was lost.
    if (position === undefined) return;
    try {
      await this.#sendFrom(position, content, record, transfer);
      // Too late for an interruption: the peer has all of it.
      if (this.#session.over) this.#check();
      const efid = { name: 'EFID', rcnt: BigInt(content.records), ucnt: BigInt(content.size) } as const;
      const answer = await this.#session.exchange(() => entity.closeFile(efid));
      if (answer.name === 'F_CLOSE_FILE_CF(-)') {
        await this.#notSent(record, 'its EFNA');
        throw refusedBy(answer.efna, this.#file);
      }
    } catch (error) {
      await this.#remember(environment.store.outgoingReached(record.id, content.reached), 'how far it was sent');
      throw error;
    }
    await this.#acknowledged(record);
    if (settings.sendCdAfterEfpa && entity.state === 'IDLESP') {
      entity.changeDirection();
      this.#session.flush();
    }
  }

  /** Sends the data from a restart position on; where this fails, the transfer is given up. */
  async #sendFrom(
    position: number,
    content: OutgoingContent,
    record: OutgoingRecord,
    transfer: Transfer,
  ): Promise<void> {
    try {
      await content.startAt(position);
      transfer.bytesTransferred = content.sent;
      await this.#sendData(content, transfer);
      await content.checkUnchanged();
      void content.close();
      await this.#session.environment.store.outgoingPhase(record.id, 'sent');
    } catch (error) {
      await this.#giveUp(content);
      throw error;
    }
  }

  /** Offers the file. The position to go on from, or nothing if the peer has all of it. */
  async #startFile(record: OutgoingRecord, { sfid }: Transfer, preparedPath: string): Promise<number | undefined> {
    const { environment, entity } = this.#session;
    this.#check();
    const answer = await this.#session.exchange(() => entity.startFile(sfid));
    if (answer.name === 'F_START_FILE_CF(+)') {
      if (record.phase === 'sent') await this.#notSent(record, 'its SFPA');
      return Number(answer.position);
    }
    if (answer.name !== 'F_START_FILE_CF(-)') throw new TypeError(`${answer.name} in answer to SFID`);
    const { sfna } = answer;
    if (sfna.reas === DUPLICATE && record.phase !== 'started') {
      await this.#acknowledged(record);
      return undefined;
    }
    if (!sfna.rrtr) await this.#remember(environment.prepared.forget(record, preparedPath), 'its refusal');
    throw refusedBy(sfna, this.#file);
  }

  /** The peer has said that it does not have the file: SFNA 13 in a later attempt is about another one. */
  #notSent(record: OutgoingRecord, answer: string): Promise<void> {
    return this.#remember(this.#session.environment.store.outgoingPhase(record.id, 'started'), answer);
  }

  #acknowledged({ id }: OutgoingRecord): Promise<void> {
    const { store, sendings } = this.#session.environment;
    const noted = store.outgoingPhase(id, 'acknowledged').catch((error: unknown) => {
      sendings.postpone(id);
      throw error;
    });
    return this.#remember(noted, 'its EFPA');
  }

  /** What the peer has answered counts, whether or not this side can note it. */
  async #remember(noted: Promise<void>, what: string): Promise<void> {
    try {
      await noted;
    } catch (error) {
      const text = `${what} could not be noted for ${this.#file.virtualFileName}`;
      this.#session.monitor.error(storageError(error, text));
    }
  }

  async #sendData(content: OutgoingContent, transfer: Transfer): Promise<void> {
    const { monitor } = this.#session;
    const outlet = new Outlet(this.#session);
    this.#outlet = outlet;
    this.#check();
    await outlet.send(content, () => {
      transfer.bytesTransferred = content.sent;
      monitor.transferred(transfer, undefined);
    });
  }

  /**
   * OFTP has no command that takes back a file. An EFID whose counts do not fit the data makes the Listener refuse it,
   * and the session can go on. A Listener that takes it all the same has a truncated file: with that one the session
   * ends.
   */
  async #giveUp({ sent }: OutgoingContent): Promise<void> {
    const session = this.#session;
    if (session.over) return;
    await this.#outlet?.reopen();
    const ucnt = BigInt(sent) + 1n;
    const answer = await session.exchange(() => session.entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt }));
    if (answer.name === 'F_CLOSE_FILE_CF(-)') return;
    session.fail(
      new OFTPError(687, `the peer acknowledged ${this.#file.virtualFileName}, of which only a part was sent`),
    );
  }

  #check(): void {
    this.#stopping.signal.throwIfAborted();
  }

  #sfid(record: OutgoingRecord, content: OutgoingContent, { originalSize }: Prepared): SFID {
    const { entity } = this.#session;
    const { virtualFileName, destination, originator, userData, description, restart } = this.#file;
    const position = Math.min(restart ?? content.positionOf(record.reached), content.positionMax);
    return {
      name: 'SFID',
      dsn: virtualFileName,
      ...stampAt(entity.level, record),
      user: userData,
      dest: destination,
      orig: originator,
      ...this.#formatFields(),
      fsiz: Math.ceil(content.size / SIZE_BLOCK),
      osiz: Math.ceil(originalSize / SIZE_BLOCK),
      rest: entity.agreement?.restart === true ? BigInt(position) : 0n,
      ...securityFields(this.#file.protection),
      desc: entity.level === 5 ? description : '',
    };
  }

  /** An envelope has lost the structure of what is inside, but for the records of V (RFC 5024 §6.5). */
  #formatFields(): Pick<SFID, 'fmt' | 'lrecl'> {
    const { format: fmt, maxRecordSize: lrecl, protection } = this.#file;
    return isEnveloped(protection) && fmt !== 'V' ? { fmt: 'U', lrecl: 0 } : { fmt, lrecl };
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

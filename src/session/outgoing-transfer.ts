import { OutgoingFile } from '../files/outgoing.js';
import { OutgoingRecords } from '../files/outgoing-records.js';
import type { RecordDelimiter } from '../files/record-format.js';
import type { EFNA, SFID, SFNA } from '../protocol/commands/codec.js';
import { reasonText } from '../protocol/commands/reasons.js';
import type { Level } from '../protocol/commands/version.js';
import { OFTPError } from '../settings/errors.js';
import type { OutgoingFile as OutgoingRecord, Stamp } from '../store/store.js';
import type { SessionContext } from './context.js';
import { identityOf, stampAt } from './end-responses.js';
import type { Transfer } from './monitor.js';
import { OctetContent, type OutgoingContent } from './outgoing-content.js';
import { Outlet } from './outlet.js';
import { RecordContent } from './record-content.js';

/** Unit of SFIDFSIZ and SFIDOSIZ, in octets. */
const SIZE_BLOCK = 1024;

/** A file to be sent, with everything decided that the application may leave open. */
export interface FileToSend {
  readonly path: string;
  readonly virtualFileName: string;
  readonly destination: string;
  readonly originator: string;
  /** SFIDFMT */
  readonly format: 'U' | 'T' | 'F' | 'V';
  /** SFIDLRECL; 0 for U and T. */
  readonly maxRecordSize: number;
  /** How records stand in the file (F and V). */
  readonly recordDelimiter: RecordDelimiter;
  readonly userData: string;
  readonly description: string;
  /** The stamp of a new virtual file, for a level; called when no earlier attempt of it is known. */
  stamp(level: Level): Stamp;
  /** Position to offer, in blocks of 1 KiB or records; without it, what an earlier attempt reached. */
  readonly restart: number | undefined;
}

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
  readonly #file: FileToSend;
  #outlet: Outlet | undefined;
  #stopped: Error | undefined;

  constructor(session: SessionContext, file: FileToSend) {
    this.#session = session;
    this.#file = file;
  }

  poke(): void {
    this.#outlet?.poke();
  }

  stop(error: Error): void {
    this.#stopped ??= error;
    this.#outlet?.stop(error);
  }

  /** @throws OFTPError 679 for a file that cannot be read, 687 for one that the peer did not take */
  async run(): Promise<SentFile> {
    const { fileSystem } = this.#session.environment;
    const source = await OutgoingFile.open(this.#file.path, { fileSystem });
    try {
      return await this.#send(await this.#examine(source));
    } finally {
      await source.close();
    }
  }

  /** What cannot be sent in the format that was asked for never opens a transfer. */
  async #examine(source: OutgoingFile): Promise<OutgoingContent> {
    const { format, maxRecordSize, recordDelimiter } = this.#file;
    if (format === 'F' || format === 'V') {
      const records = { fixed: format === 'F', maxLength: maxRecordSize };
      return new RecordContent(source, await OutgoingRecords.examine(source, records, recordDelimiter));
    }
    if (format === 'T') await source.checkTextLines();
    return new OctetContent(source);
  }

  async #send(content: OutgoingContent): Promise<SentFile> {
    const { environment, partner } = this.#session;
    const { path, virtualFileName, destination, originator } = this.#file;
    const record = await environment.store.beginOutgoing(
      { partner, name: virtualFileName, destination, originator, path, version: content.version },
      () => this.#file.stamp(this.#session.entity.level),
    );
    const sfid = this.#sfid(record, content);
    const transfer: Transfer = {
      direction: 'sent',
      identity: identityOf(partner, sfid),
      localFile: path,
      bytesTransferred: 0,
      sfid,
    };
    try {
      await this.#session.monitor.starting(transfer);
      await this.#exchange(content, record, transfer);
    } catch (error) {
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
      fileSize: content.size,
      fileHash: '',
    };
  }

  async #exchange(content: OutgoingContent, record: OutgoingRecord, transfer: Transfer): Promise<void> {
    const { environment, entity, settings } = this.#session;
    const position = await this.#startFile(record, transfer);
    // The peer has it already, from an attempt whose EFPA was lost.
    if (position === undefined) return;
    try {
      await this.#sendFrom(position, content, record, transfer);
      this.#check();
      const efid = { name: 'EFID', rcnt: BigInt(content.records), ucnt: BigInt(content.size) } as const;
      const answer = await this.#session.exchange(() => entity.closeFile(efid));
      if (answer.name === 'F_CLOSE_FILE_CF(-)') throw refusedBy(answer.efna, this.#file);
    } catch (error) {
      await environment.store.outgoingReached(record.id, content.reached);
      throw error;
    }
    await environment.store.outgoingPhase(record.id, 'acknowledged');
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
      await this.#session.environment.store.outgoingPhase(record.id, 'sent');
    } catch (error) {
      await this.#giveUp(content);
      throw error;
    }
  }

  /** Offers the file. The position to go on from, or nothing if the peer has all of it. */
  async #startFile(record: OutgoingRecord, { sfid }: Transfer): Promise<number | undefined> {
    const { environment, entity } = this.#session;
    this.#check();
    const answer = await this.#session.exchange(() => entity.startFile(sfid));
    if (answer.name === 'F_START_FILE_CF(+)') return Number(answer.position);
    if (answer.name !== 'F_START_FILE_CF(-)') throw new TypeError(`${answer.name} in answer to SFID`);
    const { sfna } = answer;
    if (sfna.reas === DUPLICATE && record.phase !== 'started') {
      await environment.store.outgoingPhase(record.id, 'acknowledged');
      return undefined;
    }
    if (!sfna.rrtr) await environment.store.endOutgoing(record.id);
    throw refusedBy(sfna, this.#file);
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
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  #sfid(record: OutgoingRecord, content: OutgoingContent): SFID {
    const { entity } = this.#session;
    const { virtualFileName, destination, originator, format, userData, description, restart } = this.#file;
    const blocks = Math.ceil(content.size / SIZE_BLOCK);
    const position = Math.min(restart ?? content.positionOf(record.reached), content.positionMax);
    return {
      name: 'SFID',
      dsn: virtualFileName,
      ...stampAt(entity.level, record),
      user: userData,
      dest: destination,
      orig: originator,
      fmt: format,
      lrecl: this.#file.maxRecordSize,
      fsiz: blocks,
      osiz: blocks,
      rest: entity.agreement?.restart === true ? BigInt(position) : 0n,
      sec: 0,
      ciph: 0,
      comp: 0,
      env: 0,
      sign: false,
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

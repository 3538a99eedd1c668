import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from '../files/filesystem.js';
import { securedNames } from '../files/part-names.js';
import type { RecordDelimiter } from '../files/record-format.js';
import { WorkerPoolError } from '../pool/worker-pool.js';
import type { SFID } from '../protocol/commands/codec.js';
import type { Level } from '../protocol/commands/version.js';
import { OFTPError } from '../settings/errors.js';
import { fileKey } from '../store/keys.js';
import type { AcknowledgedFile, EndResponse, FileIdentity } from '../store/store.js';
import type { Timer } from '../transport/clock.js';
import { exchangeTypeOf, isWrapped } from './certificate-exchange.js';
import type { SessionContext } from './context.js';
import { responseTo } from './end-responses.js';
import type { Transfer, TransferEnd } from './monitor.js';
import { receiptHashOf } from './protection.js';
import { signReceipt } from './receipts.js';
import { type Attributes, attributesOf, partIdentity, sfidOf, withHash, withOutcome } from './received-record.js';
import { errorCodeOf, removeSecured, SecuredFile } from './secured-file.js';
import { storageError } from './storage-error.js';

/** A file that the peer has its EFPA for, and what is left to be done about it. */
export interface AcceptedFile {
  readonly record: AcknowledgedFile;
  readonly transfer: Transfer;
  /** SSIDLEV of the session it came in. */
  readonly level: Level;
  /** For somebody else: passed on by the application, which answers for it as well. */
  readonly relayed: boolean;
  /** The hidden files of a secured one. */
  readonly secured: SecuredFile | undefined;
  /** It is still as it was transmitted. */
  readonly enveloped: boolean;
  /** How unwrapping went, if an earlier life of the process has seen to that. */
  readonly end?: TransferEnd | undefined;
  /** Taken up from its record: `endTransfer` may have been told of it before. */
  readonly replayed: boolean;
}

/** Milliseconds until files for which the pool had no room are tried again. */
const FULL_POOL_WAIT_MS = 1000;

const WELL: TransferEnd = { reasonCode: 0, reasonText: '' };

/** Its records stand with a delimiter in the local file. */
const isRecords = ({ fmt }: SFID): boolean => fmt === 'F' || fmt === 'V';

/**
 * What follows the acknowledgement of a file: unwrapping, the application's own processing, and the end response that
 * says how it went. It goes on when the session is over, and in a later session when the process is.
 */
export class Processing {
  readonly #session: SessionContext;
  // Both are made for the first file: a session that only waits does without.
  #underway: Set<Promise<unknown>> | undefined;
  /** Ends of processing that are on their way to the disk. */
  #recording: Set<Promise<unknown>> | undefined;
  #resuming: Timer | undefined;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  /**
   * Keeps other sessions of the partner from taking up this file; the function that is given back ends that. To be
   * called before the record is there: a parallel session looks for records that nobody is working on.
   *
   * @throws OFTPError 671 when another session is working on it
   */
  async hold(identity: FileIdentity): Promise<() => void> {
    const release = await this.#session.environment.processing.take(fileKey(identity));
    if (release === undefined) {
      throw new OFTPError(671, `the file ${identity.name} is being received on another session`);
    }
    return release;
  }

  /** Unwraps a file in the background and then finishes it in its turn among the events of the connection. */
  start(file: AcceptedFile, done: () => void): Promise<void> {
    return this.finishLater(file, this.begin(file), done);
  }

  /** The second half of `start`. */
  finishLater(file: AcceptedFile, begun: Promise<TransferEnd | undefined>, done: () => void): Promise<void> {
    const finished = begun.then(
      (end) =>
        new Promise<void>((resolve) => this.#session.inOrder(() => this.#finishAndTell(file, end).finally(resolve))),
    );
    const processed = finished.finally(done);
    this.#underway ??= new Set();
    this.#underway.add(processed);
    return processed.finally(() => this.#underway?.delete(processed));
  }

  /** Settles when the end responses to all received files are queued. */
  get settled(): Promise<unknown> {
    return Promise.allSettled(this.#underway ?? []);
  }

  /** Settles when what the application has been told is recorded. */
  get recorded(): Promise<unknown> {
    return Promise.allSettled(this.#recording ?? []);
  }

  /** Takes up what an earlier session, or an earlier life of the process, has left unfinished. */
  async resume(): Promise<void> {
    const { environment, partner, monitor } = this.#session;
    for (const record of await environment.store.unfinished(partner)) {
      if (!environment.pool.hasRoom) {
        this.#resumeLater();
        return;
      }
      const release = await environment.processing.take(fileKey(record));
      if (release === undefined) continue;
      try {
        // Another session may have finished it since it was read.
        if ((await environment.store.findReceived(record))?.finished !== false) release();
        else void this.start(await this.#acceptedFrom(record), release);
      } catch (error) {
        release();
        monitor.error(
          new OFTPError(679, `${record.name} cannot be finished yet: ${(error as Error).message}`, { cause: error }),
        );
      }
    }
  }

  /**
   * There are as many files under way as may be: the others wait in the store, where they cost no memory, until some of
   * those are done. Gives whether this is news.
   */
  #resumeLater(): boolean {
    if (this.#resuming?.pending) return false;
    this.#resuming = this.#session.environment.clock.schedule(FULL_POOL_WAIT_MS, () => {
      if (!this.#session.over) this.#session.inOrder(() => this.resume());
    });
    return true;
  }

  /** Hashes, unwraps and publishes. How that went, or nothing where it has to be tried again in a later session. */
  begin(file: AcceptedFile): Promise<TransferEnd | undefined> {
    const { unwrapping } = this.#session.environment;
    const begun = this.#begin(file).finally(() => unwrapping.delete(begun));
    unwrapping.add(begun);
    return begun;
  }

  async #begin(file: AcceptedFile): Promise<TransferEnd | undefined> {
    const { transfer, secured, relayed } = file;
    try {
      if (transfer.sfid.sign && !relayed && transfer.fileHash === undefined) await this.#hash(file);
      if (secured === undefined) return file.end ?? WELL;
      const end = file.enveloped ? await this.#unwrap(secured, file) : WELL;
      await this.#clear(secured, file, end);
      return end;
    } catch (error) {
      secured?.release();
      if (isFull(error) && !this.#resumeLater()) return undefined;
      this.#session.monitor.error(
        error instanceof OFTPError
          ? error
          : new OFTPError(684, `${transfer.sfid.dsn} cannot be finished yet: ${(error as Error).message}`, {
              cause: error,
            }),
      );
      return undefined;
    }
  }

  /** Whether the first half is done within so many seconds. */
  async isSoon(begun: Promise<unknown>, seconds: number): Promise<boolean> {
    const { clock } = this.#session.environment;
    return new Promise((resolve) => {
      const timer = clock.schedule(seconds * 1000, () => resolve(false));
      void begun.then(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  /** Finishes a file inside an event of the connection. Gives whether there is a response. */
  async finishNow(file: AcceptedFile, begun: Promise<TransferEnd | undefined>): Promise<boolean> {
    const end = await begun;
    return end !== undefined && this.#finish(file, end);
  }

  /**
   * Tells the application of a file without hidden files inside an event of the connection. That this is done is
   * recorded in the background: the next file need not wait for the disk, and the end response is sent after its record
   * in any case.
   */
  async tell(file: AcceptedFile, begun: Promise<TransferEnd | undefined>, done: () => void): Promise<void> {
    const end = await begun;
    if (end === undefined) return done();
    let response: EndResponse | undefined;
    try {
      response = await this.#answer(file, end);
    } catch (error) {
      this.#postpone(file, error);
      return done();
    }
    const recording = this.#session.environment.store
      .finish(file.record.id, response)
      .catch((error: unknown) => this.#postpone(file, error))
      .finally(() => {
        this.#recording?.delete(recording);
        done();
      });
    this.#recording ??= new Set();
    this.#recording.add(recording);
  }

  async #finishAndTell(file: AcceptedFile, end: TransferEnd | undefined): Promise<void> {
    if (end !== undefined && (await this.#finish(file, end))) this.#session.responseQueued();
  }

  /**
   * Asks the application and queues the end response. Gives whether there is one.
   * Where that cannot be recorded, on a full disk for example, the partner's next session takes the file up again.
   */
  async #finish(file: AcceptedFile, end: TransferEnd): Promise<boolean> {
    try {
      const response = await this.#answer(file, end);
      await this.#session.environment.store.finish(file.record.id, response);
      return response !== undefined;
    } catch (error) {
      this.#postpone(file, error);
      return false;
    }
  }

  /** Asks the application. Gives the end response, if there is one. */
  async #answer(file: AcceptedFile, end: TransferEnd): Promise<EndResponse | undefined> {
    const { monitor } = this.#session;
    const { transfer, relayed, level, replayed } = file;
    const answer = await monitor.ended(transfer, { ...end, acknowledged: true, replayed });
    const response = answer && !relayed ? responseTo(transfer.sfid, transfer.identity, answer, level) : undefined;
    if (answer !== undefined && answer.reasonCode !== 0 && response === undefined && !relayed) {
      const why = 'its processing failed, and NERP exists from level 1.4 on only';
      monitor.error(new OFTPError(671, `no end response for ${transfer.sfid.dsn}: ${why}`));
    }
    if (response === undefined || !transfer.sfid.sign) return response;
    return signReceipt(this.#session, response, transfer.fileHash ?? '', receiptHashOf(transfer.sfid));
  }

  /**
   * Removes the hidden files as soon as the record says what they came to. Not later: of a finished file nobody would
   * know that they are left, if the process ended in between.
   */
  async #clear(secured: SecuredFile, { transfer, record }: AcceptedFile, { reasonCode }: TransferEnd): Promise<void> {
    const { store } = this.#session.environment;
    await store.noteAttributes(record.id, withOutcome(record, transfer, reasonCode));
    await secured.clear().catch((error: unknown) => this.#hiddenFilesStay(transfer.sfid, error));
  }

  #hiddenFilesStay({ dsn }: SFID, error: unknown): void {
    this.#session.monitor.error(storageError(error, `hidden files of ${dsn} stay`));
  }

  #postpone({ secured, transfer }: AcceptedFile, error: unknown): void {
    secured?.release();
    this.#session.monitor.error(storageError(error, `${transfer.sfid.dsn} cannot be finished yet`));
  }

  async #hash({ transfer, secured, record }: AcceptedFile): Promise<void> {
    if (secured !== undefined) {
      transfer.fileHash = await this.#hashOf(secured.names.transmitted, transfer.sfid, 'none');
      return;
    }
    const delimiter = isRecords(transfer.sfid) ? this.#session.settings.recordDelimiter : 'none';
    try {
      transfer.fileHash = await this.#hashOf(transfer.localFile, transfer.sfid, delimiter);
    } catch (error) {
      // Somebody has taken the file away already: its end response goes out without the hash.
      if (hasErrno(error, 'ENOENT')) return;
      throw error;
    }
    // Before the application hears of the file, and moves it perhaps.
    await this.#session.environment.store.noteAttributes(record.id, withHash(record, transfer.fileHash));
  }

  async #hashOf(path: string, sfid: SFID, delimiter: RecordDelimiter): Promise<string> {
    const { pool, closing } = this.#session.environment;
    const octets = await pool.runTwice('hashFile', { path, hash: receiptHashOf(sfid), delimiter }, closing.signal);
    return Buffer.from(octets).toString('base64');
  }

  async #unwrap(secured: SecuredFile, { transfer, replayed }: AcceptedFile): Promise<TransferEnd> {
    const { settings, monitor } = this.#session;
    const sync = settings.syncOnCommit;
    const already = replayed && (await secured.isUnwrapped());
    const outcome = already
      ? { ok: true as const, size: (await stat(secured.names.content)).size }
      : await secured.unwrap(this.#session, transfer.sfid);
    if (outcome.ok) {
      await secured.publish({ sync });
      transfer.fileSize = outcome.size;
      return WELL;
    }
    const { reasonCode, message } = outcome;
    if (settings.deleteOnError) transfer.localFile = '';
    else await secured.publishTransmitted({ sync });
    const text = `${transfer.sfid.dsn} is refused, reason ${reasonCode}: ${message}`;
    const code = transfer.exchange === undefined ? errorCodeOf(reasonCode) : 690;
    monitor.error(new OFTPError(code, text, { reasonCode }));
    return { reasonCode, reasonText: '' };
  }

  /** Restores a file from its record. */
  async #acceptedFrom(record: AcknowledgedFile): Promise<AcceptedFile> {
    const attributes = attributesOf(record);
    const sfid = sfidOf(record, attributes);
    const { partner, name, date, time, destination, originator } = record;
    const { relayed, hash, outcome } = attributes;
    const transfer: Transfer = {
      direction: 'received',
      identity: { partner, name, date, time, destination, originator },
      localFile: outcome?.localFile ?? record.localFile,
      bytesTransferred: record.size,
      exchange: relayed ? undefined : exchangeTypeOf(sfid, record.level),
      sfid,
    };
    if (hash !== undefined) transfer.fileHash = hash;
    if (outcome?.fileSize !== undefined) transfer.fileSize = outcome.fileSize;
    const wrapped = isWrapped(sfid, record.level) && !relayed;
    return {
      record,
      transfer,
      level: record.level as Level,
      relayed,
      secured: wrapped ? await this.#hiddenFilesOf(record, sfid, attributes) : undefined,
      enveloped: attributes.enveloped,
      end: outcome && { reasonCode: outcome.reasonCode, reasonText: '' },
      replayed: true,
    };
  }

  /** The hidden files of a secured file that are still needed; those that an ended process has only left behind go. */
  async #hiddenFilesOf(
    { localFile, ...file }: AcknowledgedFile,
    sfid: SFID,
    { overwrite, outcome }: Attributes,
  ): Promise<SecuredFile | undefined> {
    const { fileSystem, prepared } = this.#session.environment;
    const identity = partIdentity(file, sfid);
    const wasStream = localFile === '';
    if (!wasStream && outcome === undefined) {
      return SecuredFile.reserve({ path: localFile, overwrite }, { identity, fileSystem });
    }
    const folder = wasStream ? await prepared.folder(this.#session.settings) : dirname(localFile);
    await removeSecured(fileSystem, securedNames(folder, identity)).catch((error: unknown) =>
      this.#hiddenFilesStay(sfid, error),
    );
    return undefined;
  }
}

/** The pool had no room, be it for the hashing or for the unwrapping, which says so as its cause. */
function isFull(error: unknown): boolean {
  const reason = error instanceof OFTPError ? error.cause : error;
  return reason instanceof WorkerPoolError && reason.code === 'QUEUE_FULL';
}

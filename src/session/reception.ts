import { createHash, type Hash } from 'node:crypto';
import { UTF8 } from '../files/code-pages.js';
import { OCTET_LAYOUT, type PartLayout, type RestartPoint, recordLayout, textLayout } from '../files/part-layout.js';
import type { FileIdentity as PartIdentity } from '../files/part-names.js';
import type { RecordFormat } from '../files/record-format.js';
import { ContentRefused, refusalFor } from '../files/refusal.js';
import type { EFID, SFID } from '../protocol/commands/codec.js';
import type { FileRefusal } from '../protocol/entity.js';
import { EXCHANGED_LENGTH_MAX } from '../security/certificates/exchanged.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { FileIdentity } from '../store/store.js';
import { exchangeTypeOf, isWrapped } from './certificate-exchange.js';
import type { SessionContext } from './context.js';
import { DiskTarget } from './disk-target.js';
import { EndRefusal } from './end-refusal.js';
import type { FileTarget } from './file-target.js';
import { type DataTarget, type FileCounts, type Inlet, OctetInlet } from './inlet.js';
import type { FileDecision, Transfer } from './monitor.js';
import { isSecured, receiptHashOf } from './protection.js';
import { partIdentity } from './received-record.js';
import { RecordInlet } from './record-inlet.js';
import { SecuredTarget } from './secured-target.js';
import { storageError } from './storage-error.js';
import { StreamTarget } from './stream-target.js';

/** How often a long file is put on the disk while it arrives: a crash costs a restart at most this much. */
const SYNC_OCTETS = 64 * 1024 * 1024;

/** What a reception is made of. */
interface Parts {
  readonly target: FileTarget;
  readonly layout: PartLayout;
  readonly start: RestartPoint;
  readonly digest: Hash | undefined;
  readonly recoded: boolean;
}

export type Acceptance = Extract<FileDecision, { accept: true }>;

/** A file being received: its way from the data path to the target, and the judgement of its EFID. */
export class Reception implements DataTarget {
  readonly sfid: SFID;
  readonly transfer: Transfer;
  /** For somebody else: passed on by the application, which answers for it as well. */
  readonly relayed: boolean;
  /** `acceptFile` allowed to replace a file of the same name. */
  readonly overwrite: boolean;
  readonly inlet: Inlet;
  /** SFPAACNT */
  readonly position: bigint;
  readonly #session: SessionContext;
  readonly #target: FileTarget;
  readonly #layout: PartLayout;
  /** Of the octets that were transmitted, for a signed end response. */
  readonly #digest: Hash | undefined;
  /** Text that is delivered in other octets: the digest is taken when it is converted. */
  readonly #recoded: boolean;
  /** Octets that the target holds. */
  #stored: number;

  private constructor(
    session: SessionContext,
    sfid: SFID,
    transfer: Transfer,
    decision: Acceptance,
    { target, layout, start, digest, recoded }: Parts,
  ) {
    this.#session = session;
    this.sfid = sfid;
    this.transfer = transfer;
    this.relayed = decision.relayed;
    this.overwrite = 'path' in decision && decision.overwrite;
    this.#digest = digest;
    this.#recoded = recoded;
    this.#target = target;
    this.#layout = layout;
    this.#stored = start.stored;
    this.position = BigInt(start.position);
    this.inlet = this.#inlet(start);
  }

  /**
   * @param isLeaving whether nobody waits for the file any more, so that it is given up as soon as it is open
   * @throws the error of the target, when the file cannot be stored
   */
  static async open(
    session: SessionContext,
    sfid: SFID,
    identity: FileIdentity,
    decision: Acceptance,
    isLeaving: () => boolean,
  ): Promise<Reception> {
    const { settings, entity } = session;
    const wrapped = isWrapped(sfid, entity.level) && !decision.relayed;
    const recoded = !wrapped && isRecodedText(sfid, settings, decision);
    // Of what goes to a stream, or stands on the disk in other octets: it cannot be read again as it was transmitted.
    const digest = sfid.sign && (recoded || 'stream' in decision) ? createHash(receiptHashOf(sfid)) : undefined;
    const layout = layoutOf(sfid, settings, recoded ? (octets) => void digest?.update(octets) : undefined);
    const exchange = decision.relayed ? undefined : exchangeTypeOf(sfid, entity.level);
    const part = partIdentity(identity, sfid);
    const target = await (wrapped
      ? SecuredTarget.open(session, sfid, decision, part, isLeaving)
      : openTarget(session, part, decision, layout, isLeaving));
    const offered = entity.agreement?.restart === true ? sfid.rest : 0n;
    const start = await target.resume(offered).catch(async (error: unknown) => {
      await (target.park?.() ?? target.discard()).catch(() => {});
      throw error;
    });
    const localFile = 'path' in decision ? decision.path : '';
    const transfer: Transfer = {
      direction: 'received',
      identity,
      localFile,
      bytesTransferred: start.octets,
      exchange,
      sfid,
    };
    return new Reception(session, sfid, transfer, decision, { target, layout, start, digest, recoded });
  }

  /** The hidden files of a secured file that is for this station. */
  get secured(): SecuredTarget | undefined {
    return this.#target instanceof SecuredTarget ? this.#target : undefined;
  }

  /** DataTarget: a block of the file, on its way to the disk. */
  async write(octets: Buffer, reached: number): Promise<void> {
    const { monitor, settings } = this.#session;
    const isCertificate = this.transfer.exchange !== undefined;
    const limit = isCertificate ? EXCHANGED_LENGTH_MAX : settings.maxFileSize;
    const before = this.#stored;
    this.#stored += octets.length;
    if (limit > 0 && this.#stored > limit) {
      throw new ContentRefused(
        6,
        `the file is larger than ${isCertificate ? 'a certificate' : 'MaxFileSize'}, ${limit} octets`,
      );
    }
    await this.#target.write(octets);
    if (!this.#recoded) this.#digest?.update(this.#layout.plain(octets));
    if (Math.floor(before / SYNC_OCTETS) !== Math.floor(this.#stored / SYNC_OCTETS)) await this.#target.sync();
    this.transfer.bytesTransferred = reached;
    monitor.transferred(this.transfer, monitor.watchesTransfers ? this.#layout.plain(octets) : undefined);
  }

  /** An EFID has come: what it counts must be what is there; then the file is published and recorded. */
  async complete(efid: EFID, recorded: () => Promise<void>): Promise<Pick<FileRefusal, 'reason' | 'text'> | undefined> {
    try {
      const refusal = mismatch(efid, await this.inlet.finish(), this.sfid);
      if (refusal !== undefined) return refusal;
      await this.#target.commit({
        sync: this.#session.settings.syncOnCommit,
        recorded: () => {
          if (this.#digest !== undefined) this.transfer.fileHash = this.#digest.digest('base64');
          return recorded();
        },
      });
      return undefined;
    } catch (error) {
      const what = `the file ${this.sfid.dsn} could not be stored`;
      if (error instanceof EndRefusal) {
        const { reason, code, message } = error;
        this.#session.monitor.error(new OFTPError(code, `${what}: ${message}`, { reasonCode: reason }));
        return { reason, text: '' };
      }
      this.#session.monitor.error(storageError(error, what));
      return { reason: refusalFor(error).reason, text: error instanceof ContentRefused ? error.message : '' };
    }
  }

  /** The session is over: what has come waits for a restart, as far as this can be, or goes. */
  async interrupt(): Promise<void> {
    this.inlet.close();
    // The peer may be back before the last write is done.
    this.#target.leave();
    // What cannot be written any more is simply not there at the restart.
    const written = this.inlet.finish().catch(() => {});
    if (!this.#session.settings.restart || this.#target.park === undefined) {
      await Promise.all([written, this.discard()]);
      return;
    }
    await written;
    await this.#target.park();
  }

  discard(): Promise<void> {
    return this.#target.discard();
  }

  #inlet(start: RestartPoint): Inlet {
    const { memory, codec } = this.#session.environment;
    const options = { memory, codec, target: this, roomAgain: () => this.#session.roomAgain() };
    const format = recordFormatOf(this.sfid);
    return format === undefined ? new OctetInlet(options, start.octets) : new RecordInlet(options, format, start);
  }
}

/** The records of a file; none in unstructured and text files, and in secured ones, whatever they were (§5.3.3). */
export function recordFormatOf({ fmt, lrecl, sec, comp }: SFID): RecordFormat | undefined {
  if ((fmt !== 'F' && fmt !== 'V') || sec !== 0 || comp !== 0) return undefined;
  return { fixed: fmt === 'F', maxLength: lrecl };
}

/** Text files for this station, where a code page was agreed on. */
function isRecodedText({ fmt }: SFID, { codePage }: SettingValues, { relayed }: Acceptance): boolean {
  return fmt === 'T' && codePage !== UTF8 && !relayed;
}

/** `recoding` is told what is converted to UTF-8. */
function layoutOf(
  sfid: SFID,
  { recordDelimiter, codePage }: SettingValues,
  recoding: ((octets: Uint8Array) => void) | undefined,
): PartLayout {
  if (recordFormatOf(sfid) !== undefined) return recordLayout(recordDelimiter);
  return recoding === undefined ? OCTET_LAYOUT : textLayout(codePage, recoding);
}

async function openTarget(
  { environment }: SessionContext,
  identity: PartIdentity,
  decision: Acceptance,
  layout: PartLayout,
  isLeaving: () => boolean,
): Promise<FileTarget> {
  if ('path' in decision) {
    const { path, overwrite } = decision;
    return DiskTarget.open({ path, overwrite, identity, layout, isLeaving, fileSystem: environment.fileSystem });
  }
  return new StreamTarget(decision.stream, layout.conversion ?? AS_IT_COMES);
}

/** A copy: the memory of what arrives is used again. */
const AS_IT_COMES = { convert: (octets: Uint8Array): Uint8Array => Buffer.from(octets) };

/** RFC 5024 §5.3.8; which reason goes first where both counts are wrong is left open there. */
function mismatch(
  { rcnt, ucnt }: EFID,
  { octets, records, unfinished }: FileCounts,
  sfid: SFID,
): Pick<FileRefusal, 'reason' | 'text'> | undefined {
  if (ucnt !== BigInt(octets)) return { reason: 11, text: `EFIDUCNT is ${ucnt}, ${octets} octets were received` };
  if (unfinished) return { reason: 10, text: `record ${records + 1} has no end of record flag` };
  // An envelope has no records, whatever its format says.
  if (rcnt !== BigInt(records) && !isSecured(sfid)) {
    return { reason: 10, text: `EFIDRCNT is ${rcnt}, for this file of format ${sfid.fmt} it must be ${records}` };
  }
  return undefined;
}

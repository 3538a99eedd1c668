/**
 * A virtual file while it is being received: a part file that is written in sequence, and that survives a lost
 * connection or a killed process so that the peer can go on where it was (RFC 5024 §1.5.4).
 *
 *     open ─ truncateTo ─ write … write ─ commit        the file stands under its final name
 *                                       └ park          the connection is gone, the part is kept for a restart
 *                                       └ discard       the part is deleted
 *
 * One process at a time may receive into a folder: the claims that keep two connections from one part file are its own.
 */
import { dirname } from 'node:path';
import { Claim } from './claims.js';
import { type Conversion, writeConverted } from './conversion.js';
import { errnoError, type FileSystem, nodeFileSystem, readAll, removeIfThere } from './filesystem.js';
import { openPartFile, type PartFile, retireConverted } from './part-file.js';
import { type FileIdentity, type PartNames, partNames } from './part-names.js';
import type { PublishOptions, TargetName } from './publish.js';
import { lowerSidecar, removeSidecar, writeSidecar } from './sidecar.js';
import { syncDirectory } from './sync-directory.js';

/** Unit of the restart position of unstructured, text and secured files, in octets (RFC 5024 §1.5.4). */
export const RESTART_BLOCK = 1024;

export interface IncomingOptions {
  /** The folder of the final name. */
  readonly directory: string;
  readonly identity: FileIdentity;
  /** What is delivered is made of the content when it is complete; default: the content is delivered as it came. */
  readonly conversion?: Conversion | undefined;
  /** As `Claim.take` has it. */
  readonly isLeaving?: (() => boolean) | undefined;
  readonly fileSystem?: FileSystem;
}

export class IncomingFile {
  readonly #fileSystem: FileSystem;
  readonly #names: PartNames;
  readonly #claim: Claim;
  readonly #conversion: Conversion | undefined;
  #fd: number | undefined;
  #size: number;
  /** What the sidecar says. While writing it is at most `#length`, and so many octets are on the disk. */
  #vouched: number;
  readonly #isNew: boolean;
  #length = 0;
  /** `truncateTo` or `cutTo` is done. */
  #ready = false;
  /** `commit`, `park` or `discard` was called. */
  #ending = false;
  /** The first write that failed. */
  #failure: Error | undefined;
  /** The system reports a failed write-back once; a later fsync may succeed although octets are missing. */
  #syncFailed = false;
  #lastSync: Promise<void> = Promise.resolve();
  #committed: Promise<boolean> = Promise.resolve(false);
  #ended: Promise<void> | undefined;

  /** The write under way: `#bytes[#start, #end)` is not on its way yet or not confirmed. */
  #bytes: Uint8Array | undefined;
  #start = 0;
  #end = 0;
  #done: ((error: Error | null) => void) | undefined;
  #whenIdle: (() => void) | undefined;

  private constructor(
    fileSystem: FileSystem,
    names: PartNames,
    claim: Claim,
    conversion: Conversion | undefined,
    part: PartFile,
  ) {
    this.#fileSystem = fileSystem;
    this.#names = names;
    this.#claim = claim;
    this.#conversion = conversion;
    this.#fd = part.fd;
    this.#size = part.size;
    this.#vouched = part.vouched;
    this.#isNew = part.isNew;
  }

  /**
   * Opens the part file of a virtual file, or makes one. Waits while an earlier connection is still parking it.
   * @throws an error with `code` EBUSY when another connection is receiving the same virtual file, ELOOP when a
   *   symbolic link stands under the name of the part file, EACCES when something else that is no file does, or the
   *   error of the file system
   */
  static async open({
    directory,
    identity,
    conversion,
    isLeaving,
    fileSystem = nodeFileSystem,
  }: IncomingOptions): Promise<IncomingFile> {
    const names = partNames(directory, identity);
    const claim = await Claim.take(names.part, isLeaving);
    try {
      if (conversion) await retireConverted(fileSystem, names);
      return new IncomingFile(fileSystem, names, claim, conversion, await openPartFile(fileSystem, names));
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  /** How many octets of an earlier attempt can be relied on. */
  get reliableLength(): number {
    return Math.min(this.#size, this.#vouched);
  }

  /** The same in whole blocks of 1 KiB: the most that SFPAACNT may say. */
  get restartPosition(): number {
    return Math.floor(this.reliableLength / RESTART_BLOCK);
  }

  /** How many octets of the virtual file are in the part file, those before the restart included. */
  get length(): number {
    return this.#length;
  }

  /**
   * Cuts the part file to the position that is answered to the peer, in blocks of 1 KiB; content goes on there. This or
   * `cutTo` must be called once before the first `write`.
   * @param blocks 0..`restartPosition`
   */
  async truncateTo(blocks: number): Promise<void> {
    this.#checkUncut();
    if (!Number.isSafeInteger(blocks) || blocks < 0 || blocks > this.restartPosition) {
      throw new RangeError(`Restart position ${blocks} is not in 0..${this.restartPosition}.`);
    }
    await this.cutTo(blocks * RESTART_BLOCK);
  }

  /** As `truncateTo`, in octets, 0..`reliableLength`. */
  async cutTo(length: number): Promise<void> {
    this.#checkUncut();
    if (!Number.isSafeInteger(length) || length < 0 || length > this.reliableLength) {
      throw new RangeError(`Octet ${length} is not in 0..${this.reliableLength}.`);
    }
    if (length < this.#vouched) {
      await lowerSidecar(this.#fileSystem, this.#names, length);
      this.#vouched = length;
    }
    if (length !== this.#size) await this.#fileSystem.ftruncate(this.#descriptor(), length);
    this.#size = length;
    this.#length = length;
    this.#ready = true;
  }

  /** Reads what is there from `position` on into into[0..length). Resolves to the octets read. */
  read(into: Uint8Array, length: number, position: number): Promise<number> {
    return readAll(this.#fileSystem, this.#descriptor(), into, length, position);
  }

  /**
   * Appends `bytes[start, end)`, which must not change before `done` is called. One write at a time. After an error the
   * file takes no more; `length` says how many octets arrived.
   */
  write(bytes: Uint8Array, start: number, end: number, done: (error: Error | null) => void): void {
    if (!this.#ready || this.#ending) throw new Error('Write between truncateTo and the end of the part file only.');
    if (start < 0 || start > end || end > bytes.length) {
      throw new RangeError(`Octets ${start}..${end} are not in a buffer of ${bytes.length}.`);
    }
    if (this.#done) throw new Error('The write before this one is still under way.');
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#done = done;
    if (this.#failure || start === end) process.nextTick(this.#finishWrite, this.#failure ?? null);
    else this.#writeRest();
  }

  /**
   * Puts on the disk what was written so far, and notes how much that is, so that even a restart after a power
   * failure can go on from there. May be called while a write is under way; does nothing once the file is being
   * ended.
   */
  sync(): Promise<void> {
    if (this.#ending) return Promise.resolve();
    const next = this.#lastSync.then(() => this.#syncNow());
    this.#lastSync = next.catch(() => {});
    return next;
  }

  /**
   * Publishes the complete file under its final name: content to the disk, name, folder to the disk, `recorded`, then
   * the hidden files go (`TargetName.publish`). Whatever interrupts it leaves either no file under the final name or
   * the whole one. When it rejects, `park` or `discard` must still be called. The target is the caller's to release.
   */
  commit(target: TargetName, options: PublishOptions = {}): Promise<void> {
    if (!this.#ready || this.#ending) throw new Error('Commit once, between truncateTo and the end of the part file.');
    this.#ending = true;
    const commit = this.#publish(target, options);
    this.#committed = commit.then(
      () => true,
      () => false,
    );
    return commit;
  }

  /**
   * Closes the part file and keeps it for a restart, unless it holds less than one block (or what its conversion
   * says). From this call on a connection that offers the same virtual file waits in `open` until this is done.
   * Rejects when not all that was received could be put on the disk; the restart position is then an earlier one.
   */
  park(): Promise<void> {
    return this.#release(async () => {
      if (this.#fd === undefined) return;
      if (this.#keepable < (this.#conversion?.keepFrom ?? RESTART_BLOCK)) await this.#remove();
      else if (this.#ready) await this.#syncNow();
    });
  }

  /** Closes and deletes the part file. */
  discard(): Promise<void> {
    return this.#release(() => this.#remove());
  }

  /** Says that `park` or `discard` comes soon: a connection that offers the same virtual file waits for that. */
  leave(): void {
    this.#claim.leave();
  }

  /** The first call of `park` and `discard` decides; after a successful commit there is nothing left to do. */
  #release(last: () => Promise<void>): Promise<void> {
    this.#ending = true;
    this.leave();
    this.#ended ??= this.#committed.then(async (committed) => {
      if (committed) return;
      await this.#settled();
      try {
        await last();
      } finally {
        await this.#close().finally(() => this.#claim.release());
      }
    });
    return this.#ended;
  }

  async #publish(target: TargetName, options: PublishOptions): Promise<void> {
    await this.#settled();
    if (this.#failure) throw this.#failure;
    const sync = options.sync ?? true;
    if (this.#conversion) await this.#convert(this.#conversion, sync);
    else if (sync) await this.#fsync();
    // Before the name is given, as some file systems report failed writes no sooner than here.
    await this.#close();
    await target.publish(this.#conversion ? this.#names.converted : this.#names.part, options);
    await this.#removeLeftovers(this.#isNew && this.#vouched === 0 && !target.hasEarlierCopy);
    await target.forget();
    this.#claim.release();
  }

  #convert(conversion: Conversion, sync: boolean): Promise<void> {
    this.#checkNothingLost();
    const [fd, length] = [this.#descriptor(), this.#length];
    return writeConverted(this.#fileSystem, this.#names, { fd, length, conversion, sync });
  }

  /** Octets that a restart could build on. */
  get #keepable(): number {
    return this.#ready ? this.#length : this.reliableLength;
  }

  #checkUncut(): void {
    if (this.#ready) throw new Error('The part file was cut to its restart position already.');
  }

  #descriptor(): number {
    if (this.#fd === undefined) throw new Error('The part file is closed.');
    return this.#fd;
  }

  #writeRest(): void {
    const fd = this.#descriptor();
    this.#fileSystem.write(fd, this.#bytes!, this.#start, this.#end - this.#start, this.#length, this.#written);
  }

  /** One function for all writes, so that a write allocates nothing here. */
  readonly #written = (error: Error | null, octets: number): void => {
    this.#length += octets;
    this.#start += octets;
    if (error) this.#finishWrite(error);
    else if (octets === 0) this.#finishWrite(errnoError('EIO', this.#names.part, 'the disk took no octets'));
    else if (this.#start < this.#end) this.#writeRest();
    else this.#finishWrite(null);
  };

  readonly #finishWrite = (error: Error | null): void => {
    const done = this.#done!;
    this.#done = undefined;
    this.#bytes = undefined;
    if (error) this.#failure = error;
    this.#whenIdle?.();
    done(error);
  };

  /** Resolves when no write and no sync is under way. */
  async #settled(): Promise<void> {
    if (this.#done) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await this.#lastSync;
  }

  async #syncNow(): Promise<void> {
    const length = this.#length;
    if (length <= this.#vouched) return;
    await this.#fsync();
    await writeSidecar(this.#fileSystem, this.#names, length);
    // Once is enough: the part file's name is durable then, and an older sidecar vouches for less, which is true as
    // well.
    if (this.#vouched === 0) await syncDirectory(this.#fileSystem, dirname(this.#names.part));
    this.#vouched = length;
  }

  async #fsync(): Promise<void> {
    this.#checkNothingLost();
    try {
      await this.#fileSystem.fsync(this.#descriptor());
    } catch (error) {
      this.#syncFailed = true;
      throw error;
    }
  }

  #checkNothingLost(): void {
    if (this.#syncFailed) throw errnoError('EIO', this.#names.part, 'the disk lost a part of what was received');
  }

  async #close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await this.#fileSystem.close(fd);
  }

  /** The sidecar first: one without its part file would vouch for the next part file of that name. */
  async #remove(): Promise<void> {
    await removeSidecar(this.#fileSystem, this.#names);
    await removeIfThere(this.#fileSystem, this.#names.sidecarNew);
    if (this.#conversion) await removeIfThere(this.#fileSystem, this.#names.converted);
    await removeIfThere(this.#fileSystem, this.#names.part);
  }

  /**
   * Nothing here may fail the transfer any more: the file is received. What stays goes with the stale part files. The
   * second name of the file goes last: as long as anything is left, the file is known as our own.
   */
  async #removeLeftovers(onlyPart: boolean): Promise<void> {
    const { part, sidecar, sidecarNew, converted, published } = this.#names;
    const remove = (name: string) => removeIfThere(this.#fileSystem, name).catch(() => false);
    // A file that came in one go has none of these, and looking for them costs more than writing a small file.
    if (!onlyPart) await Promise.all([sidecar, sidecarNew, published].map(remove));
    await remove(part);
    if (this.#conversion) await remove(converted);
  }
}

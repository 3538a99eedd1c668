/**
 * Gives a complete file its final name, so that at any instant either nothing or the whole file stands there, and never
 * over an existing file unless that was asked for.
 */
import { dirname } from 'node:path';
import { OFTPError } from '../settings/errors.js';
import { Claim } from './claims.js';
import { entryAt, errnoError, type FileSystem, hasErrno, nodeFileSystem } from './filesystem.js';
import { type FileIdentity, partNames, securedNames } from './part-names.js';
import { isRenamed, removeRenamedNote, writeRenamedNote } from './renamed-note.js';
import { syncDirectory } from './sync-directory.js';

export interface TargetOptions {
  /** Whether an existing file may be replaced; default false. */
  readonly overwrite?: boolean;
  /** The virtual file that is to stand there, by which an earlier copy of it that was never acknowledged is known. */
  readonly identity: FileIdentity;
  /** As `Claim.take` has it. */
  readonly isLeaving?: (() => boolean) | undefined;
  readonly fileSystem?: FileSystem;
}

export interface PublishOptions {
  /** Whether content and name are on the disk when this resolves; default true. */
  readonly sync?: boolean;
  /** Records durably that the file was received; runs when the file stands under its final name. */
  readonly recorded?: () => Promise<void>;
}

/** What tells whether two names are one file. */
interface Inode {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The entry of a file, and what a rename leaves of it. */
interface Entry extends Inode {
  readonly size: bigint;
  readonly mtimeMs: bigint;
}

/** File systems without hard links (FAT, many network shares) answer with one of these; EISDIR is that of Windows. */
const LINKS_UNSUPPORTED = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR'];

/**
 * A final name that one transfer of this process holds, from the offer of the file until it stands there. It must be
 * released, also after `publish`.
 */
export class TargetName {
  readonly path: string;
  readonly #overwrite: boolean;
  readonly #fileSystem: FileSystem;
  readonly #claim: Claim;
  /** An own file under the final name that was published, but not acknowledged before the process ended. */
  readonly #unacknowledged: Inode | undefined;
  /** Where a rename is noted. */
  readonly #renamedNote: string;
  #noted = false;
  #stands = false;

  private constructor(path: string, options: TargetOptions, claim: Claim, unacknowledged: Inode | undefined) {
    this.path = path;
    this.#overwrite = options.overwrite ?? false;
    this.#fileSystem = options.fileSystem ?? nodeFileSystem;
    this.#claim = claim;
    this.#unacknowledged = unacknowledged;
    this.#renamedNote = partNames(dirname(path), options.identity).renamed;
  }

  /**
   * Takes the name for the caller.
   * @throws OFTPError 681 (its cause has `code` EEXIST) when a file stands there and must not be replaced
   * @throws an error with `code` EBUSY when another transfer holds the name, EISDIR or EACCES when something that is
   *   no file stands there, or the error of the file system
   */
  static async reserve(path: string, options: TargetOptions): Promise<TargetName> {
    const claim = await Claim.take(path, options.isLeaving);
    try {
      return new TargetName(path, options, claim, await checkExisting(path, options));
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  /**
   * Gives the complete file `part`, which must stand in the same folder, the final name. Afterwards `part` may still
   * be a second name of it; remove that when this has resolved. Until then it tells that the file under the final
   * name is this one, should the process end before the receipt is recorded and the peer offer the file again.
   * @throws OFTPError 681 when a file appeared under the name meanwhile, the error of the file system, or that of
   *   `recorded`. The final name is then withdrawn, unless it replaced another file.
   */
  async publish(part: string, { sync = true, recorded }: PublishOptions = {}): Promise<void> {
    const file = await this.#fileSystem.lstat(part);
    if (!file.isFile()) throw errnoError('EACCES', part, 'not a regular file, so it cannot be published');
    if (this.#overwrite) await this.#fileSystem.rename(part, this.path);
    else await this.#linkOrRename(part, file);
    try {
      if (sync) await syncDirectory(this.#fileSystem, dirname(this.path));
      await recorded?.();
    } catch (error) {
      // The first error tells more.
      await this.#withdraw(part, file).catch(() => {
        this.#stands = true;
      });
      throw error;
    }
  }

  /**
   * All hidden names of the file are gone, or were never there. Nothing is left then by which it could be known as our
   * own, should it be offered again. To be called after `publish`.
   */
  async forget(): Promise<void> {
    if (this.#noted) await removeRenamedNote(this.#fileSystem, this.#renamedNote);
  }

  /**
   * The final name could not be withdrawn. `part` must stay: as its second name it tells that the file is our own, when
   * the peer offers it again.
   */
  get stands(): boolean {
    return this.#stands;
  }

  /** Whether an earlier attempt has left a copy of the file, published but not recorded, and with it a hidden name. */
  get hasEarlierCopy(): boolean {
    return this.#unacknowledged !== undefined;
  }

  /** Says that `release` comes soon: who asks for the name from now on waits for that instead of being refused. */
  leave(): void {
    this.#claim.leave();
  }

  /** Lets other transfers have the name. Further calls do nothing. */
  release(): void {
    this.#claim.release();
  }

  async #linkOrRename(part: string, file: Entry): Promise<void> {
    try {
      // The system call itself refuses an existing name, be it a symbolic link to nowhere.
      await this.#fileSystem.link(part, this.path);
    } catch (error) {
      if (hasErrno(error, 'EEXIST')) await this.#replaceOwn(part, file);
      else if (hasErrno(error, ...LINKS_UNSUPPORTED)) await this.#renameToFree(part, file);
      else throw error;
    }
  }

  /**
   * The file under the final name is replaced only if it is a copy of this one that the peer does not know of. By two
   * steps and not by a rename, so that after a crash `part` is still there, either for a restart or as the second
   * name.
   */
  async #replaceOwn(part: string, file: Inode): Promise<void> {
    const existing = await entryAt(this.#fileSystem, this.path);
    if (isSame(file, existing)) return;
    if (!this.#unacknowledged || !isSame(this.#unacknowledged, existing)) throw fileExists(this.path);
    await this.#fileSystem.unlink(this.path);
    await this.#fileSystem.link(part, this.path);
  }

  /**
   * Without hard links there is no call that both moves and refuses an existing name. Transfers of this process are
   * kept apart by the reservation; a file that another process puts there between the look and the rename would be
   * replaced.
   */
  async #renameToFree(part: string, file: Entry): Promise<void> {
    const existing = await entryAt(this.#fileSystem, this.path);
    if (existing && !(this.#unacknowledged && isSame(this.#unacknowledged, existing))) throw fileExists(this.path);
    this.#noted = true;
    await writeRenamedNote(this.#fileSystem, this.#renamedNote, file);
    await syncDirectory(this.#fileSystem, dirname(this.path));
    await this.#fileSystem.rename(part, this.path);
  }

  /** Takes the final name back from a file that was not received after all, and leaves it under its part name. */
  async #withdraw(part: string, file: Inode): Promise<void> {
    // What an overwritten file was is lost, and the next attempt overwrites as well.
    if (this.#overwrite || !isSame(file, await entryAt(this.#fileSystem, this.path))) return;
    if (await entryAt(this.#fileSystem, part)) await this.#fileSystem.unlink(this.path);
    else await this.#fileSystem.rename(this.path, part);
    await this.forget();
  }
}

/**
 * Refuses what may not be replaced; returns the file there when it is an unacknowledged copy of the same virtual
 * file.
 */
async function checkExisting(path: string, options: TargetOptions): Promise<Inode | undefined> {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const existing = await entryAt(fileSystem, path);
  if (!existing) return undefined;
  if (existing.isDirectory()) throw errnoError('EISDIR', path, 'a folder has the name of the file to receive');
  if (options.overwrite) return undefined;
  if (!existing.isFile())
    throw errnoError('EACCES', path, 'something that is no regular file has the name of the file');
  const { part, converted, published, renamed } = partNames(dirname(path), options.identity);
  const { content, transmitted } = securedNames(dirname(path), options.identity);
  for (const own of [part, converted, published, content, transmitted]) {
    if (isSame(existing, await entryAt(fileSystem, own))) return existing;
  }
  if (await isRenamed(fileSystem, renamed, existing)) return existing;
  throw fileExists(path);
}

function isSame(one: Inode, other: Inode | undefined): boolean {
  return other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

function fileExists(path: string): OFTPError {
  const cause = errnoError('EEXIST', path, 'file exists');
  return new OFTPError(681, `The file ${path} exists: set overwrite, choose another name, or move it away.`, { cause });
}

/** Clearing away the hidden files that nobody came back for. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Claim } from './claims.js';
import { entryAt, type FileSystem, hasErrno, nodeFileSystem, removeIfThere } from './filesystem.js';
import { type PartNames, partNamesOf } from './part-names.js';

export interface StaleOptions {
  /** The time that ages are counted from, in ms since 1970; default now. */
  readonly now?: number;
  readonly fileSystem?: FileSystem;
}

/**
 * Removes the hidden files of virtual files that were last written to more than `olderThanMs` milliseconds ago and
 * that no connection is working on. Files of any other name are left alone, and so is everything that is no regular
 * file.
 * @returns how many hidden files were removed
 * @throws the error of the file system, except that a directory that does not exist holds none
 */
export async function removeStalePartFiles(
  directory: string,
  olderThanMs: number,
  { now = Date.now(), fileSystem = nodeFileSystem }: StaleOptions = {},
): Promise<number> {
  let removed = 0;
  try {
    for await (const fileName of fileSystem.names(directory)) {
      const names = partNamesOf(directory, fileName);
      if (names) removed += await removeIfStale(fileSystem, names, now - olderThanMs);
    }
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
  return removed;
}

/** All hidden files of one virtual file go together: a part file without its sidecar is worth nothing. */
async function removeIfStale(fileSystem: FileSystem, names: PartNames, before: number): Promise<number> {
  let claim: Claim;
  try {
    // So that no connection opens the part file between the look at it and its removal.
    claim = await Claim.take(names.part);
  } catch (error) {
    if (hasErrno(error, 'EBUSY')) return 0;
    throw error;
  }
  claim.leave();
  try {
    const { sidecar, sidecarNew, converted, published, renamed, part } = names;
    const present: string[] = [];
    for (const path of [sidecar, sidecarNew, converted, published, renamed, part]) {
      const entry = await entryAt(fileSystem, path);
      if (!entry) continue;
      if (!entry.isFile() || Number(entry.mtimeMs) >= before) return 0;
      present.push(path);
    }
    for (const path of present) await removeIfThere(fileSystem, path);
    return present.length;
  } finally {
    claim.release();
  }
}

/** Files made ready to be sent, complete or not. */
const PREPARED = /^\.oftp-[0-9a-f-]{36}\.cms(?:\.part)?$/;

/** The name of a new file that is made ready to be sent. */
export const preparedName = (): string => `.oftp-${randomUUID()}.cms`;

/**
 * Removes the files that were made ready to be sent and last used more than `olderThanMs` milliseconds ago. Files of
 * any other name are left alone.
 * @throws the error of the file system, except that a directory that does not exist holds none
 */
export async function removeStalePrepared(
  directory: string,
  olderThanMs: number,
  { now = Date.now(), fileSystem = nodeFileSystem }: StaleOptions = {},
): Promise<void> {
  try {
    for await (const fileName of fileSystem.names(directory)) {
      if (!PREPARED.test(fileName)) continue;
      const path = join(directory, fileName);
      const entry = await entryAt(fileSystem, path);
      if (entry?.isFile() && Number(entry.mtimeMs) < now - olderThanMs) await removeIfThere(fileSystem, path);
    }
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
}

/** Finding the part file that an earlier attempt left, or making a new one. */
import { entryAt, errnoError, type FileSystem, hasErrno, OPEN, removeIfThere } from './filesystem.js';
import type { PartNames } from './part-names.js';
import { readSidecar, removeSidecar } from './sidecar.js';

/** Owner and group may read what is received, less what the umask of the process takes away. The world never may. */
export const FILE_MODE = 0o640;

export interface PartFile {
  readonly fd: number;
  /** Octets in it. */
  readonly size: number;
  /** How many octets the sidecar vouches for, which may be more than there are. */
  readonly vouched: number;
  /** Nothing of an earlier attempt was there. */
  readonly isNew: boolean;
}

/** Opens the part file for writing. Throws what `IncomingFile.open` says. */
export async function openPartFile(fileSystem: FileSystem, names: PartNames): Promise<PartFile> {
  try {
    // Most files come for the first time.
    return await create(fileSystem, names, true);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  }
  return (await openKept(fileSystem, names)) ?? create(fileSystem, names, false);
}

/** Nothing where it is the second name of a published file, which is kept aside then. */
async function openKept(fileSystem: FileSystem, names: PartNames): Promise<PartFile | undefined> {
  const fd = await fileSystem.open(names.part, OPEN.updateOwn);
  const kept = await examine(fileSystem, names, fd).catch(async (error: unknown) => {
    await fileSystem.close(fd).catch(() => {});
    throw error;
  });
  if (kept) return kept;
  await fileSystem.close(fd);
  await keepAsPublished(fileSystem, names, names.part);
  return undefined;
}

/**
 * Makes room for what is made of the content: what an earlier attempt left of it goes, unless it was published already,
 * but not recorded.
 */
export async function retireConverted(fileSystem: FileSystem, names: PartNames): Promise<void> {
  const entry = await entryAt(fileSystem, names.converted);
  if (!entry) return;
  if (entry.nlink > 1n) await keepAsPublished(fileSystem, names, names.converted);
  else await removeIfThere(fileSystem, names.converted);
}

/** Keeps the second name of a published file, by which it is known as our own. */
async function keepAsPublished(fileSystem: FileSystem, { published }: PartNames, path: string): Promise<void> {
  await fileSystem.rename(path, published);
  // A rename between two names of one file leaves both.
  await removeIfThere(fileSystem, path);
}

/**
 * A part file with a second name was published, and the process ended before that was recorded, so that the peer
 * offers the file again. It must not be written to any more: undefined. (A copy by hard links, as backups make it,
 * counts as such.)
 */
async function examine(fileSystem: FileSystem, names: PartNames, fd: number): Promise<PartFile | undefined> {
  const stats = await fileSystem.fstat(fd);
  if (!stats.isFile()) throw errnoError('EACCES', names.part, 'not a regular file; remove it to receive this file');
  if (stats.nlink > 1n) return undefined;
  return { fd, size: Number(stats.size), vouched: await readSidecar(fileSystem, names), isNew: false };
}

async function create(fileSystem: FileSystem, names: PartNames, isNew: boolean): Promise<PartFile> {
  const fd = await fileSystem.open(names.part, OPEN.createOwn, FILE_MODE);
  try {
    // One that has lost its part file would vouch for the new one's octets, once there are any.
    await removeSidecar(fileSystem, names);
  } catch (error) {
    await fileSystem.close(fd).catch(() => {});
    throw error;
  }
  return { fd, size: 0, vouched: 0, isNew };
}

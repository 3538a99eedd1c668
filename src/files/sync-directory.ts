/** Makes the names in directories durable, for all transfers at once that wait for the same directory. */
import { type FileSystem, hasErrno, OPEN } from './filesystem.js';

/** Syncs of one directory: the one under way, and the one that begins when it ends, for all who have come meanwhile. */
interface Syncs {
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

const underWay = new WeakMap<FileSystem, Map<string, Syncs>>();

/**
 * Makes the names in a directory durable: without it a new or renamed file may be gone after a power failure although
 * its content is on the disk. A sync that is under way may have begun before the caller's name was given, so that the
 * caller waits for one that begins later, together with all others who do. Windows cannot open a directory and keeps
 * its names in a journal; file systems that answer EINVAL or ENOTSUP offer nothing better.
 */
export function syncDirectory(fileSystem: FileSystem, directory: string): Promise<void> {
  if (process.platform === 'win32') return Promise.resolve();
  let directories = underWay.get(fileSystem);
  if (directories === undefined) {
    directories = new Map();
    underWay.set(fileSystem, directories);
  }
  const syncs = directories.get(directory);
  if (syncs === undefined) return begin(fileSystem, directory, directories);
  const again = () => begin(fileSystem, directory, directories);
  syncs.next ??= syncs.running.then(again, again);
  return syncs.next;
}

function begin(fileSystem: FileSystem, directory: string, directories: Map<string, Syncs>): Promise<void> {
  const syncs: Syncs = { running: syncNow(fileSystem, directory), next: undefined };
  directories.set(directory, syncs);
  const end = () => {
    if (syncs.next === undefined) directories.delete(directory);
  };
  syncs.running.then(end, end);
  return syncs.running;
}

async function syncNow(fileSystem: FileSystem, directory: string): Promise<void> {
  const fd = await fileSystem.open(directory, OPEN.directory);
  try {
    await fileSystem.fsync(fd);
  } catch (error) {
    if (!hasErrno(error, 'EINVAL', 'ENOTSUP')) throw error;
  } finally {
    await fileSystem.close(fd);
  }
}

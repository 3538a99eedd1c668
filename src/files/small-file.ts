/** Notes of a few octets that stand beside the files they are about. */
import { errnoError, type FileSystem, hasErrno, moved, OPEN, removeIfThere } from './filesystem.js';

/** All notes are shorter; what is longer is not ours. */
const LENGTH_MAX = 64;

/**
 * The text of a note; empty where there is none. That one cannot be read is an error, because it would go on speaking
 * for a file that is written to from now on.
 */
export async function readSmallFile(fileSystem: FileSystem, path: string): Promise<string> {
  let fd: number;
  try {
    fd = await fileSystem.open(path, OPEN.readOwn);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return '';
    throw error;
  }
  const octets = new Uint8Array(LENGTH_MAX);
  try {
    const length = await moved((done) => fileSystem.read(fd, octets, 0, LENGTH_MAX, 0, done));
    return String.fromCharCode(...octets.subarray(0, length));
  } finally {
    await fileSystem.close(fd);
  }
}

/** Writes a note anew; its text is on the disk when this resolves, its name need not be. */
export async function writeSmallFile(fileSystem: FileSystem, path: string, text: string): Promise<void> {
  await removeIfThere(fileSystem, path);
  const fd = await fileSystem.open(path, OPEN.createOwn, 0o600);
  try {
    const octets = Buffer.from(text, 'latin1');
    const length = await moved((done) => fileSystem.write(fd, octets, 0, octets.length, 0, done));
    // No second attempt for the rest: a disk that does not take so few octets at once is full.
    if (length !== octets.length) throw errnoError('ENOSPC', path, 'no space left for all of it');
    await fileSystem.fsync(fd);
  } finally {
    await fileSystem.close(fd);
  }
}

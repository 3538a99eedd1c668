/**
 * A note that a file is about to get its final name by a rename. Where a file system has no hard links, that leaves no
 * second name, and after a crash nothing but this note tells our own file from someone else's.
 */
import { type FileSystem, removeIfThere } from './filesystem.js';
import { readSmallFile, writeSmallFile } from './small-file.js';

/** What a rename leaves as it is, also where inode numbers do not last. */
interface Traits {
  readonly size: bigint;
  readonly mtimeMs: bigint;
}

const NOTE = /^\{"size":(\d{1,20}),"mtimeMs":(\d{1,20})\}$/;
/** FAT keeps even seconds only, once the file has left the memory of the system. */
const TIME_PRECISION_MS = 2000n;

export function writeRenamedNote(fileSystem: FileSystem, path: string, { size, mtimeMs }: Traits): Promise<void> {
  return writeSmallFile(fileSystem, path, `{"size":${size},"mtimeMs":${mtimeMs}}`);
}

/** Whether the note at `path` is about this file. */
export async function isRenamed(fileSystem: FileSystem, path: string, { size, mtimeMs }: Traits): Promise<boolean> {
  const [, notedSize, notedTime] = NOTE.exec(await readSmallFile(fileSystem, path)) ?? [];
  if (notedSize === undefined || notedTime === undefined) return false;
  const difference = BigInt(notedTime) - mtimeMs;
  return BigInt(notedSize) === size && difference < TIME_PRECISION_MS && -difference < TIME_PRECISION_MS;
}

/** The file is recorded, or has its former name again. What stays goes with the stale part files. */
export async function removeRenamedNote(fileSystem: FileSystem, path: string): Promise<void> {
  await removeIfThere(fileSystem, path).catch(() => false);
}

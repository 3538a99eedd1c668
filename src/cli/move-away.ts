import { constants, copyFile, link, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * Moves a file into a folder, also one on another file system, and never over a file that is there: then its name gets
 * the time in milliseconds as a suffix.
 * @returns where it is now
 */
export async function moveAway(path: string, folder: string): Promise<string> {
  const name = basename(path);
  for (let target = join(folder, name); ; target = join(folder, `${name}.${Date.now()}`)) {
    try {
      await place(path, target);
      await unlink(path);
      return target;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A second name costs nothing; a copy where there can be none: on another file system, or one without links. */
async function place(path: string, target: string): Promise<void> {
  try {
    await link(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

/** What is delivered of a part file whose content is not delivered as it came: a second file, made at the end. */
import { errnoError, type FileSystem, OPEN, readAll, removeIfThere, writeAll } from './filesystem.js';
import { FILE_MODE } from './part-file.js';
import type { PartNames } from './part-names.js';

export interface Conversion {
  /** With fewer octets than this a part file has nothing that a restart could build on. */
  readonly keepFrom: number;
  /**
   * Takes the next octets of the content, cut anywhere, and returns what they become. The result must not change later.
   * An error ends the conversion.
   */
  convert(octets: Uint8Array): Uint8Array;
  /** What is left when all octets have been converted. An error ends the conversion. */
  end?(): Uint8Array;
}

/** How much is converted at once, in octets. */
const BLOCK_LENGTH = 65_536;

export interface ConvertedContent {
  /** The open part file, and how many octets of it are the content. */
  readonly fd: number;
  readonly length: number;
  readonly conversion: Conversion;
  /** Whether the result is on the disk when it is complete. */
  readonly sync: boolean;
}

/** Writes what becomes of a part file beside it, as `names.converted`. It is gone again when this fails. */
export async function writeConverted(
  fileSystem: FileSystem,
  names: PartNames,
  { fd, length, conversion, sync }: ConvertedContent,
): Promise<void> {
  const path = names.converted;
  const into = await fileSystem.open(path, OPEN.createOwn, FILE_MODE);
  try {
    try {
      const block = new Uint8Array(BLOCK_LENGTH);
      let written = 0;
      for (let position = 0; position < length; ) {
        const octets = await readAll(fileSystem, fd, block, Math.min(BLOCK_LENGTH, length - position), position);
        if (octets === 0) throw errnoError('EIO', names.part, `the part file ends at ${position} of ${length} octets`);
        const made = conversion.convert(block.subarray(0, octets));
        await writeAll(fileSystem, { fd: into, path }, made, written);
        written += made.length;
        position += octets;
      }
      const rest = conversion.end?.();
      if (rest !== undefined) await writeAll(fileSystem, { fd: into, path }, rest, written);
      if (sync) await fileSystem.fsync(into);
    } finally {
      // Some file systems report failed writes no sooner than here.
      await fileSystem.close(into);
    }
  } catch (error) {
    await removeIfThere(fileSystem, path).catch(() => false);
    throw error;
  }
}

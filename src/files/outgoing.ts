/**
 * A local file while it is being sent. Its octets must stay what they are from the first attempt to the last: a restart
 * goes on in the middle (RFC 5024 §1.5.4), and the counts of EFID cover the whole file (§5.3.8).
 */
import { OFTPError } from '../settings/errors.js';
import { type FileSystem, nodeFileSystem, OPEN } from './filesystem.js';
import { TEXT_LINE_MAX, TextLines } from './text-lines.js';

export interface OutgoingOptions {
  /** The `version` that the file had when it was first offered. */
  readonly version?: string;
  readonly fileSystem?: FileSystem;
}

/** How much is read at once to check the lines of a text file, in octets. */
const CHECK_LENGTH = 65_536;

/** `done` of a read: on success how many octets came, which is less than asked for only at the end of the file. */
export type ReadDone = (error: Error | null, octets: number) => void;

export class OutgoingFile {
  readonly path: string;
  /** Octets of the file when it was opened. */
  readonly size: number;
  /**
   * Stands for the content, as far as the file system tells: another one means that the file was written to or
   * replaced. Text that can be stored; nothing but equality means anything.
   */
  readonly version: string;
  readonly #fileSystem: FileSystem;
  #fd: number | undefined;

  /** The read under way: the octets from `#position` go to `#into[#start, #end)`. */
  #into: Uint8Array | undefined;
  #start = 0;
  #end = 0;
  #position = 0;
  #octets = 0;
  #done: ReadDone | undefined;
  #whenIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  private constructor(fileSystem: FileSystem, path: string, fd: number, size: number, version: string) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#fd = fd;
    this.size = size;
    this.version = version;
  }

  /**
   * Opens a file for sending.
   * @throws OFTPError 679, with the error of the file system in `cause`, when it cannot be opened; when it is no
   *   regular file; or when it is not the `version` of an earlier attempt any more
   */
  static async open(
    path: string,
    { version, fileSystem = nodeFileSystem }: OutgoingOptions = {},
  ): Promise<OutgoingFile> {
    const fd = await fileSystem.open(path, OPEN.read).catch((cause: unknown) => {
      throw notSent(
        path,
        `${(cause as Error).message}. Check that the path is right and that this process may read it`,
        cause,
      );
    });
    try {
      const found = await stateOf(fileSystem, path, fd);
      if (version !== undefined && version !== found.version) {
        throw notSent(
          path,
          'it changed since it was first offered. Send it as a new virtual file, with a stamp of its own',
        );
      }
      return new OutgoingFile(fileSystem, path, fd, found.size, found.version);
    } catch (error) {
      await fileSystem.close(fd).catch(() => {});
      throw error;
    }
  }

  /**
   * Reads the octets from `position` on into `into[start, end)`: as many as fit there or as the file has. One read at
   * a time; `into` is the file's until `done` is called. An error is OFTPError 679; that the file became shorter is
   * one.
   */
  read(into: Uint8Array, start: number, end: number, position: number, done: ReadDone): void {
    if (start < 0 || start > end || end > into.length || position < 0) {
      throw new RangeError(
        `Octets ${start}..${end} of a buffer of ${into.length}, or position ${position}, do not exist.`,
      );
    }
    if (this.#done) throw new Error('The read before this one is still under way.');
    if (this.#fd === undefined) throw new Error('The file is closed.');
    this.#into = into;
    this.#start = start;
    this.#end = start + Math.max(0, Math.min(end - start, this.size - position));
    this.#position = position;
    this.#octets = this.#end - start;
    this.#done = done;
    if (this.#octets === 0) process.nextTick(this.#finishRead, null);
    else this.#readRest();
  }

  /** As `read`, for callers that read little: resolves to the number of octets. */
  readBlock(into: Uint8Array, start: number, end: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.read(into, start, end, position, (error, octets) => (error ? reject(error) : resolve(octets)));
    });
  }

  /**
   * To be called before EFID.
   * @throws OFTPError 679 when the file was written to while it was being sent
   */
  async checkUnchanged(): Promise<void> {
    const { version } = await stateOf(this.#fileSystem, this.path, this.#descriptor());
    if (version !== this.version) throw notSent(this.path, CHANGED);
  }

  /**
   * Reads the whole file to see whether it can be sent in format T.
   * @throws OFTPError 679 for a line longer than 2048 octets
   */
  async checkTextLines(): Promise<void> {
    const lines = new TextLines();
    const bytes = new Uint8Array(CHECK_LENGTH);
    for (let position = 0; position < this.size && lines.tooLong === undefined; position += CHECK_LENGTH) {
      const octets = await this.readBlock(bytes, 0, CHECK_LENGTH, position);
      lines.push(bytes.subarray(0, octets));
    }
    lines.end();
    if (lines.tooLong === undefined) return;
    throw notSent(
      this.path,
      `line ${lines.tooLong} is longer than the ${TEXT_LINE_MAX} characters of a text file. Send it unstructured`,
    );
  }

  /** Closes the file, after the read under way. Further calls wait for the first one. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#done) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    const fd = this.#descriptor();
    this.#fd = undefined;
    // A file that was only read loses nothing here, and the peer may have acknowledged it.
    await this.#fileSystem.close(fd).catch(() => {});
  }

  #descriptor(): number {
    if (this.#fd === undefined) throw new Error('The file is closed.');
    return this.#fd;
  }

  #readRest(): void {
    const [fd, length] = [this.#descriptor(), this.#end - this.#start];
    this.#fileSystem.read(fd, this.#into!, this.#start, length, this.#position, this.#arrived);
  }

  /** One function for all reads, so that a read allocates nothing here. */
  readonly #arrived = (error: Error | null, octets: number): void => {
    this.#start += octets;
    this.#position += octets;
    if (error) this.#finishRead(notSent(this.path, error.message, error));
    else if (octets === 0) this.#finishRead(notSent(this.path, CHANGED));
    else if (this.#start < this.#end) this.#readRest();
    else this.#finishRead(null);
  };

  readonly #finishRead = (error: Error | null): void => {
    const done = this.#done!;
    this.#done = undefined;
    this.#into = undefined;
    this.#whenIdle?.();
    done(error, error ? 0 : this.#octets);
  };
}

const CHANGED = 'it changed while it was being sent. Write files elsewhere and move them here when they are complete';

async function stateOf(fileSystem: FileSystem, path: string, fd: number): Promise<{ size: number; version: string }> {
  const stats = await fileSystem.fstat(fd).catch((cause: unknown) => {
    throw notSent(path, (cause as Error).message, cause);
  });
  if (!stats.isFile()) throw notSent(path, 'it is not a regular file. Only files can be sent');
  const { dev, ino, size, mtimeNs } = stats;
  return { size: Number(size), version: [dev, ino, size, mtimeNs].join('-') };
}

/** OFTPError 679 for a file that cannot be sent, `why` without a full stop. */
export function notSent(path: string, why: string, cause?: unknown): OFTPError {
  return new OFTPError(679, `Cannot send the file ${path}: ${why}.`, { cause });
}

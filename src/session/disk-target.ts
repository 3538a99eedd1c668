import { dirname } from 'node:path';
import { IncomingFile, RESTART_BLOCK } from '../files/incoming.js';
import type { FileIdentity } from '../files/part-names.js';
import { type PublishOptions, TargetName } from '../files/publish.js';

/** A file that goes to the disk: a part file now, the reserved final name when it is complete. */
export class DiskTarget {
  readonly #name: TargetName;
  readonly #file: IncomingFile;

  private constructor(name: TargetName, file: IncomingFile) {
    this.#name = name;
    this.#file = file;
  }

  /** @throws OFTPError 681 when a file stands there and must not be replaced, or the error of the file system */
  static async open(path: string, overwrite: boolean, identity: FileIdentity): Promise<DiskTarget> {
    const name = await TargetName.reserve(path, { overwrite, identity });
    try {
      return new DiskTarget(name, await IncomingFile.open({ directory: dirname(path), identity }));
    } catch (error) {
      name.release();
      throw error;
    }
  }

  /** Goes on where an earlier attempt ended, but not beyond what the peer offers. Returns octets. */
  async resume(offeredBlocks: bigint): Promise<number> {
    const kept = BigInt(this.#file.restartPosition);
    const blocks = Number(offeredBlocks < kept ? offeredBlocks : kept);
    await this.#file.truncateTo(blocks);
    return blocks * RESTART_BLOCK;
  }

  write(octets: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#file.write(octets, 0, octets.length, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  async commit(options: PublishOptions): Promise<void> {
    await this.#file.commit(this.#name, options);
    this.#name.release();
  }

  /** Puts what has arrived on the disk, so that not even a killed process sends the restart further back. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  park(): Promise<void> {
    this.#name.leave();
    return this.#file.park().finally(() => this.#name.release());
  }

  discard(): Promise<void> {
    this.#name.leave();
    return this.#file.discard().finally(() => this.#name.release());
  }
}

import { dirname } from 'node:path';
import type { FileSystem } from '../files/filesystem.js';
import { IncomingFile } from '../files/incoming.js';
import type { PartLayout, RestartPoint } from '../files/part-layout.js';
import type { FileIdentity } from '../files/part-names.js';
import { type PublishOptions, TargetName } from '../files/publish.js';
import type { FileTarget } from './file-target.js';

export interface DiskTargetOptions {
  /** The final name. */
  readonly path: string;
  readonly overwrite: boolean;
  readonly identity: FileIdentity;
  readonly layout: PartLayout;
  readonly isLeaving: () => boolean;
  readonly fileSystem: FileSystem;
}

/** A file that goes to the disk: a part file now, the reserved final name when it is complete. */
export class DiskTarget implements FileTarget {
  readonly #name: TargetName;
  readonly #file: IncomingFile;
  readonly #layout: PartLayout;

  private constructor(name: TargetName, file: IncomingFile, layout: PartLayout) {
    this.#name = name;
    this.#file = file;
    this.#layout = layout;
  }

  /** @throws OFTPError 681 when a file stands there and must not be replaced, or the error of the file system */
  static async open({ path, overwrite, layout, ...options }: DiskTargetOptions): Promise<DiskTarget> {
    const { conversion } = layout;
    // Side by side: for a small file, that they wait for the disk is most of the time it takes.
    const [name, file] = await Promise.allSettled([
      TargetName.reserve(path, { overwrite, ...options }),
      IncomingFile.open({ directory: dirname(path), conversion, ...options }),
    ]);
    if (name.status === 'fulfilled' && file.status === 'fulfilled') {
      return new DiskTarget(name.value, file.value, layout);
    }
    if (name.status === 'fulfilled') name.value.release();
    if (file.status === 'fulfilled') await file.value.park().catch(() => {});
    throw [name, file].find(isRejected)?.reason;
  }

  resume(offered: bigint): Promise<RestartPoint> {
    return this.#layout.resume(this.#file, offered);
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

  sync(): Promise<void> {
    return this.#file.sync();
  }

  leave(): void {
    this.#name.leave();
    this.#file.leave();
  }

  park(): Promise<void> {
    this.leave();
    return this.#file.park().finally(() => this.#name.release());
  }

  discard(): Promise<void> {
    this.leave();
    const gone = this.#name.stands ? this.#file.park() : this.#file.discard();
    return gone.finally(() => this.#name.release());
  }
}

function isRejected(outcome: PromiseSettledResult<unknown>): outcome is PromiseRejectedResult {
  return outcome.status === 'rejected';
}

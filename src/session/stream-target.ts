import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Conversion } from '../files/conversion.js';
import { FILE_START, type RestartPoint } from '../files/part-layout.js';
import type { PublishOptions } from '../files/publish.js';
import type { FileTarget } from './file-target.js';

/** What a stream ends with that does not get its file, or not all of it. */
export const incomplete = (): Error => new Error('the transfer did not complete');

/** A file that goes to a stream of the application instead of the disk. It cannot be resumed. */
export class StreamTarget implements FileTarget {
  readonly #stream: Writable;
  readonly #conversion: Pick<Conversion, 'convert' | 'end'>;

  /**
   * @param conversion what becomes of the octets of `write`, in memory of its own: the slab is used again as soon as
   *   `write` settles, while the stream may hold on to its chunks
   */
  constructor(stream: Writable, conversion: Pick<Conversion, 'convert' | 'end'>) {
    this.#stream = stream;
    this.#conversion = conversion;
    // A failing stream is met at the next write or at the end; in between it must not end the process.
    stream.on('error', () => {});
  }

  async resume(): Promise<RestartPoint> {
    return FILE_START;
  }

  async sync(): Promise<void> {}

  write(octets: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(this.#conversion.convert(octets), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Settles when the stream has finished: only then the file is acknowledged. */
  async commit({ recorded }: PublishOptions): Promise<void> {
    const rest = this.#conversion.end?.();
    const done = finished(this.#stream, { readable: false });
    this.#stream.end(rest);
    await done;
    await recorded?.();
  }

  leave(): void {}

  async discard(): Promise<void> {
    this.#stream.destroy(incomplete());
  }
}

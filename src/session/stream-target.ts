import { createHash, type Hash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { PublishOptions } from '../files/publish.js';
import type { HashName } from '../security/suites.js';

/** A file that goes to a stream of the application instead of the disk. It cannot be resumed. */
export class StreamTarget {
  readonly #stream: Writable;
  readonly #digest: Hash | undefined;

  /** `hash`: of the content as it passes, which cannot be read again. */
  constructor(stream: Writable, hash: HashName | undefined) {
    this.#stream = stream;
    this.#digest = hash === undefined ? undefined : createHash(hash);
    // A failing stream is met at the next write or at the end; in between it must not end the process.
    stream.on('error', () => {});
  }

  async resume(): Promise<number> {
    return 0;
  }

  async sync(): Promise<void> {}

  /** Copies: the slab is used again as soon as this settles, while the stream may hold on to its chunks. */
  write(octets: Uint8Array): Promise<void> {
    this.#digest?.update(octets);
    return new Promise((resolve, reject) => {
      this.#stream.write(Buffer.from(octets), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Settles when the stream has finished: only then the file is acknowledged. */
  async commit({ recorded }: PublishOptions): Promise<{ fileHash?: string }> {
    const done = finished(this.#stream, { readable: false });
    this.#stream.end();
    await done;
    await recorded?.();
    return this.#digest === undefined ? {} : { fileHash: this.#digest.digest('base64') };
  }

  async discard(): Promise<void> {
    this.#stream.destroy(new Error('the transfer did not complete'));
  }

  park(): Promise<void> {
    return this.discard();
  }
}

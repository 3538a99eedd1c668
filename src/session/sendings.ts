import { createHash } from 'node:crypto';
import { Exclusive } from '../locks/exclusive.js';
import type { Locks } from '../locks/locks.js';
import { OFTPError } from '../settings/errors.js';
import { sendingKey } from '../store/keys.js';
import type { OutgoingKey } from '../store/store.js';

/** The files that the sessions of this process send, so that no two of them work on one record. */
export class Sendings {
  readonly #exclusive: Exclusive;
  /** Records of files that the peers have acknowledged, but the store could not be told. */
  readonly #unrecorded = new Set<number>();

  constructor(locks?: Locks) {
    this.#exclusive = new Exclusive('sending', locks);
  }

  /**
   * Takes a file for the caller alone, until the function that is given back is called.
   * @throws OFTPError 687 while another session sends it: by the same virtual file name, with the same content
   */
  async take(key: OutgoingKey): Promise<() => void> {
    // Short enough for a lock, whatever the path.
    const name = createHash('sha256').update(sendingKey(key)).digest('base64');
    const release = await this.#exclusive.take(name);
    if (release !== undefined) return release;
    const advice = 'wait for that, or give this one a virtualFileDate of its own';
    throw new OFTPError(687, `${key.name} is being sent in another session of ${key.partner}: ${advice}`, {
      retry: true,
    });
  }

  /** EFPA has come, but the store could not be told, on a full disk for example. */
  postpone(id: number): void {
    this.#unrecorded.add(id);
  }

  /** Whether a record says less than is known: EFPA has come. */
  isUnrecorded(id: number): boolean {
    return this.#unrecorded.has(id);
  }

  /** The store knows of the EFPA by now, or of nothing any more. */
  recorded(id: number): void {
    this.#unrecorded.delete(id);
  }
}

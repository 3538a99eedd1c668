import { createHash } from 'node:crypto';
import { ALONE, type Locks } from '../locks/locks.js';
import { OFTPError } from '../settings/errors.js';
import { sendingKey } from '../store/keys.js';
import type { OutgoingKey } from '../store/store.js';

/** The files that the sessions of this process send, so that no two of them work on one record. */
export class Sendings {
  readonly #locks: Locks;
  readonly #underway = new Set<string>();
  /** Records of files that the peers have acknowledged, but the store could not be told. */
  readonly #unrecorded = new Set<number>();

  constructor(locks: Locks = ALONE) {
    this.#locks = locks;
  }

  /**
   * Takes a file for the caller alone, until the function that is given back is called.
   * @throws OFTPError 687 while another session sends it: by the same virtual file name, with the same content
   */
  async take(key: OutgoingKey): Promise<() => void> {
    const text = sendingKey(key);
    if (!this.#underway.has(text)) {
      this.#underway.add(text);
      if (await this.#takeFromOthers(text)) return () => this.#release(text);
    }
    const advice = 'wait for that, or give this one a virtualFileDate of its own';
    throw new OFTPError(687, `${key.name} is being sent in another session of ${key.partner}: ${advice}`, {
      retry: true,
    });
  }

  async #takeFromOthers(text: string): Promise<boolean> {
    let taken = false;
    try {
      taken = await this.#locks.take(lockOf(text));
    } finally {
      if (!taken) this.#underway.delete(text);
    }
    return taken;
  }

  #release(text: string): void {
    if (this.#underway.delete(text)) this.#locks.release(lockOf(text));
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

function lockOf(text: string): string {
  return `sending:${createHash('sha256').update(text).digest('base64')}`;
}

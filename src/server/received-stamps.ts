import { formatStamp } from '../files/stamp.js';
import type { Stamp, Store } from '../store/store.js';

/** What an end response of the application needs to know about its file. */
export interface RememberedFile extends Stamp {
  /** base64; empty unless a signed end response was asked for. */
  readonly fileHash: string;
}

/** How the application names the file that it answers: by the fields of the end response. */
interface Wanted {
  readonly virtualFileName: string;
  readonly virtualFileDate: string;
  readonly destination: string;
  readonly originator: string;
}

/** Files whose answer is left to the application, remembered until newer ones take their place. */
const REMEMBERED_MAX = 10_000;

/** Files among them that look the same to the application. */
const SAME_MAX = 100;

/**
 * The full stamps of received files, found by the text that the application was given. Most date formats drop the
 * counter of the stamp, and an end response without it fits no file.
 */
export class ReceivedStamps {
  /** Of several files that look the same to the application, the oldest first. */
  readonly #files = new Map<string, RememberedFile[]>();

  remember(wanted: Wanted, file: RememberedFile): void {
    const key = keyOf(wanted);
    const files = this.#files.get(key) ?? [];
    this.#files.delete(key);
    const others = files.filter(({ date, time }) => date !== file.date || time !== file.time);
    this.#files.set(key, [...others.slice(1 - SAME_MAX), file]);
    const [oldest] = this.#files.keys();
    if (this.#files.size > REMEMBERED_MAX && oldest !== undefined) this.#files.delete(oldest);
  }

  /**
   * The file that is meant. Of several that look the same each is found once, in the order in which they came. What is
   * not in memory (any more) is looked for among the stamps that the store keeps.
   */
  async recall(wanted: Wanted, partner: string, store: Store, pattern: string): Promise<RememberedFile | undefined> {
    const files = this.#files.get(keyOf(wanted));
    const remembered = files !== undefined && files.length > 1 ? files.shift() : files?.[0];
    if (remembered !== undefined) return remembered;
    const { virtualFileName: name, virtualFileDate, destination: originator, originator: destination } = wanted;
    const stamps = await store.receivedStamps({ partner, name, destination, originator });
    const stamp = stamps.find((kept) => formatStamp(kept, pattern) === virtualFileDate);
    return stamp && { ...stamp, fileHash: '' };
  }
}

function keyOf({ virtualFileName, virtualFileDate, destination, originator }: Wanted): string {
  return [virtualFileName, destination, originator, virtualFileDate].join('\0');
}

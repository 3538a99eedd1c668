import { removeStalePartFiles } from '../files/stale.js';

const HOUR_MS = 3_600_000;

/** Folders whose last visit is remembered; the oldest is forgotten first. */
const FOLDERS_MAX = 10_000;

/** Removes part files that nobody came back for, from each download folder at most once an hour. */
export class PartFileKeeper {
  readonly #visited = new Map<string, number>();

  /**
   * @param folder where partners' files arrive; empty for none
   * @param ageMaxHours age of the part files to remove; 0 keeps all
   * @param now milliseconds since 1970
   * @throws the error of the file system
   */
  async visit(folder: string, ageMaxHours: number, now = Date.now()): Promise<void> {
    if (folder === '' || ageMaxHours === 0 || now - (this.#visited.get(folder) ?? 0) < HOUR_MS) return;
    this.#visited.delete(folder);
    this.#visited.set(folder, now);
    const [oldest] = this.#visited.keys();
    if (this.#visited.size > FOLDERS_MAX && oldest !== undefined) this.#visited.delete(oldest);
    await removeStalePartFiles(folder, ageMaxHours * HOUR_MS, { now });
  }
}

import { mkdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { removeStalePrepared } from '../files/stale.js';
import { ALONE, type Locks } from '../locks/locks.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { OutgoingFile, Store } from '../store/store.js';
import { ScratchFolder } from './scratch-folder.js';

/** What is known about a file that was made ready to be sent; kept with its record. */
export interface Prepared {
  /** The octets to transmit; empty where those of the file itself are. */
  readonly path: string;
  /** Octets to transmit. */
  readonly size: number;
  /** Octets of the file before the services. */
  readonly originalSize: number;
  /** The hash that a signed end response has to name, base64; empty where none is asked for. */
  readonly hash: string;
  readonly signedReceipt: boolean;
}

type FolderSettings = Pick<SettingValues, 'tempPath' | 'statePath'>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Between the last use of a file and the last change of its record there is a transfer at most. */
const RECORD_AHEAD_DAYS = 1;

/**
 * Files that were signed, compressed or encrypted, each kept from its preparation to its end response: a restart has to
 * go on in the very same octets (RFC 5024 §5.3.3), and doing it again would give others.
 */
export class PreparedFiles {
  readonly #store: Store;
  readonly #locks: Locks;
  readonly #underway = new Map<number, Promise<Prepared>>();
  /** For what need not outlive the process. */
  readonly #scratch = new ScratchFolder();
  /** When each folder was last looked through, in milliseconds since 1970. */
  readonly #visited = new Map<string, number>();

  constructor(store: Store, locks: Locks = ALONE) {
    this.#store = store;
    this.#locks = locks;
  }

  /**
   * What an earlier attempt has prepared, or else what `make` prepares. A preparation outlives the session that began
   * it: one that takes longer than the peer waits would otherwise never come to an end.
   */
  async obtain(record: OutgoingFile, make: () => Promise<Prepared>): Promise<Prepared> {
    if (record.attributes !== '') return this.#used(preparedOf(record) as Prepared);
    const underway = this.#underway.get(record.id);
    if (underway !== undefined) return underway;
    const preparing = this.#prepareAlone(record, make).finally(() => this.#underway.delete(record.id));
    this.#underway.set(record.id, preparing);
    return preparing;
  }

  /** Says by the time of the file that it is still wanted. One that is gone is made anew by whoever misses it. */
  async #used(prepared: Prepared): Promise<Prepared> {
    const now = new Date();
    if (prepared.path !== '') await utimes(prepared.path, now, now).catch(() => undefined);
    return prepared;
  }

  /** A preparation that outlived its session may still run in another process: two would differ in their octets. */
  async #prepareAlone(record: OutgoingFile, make: () => Promise<Prepared>): Promise<Prepared> {
    if (!this.#locks.shared) return this.#prepare(record, make);
    const lock = `preparing:${record.id}`;
    if (!(await this.#locks.take(lock))) {
      throw new OFTPError(687, `${record.name} is being prepared by another process: send it again`, { retry: true });
    }
    try {
      const known = await this.#store.findOutgoing(record);
      const prepared = known?.id === record.id ? preparedOf(known) : undefined;
      return prepared === undefined ? await this.#prepare(record, make) : await this.#used(prepared);
    } finally {
      this.#locks.release(lock);
    }
  }

  async #prepare(record: OutgoingFile, make: () => Promise<Prepared>): Promise<Prepared> {
    const prepared = await make();
    try {
      await this.#store.outgoingPrepared(record.id, JSON.stringify(prepared));
    } catch (error) {
      // Nobody would find it again.
      if (prepared.path !== '') await rm(prepared.path, { force: true });
      throw error;
    }
    return prepared;
  }

  /** Where a new file may be made. */
  async folder(settings: FolderSettings): Promise<string> {
    if (settings.tempPath === '' && settings.statePath === null) return this.scratch(settings);
    const folder = this.#path(settings);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /**
   * Removes files whose records have been given up for their age, and those that a crash has left without a record.
   * Each folder is looked through at most once an hour.
   *
   * @param now milliseconds since 1970
   * @throws the error of the file system
   */
  async clean(settings: FolderSettings & Pick<SettingValues, 'keepStampsDays'>, now = Date.now()): Promise<void> {
    const { tempPath, statePath, keepStampsDays } = settings;
    if (tempPath === '' && statePath === null) return; // what is there ends with the process
    const folder = this.#path(settings);
    if (now - (this.#visited.get(folder) ?? 0) < HOUR_MS) return;
    this.#visited.set(folder, now);
    await removeStalePrepared(folder, (keepStampsDays + RECORD_AHEAD_DAYS) * DAY_MS, { now });
  }

  #path({ tempPath, statePath }: FolderSettings): string {
    return resolve(tempPath !== '' ? tempPath : join(statePath ?? '', 'outgoing'));
  }

  /** Where files may be made that are used once, by this process. */
  scratch(settings: Pick<FolderSettings, 'tempPath'>): Promise<string> {
    return this.#scratch.in(scratchPlace(settings));
  }

  /**
   * Removes what earlier processes had in `scratch` when they were killed.
   * @throws the error of the file system
   */
  removeAbandoned(settings: Pick<FolderSettings, 'tempPath'>): Promise<void> {
    return this.#scratch.removeAbandoned(scratchPlace(settings));
  }

  /** An EERP has come: what was made of the file is sent no more, and once EFPA has come as well its record goes. */
  async answered({ id }: OutgoingFile, path: string): Promise<void> {
    if (path !== '') await rm(path, { force: true });
    await this.#store.outgoingPhase(id, 'answered');
  }

  /** The file was refused for good, by SFNA or NERP: its record goes, and what was made of it. */
  async forget({ id }: OutgoingFile, path: string): Promise<void> {
    if (path !== '') await rm(path, { force: true });
    await this.#store.endOutgoing(id);
  }

  /** Settles when nothing is being prepared any more. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underway.values());
    await this.#scratch.close();
  }
}

const scratchPlace = ({ tempPath }: Pick<FolderSettings, 'tempPath'>): string =>
  tempPath === '' ? tmpdir() : resolve(tempPath);

export function preparedOf({ attributes }: OutgoingFile): Prepared | undefined {
  return attributes === '' ? undefined : (JSON.parse(attributes) as Prepared);
}

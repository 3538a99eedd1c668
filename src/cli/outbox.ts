/** The folder of files for one partner, and how they get out of it. */
import { opendir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Locks } from '../locks/locks.js';
import type { OFTPConnection } from '../server/connection.js';
import { OFTPError } from '../settings/errors.js';
import type { Log } from './log.js';
import { moveAway } from './move-away.js';
import type { Partner } from './partners.js';
import { nameAsDescription, virtualFileName } from './virtual-name.js';

/** Milliseconds: a file that changed since may still be being written, and has to stay the same as long again. */
const SETTLE_MS = 1000;

/** Files that are looked at together; if there are more, they follow when these are through. */
const SCAN_MAX = 10_000;

/** Names of files that somebody is still writing: hidden ones, and those by which other programs mark them. */
const UNFINISHED = /^\.|\.(?:tmp|part)$/i;

interface Waiting {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

/** What the partner and its folders say about a delivery. */
interface Delivery {
  readonly connection: OFTPConnection;
  readonly partner: Partner;
  readonly log: Log;
}

class Outbox {
  readonly #folder: string;
  readonly #locks: Locks;
  /** Files that a session is sending: a second session of the partner leaves them alone. */
  readonly #busy = new Set<string>();
  /** Files that no other process may send. */
  readonly #locked = new Set<string>();
  /** Files that were acknowledged but could not be removed, with what they were then: they must not go out again. */
  readonly #delivered = new Map<string, string>();

  constructor(folder: string, locks: Locks) {
    this.#folder = folder;
    this.#locks = locks;
  }

  /** Sends what is there, the oldest file first, until nothing is left that has not been tried in this turn. */
  async deliver(delivery: Delivery): Promise<void> {
    // The partner has said that it only sends.
    if (delivery.connection.negotiated?.connectionType === 'receiver') return;
    const tried = new Set<string>();
    for (;;) {
      const files = (await this.#waiting()).filter(({ path }) => !tried.has(path));
      if (files.length === 0) return;
      for (const file of files) {
        tried.add(file.path);
        if (!(await this.#deliverOne(file, delivery))) return;
      }
    }
  }

  /** The complete files, by the time of their last change, then by name. */
  async #waiting(): Promise<Waiting[]> {
    const seen = await this.#look();
    if (!seen.some(({ modified }) => Date.now() - modified < SETTLE_MS)) return inOrder(seen);
    await wait(SETTLE_MS);
    const before = new Map(seen.map((file) => [file.path, stateOf(file)]));
    return inOrder((await this.#look()).filter((file) => before.get(file.path) === stateOf(file)));
  }

  async #look(): Promise<Waiting[]> {
    const files: Waiting[] = [];
    for await (const entry of await opendir(this.#folder)) {
      if (!entry.isFile() || UNFINISHED.test(entry.name)) continue;
      const path = join(this.#folder, entry.name);
      // A file that is gone since was taken back by whoever put it there.
      const stats = await stat(path).catch(() => undefined);
      if (stats === undefined) continue;
      const file = { name: entry.name, path, size: stats.size, modified: stats.mtimeMs };
      if (this.#delivered.get(path) === stateOf(file)) continue;
      files.push(file);
      if (files.length === SCAN_MAX) break;
    }
    return files;
  }

  /** Whether the session can take another file afterwards. */
  async #deliverOne(file: Waiting, delivery: Delivery): Promise<boolean> {
    // Another session has it.
    if (this.#busy.has(file.path)) return true;
    this.#busy.add(file.path);
    try {
      if (!(await this.#takeFromOthers(file))) return true;
      await delivery.connection.sendFile({
        path: file.path,
        virtualFileName: virtualFileName(file.name),
        description: nameAsDescription(file.name),
        ...delivery.partner.protection,
      });
      await this.#putAway(file, delivery);
      return true;
    } catch (error) {
      if (!(error instanceof OFTPError)) throw error;
      await this.#keep(file, error, delivery);
      return !isLost(error);
    } finally {
      this.#busy.delete(file.path);
      this.#leaveToOthers(file.path);
    }
  }

  /** A session of another process may be sending the file, or have sent it since this one has seen it. */
  async #takeFromOthers(file: Waiting): Promise<boolean> {
    if (!this.#locks.shared) return true;
    if (!this.#locked.has(file.path)) {
      if (!(await this.#locks.take(lockOf(file.path)))) return false;
      this.#locked.add(file.path);
    }
    const stats = await stat(file.path).catch(() => undefined);
    return stats !== undefined && stateOf({ ...file, size: stats.size, modified: stats.mtimeMs }) === stateOf(file);
  }

  /** What was sent but is still there stays this process's as long as it lives. */
  #leaveToOthers(path: string): void {
    if (this.#delivered.has(path) || !this.#locked.delete(path)) return;
    this.#locks.release(lockOf(path));
  }

  /** The partner has acknowledged the file. */
  async #putAway(file: Waiting, { partner, log }: Delivery): Promise<void> {
    try {
      if (partner.sent === undefined) await unlink(file.path);
      else await moveAway(file.path, partner.sent);
      this.#delivered.delete(file.path);
    } catch (error) {
      this.#delivered.set(file.path, stateOf(file));
      log.error(
        { partner: partner.code, path: file.path },
        `${partner.code}: ${file.path} was sent but cannot be ${partner.sent === undefined ? 'removed' : 'moved'}: ` +
          `${(error as Error).message}. Take it away before the server starts again, or it is sent twice`,
      );
    }
  }

  /** The file was not taken: refused for good it goes out of the way, else it stays for the next turn. */
  async #keep(file: Waiting, error: OFTPError, { partner, log }: Delivery): Promise<void> {
    const about = { partner: partner.code, path: file.path, code: error.code };
    if (error.retry !== false || partner.failed === undefined) {
      log.warn(about, `${partner.code}: ${file.name} stays in the outbox: ${error.message}`);
      return;
    }
    try {
      const moved = await moveAway(file.path, partner.failed);
      await writeFile(`${moved}.reason.txt`, reasonNote(file, error, partner, this.#folder));
      log.warn({ ...about, moved }, `${partner.code}: ${file.name} is now ${moved}: ${error.message}`);
    } catch (failure) {
      const why = (failure as Error).message;
      log.error(about, `${partner.code}: ${file.name} was refused and cannot be moved to ${partner.failed}: ${why}`);
    }
  }
}

/** The outboxes by their folders: what one knows about its files outlives a reload. */
export class Outboxes {
  readonly #locks: Locks;
  readonly #byFolder = new Map<string, Outbox>();

  /** @param locks what excludes other processes that serve the same outboxes */
  constructor(locks: Locks) {
    this.#locks = locks;
  }

  at(folder: string): Outbox {
    const known = this.#byFolder.get(folder);
    if (known !== undefined) return known;
    const outbox = new Outbox(folder, this.#locks);
    this.#byFolder.set(folder, outbox);
    return outbox;
  }
}

function inOrder(files: Waiting[]): Waiting[] {
  return files.sort((a, b) => a.modified - b.modified || (a.name < b.name ? -1 : 1));
}

function lockOf(path: string): string {
  return `outbox:${path}`;
}

function stateOf({ size, modified }: Waiting): string {
  return `${size} ${modified}`;
}

/** Not an answer of the partner about this file, but the end of the session. */
function isLost({ code, reasonCode }: OFTPError): boolean {
  return code === 687 && reasonCode === undefined;
}

function reasonNote(file: Waiting, error: OFTPError, { code }: Partner, folder: string): string {
  return [
    `File: ${file.name}`,
    `Virtual file name: ${virtualFileName(file.name)}`,
    `Partner: ${code}`,
    `Refused: ${new Date().toISOString()}`,
    `Reason: ${error.reasonCode} ${error.reasonText ?? ''}`.trimEnd(),
    '',
    `${error.message}.`,
    `To send the file after all, move it back to ${folder}.`,
    '',
  ].join('\n');
}

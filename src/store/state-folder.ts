import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, realpath, rename, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { OFTPError, systemError } from '../settings/errors.js';
import { networkFileSystem } from './network-file-system.js';
import { isAlive } from './process-identity.js';
import { storeError } from './store-error.js';

const DATABASE = 'state.db';

/**
 * Says who has the folder, for the message to a second one. It is also the sign that the database was in use before: it
 * is written when the database is complete, and stays. The lock is one of the system on the database itself, which
 * ends with its process.
 */
const OWNER = 'owner.json';

/** What the system says where a file stands in the way. */
const NO_FOLDER: readonly string[] = ['EEXIST', 'ENOTDIR'];

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601 */
  readonly since: string;
}

/** The folder of a durable store: a database, and a note of its owner. Nobody but the user of the process reads it. */
export class StateFolder {
  /** Its real path. */
  readonly path: string;
  /** Whether there was a database in it before. */
  readonly used: boolean;

  private constructor(path: string, used: boolean) {
    this.path = path;
    this.used = used;
  }

  get database(): string {
    return join(this.path, DATABASE);
  }

  /**
   * Finds or creates the folder and the file of the database.
   * @throws OFTPError where that is not possible, on a network file system, or where the database is gone
   */
  static async prepare(statePath: string): Promise<StateFolder> {
    const path = resolve(statePath);
    try {
      const created = await mkdir(path, { recursive: true, mode: 0o700 });
      if (created !== undefined) await syncFolder(dirname(created));
      const real = await realpath(path);
      const { type } = await statfs(real);
      const network = networkFileSystem(real, type, () => readFileSync('/proc/self/mountinfo', 'utf8'));
      if (network !== undefined) throw onNetwork(real, network);
      const used = await exists(join(real, OWNER));
      const folder = new StateFolder(real, used);
      if (!(await exists(folder.database))) await folder.#createDatabase();
      return folder;
    } catch (error) {
      if (error instanceof OFTPError) throw error;
      const { code = '' } = error as NodeJS.ErrnoException;
      const remedy = NO_FOLDER.includes(code) ? ' is a file or below one, and has to be a folder' : '';
      throw systemError(error as NodeJS.ErrnoException, `statePath ${path}${remedy}`);
    }
  }

  async #createDatabase(): Promise<void> {
    if (this.used) throw storeError(this.path, { kind: 'missing', message: `${DATABASE} is gone` });
    // Never opens a file that is there: closing it again would end the lock of a store of this process.
    const file = await open(this.database, 'wx', 0o600);
    await file.close();
  }

  /** Notes this process as the owner. */
  async claim(): Promise<void> {
    try {
      await this.#note({ pid: process.pid, host: hostname(), since: new Date().toISOString() });
    } catch (error) {
      throw systemError(error as NodeJS.ErrnoException, `statePath ${this.path}`);
    }
  }

  /** Notes that there is no owner. */
  async release(): Promise<void> {
    try {
      await this.#note({});
    } catch {
      // The note is for a message only.
    }
  }

  /** The error for a folder that somebody else has. */
  async inUse(cause: unknown): Promise<OFTPError> {
    const owner = describe(await this.#owner());
    return new OFTPError(
      10013,
      `the state in ${this.path} is in use by ${owner}: end it, or give every server and client a statePath of its own`,
      { cause },
    );
  }

  async #note(owner: Owner | Record<string, never>): Promise<void> {
    const path = join(this.path, OWNER);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(owner)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(this.path);
  }

  async #owner(): Promise<Partial<Owner>> {
    try {
      const owner: unknown = JSON.parse(await readFile(join(this.path, OWNER), 'utf8'));
      return typeof owner === 'object' && owner !== null ? owner : {};
    } catch {
      return {};
    }
  }
}

function onNetwork(folder: string, name: string): OFTPError {
  return new OFTPError(
    10022,
    `statePath ${folder} is on a network file system (${name}), where locks and syncs cannot be relied on: ` +
      'use a folder on a disk of this machine',
  );
}

function describe({ pid, host, since }: Partial<Owner>): string {
  if (typeof pid !== 'number' || pid <= 0 || typeof host !== 'string')
    return `another program that has ${DATABASE} open`;
  if (host !== hostname()) return `process ${pid} on ${host}, since ${since}`;
  if (pid === process.pid) return `this process itself (${pid}), since ${since}`;
  return isAlive(pid) ? `process ${pid}, since ${since}` : `another program that has ${DATABASE} open`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Puts the names in a folder on the disk; Windows keeps them in a journal and cannot open a folder. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Which SQLite is used: that of Node.js where it is fit, otherwise that of the package with the same interface. */

import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { StateError } from './failure.js';

export type Database = DatabaseSyncInstance;

interface Engine {
  readonly DatabaseSync: new (path: string) => Database;
}

/**
 * Whether a version can lose committed changes when the write-ahead log starts over: 3.7.0 to 3.51.2, but for two
 * branches that got the correction too.
 */
export function hasWalResetBug(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major !== 3 || minor < 7 || minor > 51) return false;
  const corrected = new Map([
    [44, 6],
    [50, 7],
    [51, 3],
  ]).get(minor);
  return corrected === undefined || patch < corrected;
}

/** @throws StateError where there is no SQLite, or only one that may lose changes */
export async function loadEngine(): Promise<Engine> {
  const builtIn = process.versions['sqlite'];
  if (builtIn !== undefined && !hasWalResetBug(builtIn)) return loadBuiltIn();
  try {
    return await import('@photostructure/sqlite');
  } catch (error) {
    const own = builtIn === undefined ? 'has no SQLite' : `has SQLite ${builtIn}, which can lose changes`;
    throw new StateError(
      'engine',
      `Node.js ${process.version} ${own}, and the package @photostructure/sqlite cannot be loaded on ` +
        `${process.platform}-${process.arch}: ${(error as Error).message}; update Node.js to 22.23, 24.21 or later`,
    );
  }
}

/** Node.js 22 calls this module experimental, on stderr; users of a library can do nothing about it. */
function loadBuiltIn(): Engine {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite') as unknown as Engine;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** @throws StateError where the engine that was loaded is not the one that was promised */
export function checkEngine(database: Database): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  if (hasWalResetBug(version)) {
    throw new StateError('engine', `SQLite ${version} can lose changes: 3.51.3 or later is needed`);
  }
}

import { checkEngine, type Database, loadEngine } from './engine.js';
import { StateError } from './failure.js';
import type { ThreadStart } from './operations.js';
import { checkOwner, migrate } from './schema.js';

/** How many findings of the integrity check are told; the first says enough. */
const FINDINGS_MAX = 3;

/** Set before anything is read: whoever has the lock keeps it, until its process ends in whatever way. */
const LOCK = 'PRAGMA locking_mode = EXCLUSIVE';

/** `fullfsync` is for macOS, where a sync alone does not reach the disk. */
const SETTINGS = `
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA mmap_size = 0;
  PRAGMA cell_size_check = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA journal_size_limit = 16777216;
`;

/**
 * Opens the database for this process alone, checks it and brings its tables up to date.
 * @throws StateError where it cannot be used, an error of SQLite with `errcode` 5 (SQLITE_BUSY) where somebody has it
 */
export async function openDatabase({ path, used }: ThreadStart): Promise<Database> {
  const { DatabaseSync } = await loadEngine();
  const database = new DatabaseSync(path);
  try {
    checkEngine(database);
    database.exec(LOCK);
    if (used && pragma(database, 'page_count') === 0) throw new StateError('missing', 'it is empty');
    checkOwner(database);
    const mode = pragma(database, 'journal_mode = WAL');
    if (mode !== 'wal') throw new StateError('engine', `SQLite gives it the journal mode ${mode} instead of wal`);
    database.exec(SETTINGS);
    checkIntegrity(database);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkIntegrity(database: Database): void {
  const findings = database.prepare(`PRAGMA quick_check(${FINDINGS_MAX})`).all();
  const texts = findings.flatMap((row) => Object.values(row)).map(String);
  if (texts.join() !== 'ok') throw new StateError('damaged', texts.join('; '));
}

function pragma(database: Database, text: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${text}`).get() ?? {})[0];
}

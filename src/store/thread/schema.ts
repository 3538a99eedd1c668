/** The tables, and how a database of an earlier version gets them. */

import type { Database } from './engine.js';
import { StateError } from './failure.js';

/** The six columns that make a virtual file the same one (RFC 5024 §1.5.2). */
const IDENTITY = 'partner, name, date, time, destination, originator';

/**
 * Each element brings a database from the version of its index to the next one. What was released is never changed,
 * only followed by another element. Ids are never used twice: sessions remember them.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE received (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    partner TEXT NOT NULL,
    name TEXT NOT NULL,
    date TEXT NOT NULL,
    time TEXT NOT NULL,
    destination TEXT NOT NULL,
    originator TEXT NOT NULL,
    local_file TEXT NOT NULL,
    size INTEGER NOT NULL,
    level INTEGER NOT NULL,
    user_data TEXT NOT NULL,
    description TEXT NOT NULL,
    attributes TEXT NOT NULL,
    acknowledged_at INTEGER NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1)),
    UNIQUE (${IDENTITY})
  ) STRICT;
  CREATE INDEX received_unfinished ON received (partner, id) WHERE finished = 0;
  CREATE INDEX received_finished ON received (acknowledged_at) WHERE finished = 1;

  -- The identity is that of the file which is answered; a confirmed response is kept as long as the file's stamp.
  CREATE TABLE response (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    partner TEXT NOT NULL,
    name TEXT NOT NULL,
    date TEXT NOT NULL,
    time TEXT NOT NULL,
    destination TEXT NOT NULL,
    originator TEXT NOT NULL,
    command TEXT NOT NULL CHECK (command IN ('EERP', 'NERP')),
    user_data TEXT NOT NULL,
    response_destination TEXT NOT NULL,
    response_originator TEXT NOT NULL,
    creator TEXT NOT NULL,
    reason_code INTEGER NOT NULL,
    reason_text TEXT NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1))
  ) STRICT;
  CREATE INDEX response_pending ON response (partner, id) WHERE confirmed = 0;
  CREATE INDEX response_file ON response (${IDENTITY});

  CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    partner TEXT NOT NULL,
    name TEXT NOT NULL,
    date TEXT NOT NULL,
    time TEXT NOT NULL,
    destination TEXT NOT NULL,
    originator TEXT NOT NULL,
    path TEXT NOT NULL,
    version TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('started', 'sent', 'acknowledged', 'answered')),
    reached INTEGER NOT NULL,
    attributes TEXT NOT NULL DEFAULT '',
    touched_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX outgoing_attempt ON outgoing (partner, name, destination, originator, path, version)
    WHERE phase <> 'acknowledged';
  CREATE INDEX outgoing_file ON outgoing (${IDENTITY});
  CREATE INDEX outgoing_touched ON outgoing (touched_at);
  `,
];

/** "OFTP" in ASCII: tells the database of this program from others. */
const APPLICATION_ID = 0x4f465450;

/**
 * Reads only, so that the database of another program stays as it is.
 * @throws StateError where the database belongs to another program
 */
export function checkOwner(database: Database): void {
  const { id, tables } = database
    .prepare('SELECT application_id AS id, (SELECT count(*) FROM sqlite_schema) AS tables FROM pragma_application_id')
    .get() as { id: number; tables: number };
  if (id !== APPLICATION_ID && (id !== 0 || tables > 0)) {
    throw new StateError('foreign', 'it is the database of another program');
  }
}

/**
 * Brings the tables up to date, in one transaction: an interrupted attempt leaves them as they were.
 * @throws StateError where the database was written by a later version of this program
 */
export function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new StateError(
        'newer',
        `its schema has version ${version}, and this version of oftp knows those up to ${migrations.length}: ` +
          'use the later version of oftp again, or another statePath',
      );
    }
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`UPDATE schema_version SET version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The version of the tables; a database without any becomes ours by this. */
function versionOf(database: Database): number {
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT');
  const row = database.prepare('SELECT version FROM schema_version').get();
  if (row === undefined) database.exec('INSERT INTO schema_version VALUES (0)');
  return Number(row?.['version'] ?? 0);
}

/** Bringing the tables of an earlier version up to date. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Database, loadEngine } from '../../src/store/thread/engine.js';
import { MIGRATIONS, migrate } from '../../src/store/thread/schema.js';

const FIRST = "CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('kept')";
const SECOND = 'ALTER TABLE note ADD COLUMN seen INTEGER NOT NULL DEFAULT 0; UPDATE note SET seen = 1';
const BROKEN = "UPDATE note SET text = 'changed'; INSERT INTO no_such_table VALUES (1)";

async function emptyDatabase(): Promise<Database> {
  const { DatabaseSync } = await loadEngine();
  return new DatabaseSync(':memory:');
}

function versionOf(database: Database): unknown {
  return database.prepare('SELECT version FROM schema_version').get()?.['version'];
}

test('an empty database gets all tables', async () => {
  const database = await emptyDatabase();
  migrate(database);
  assert.is(versionOf(database), MIGRATIONS.length);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
  assert.equal(
    tables.all().map((row) => row['name']),
    ['schema_version', 'received', 'response', 'outgoing'],
  );
});

test('an older database gets what is new and keeps its records', async () => {
  const database = await emptyDatabase();
  migrate(database, [FIRST]);
  assert.is(versionOf(database), 1);
  migrate(database, [FIRST, SECOND]);
  assert.is(versionOf(database), 2);
  assert.equal({ ...database.prepare('SELECT text, seen FROM note').get() }, { text: 'kept', seen: 1 });
  migrate(database, [FIRST, SECOND]);
  assert.is(database.prepare('SELECT * FROM note').all().length, 1, 'nothing is done twice');
});

test('a migration that fails leaves the database as it was', async () => {
  const database = await emptyDatabase();
  migrate(database, [FIRST]);
  assert.throws(() => migrate(database, [FIRST, SECOND, BROKEN]), 'no_such_table');
  assert.is(versionOf(database), 1);
  assert.equal({ ...database.prepare('SELECT * FROM note').get() }, { text: 'kept' });
  migrate(database, [FIRST, SECOND]);
});

test('a later schema is refused', async () => {
  const database = await emptyDatabase();
  migrate(database, [FIRST, SECOND]);
  assert.throws(() => migrate(database, [FIRST]), /version 2.*up to 1/);
  assert.is(versionOf(database), 2);
});

test.run();

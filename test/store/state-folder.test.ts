/** The folder of a durable store: who may have it, and what becomes of one that is damaged. */

import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPError } from '../../src/settings/errors.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { openStore } from '../../src/store/open-store.js';
import { SqlStore } from '../../src/store/sql-store.js';
import { loadEngine } from '../../src/store/thread/engine.js';
import { Child } from '../support/child.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { identity, openSqlStore, PARTNER, received, rejection } from './support.js';

test.after.each(cleanUp);

const PROGRAM = fileURLToPath(new URL('./write-and-report.js', import.meta.url));
const OWNER_ONLY = process.platform === 'win32' ? undefined : 0o077;

/** A process that has the store of the folder. */
async function holder(folder: string): Promise<{ child: Child; pid: number }> {
  const child = new Child(process.execPath, [PROGRAM, folder, '-'], { limitMs: 20_000 });
  onCleanUp(async () => {
    await child.stop();
  });
  const [, pid] = await child.waitForOutput(/process (\d+) open/);
  return { child, pid: Number(pid) };
}

/** A folder with a store that has a few records, closed. */
async function usedFolder(): Promise<string> {
  const folder = temporaryFolder();
  const store = await openSqlStore({ folder });
  const names = Array.from({ length: 200 }, (_, index) => `F${index}`);
  await Promise.all(names.map((name) => store.acknowledge(received(name))));
  await store.close();
  return folder;
}

/** Changes the database by SQL of the test. */
async function execute(folder: string, sql: string): Promise<void> {
  const { DatabaseSync } = await loadEngine();
  const database = new DatabaseSync(join(folder, 'state.db'));
  database.exec(sql);
  database.close();
}

async function refusal(folder: string): Promise<OFTPError> {
  const error = await rejection(SqlStore.open(folder));
  assert.instance(error, OFTPError);
  assert.match(error.message, folder);
  return error;
}

test('a folder that does not exist is made, for its owner only', async () => {
  const parent = temporaryFolder();
  const folder = join(parent, 'deep', '.oftp');
  await openSqlStore({ folder });
  assert.equal(readdirSync(folder).sort(), ['owner.json', 'state.db', 'state.db-wal']);
  if (OWNER_ONLY === undefined) return;
  for (const path of [join(parent, 'deep'), folder, ...readdirSync(folder).map((name) => join(folder, name))]) {
    assert.is(statSync(path).mode & OWNER_ONLY, 0, path);
  }
});

test('statePath null is a store in memory, a path one on the disk', async () => {
  assert.instance(await openStore(null), MemoryStore);
  const store = await openStore(temporaryFolder());
  onCleanUp(() => store.close());
  assert.instance(store, SqlStore);
});

test('a path that cannot be a folder is an error that names it', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  for (const path of [join(folder, 'file'), join(folder, 'file', 'below')]) await refusal(path);
});

test('a second owner in this process is refused (10013) and changes nothing', async () => {
  const folder = temporaryFolder();
  const store = await openSqlStore({ folder });
  const error = await refusal(folder);
  assert.is(error.code, 10013);
  assert.match(error.message, `this process itself (${process.pid})`);
  await store.acknowledge(received('ORDERS'));
  await store.close();
  const next = await openSqlStore({ folder });
  assert.ok(await next.findReceived(identity('ORDERS')));
});

test('a second process is refused and told who has the folder; when that is killed, its lock is gone', async () => {
  const folder = temporaryFolder();
  const { child, pid } = await holder(folder);
  const error = await refusal(folder);
  assert.is(error.code, 10013);
  assert.match(error.message, new RegExp(`in use by process ${pid}, since 20`));
  child.signal('SIGKILL');
  await child.finished;
  assert.is(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')).pid, pid, 'left behind');
  await openSqlStore({ folder });
  assert.is(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')).pid, process.pid);
});

test('the note of the owner is only a note: whatever stands there, the folder is free or in use', async () => {
  const folder = await usedFolder();
  const path = join(folder, 'owner.json');
  const stranger = { pid: 1, host: 'elsewhere', since: '2026-01-01T00:00:00.000Z' };
  const dead = { pid: 2 ** 30, host: hostname(), since: stranger.since };
  for (const note of [JSON.stringify(stranger), JSON.stringify(dead), '', 'null', '[]', '{"pid":"1"}', '{']) {
    writeFileSync(path, note);
    const store = await openSqlStore({ folder });
    writeFileSync(path, note);
    const { message } = await refusal(folder);
    const whom = note.includes('elsewhere') ? 'process 1 on elsewhere' : 'another program that has state.db open';
    assert.match(message, whom, note);
    await store.close();
  }
});

test('another program that has the database open is told as that', async () => {
  const folder = await usedFolder();
  const { DatabaseSync } = await loadEngine();
  const database = new DatabaseSync(join(folder, 'state.db'));
  onCleanUp(() => database.close());
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
  assert.match((await refusal(folder)).message, 'another program that has state.db open');
});

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'text instead of a database': (path) => writeFileSync(path, 'this is no database\n'.repeat(1000)),
  'a few octets': (path) => writeFileSync(path, 'SQLite'),
  'an end that is missing': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'pages of garbage in the middle': (path) => {
    const octets = readFileSync(path);
    writeFileSync(path, octets.fill(0xa5, 3 * 4096, octets.length - 4096));
  },
};

for (const [damage, inflict] of Object.entries(DAMAGES)) {
  test(`a damaged database (${damage}): refused with what to do, and left as it is`, async () => {
    const folder = await usedFolder();
    const path = join(folder, 'state.db');
    inflict(path);
    const before = readFileSync(path);
    const error = await refusal(folder);
    assert.is(error.code, 10022);
    assert.match(error.message, 'restore the folder from a backup');
    assert.match(error.message, 'end responses not yet delivered are lost');
    assert.equal(readFileSync(path), before);
  });
}

for (const [loss, inflict] of [
  ['is gone', (path: string) => rmSync(path)],
  ['is empty', (path: string) => truncateSync(path)],
] as const) {
  test(`a database that ${loss} although it was in use: never starts with nothing by itself`, async () => {
    const folder = await usedFolder();
    inflict(join(folder, 'state.db'));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await refusal(folder);
      assert.match(error.message, loss);
      assert.match(error.message, 'restore the folder from a backup');
    }
    rmSync(folder, { recursive: true });
    await openSqlStore({ folder });
  });
}

test('a first start that was interrupted before anything was recorded is no loss', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'state.db'), '');
  const store = await openSqlStore({ folder });
  assert.equal(await store.unfinished(PARTNER), []);
});

test('damage that shows later fails the operations that meet it, and no others', async () => {
  const folder = temporaryFolder();
  const before = await openSqlStore({ folder });
  // More than SQLite keeps in memory.
  const names = Array.from({ length: 2000 }, (_, index) => `F${index}`);
  await Promise.all(names.map((name) => before.acknowledge({ ...received(name), description: 'd'.repeat(3000) })));
  await before.close();
  const store = await openSqlStore({ folder });
  const file = openSync(join(folder, 'state.db'), 'r+');
  writeSync(file, Buffer.alloc(2 * 1024 * 1024, 0xa5), 0, undefined, 1024 * 1024);
  closeSync(file);
  const results = await Promise.allSettled(names.map((name) => store.findReceived(identity(name))));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as OFTPError] : []));
  assert.ok(errors.length > 0);
  for (const error of errors) {
    assert.instance(error, OFTPError);
    assert.match(error.message, 'restore the folder from a backup');
  }
  assert.ok(results.some(({ status }) => status === 'fulfilled'));
});

test('a schema from a later version is refused, and left as it is', async () => {
  const folder = await usedFolder();
  await execute(folder, 'UPDATE schema_version SET version = 99');
  const error = await refusal(folder);
  assert.match(error.message, /version 99.*use the later version of oftp again/);
  await execute(folder, 'UPDATE schema_version SET version = 1');
  const store = await openSqlStore({ folder });
  assert.is((await store.unfinished(PARTNER)).length, 200);
});

test('the database of another program is refused, and left as it is', async () => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  await execute(folder, 'CREATE TABLE theirs (id INTEGER)');
  const before = readFileSync(join(folder, 'state.db'));
  assert.match((await refusal(folder)).message, 'the database of another program; use another statePath');
  assert.equal(readFileSync(join(folder, 'state.db')), before);
});

for (const path of ['file', 'file/below']) {
  test(`statePath ${path}, where "file" is a file: refused with the remedy`, async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const { message } = await rejection(SqlStore.open(join(folder, path)));
    assert.match(message, /^statePath .*file.* is a file or below one, and has to be a folder: E/);
  });
}

test.run();

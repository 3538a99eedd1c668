/** What was made ready to be sent is kept as long as its record, and no longer. */
import { existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedName } from '../../src/files/stale.js';
import { type Prepared, PreparedFiles } from '../../src/session/prepared-files.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';

test.after.each(cleanUp);

const NOW = Date.now();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A prepared file that was last used so many days ago. */
function place(folder: string, days: number): string {
  const path = join(folder, preparedName());
  writeFileSync(path, 'envelope');
  const time = (NOW - days * DAY_MS) / 1000;
  utimesSync(path, time, time);
  return path;
}

const files = () => new PreparedFiles(new MemoryStore());
const settings = (statePath: string | null, tempPath = '') => ({ statePath, tempPath, keepStampsDays: 30 });

test('in StatePath: what is older than its record can be goes, the rest stays', async () => {
  const statePath = temporaryFolder();
  const folder = join(statePath, 'outgoing');
  mkdirSync(folder);
  const [old, young] = [place(folder, 31.5), place(folder, 30.5)];
  await files().clean(settings(statePath), NOW);
  assert.equal([old, young].map(existsSync), [false, true]);
});

test('in TempPath, also without a StatePath; and without either there is nothing to look through', async () => {
  const tempPath = temporaryFolder();
  const old = place(tempPath, 32);
  await files().clean(settings(null), NOW);
  assert.ok(existsSync(old));
  await files().clean(settings(null, tempPath), NOW);
  assert.not(existsSync(old));
});

test('a folder is looked through again no sooner than an hour later; one that is missing is empty', async () => {
  const [tempPath, prepared] = [temporaryFolder(), files()];
  await prepared.clean(settings(null, tempPath), NOW);
  await prepared.clean(settings(null, join(tempPath, 'missing')), NOW);
  const old = place(tempPath, 40);
  await prepared.clean(settings(null, tempPath), NOW + HOUR_MS - 1);
  assert.ok(existsSync(old));
  await prepared.clean(settings(null, tempPath), NOW + HOUR_MS);
  assert.not(existsSync(old));
});

test('a file that is used again is young again', async () => {
  const tempPath = temporaryFolder();
  const old = place(tempPath, 40);
  const prepared: Prepared = { path: old, size: 8, originalSize: 8, hash: '', signedReceipt: false };
  const parties = { partner: 'P', name: 'N', destination: 'D', originator: 'O', path: '/f', version: '1' };
  const store = new MemoryStore();
  const record = await store.beginOutgoing(parties, () => ({ date: '20240301', time: '0000000001' }));
  const used = new PreparedFiles(store);
  const make = () => Promise.reject(new Error('nothing is to be made'));
  assert.equal(await used.obtain({ ...record, attributes: JSON.stringify(prepared) }, make), prepared);
  assert.ok(statSync(old).mtimeMs > NOW - DAY_MS);
  await used.clean(settings(null, tempPath), NOW);
  assert.ok(existsSync(old));
});

test.run();

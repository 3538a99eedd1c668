/** Which versions of SQLite are used. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkEngine, type Database, hasWalResetBug, loadEngine } from '../../src/store/thread/engine.js';

test('the versions that can lose changes are those from 3.7.0 to 3.51.2 without the correction', () => {
  for (const version of ['3.7.0', '3.44.5', '3.45.1', '3.50.4', '3.50.6', '3.51.0', '3.51.2']) {
    assert.is(hasWalResetBug(version), true, version);
  }
  for (const version of ['3.6.23', '3.44.6', '3.50.7', '3.51.3', '3.52.0', '3.53.0', '4.0.0']) {
    assert.is(hasWalResetBug(version), false, version);
  }
});

test('the engine that is loaded is fit; another one is refused by its version', async () => {
  const { DatabaseSync } = await loadEngine();
  const database = new DatabaseSync(':memory:');
  checkEngine(database);
  const old = { prepare: () => ({ get: () => ({ version: '3.46.1' }) }) } as unknown as Database;
  assert.throws(() => checkEngine(old), /SQLite 3\.46\.1 .* 3\.51\.3 or later is needed/);
});

test('loading the engine of Node.js prints no warning, and leaves other warnings alone', async () => {
  const { emitWarning } = process;
  await loadEngine();
  assert.is(process.emitWarning, emitWarning);
});

test.run();

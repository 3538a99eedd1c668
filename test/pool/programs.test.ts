import { existsSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { workerProgram } from '../../src/pool/programs.js';
import { OFTPError } from '../../src/settings/errors.js';

test('a program of the package is found, the first time and again', () => {
  for (const _ of [1, 2]) assert.ok(existsSync(workerProgram('store.js')));
});

test('a program that is missing is error 10022, with its path and what to do', () => {
  for (const _ of [1, 2]) {
    try {
      workerProgram('bundled-away.js');
      assert.unreachable();
    } catch (error) {
      assert.instance(error, OFTPError);
      assert.is((error as OFTPError).code, 10022);
      assert.match((error as Error).message, /workers.bundled-away\.js.* is not there: install .* out of bundles/);
    }
  }
});

test.run();

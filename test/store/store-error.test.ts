/** What failures of the database are to callers, and to the refusal of a file. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { refusalFor } from '../../src/files/refusal.js';
import { storeError } from '../../src/store/store-error.js';
import { failureOf } from '../../src/store/thread/failure.js';

/** An error as SQLite gives it. */
function sqliteError(errcode: number, message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
}

test('a full disk is 10069, and SFNA or EFNA 06 for the file whose record did not fit', () => {
  const error = storeError('/state', failureOf(sqliteError(13, 'database or disk is full')));
  assert.is(error.code, 10069);
  assert.is(error.message, 'the state in /state could not be read or written: database or disk is full');
  assert.equal(refusalFor(error), { reason: 6, retry: true });
});

test('a disk that cannot be written is 10013, memory that ran out 10055; the extended code does not matter', () => {
  assert.is(storeError('/state', failureOf(sqliteError(8 | (1 << 8), 'readonly'))).code, 10013);
  assert.is(storeError('/state', failureOf(sqliteError(7, 'out of memory'))).code, 10055);
  const error = storeError('/state', failureOf(sqliteError(10 | (4 << 8), 'disk I/O error')));
  assert.is(error.code, 10022);
  assert.is((error.cause as NodeJS.ErrnoException).code, 'EIO');
  assert.equal(refusalFor(error), { reason: 12, retry: true });
});

test('damage that SQLite finds says what to do', () => {
  for (const code of [11, 11 | (1 << 8), 26]) {
    const error = storeError('/state', failureOf(sqliteError(code, 'database disk image is malformed')));
    assert.match(error.message, /^the state in \/state cannot be used: .*malformed; restore the folder from a backup/);
  }
});

test('whatever is thrown becomes an error', () => {
  assert.match(storeError('/state', failureOf(new TypeError('not a function'))).message, 'not a function');
  assert.match(storeError('/state', failureOf('just a text')).message, 'just a text');
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { refusalFor } from '../../src/files/refusal.js';
import { OFTPError } from '../../src/settings/errors.js';
import { errno } from './support.js';

const REFUSALS: readonly (readonly [string, number, boolean])[] = [
  ['ENOSPC', 6, true],
  ['EDQUOT', 6, true],
  ['EFBIG', 6, true],
  ['EACCES', 12, true],
  ['EPERM', 12, true],
  ['EROFS', 12, true],
  ['EMFILE', 12, true],
  ['ENFILE', 12, true],
  ['EIO', 12, true],
  ['ENOENT', 12, true],
  ['ELOOP', 12, true],
  ['EISDIR', 12, true],
  ['EBUSY', 12, true],
  ['EEXIST', 12, true],
  ['ENAMETOOLONG', 1, false],
  ['toString', 12, true],
];

for (const [code, reason, retry] of REFUSALS) {
  test(`C-151: ${code} is refused with reason ${reason}, retry ${retry ? 'Y' : 'N'}`, () => {
    assert.equal(refusalFor(errno(code)), { reason, retry });
    assert.equal(refusalFor(new OFTPError(10022, 'wrapped', { cause: errno(code) })), { reason, retry });
  });
}

test('C-151: a file under the final name is refused with reason 13, retry N', () => {
  const error = new OFTPError(681, 'exists', { cause: errno('EEXIST') });
  assert.equal(refusalFor(error), { reason: 13, retry: false });
});

test('what is no system error is an access method failure', () => {
  for (const value of [new Error('no code'), undefined, null, 'text', { code: 28 }]) {
    assert.equal(refusalFor(value), { reason: 12, retry: true });
  }
});

test('an error that is its own cause ends the search', () => {
  const error = new Error('ring');
  error.cause = error;
  assert.equal(refusalFor(error), { reason: 12, retry: true });
});

test.run();

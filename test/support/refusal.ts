import * as assert from 'uvu/assert';
import { OFTPError } from '../../src/settings/errors.js';

/**
 * The `OFTPError` that `action` throws; the assertion fails without one, or with one of another code or other words.
 */
export function refusal(action: () => unknown, code: number, words = ''): OFTPError {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof OFTPError))
    assert.unreachable(`expected OFTPError ${code} (${words}), got ${String(thrown)}`);
  assert.is((thrown as OFTPError).code, code, (thrown as OFTPError).message);
  assert.match((thrown as OFTPError).message, words);
  return thrown as OFTPError;
}

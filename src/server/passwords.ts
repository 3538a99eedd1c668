/** Passwords of partners (SSIDPSWD), compared. */
import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether two passwords are equal, in constant time; an empty expectation matches nothing, so that nobody gets in by
 * default.
 */
export function passwordsEqual(given: string, expected: string): boolean {
  if (typeof expected !== 'string' || expected.trimEnd() === '') return false;
  const digest = (text: string) => createHash('sha256').update(text.trimEnd()).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * From a name that a stranger chose to a file name that is safe on every platform.
 *
 * A virtual file name is 26 octets of anything (RFC 5024 §5.3.3); slash, dot and parentheses are in the RFC's own
 * character set (§5.3). The mapping keeps what can be kept and writes every other character as `%` and its two
 * hexadecimal digits, as a URL would. Because `%` itself is written as `%25`, the mapping can be undone: two
 * different names never become one.
 *
 *     ORDERS.EDI (2)   ORDERS.EDI (2)      typical names stay as they are
 *     ../../etc/passwd %2E.%2F..%2Fetc%2Fpasswd
 *     A:B              A%3AB
 *     CON.txt          %43ON.txt           a device on Windows
 *     .hidden          %2Ehidden           hidden names are our own part files
 *     -rf              %2Drf               would be an option to whoever handles the file with a shell
 *     A.               A%2E                Windows drops dots and spaces at the end
 */
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The longest name, in octets of UTF-8: file systems take 255; the difference leaves room for suffixes that
 * applications append (`.processed`, `.2024-12-31`).
 */
export const NAME_OCTETS_MAX = 230;

const UNSAFE_CHARACTER = /[^A-Za-z0-9 \-._()&@+,=]/g;
const UNSAFE_START = /^[.\- ]/;
const UNSAFE_END = /[. ]$/;

/** Names that are devices on Windows, with any extension; spaces before the dot do not help. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$)/i;

/** `%XX`; the `%uXXXX` for characters beyond one octet keeps it unambiguous, as `u` is no hexadecimal digit. */
function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const digits = code.toString(16).toUpperCase();
  return code > 0xff ? `%u${digits.padStart(4, '0')}` : `%${digits.padStart(2, '0')}`;
}

/**
 * One value made safe to be a part of a file name: no separators, no wildcards, no control characters, plain ASCII.
 * The value of octets beyond 7F is kept rather than guessed at: peers send them in any code page.
 */
export function escapeName(value: string): string {
  return value.replace(UNSAFE_CHARACTER, escapeCharacter);
}

/**
 * The rules for a name as a whole, whose parts are literal text or came through `escapeName`: how it may start and end,
 * and how long it may be. Undefined where nothing sensible is left: a blank name, or one too long. The caller refuses
 * such a file with reason 01, invalid file name.
 */
export function wholeName(name: string): string | undefined {
  if (name.trim() === '') return undefined;
  const ended = name.replace(UNSAFE_END, escapeCharacter);
  const guarded =
    UNSAFE_START.test(ended) || DEVICE_NAME.test(ended) ? escapeCharacter(ended.charAt(0)) + ended.slice(1) : ended;
  return Buffer.byteLength(guarded) <= NAME_OCTETS_MAX ? guarded : undefined;
}

/**
 * The local file name for a virtual file name as it came from the wire (one character an octet). Undefined where
 * nothing sensible is left, see `wholeName`.
 */
export function safeFileName(virtualFileName: string): string | undefined {
  return wholeName(escapeName(virtualFileName));
}

/**
 * The path of `name` in `directory`, proven to be a direct child of it. A name made by this module always is; the error
 * is for names from anywhere else.
 */
export function resolveInside(directory: string, name: string): string {
  const folder = resolve(directory);
  const path = join(folder, name);
  if (name.includes('\0') || dirname(path) !== folder || basename(path) !== name) {
    throw new Error(
      `'${name}' is not the name of a file directly in '${folder}': use a plain name without separators.`,
    );
  }
  return path;
}

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeName, NAME_OCTETS_MAX, resolveInside, safeFileName, wholeName } from '../../src/files/names.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';

test.after.each(cleanUp);

/** 26 octets from the wire, one character an octet. */
const wireName = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 26,
});
/** Names that are made of what is dangerous. */
const hostileName = fc
  .array(
    fc.constantFrom(
      '..',
      '/',
      '\\',
      '.',
      ' ',
      ':',
      '\0',
      '%',
      '%2E',
      'CON',
      'nul',
      'COM1',
      '-',
      '~',
      '\n',
      'a',
      '\xe4',
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));
const anyName = fc.oneof(wireName, hostileName);

/** The mapping undone, by its documented rule alone. */
function undo(name: string): string {
  return name.replace(/%([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

test('typical names stay as they are', () => {
  for (const name of [
    'ORDERS',
    'ORDERS.EDI',
    'A.B-C(D)&F',
    'lower_case@x',
    'with space',
    'x(1).y',
    'ODETTE_CERTIFICATE_REQUEST',
    'A..B',
    '0',
  ]) {
    assert.is(safeFileName(name), name);
  }
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
  ['/abs/path', '%2Fabs%2Fpath'],
  ['A/../../B', 'A%2F..%2F..%2FB'],
  ['C:\\boot.ini', 'C%3A%5Cboot.ini'],
  ['a:b', 'a%3Ab'],
  ['.', '%2E'],
  ['..', '%2E%2E'],
  ['.hidden', '%2Ehidden'],
  ['.oftp-x.part', '%2Eoftp-x.part'],
  ['-rf', '%2Drf'],
  [' lead', '%20lead'],
  ['dot.', 'dot%2E'],
  ['dots...', 'dots..%2E'],
  ['space ', 'space%20'],
  ['CON', '%43ON'],
  ['con.txt', '%63on.txt'],
  ['NUL', '%4EUL'],
  ['nul .x', '%6Eul .x'],
  ['COM1', '%43OM1'],
  ['LPT9.dat', '%4CPT9.dat'],
  ['COM\xb9', 'COM%B9'],
  ['CONTRACT', 'CONTRACT'],
  ['COM10', 'COM10'],
  ['a\0b', 'a%00b'],
  ['a\r\nb', 'a%0D%0Ab'],
  ['100%', '100%25'],
  ['%2E', '%252E'],
  ['\xc4RGER', '%C4RGER'],
  ['a*b?c"d<e>f|g', 'a%2Ab%3Fc%22d%3Ce%3Ef%7Cg'],
  ['$(id);`x`~', '%24(id)%3B%60x%60%7E'],
];

for (const [name, safe] of HOSTILE) {
  test(`C-102: ${JSON.stringify(name)} becomes ${safe}`, () => assert.is(safeFileName(name), safe));
}

test('C-100: a blank name is refused', () => {
  assert.is(safeFileName(''), undefined);
  assert.is(safeFileName(' '.repeat(26)), undefined);
});

test('the longest name there is fits, one that is too long is refused', () => {
  assert.is(safeFileName('/'.repeat(26))?.length, 78);
  assert.is(wholeName('x'.repeat(NAME_OCTETS_MAX)), 'x'.repeat(NAME_OCTETS_MAX));
  assert.is(wholeName('x'.repeat(NAME_OCTETS_MAX + 1)), undefined);
  assert.is(wholeName('\u20ac'.repeat(NAME_OCTETS_MAX / 2)), undefined);
});

test('characters beyond one octet do not collide with octets', () => {
  assert.is(escapeName('\u0100'), '%u0100');
  assert.is(escapeName('\u20ac'), '%u20AC');
  assert.is.not(escapeName('\u20ac'), escapeName(' \xac'));
});

test('C-102: any 26 octets become a harmless name', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const safe = safeFileName(name);
      if (safe === undefined) return assert.is(name.trim(), '');
      assert.match(safe, /^[A-Za-z0-9%_(&@+,=)][A-Za-z0-9 \-._()&@+,=%]*$/);
      assert.not.match(safe, /[. ]$/);
      assert.not.match(safe, /^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i);
      assert.ok(Buffer.byteLength(safe) <= NAME_OCTETS_MAX);
      const path = resolveInside('/srv/inbox', safe);
      assert.is(dirname(path), '/srv/inbox');
      assert.is(basename(path), safe);
    }),
  );
});

test('the mapping can be undone, so that two names never become one', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const safe = safeFileName(name);
      if (safe !== undefined) assert.is(undo(safe), name);
    }),
  );
});

test('the file system takes the mapped names as they are', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'inbox'));
  const names = HOSTILE.map(([name]) => safeFileName(name)!);
  for (const name of names) writeFileSync(resolveInside(join(folder, 'inbox'), name), '');
  assert.equal(readdirSync(join(folder, 'inbox')).sort(), [...names].sort());
  assert.equal(readdirSync(folder), ['inbox']);
});

test('resolveInside refuses what is not a direct child', () => {
  for (const name of ['', '.', '..', '../x', 'a/b', '/etc/passwd', 'a/..', './a', 'a\0b', 'a/']) {
    assert.throws(() => resolveInside('/srv/inbox', name), /not the name of a file directly in/, JSON.stringify(name));
  }
  assert.is(resolveInside('/', 'x'), '/x');
  assert.is(resolveInside('/srv/inbox/', 'x'), '/srv/inbox/x');
});

test.run();

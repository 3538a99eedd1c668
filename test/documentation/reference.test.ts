import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readSection, replaceSection, tableNames } from './reference.js';

const README = 'a\n<!-- settings:start -->\n\n| x |\n\n<!-- settings:end -->\nb\n';

test('a section is read without the space around it', () => {
  assert.is(readSection(README, 'settings'), '| x |');
});

test('a section is replaced and read back', () => {
  const replaced = replaceSection(README, 'settings', '| y |');
  assert.is(replaced, 'a\n<!-- settings:start -->\n\n| y |\n\n<!-- settings:end -->\nb\n');
  assert.is(readSection(replaced, 'settings'), '| y |');
});

for (const [name, text] of [
  ['an empty README', ''],
  ['a README with another section', README.replaceAll('settings', 'errors')],
  ['a README without the end', README.replace('settings:end', '')],
  ['a README with the end first', '<!-- settings:end --> <!-- settings:start -->'],
] as const) {
  test(`${name} has no section "settings"`, () => {
    assert.throws(() => readSection(text, 'settings'), /no section from <!-- settings:start -->/);
  });
}

test('the names in the first column of a table', () => {
  const table = '| Event | Effect |\n| --- | --- |\n| `connected` | `x` |\n| `error` | y |\n\nSee `log`.';
  assert.equal(tableNames(table), ['connected', 'error']);
});

test.run();

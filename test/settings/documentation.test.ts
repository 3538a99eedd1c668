import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ERRORS } from '../../src/settings/error-table.js';
import { SETTING_NAMES, SETTINGS } from '../../src/settings/table.js';
import { errorsMarkdown, settingsMarkdown } from '../support/documentation.js';

/** The table row whose first cell starts with a property or number. */
function rowOf(markdown: string, start: string): string {
  const row = markdown.split('\n').find((line) => line.startsWith(`| ${start}`));
  assert.ok(row, `a row for ${start}`);
  return row ?? '';
}

/** Cells of a row, escaped bars aside. */
function cells(row: string): string[] {
  return row.split(/(?<!\\)\|/).slice(1, -1);
}

test('each setting has one row of six cells, with its names and its effect', () => {
  const markdown = settingsMarkdown();
  const rows = markdown.split('\n').filter((line) => line.startsWith('| `'));
  assert.is(rows.length, SETTING_NAMES.length);
  for (const row of rows) assert.is(cells(row).length, 6, row);
  for (const name of SETTING_NAMES) {
    assert.is(rows.filter((row) => row.includes(SETTINGS[name].effect)).length, 1, name);
  }
});

test('a row for a setting of the server says range, unit, default, and when it may change', () => {
  assert.is(
    rowOf(settingsMarkdown(), '`server.maxConnections`').split(' | ').slice(0, 5).join(' | '),
    '| `server.maxConnections` | `MaxConnections` | 1 to 100000 (connections) | `1000` | not while listening (108)',
  );
});

test('a row for a setting of connections names both properties and the form with an id', () => {
  const row = rowOf(settingsMarkdown(), '`server.defaultIdleTimeout`');
  assert.match(
    row,
    '| `server.defaultIdleTimeout`, `connection.idleTimeout` | `DefaultIdleTimeout`, `IdleTimeout[id]` |',
  );
  assert.match(rowOf(settingsMarkdown(), '`connection.retry`'), '| `connection.retry` | `Retry[id]` |');
});

test('a row for a choice lists words and numbers, dangers stand out', () => {
  const row = rowOf(settingsMarkdown(), '`server.logLevel`');
  assert.match(row, "`'none'` (0), `'info'` (1), `'verbose'` (2), `'debug'` (3)");
  assert.match(row, '**Careful:** debug logs');
});

test('what depends on the machine is not in the documentation', () => {
  assert.not.match(settingsMarkdown(), process.version);
});

test('every error that is raised has a row, the others are listed behind', () => {
  const markdown = errorsMarkdown();
  for (const { code, name, meaning, raised } of ERRORS.values()) {
    if (raised) assert.is(rowOf(markdown, `${code} |`), `| ${code} | \`${name}\` | ${meaning} |`);
    else assert.match(markdown.split('\n').at(-1) ?? '', `${code} ${name}`);
  }
});

test.run();

/** Every name of the reference component has a place here and a test; every behaviour has a test with its number. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PROJECT_ROOT } from '../support/project.js';
import { coverage, missingIn, readSurface, tagsOf } from './surface.js';
import { surfaceMarkdown } from './surface-page.js';

const surface = readSurface();

test('the fixture holds the whole surface: 49 properties, 16 methods, 97 parameters of events, settings, errors', () => {
  const counts = surface.themes.map((theme) => theme.entries.length);
  // One error number stands twice in the reference, for two situations.
  assert.equal(counts, [49, 16, 97, 97, 80]);
  assert.is(surface.rows.length, 410);
});

test('every name has a place here and a test, every row a test from outside that carries its number', () => {
  const hint = 'give them a place (surface-places.ts) and a test (its name, or "// covers:", says so)';
  assert.equal(missingIn(surface), [], hint);
});

test('tests claim to cover only what exists', () => {
  assert.equal(surface.unknown, []);
});

test('fixtures/reference.md is what the tables and the tests say', () => {
  const hint = 'node dist/test/documentation/update.js brings fixtures/reference.md up to date';
  assert.fixture(readFileSync(join(PROJECT_ROOT, 'fixtures/reference.md'), 'utf8'), surfaceMarkdown(), hint);
});

test('the tags of a test file: row numbers except in headings, names behind covers', () => {
  const text = [
    '/** Rows B-003',
    ' * and B-004. */',
    '// covers: connected.description, error 100',
    "test('B-001 B-002 one', () => {});",
    "test('AB-0031', f);",
  ].join('\n');
  assert.equal([...tagsOf(text)].sort(), ['B-001', 'B-002', 'connected.description', 'error 100']);
});

test('a name without a test shows as such on the page, and so does one without a place', () => {
  const bare = surfaceMarkdown(readSurface(new Map([['B-001', new Set(['a.test.ts'])]])));
  assert.match(bare, '| B-001 | a.test.ts |\n| B-002 | **none** |');
  assert.match(bare, '| `error 671` | `PROTOCOL` | **none** |');
});

test('a row whose number stands in tests of inner parts alone is missing', () => {
  const tests = new Map([
    ['B-001', new Set(['settings/table.test.ts'])],
    ['B-002', new Set(['settings/table.test.ts', 'server/limits.test.ts'])],
    ['B-003', new Set(['conformance/ssid.test.ts'])],
  ]);
  const missing = missingIn(readSurface(tests));
  assert.equal(
    ['B-001', 'B-002', 'B-003', 'B-033'].map((row) => missing.includes(row)),
    [true, false, false, false],
  );
});

test('coverage reads the tests of the tree', () => {
  assert.ok(coverage().get('B-001')?.size ?? 0);
});

test.run();

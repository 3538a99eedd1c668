/** Every name of the reference component has a place here and a test; every behaviour has a test with its number. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PROJECT_ROOT } from '../support/project.js';
import { coverage, doneIn, readSurface, readWaiting, tagsOf } from './surface.js';
import { surfaceMarkdown } from './surface-page.js';

const surface = readSurface();
const waiting = readWaiting();
const done = doneIn(surface);

test('the fixture holds the whole surface: 49 properties, 16 methods, 97 parameters of events, settings, errors', () => {
  const counts = surface.themes.map((theme) => theme.entries.length);
  // One error number stands twice in the reference, for two situations.
  assert.equal(counts, [49, 16, 97, 97, 80]);
  assert.is(surface.rows.length, 410);
});

test('every name has a place here and a test, every row a test that carries its number', () => {
  const missing = [...done].filter(([name, isDone]) => !isDone && !waiting.includes(name)).map(([name]) => name);
  const hint = 'give them a place (surface-places.ts) and a test (its name, or "// covers:", says so)';
  assert.equal(missing, [], hint);
});

test('what fixtures/reference-waiting.txt lists is still missing', () => {
  const arrived = waiting.filter((name) => done.get(name) !== false);
  assert.equal(arrived, [], 'these have their place and tests now, or do not exist: take them out of the list');
});

test('tests claim to cover only what exists', () => {
  assert.equal(surface.unknown, []);
});

test('fixtures/reference.md is what the tables and the tests say', () => {
  const hint = 'node dist/test/documentation/update.js brings fixtures/reference.md up to date';
  assert.fixture(readFileSync(join(PROJECT_ROOT, 'fixtures/reference.md'), 'utf8'), surfaceMarkdown(), hint);
});

test('the tags of a test file: row numbers anywhere, names behind covers', () => {
  const text = "// covers: connected.description, error 100\ntest('B-001 B-002 one', () => {});\ntest('AB-0031', f);";
  assert.equal([...tagsOf(text)].sort(), ['B-001', 'B-002', 'connected.description', 'error 100']);
});

test('a name without a test shows as such on the page, and so does one without a place', () => {
  const bare = surfaceMarkdown(readSurface(new Map([['B-001', new Set(['a.test.ts'])]])), ['B-002']);
  assert.match(bare, '| B-001 | a.test.ts |\n| B-002 | **none** |');
  assert.match(bare, '| `error 671` | `PROTOCOL` | **none** |');
  assert.match(bare, '## Not there yet\n\nB-002.');
});

test('coverage reads the tests of the tree', () => {
  assert.ok(coverage().get('B-001')?.size ?? 0);
});

test.run();

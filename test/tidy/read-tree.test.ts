import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { parseSources } from './parse.js';
import { expectNone, readTree } from './tree.js';

test.after.each(cleanUp);

test('texts, sources and the top level of a folder, without what tools made', () => {
  const root = folderWith({
    'README.md': 'text',
    '.ci/run': 'script',
    'src/server/a.ts': 'export const a = 1;',
    'src/protocol/framing/b.generated.ts': 'export const b = 1;',
    'fixtures/c.ts': 'not code of the project',
    'fixtures/d.bin': 'a\0b',
    'dist/src/server/a.js': 'compiled',
    'node_modules/e/index.ts': 'installed',
    'test/node_modules/f.ts': 'installed',
  });
  const tree = readTree(root);
  assert.equal([...tree.texts.keys()].sort(), [
    '.ci/run',
    'README.md',
    'fixtures/c.ts',
    'src/protocol/framing/b.generated.ts',
    'src/server/a.ts',
  ]);
  assert.equal([...tree.sources.keys()], ['src/server/a.ts']);
  assert.equal(tree.topLevel, ['.ci', 'README.md', 'fixtures', 'src', 'test']);
});

test('the names and the lines of imports', () => {
  const text = [
    `import a, { b as c } from './x/a.js';`,
    '',
    `import * as d from '../d.js';`,
    `import 'node:fs';`,
    `const e = new URL('./e.js', import.meta.url);`,
    `const f = new URL('https://example.com/f.js');`,
    `const g = await import('g');`,
    `const h = require('h');`,
  ].join('\n');
  const imports = parseSources(new Map([['src/server/z.ts', text]])).get('src/server/z.ts')?.imports;
  assert.equal(imports, [
    { specifier: './x/a.js', target: 'src/server/x/a.ts', names: ['default', 'b'], kind: 'import', line: 1 },
    { specifier: '../d.js', target: 'src/d.ts', names: 'all', kind: 'import', line: 3 },
    { specifier: 'node:fs', target: undefined, names: [], kind: 'import', line: 4 },
    { specifier: './e.js', target: 'src/server/e.ts', names: 'all', kind: 'url', line: 5 },
    { specifier: 'g', target: undefined, names: 'all', kind: 'import', line: 7 },
    { specifier: 'h', target: undefined, names: 'all', kind: 'import', line: 8 },
  ]);
});

test('the members of interfaces', () => {
  const text = `export interface Events { open: 1; 'close'(x: string): void }\ninterface Empty {}`;
  const source = parseSources(new Map([['src/server/events.ts', text]])).get('src/server/events.ts');
  assert.equal(
    [...(source?.interfaces ?? [])],
    [
      ['Events', ['open', 'close']],
      ['Empty', []],
    ],
  );
});

test('findings become one error that lists them', () => {
  expectNone([]);
  const findings = [
    { path: 'src/a.ts', line: 3, message: 'wrong' },
    { path: 'src/b.ts', message: 'too long' },
  ];
  let error: unknown;
  try {
    expectNone(findings);
  } catch (thrown) {
    error = thrown;
  }
  assert.instance(error, assert.Assertion);
  const { message, details } = error as assert.Assertion;
  assert.equal([message, details], ['findings: 2', 'src/a.ts:3: wrong\nsrc/b.ts: too long']);
});

test.run();

/** Every rule of this folder, fed with what it must find and with what it must leave alone. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cycles, protocolCycles } from './cycles.js';
import { deadExports, deadFiles, deadWorkers } from './dead.js';
import { indexes, layers, purity, workers } from './layers.js';
import { dependencies, lockFile, topLevel } from './shape.js';
import { fileLengths, functionLengths, lineLengths } from './sizes.js';
import { formatFinding, makeTree, type Rule } from './tree.js';
import { bannedWords } from './words.js';

type Files = Readonly<Record<string, string>>;

/** The rule's findings for these files, each as one line. */
function findings(rule: Rule, files: Files, topLevelNames: readonly string[] = []): string[] {
  return rule(makeTree(new Map(Object.entries(files)), topLevelNames)).map(formatFinding);
}

/** The rule finds exactly these places: `path:line`, or `path` where the finding has no line. */
function finds(name: string, rule: Rule, files: Files, places: readonly string[]): void {
  test(name, () => {
    const found = findings(rule, files).map((finding) => finding.slice(0, finding.indexOf(': ')));
    assert.equal(found.sort(), [...places].sort());
  });
}

function code(...lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

finds(
  'layers: downwards and inside the own folder is right',
  layers,
  {
    'src/index.ts': `export { a } from './server/a.js';`,
    'src/server/a.ts': code(
      `import type { b } from '../protocol/commands/b.js';`,
      `import fs from 'node:fs';`,
      `import './c/d.js';`,
    ),
    'src/server/c/d.ts': `import { a } from '../a.js';`,
    'src/protocol/entity.ts': `import { b } from './commands/b.js';`,
    'src/protocol/commands/b.ts': `import { f } from '../framing/f.js';`,
    'src/protocol/framing/f.ts': '',
    'test/server/a.test.ts': `import { a } from '../../src/server/a.js';`,
  },
  [],
);

finds(
  'layers: upwards is wrong, for types, re-exports and dynamic imports as well',
  layers,
  {
    'src/protocol/a.ts': code(
      `import { s } from '../settings/s.js';`,
      `import type { t } from '../session/t.js';`,
      `export { type t } from '../session/t.js';`,
      `const later = () => import('../server/u.js');`,
      `type U = import('../server/u.js').U;`,
    ),
    'src/settings/s.ts': '',
    'src/session/t.ts': '',
    'src/server/u.ts': `import { main } from '../cli/main.js';`,
    'src/cli/main.ts': '',
  },
  [
    'src/protocol/a.ts:1',
    'src/protocol/a.ts:2',
    'src/protocol/a.ts:3',
    'src/protocol/a.ts:4',
    'src/protocol/a.ts:5',
  ].concat('src/server/u.ts:1'),
);

finds(
  'layers: a folder of the same layer is wrong, the package itself included',
  layers,
  {
    'src/files/a.ts': `import type { b } from '../store/b.js';`,
    'src/store/b.ts': '',
    'src/cli/main.ts': code(`import { c } from '../index.js';`, `import { c as d } from 'oftp';`),
    'src/index.ts': '',
  },
  ['src/cli/main.ts:1', 'src/cli/main.ts:2', 'src/files/a.ts:1'],
);

finds(
  'layers: what is not in src is wrong, and so is a folder that has no layer',
  layers,
  {
    'src/pool/a.ts': code(`import { w } from '../../workers/w.js';`, `import { t } from '../../test/support/t.js';`),
    'src/utilities/b.ts': '',
    'src/c.ts': '',
    'workers/w.ts': '',
    'test/support/t.ts': '',
  },
  ['src/c.ts', 'src/pool/a.ts:1', 'src/pool/a.ts:2', 'src/utilities/b.ts'],
);

test('layers: a name that stands in a comment or a string is no import', () => {
  const text = code(`// import { a } from '../session/a.js';`, `const text = "import { a } from '../session/a.js'";`);
  assert.equal(findings(layers, { 'src/protocol/b.ts': text, 'src/session/a.ts': '' }), []);
});

test('layers: the message names both ends', () => {
  const [finding] = findings(layers, { 'src/pool/a.ts': `import '../files/b.js';`, 'src/files/b.ts': '' });
  assert.is(finding, 'src/pool/a.ts:1: src/pool (layer 2) imports upwards from src/files (layer 3)');
});

finds(
  'indexes: only the package has one',
  indexes,
  { 'src/index.ts': '', 'src/files/index.ts': '', 'src/protocol/framing/index.ts': '' },
  ['src/files/index.ts', 'src/protocol/framing/index.ts'],
);

finds(
  'workers: the pure work and the messages are open to them, nothing else',
  workers,
  {
    'workers/good.ts': code(
      `import { a } from '../src/security/a.js';`,
      `import type { b } from '../src/pool/tasks.js';`,
      `import { c } from '../src/protocol/framing/c.js';`,
      `import { d } from './shared.js';`,
      `import { e } from '../src/store/thread.js';`,
      `import fs from 'node:fs';`,
    ),
    'workers/bad.ts': code(
      `import { p } from '../src/pool/pool.js';`,
      `import type { s } from '../src/session/s.js';`,
      `import { t } from '../src/store/store.js';`,
    ),
  },
  ['workers/bad.ts:1', 'workers/bad.ts:2', 'workers/bad.ts:3'],
);

finds(
  'purity: packages, clock, chance, timers, Buffer, even as a type',
  purity,
  {
    'src/protocol/a.ts': code(
      `import fs from 'node:fs';`,
      `import type { Socket } from 'node:net';`,
      'const now = Date.now();',
      'const today = new Date();',
      'const chance = Math.random;',
      'function b(octets: Buffer) { return octets; }',
      'const c = { process };',
      'setTimeout(b, 1);',
      'console.error(1);',
    ),
  },
  Array.from({ length: 9 }, (_, index) => `src/protocol/a.ts:${index + 1}`),
);

finds(
  'purity: members, dates given as arguments and words in comments are no breach; other layers may do it all',
  purity,
  {
    'src/protocol/a.ts': code(
      '// Buffer, Date.now() and process belong into other layers.',
      'const day = (now: number) => new Date(now).getUTCDay();',
      'const text = { process: 1, Buffer: 2 }.process + day(1);',
      'interface Clock { performance: number }',
      'const x = Math.min(1, text);',
      `const name = 'Buffer';`,
    ),
    'src/transport/b.ts': 'setTimeout(() => Buffer.alloc(Math.random()), Date.now());',
  },
  [],
);

finds(
  'cycles: of two and of three files, types included, each found once',
  cycles,
  {
    'src/files/a.ts': `import { b } from './b.js';`,
    'src/files/b.ts': `import type { a } from './a.js';`,
    'src/server/c.ts': `import './d.js';`,
    'src/server/d.ts': `import './e.js';`,
    'src/server/e.ts': `import './c.js';`,
  },
  ['src/files/a.ts', 'src/server/c.ts'],
);

test('cycles: the message shows the whole way round', () => {
  const files = { 'src/pool/a.ts': `import './b.js';`, 'src/pool/b.ts': `export * from './a.js';` };
  assert.equal(findings(cycles, files), [
    'src/pool/a.ts: imports itself: src/pool/a.ts -> src/pool/b.ts -> src/pool/a.ts',
  ]);
});

finds('cycles: a file that imports itself', cycles, { 'src/pool/a.ts': `import './a.js';` }, ['src/pool/a.ts']);

finds(
  'cycles: two ways to the same file are none',
  cycles,
  {
    'src/pool/a.ts': `import './b.js';\nimport './c.js';`,
    'src/pool/b.ts': `import './d.js';`,
    'src/pool/c.ts': `import './d.js';\nimport './b.js';`,
    'src/pool/d.ts': '',
  },
  [],
);

finds(
  'protocol cycles: two folders over different files',
  protocolCycles,
  {
    'src/protocol/commands/a.ts': `import '../framing/b.js';`,
    'src/protocol/commands/c.ts': '',
    'src/protocol/framing/b.ts': '',
    'src/protocol/framing/d.ts': `import '../commands/c.js';`,
    'src/protocol/entity.ts': `import './framing/d.js';\nimport './commands/a.js';`,
  },
  ['src/protocol/commands'],
);

finds(
  'sizes: 400 lines are right, 401 are not',
  fileLengths,
  { 'src/pool/a.ts': 'f();\n'.repeat(400), 'src/pool/b.ts': 'f();\n'.repeat(401) },
  ['src/pool/b.ts'],
);

finds(
  'sizes: functions of 70 and 71 lines, in all their forms',
  functionLengths,
  {
    'src/pool/a.ts': code(
      `function a() {\n${'  f();\n'.repeat(68)}}`,
      `/** Not counted.\n${' *\n'.repeat(9)} */\nfunction b() {\n${'  f();\n'.repeat(69)}}`,
      `const c = () => {\n${'  f();\n'.repeat(69)}};`,
      `class D {\n  #d = '{';\n  d(text = '}') {\n${'    f();\n'.repeat(69)}  }\n}`,
    ),
  },
  ['src/pool/a.ts:82', 'src/pool/a.ts:153', 'src/pool/a.ts:226'],
);

finds(
  'sizes: lines of 120 and 121 characters, comments included',
  lineLengths,
  { 'test/a.ts': `${'a'.repeat(120)}\n// ${'b'.repeat(118)}\n`, 'README.md': 'c'.repeat(200) },
  ['test/a.ts:2'],
);

finds(
  'words: what is left over, what silences, what leaves tests out',
  bannedWords,
  {
    'src/pool/a.ts': code('// TODO: later', '// FIXME', '// XXX', '// @ts-ignore', '// @ts-nocheck', 'console.log(1);'),
    'test/b.test.ts': code('test.only(1);', 'test.skip(1);', 'console.log(1);', 'mastodon.skipped(1);'),
    'src/protocol/framing/assemble.mjs': '// TODO',
    'README.md': 'TODO lists in EDI',
  },
  [1, 2, 3, 4, 5, 6]
    .map((line) => `src/pool/a.ts:${line}`)
    .concat('src/protocol/framing/assemble.mjs:1', 'test/b.test.ts:1', 'test/b.test.ts:2'),
);

finds(
  'words: paths of a machine and addresses of a registry, in any file',
  bannedWords,
  {
    'README.md': code('cd /home/jane/oftp', 'C:\\Users\\jane', 'see https://registry.npmjs.org/oftp', 'file:///root/x'),
    'fixtures/a.txt': code('"/Users/jane/x"', 'http://nexus.example.com/npm'),
    '.npmrc': 'registry=https://npm-registry.example.com/',
    'src/files/b.ts': code(`const path = './home/x';`, `fetch('https://example.com/home/x');`, 'registry.get(1);'),
  },
  ['.npmrc:1', 'README.md:1', 'README.md:2', 'README.md:3', 'README.md:4', 'fixtures/a.txt:1', 'fixtures/a.txt:2'],
);

finds(
  'dead files: an island is dead, what only a test imports is dead',
  deadFiles,
  {
    'src/index.ts': `export { a } from './server/a.js';`,
    'src/server/a.ts': `const url = new URL('./thread.js', import.meta.url);`,
    'src/server/thread.ts': '',
    'src/cli/main.ts': `import './serve.js';`,
    'src/cli/serve.ts': '',
    'workers/w.ts': `import '../src/security/hash.js';`,
    'src/security/hash.ts': '',
    'src/files/island.ts': `import './beach.js';`,
    'src/files/beach.ts': `import './island.js';`,
    'src/files/tested.ts': '',
    'test/files/tested.test.ts': `import '../../src/files/tested.js';`,
  },
  ['src/files/beach.ts', 'src/files/island.ts', 'src/files/tested.ts'],
);

finds(
  'dead workers: one that nothing names',
  deadWorkers,
  {
    'src/pool/tasks.ts': `const tasks = { hash: new URL('../../workers/hash-file.js', import.meta.url) };`,
    'workers/hash-file.ts': `import './common.js';`,
    'workers/common.ts': '',
    'workers/sign-file.ts': '',
  },
  ['workers/sign-file.ts'],
);

finds(
  'dead exports: values and types that nobody imports',
  deadExports,
  {
    'src/index.ts': `export { a } from './server/a.js';`,
    'src/server/a.ts': code(
      'export const a = 1, b = 2;',
      'export function c() {}',
      'export class D {}',
      'export type E = string;',
      'export interface F { e: G }',
      'export type G = number;',
      'export const { h, i: [j] } = k;',
      'export const tested = (f: F) => f;',
      'export { l as m };',
    ),
    'src/server/b.ts': code(`import type { E as X } from './a.js';`, 'export const all = 1;'),
    'src/server/c.ts': `import * as b from './b.js';`,
    'test/a.test.ts': `import { tested } from '../src/server/a.js';\nexport const own = 1;`,
  },
  ['src/server/a.ts:1', 'src/server/a.ts:2', 'src/server/a.ts:3', 'src/server/a.ts:7', 'src/server/a.ts:7'].concat(
    'src/server/a.ts:9',
  ),
);

test('shape: what does not belong into the top folder', () => {
  const names = ['.ci', '.gitignore', 'README.md', 'package.json', 'src', 'workers', 'notes.txt', 'lib'];
  const found = findings(topLevel, {}, names).map((finding) => finding.split(':')[0]);
  assert.equal(found, ['notes.txt', 'lib']);
});

finds(
  'shape: imported but not declared, declared but not imported',
  dependencies,
  {
    'package.json': JSON.stringify({ dependencies: { pino: '1', '@scope/name': '1', unused: '1' } }),
    'src/server/a.ts': code(
      `import { pino } from 'pino';`,
      `import { part } from '@scope/name/part';`,
      `import { once } from 'node:events';`,
      `import { test } from 'uvu';`,
    ),
    'test/a.test.ts': `import { test } from 'uvu';`,
  },
  ['package.json', 'src/server/a.ts:4'],
);

finds(
  'shape: a lock file with an address, and without a package that other platforms need',
  lockFile,
  {
    'package-lock.json': JSON.stringify({
      packages: {
        '': {},
        'node_modules/a': { version: '1', optionalDependencies: { b: '1', c: '1', 'missing-on-linux': '1' } },
        'node_modules/b': { resolved: 'https://example.com/b' },
        'node_modules/a/node_modules/c': { version: '1' },
      },
    }),
  },
  ['package-lock.json', 'package-lock.json'],
);

finds('shape: no lock file', lockFile, {}, ['package-lock.json']);

test.run();

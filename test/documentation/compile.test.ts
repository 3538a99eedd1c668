import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { PROJECT_ROOT } from '../support/project.js';
import type { Block } from './blocks.js';
import { compileBlocks } from './compile.js';

test.after.each(cleanUp);

/** A package that is named and laid out as this one, with a function for the examples to use. */
function packageFolder(): string {
  const root = folderWith({
    'package.json': JSON.stringify({
      name: 'oftp',
      type: 'module',
      exports: { '.': { types: './dist/src/index.d.ts', default: './dist/src/index.js' } },
    }),
    'dist/src/index.d.ts': '/// <reference types="node" />\nexport declare function double(value: number): number;\n',
  });
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(root, 'node_modules'), 'dir');
  return root;
}

function block(code: string, line: number): Block {
  return { language: 'ts', check: 'compile', code, line };
}

const IMPORT = `import { double } from 'oftp';`;

test('examples that are right, each a module of its own', async () => {
  const first = block(`${IMPORT}\nconst a: number = double(1);\nawait Promise.resolve(a);`, 10);
  const second = block(`${IMPORT}\nconst a = process.version;\nconsole.log(a, double(2));`, 20);
  assert.is(await compileBlocks(packageFolder(), [first, second]), '');
});

test('an example that is wrong, with its line in the README', async () => {
  const said = await compileBlocks(packageFolder(), [block(`${IMPORT}\n\ndouble('1');`, 40)]);
  assert.match(said, /README-40\.ts\(42,8\): error TS2345/);
});

test('an example that imports what the package does not export', async () => {
  const said = await compileBlocks(packageFolder(), [block(`import { half } from 'oftp';\nhalf(1);`, 7)]);
  assert.match(said, /README-7\.ts\(7,10\): error .*half/);
});

test.run();

/** Style is a test: the rules of this folder, applied to the project. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PROJECT_ROOT } from '../support/project.js';
import { cycles, protocolCycles } from './cycles.js';
import { deadExports, deadFiles, deadWorkers } from './dead.js';
import { indexes, layers, purity, workers } from './layers.js';
import { dependencies, lockFile, topLevel } from './shape.js';
import { fileLengths, functionLengths, lineLengths } from './sizes.js';
import { expectNone, type Rule, readTree } from './tree.js';
import { bannedWords } from './words.js';

const RULES: Readonly<Record<string, Rule>> = {
  'every import goes to the own folder or to a lower layer': layers,
  'no folder but the package has an index': indexes,
  'workers import only what is made for them': workers,
  'the protocol has no clock, no chance, no input and output': purity,
  'no file imports itself by a detour': cycles,
  'no part of the protocol imports itself by a detour': protocolCycles,
  'no file is too long': fileLengths,
  'no function is too long': functionLengths,
  'no line is too long': lineLengths,
  'no banned word, no path of a machine, no address of a registry': bannedWords,
  'every file of src is used': deadFiles,
  'every worker is started': deadWorkers,
  'every export is imported': deadExports,
  'the top folder holds what belongs there': topLevel,
  'published code imports what is installed with it, and nothing else is installed': dependencies,
  'the lock file names no registry, and the packages of every platform': lockFile,
};

const tree = readTree(PROJECT_ROOT);

test('the tree was read', () => {
  assert.ok(tree.sources.has('test/tidy/tree.test.ts'));
  assert.ok(tree.texts.has('package.json'));
  assert.not.ok([...tree.texts.keys()].some((path) => /^(?:node_modules|dist|\.git)\//.test(path)));
});

for (const [name, rule] of Object.entries(RULES)) {
  test(name, () => {
    expectNone(rule(tree));
  });
}

test.run();

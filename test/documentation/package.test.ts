/** The package as it is published: what a project that installs it finds. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as imported from '../../src/index.js';
import { PROJECT_ROOT } from '../support/project.js';

const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
const readme = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8');

const isPacked = (path: string): boolean =>
  manifest.files.some((packed: string) => path === packed || path.startsWith(`${packed}/`));

test('CommonJS gets the same exports by require() as a module by import', () => {
  const required = require('oftp');
  assert.equal(Object.keys(required).sort(), Object.keys(imported).sort());
  assert.is(required.OFTPServer, imported.OFTPServer);
});

test('package.json can be read through the exports', () => {
  assert.is(require('oftp/package.json').name, 'oftp');
});

test('what package.json names is there and is packed', () => {
  const { exports, bin, types } = manifest;
  for (const path of [...Object.values(exports['.']), ...Object.values(bin), types] as string[]) {
    assert.ok(existsSync(join(PROJECT_ROOT, path)), path);
    assert.ok(isPacked(path.replace('./', '')), `${path} is not packed`);
  }
  for (const path of manifest.files) assert.ok(existsSync(join(PROJECT_ROOT, path)), path);
});

test('the links of the README lead to what is packed beside it', () => {
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target as string);
  const local = links.filter((target) => !/^https?:/.test(target));
  assert.ok(local.length > 0);
  for (const target of local) {
    assert.ok(existsSync(join(PROJECT_ROOT, target)), target);
    assert.ok(isPacked(target), `${target} is not packed`);
  }
});

test('source maps carry their sources, which are not packed', () => {
  const map = JSON.parse(readFileSync(join(PROJECT_ROOT, 'dist/src/index.js.map'), 'utf8'));
  assert.is(map.sourcesContent.length, map.sources.length);
  assert.not.ok(isPacked('src/index.ts'));
});

test.run();

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { moveAway } from '../../src/cli/move-away.js';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';

test.after.each(cleanUp);

test('a file keeps its name and content', async () => {
  const folder = folderWith({ 'out/a.edi': 'one' });
  mkdirSync(join(folder, 'sent'));
  const target = await moveAway(join(folder, 'out/a.edi'), join(folder, 'sent'));
  assert.is(target, join(folder, 'sent/a.edi'));
  assert.is(readFileSync(target, 'utf8'), 'one');
  assert.not.ok(existsSync(join(folder, 'out/a.edi')));
});

test('a file of the same name that is there stays; the new one gets a suffix', async () => {
  const folder = folderWith({ 'sent/a.edi': 'old' });
  for (const content of ['first', 'second', 'third']) {
    writeFileSync(join(folder, 'a.edi'), content);
    await moveAway(join(folder, 'a.edi'), join(folder, 'sent'));
  }
  const names = readdirSync(join(folder, 'sent'));
  assert.is(names.length, 4);
  for (const name of names) assert.match(name, /^a\.edi(\.\d{13})?$/);
  const contents = names.map((name) => readFileSync(join(folder, 'sent', name), 'utf8'));
  assert.equal(contents.sort(), ['first', 'old', 'second', 'third']);
});

test('a folder that is not there is an error, and the file stays', async () => {
  const folder = folderWith({ 'a.edi': 'one' });
  let failure: NodeJS.ErrnoException | undefined;
  await moveAway(join(folder, 'a.edi'), join(folder, 'none')).catch((error) => {
    failure = error;
  });
  assert.is(failure?.code, 'ENOENT');
  assert.is(readFileSync(join(folder, 'a.edi'), 'utf8'), 'one');
});

test.run();

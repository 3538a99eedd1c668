/** The README does what it says: its examples compile, its commands work, its tables are those of the code. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { failure } from '../support/failure.js';
import { PROJECT_ROOT } from '../support/project.js';
import { readTree } from '../tidy/tree.js';
import { commandLines, fencedBlocks, namedScripts } from './blocks.js';
import { checkCommand, checkStart } from './commands.js';
import { compileBlocks } from './compile.js';
import { EVENTS, GENERATED, readSection, renderSection, tableNames } from './reference.js';

test.after.each(cleanUp);

const INSTALL = 'npm ci && ';

const file = join(PROJECT_ROOT, 'README.md');
const readme = existsSync(file) ? readFileSync(file, 'utf8') : '';

test('README.md exists', () => {
  assert.ok(readme.length > 0, 'README.md is missing');
});

test('every ts block is marked to be compiled', () => {
  const blocks = fencedBlocks(readme).filter(({ language }) => language === 'ts');
  assert.ok(blocks.length > 0, 'README.md has no example');
  const unmarked = blocks.filter(({ check }) => check === undefined).map(({ line }) => line);
  assert.equal(unmarked, [], 'lines of ts blocks without <!-- check: compile --> above them');
});

test('the examples compile against the package', async () => {
  const blocks = fencedBlocks(readme).filter(({ check }) => check === 'compile');
  const problems = await compileBlocks(PROJECT_ROOT, blocks);
  if (problems !== '') throw failure('an example does not compile', problems);
});

test('the scripts it names stand in package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
  const missing = namedScripts(fencedBlocks(readme)).filter((name) => !(name in scripts));
  assert.equal(missing, []);
});

test('one line starts the server and one line runs the tests', () => {
  const lines = commandLines(fencedBlocks(readme));
  for (const command of ['npm start', 'npm test']) {
    assert.ok(lines.includes(INSTALL + command), `no block that is run has the line "${INSTALL}${command}"`);
  }
});

test('the start command starts a server, and SIGTERM ends it with 0', () => checkStart(PROJECT_ROOT));

test('the other commands work', async () => {
  for (const line of commandLines(fencedBlocks(readme))) {
    const command = line.startsWith(INSTALL) ? line.slice(INSTALL.length) : line;
    // `npm start` has a test of its own, and `npm test` is what runs this file.
    if (command !== 'npm start' && command !== 'npm test') await checkCommand(PROJECT_ROOT, command);
  }
});

for (const section of GENERATED) {
  test(`the section "${section.name}" is what the code says`, async () => {
    const hint = 'node dist/test/documentation/update.js brings README.md up to date';
    assert.fixture(readSection(readme, section.name), await renderSection(section), hint);
  });
}

test('the section "events" has a row for each event', () => {
  const members = readTree(PROJECT_ROOT).sources.get(EVENTS.file)?.interfaces.get(EVENTS.interface);
  assert.ok(members, `${EVENTS.file} declares no interface ${EVENTS.interface}`);
  assert.equal(tableNames(readSection(readme, EVENTS.section)).sort(), [...members].sort());
});

test.run();

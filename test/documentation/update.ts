/**
 * Writes what comes from the code: sections of the README, and the page about the reference component with the list of
 * what it still lacks. Run it after a setting, an error or what a test covers has changed.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/project.js';
import { GENERATED, renderSection, replaceSection } from './reference.js';
import { doneIn, readSurface, readWaiting, WAITING_FILE } from './surface.js';
import { surfaceMarkdown } from './surface-page.js';

const file = join(PROJECT_ROOT, 'README.md');
let readme = readFileSync(file, 'utf8');
for (const section of GENERATED) {
  readme = replaceSection(readme, section.name, await renderSection(section));
}
writeFileSync(file, readme);

const surface = readSurface();
const done = doneIn(surface);
const waiting = readWaiting().filter((name) => done.get(name) === false);
writeFileSync(WAITING_FILE, waiting.map((name) => `${name}\n`).join(''));
writeFileSync(join(PROJECT_ROOT, 'fixtures/reference.md'), surfaceMarkdown(surface, waiting));

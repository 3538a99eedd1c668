/**
 * Writes what comes from the code: sections of the README, and the page about the reference component. Run it after a
 * setting, an error or what a test covers has changed.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/project.js';
import { GENERATED, renderSection, replaceSection } from './reference.js';
import { surfaceMarkdown } from './surface-page.js';

const file = join(PROJECT_ROOT, 'README.md');
let readme = readFileSync(file, 'utf8');
for (const section of GENERATED) {
  readme = replaceSection(readme, section.name, await renderSection(section));
}
writeFileSync(file, readme);
writeFileSync(join(PROJECT_ROOT, 'fixtures/reference.md'), surfaceMarkdown());

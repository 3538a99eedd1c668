/** Writes the sections that come from the code into the README. Run it after a setting or an error has changed. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/project.js';
import { GENERATED, renderSection, replaceSection } from './reference.js';

const file = join(PROJECT_ROOT, 'README.md');
let readme = readFileSync(file, 'utf8');
for (const section of GENERATED) {
  readme = replaceSection(readme, section.name, await renderSection(section));
}
writeFileSync(file, readme);

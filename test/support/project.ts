/** Where the project's own files are, for tests that read or run them. */

import { fileURLToPath } from 'node:url';

/** The project's top folder: the compiled form of this file is `dist/test/support/project.js`. */
export const PROJECT_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

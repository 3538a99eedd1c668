import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onCleanUp } from './cleanup.js';

/** An empty folder of the test, gone after it: the file has `test.after.each(cleanUp)`. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oftp-test-'));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A temporary folder with these files in it, by their paths. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Compiles the examples of the README as a user of the package would. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../support/child.js';
import type { Block } from './blocks.js';

const COMPILE_LIMIT_MS = 60_000;

/**
 * What a careful user has in tsconfig.json. The types of the package are checked as well, not skipped, and nothing but
 * the package itself says that they need those of Node.js.
 */
const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: [],
  strict: true,
  noEmit: true,
};

/**
 * Compiles each block as a module of its own below `dist/`, where the package finds itself by its name through the
 * `exports` of package.json. Returns what the compiler says, with the line numbers of the README; '' when all is well.
 */
export async function compileBlocks(root: string, blocks: readonly Block[]): Promise<string> {
  const folder = join(root, 'dist', 'readme');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { code, line } of blocks) {
    writeFileSync(join(folder, `README-${line}.ts`), `${'\n'.repeat(line - 1)}${code}\n`);
  }
  const config = { compilerOptions: COMPILER_OPTIONS, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  const result = await runChild(compiler, ['-p', folder, '--pretty', 'false'], {
    cwd: root,
    limitMs: COMPILE_LIMIT_MS,
  });
  return result.code === 0 ? '' : result.output || 'the compiler failed without a word';
}

/** Test coverage of `src/` and `workers/`, measured by V8 in every process the tests start, and its floor. */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildResult, runChild } from './child.js';

/** Percent. They are there to be raised; whoever lowers one says why in the commit. */
const FLOOR = { lines: 90, branches: 85, functions: 90 } as const;

/** How long the report may take, in milliseconds. */
const REPORT_LIMIT_MS = 180_000;

/** An empty folder for the processes to write to: the value of NODE_V8_COVERAGE. */
export function prepareCoverage(root: string): string {
  const raw = join(root, 'coverage', 'raw');
  rmSync(join(root, 'coverage'), { recursive: true, force: true });
  mkdirSync(raw, { recursive: true });
  return raw;
}

/** Compiled files in which there is nothing to cover: only types, or the octets of a program assembled by the build. */
function filesWithoutCode(root: string): string[] {
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /^(?:src|workers)\/.*\.js$/.test(file))
    .filter((file) => file.endsWith('.generated.js') || hasNoCode(readFileSync(join(root, 'dist', file), 'utf8')))
    .map((file) => `dist/${file}`);
}

function hasNoCode(javascript: string): boolean {
  return javascript.replace(/\/\*[\s\S]*?\*\/|^\/\/.*$/gm, '').trim() === 'export {};';
}

/** Maps what the processes wrote onto the sources. Exit code 0: the floor is reached. */
export function reportCoverage(root: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<ChildResult> {
  const floor = Object.entries(FLOOR).map(([kind, percent]) => `--${kind}=${percent}`);
  const args = [
    'report',
    '--temp-directory=coverage/raw',
    '--reports-dir=coverage',
    '--reporter=text',
    '--reporter=json-summary',
    // Files that no test loads count as well, with nothing covered.
    '--all',
    '--src=dist/src',
    '--src=dist/workers',
    '--include=dist/src/**/*.js',
    '--include=dist/workers/**/*.js',
    ...filesWithoutCode(root).map((file) => `--exclude=${file}`),
    '--skip-full',
    '--merge-async',
    '--check-coverage',
    ...floor,
  ];
  const limit = Math.min(REPORT_LIMIT_MS, limitMs);
  return runChild(join(root, 'node_modules', '.bin', 'c8'), args, { cwd: root, env, limitMs: limit });
}

/** The totals of the last report in one line. */
export function coverageTotals(root: string): string {
  const file = join(root, 'coverage', 'coverage-summary.json');
  const { total } = JSON.parse(readFileSync(file, 'utf8')) as { total: Record<string, { pct: number }> };
  return Object.entries(FLOOR)
    .map(([kind, percent]) => `${kind} ${total[kind]?.pct} % (at least ${percent})`)
    .join(', ');
}

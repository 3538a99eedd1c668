/** Runs test files, each in a process of its own. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.js';
import { judge, type Verdict } from './run-verdict.js';

/** The machine's cores are shared: more at once would make every time limit a matter of luck. */
const FILES_AT_ONCE = 2;

/** How long one test file may take, in milliseconds. */
export const FILE_LIMIT_MS = 120_000;

export interface TestFile {
  /** The source below the project's top folder: `test/protocol/framing/subrecords.test.ts`. */
  readonly source: string;
  /** The compiled file, as an absolute path. */
  readonly compiled: string;
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  /** How long the next file may take, in ms; it is not started when that is 0 or less. */
  limitMs(): number;
  /** Told about each file as soon as it has ended; `output` is all it printed. */
  report(file: TestFile, verdict: Verdict, elapsedMs: number, output: string): void;
}

/**
 * The test files below `root`, found by their sources: a compiled file whose source is gone must not run, and a source
 * that was not compiled must be missed. Style and documentation come first, since they are quick and tell most.
 */
export function findTestFiles(root: string, words: readonly string[] = []): TestFile[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
    .filter((source) => words.length === 0 || words.some((word) => source.includes(word)))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((source) => ({ source, compiled: join(root, 'dist', source.replace(/\.ts$/, '.js')) }));
}

function rank(source: string): number {
  const index = ['test/tidy/', 'test/documentation/'].findIndex((folder) => source.startsWith(folder));
  return index === -1 ? 2 : index;
}

/** Runs the files in their order, {@link FILES_AT_ONCE} at a time. */
export async function runTestFiles(files: readonly TestFile[], options: RunOptions): Promise<void> {
  const queue = files.values();
  const lane = async () => {
    for (const file of queue) await runTestFile(file, options);
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
}

async function runTestFile(file: TestFile, options: RunOptions): Promise<void> {
  const limitMs = options.limitMs();
  if (limitMs <= 0) {
    options.report(file, { passed: 0, failed: 1, problems: ['not run: the time for all tests is used up'] }, 0, '');
    return;
  }
  const result = await runChild(process.execPath, ['--enable-source-maps', file.compiled], {
    limitMs,
    env: options.env,
  });
  options.report(file, judge(result), result.elapsedMs, result.output);
}

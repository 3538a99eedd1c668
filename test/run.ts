/**
 * Every check of the project: lint, then the test files (style and documentation first), then coverage.
 *
 *     node dist/test/run.js                      everything
 *     node dist/test/run.js conformance framing  only the test files whose path contains one of the words
 *
 * What a check prints is shown only when it fails. The last line is `N passed, N failed`; the exit code is 1 when
 * anything failed. No colours, no terminal, no input: it behaves the same everywhere.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEnd, runChild } from './support/child.js';
import { PROJECT_ROOT } from './support/project.js';
import { coverageTotals, prepareCoverage, reportCoverage } from './support/run-coverage.js';
import { FILE_LIMIT_MS, findTestFiles, runTestFiles, type TestFile } from './support/run-files.js';
import type { Verdict } from './support/run-verdict.js';

/** The limit for everything together, in milliseconds; checks that do not fit in count as failed. */
const TOTAL_LIMIT_MS = 25 * 60_000;
const LINT_LIMIT_MS = 60_000;

/** Coverage needs some of the time that is left when the last test file starts. */
const COVERAGE_RESERVE_MS = 60_000;

/** What a test file says about the part that this machine has nothing to test with. */
const NOT_RUN = /^not run: .*$/gm;

const deadline = performance.now() + TOTAL_LIMIT_MS;
const count = { passed: 0, failed: 0 };

function remainingMs(): number {
  return deadline - performance.now();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Adds one result to the count and prints its line; the output only when something failed. */
function report(name: string, verdict: Verdict, elapsedMs: number, output: string): void {
  count.passed += verdict.passed;
  count.failed += verdict.failed;
  const result = verdict.failed === 0 ? `ok    ${name}` : `FAIL  ${name}: ${verdict.problems.join('; ')}`;
  say(`${result}  (${verdict.passed} passed, ${(elapsedMs / 1000).toFixed(1)} s)`);
  if (verdict.failed > 0) say(output.replace(/^/gm, '      ').trimEnd());
  else for (const [line] of output.matchAll(NOT_RUN)) say(`      ${line}`);
}

/** The environment of every check: plain output, and temporary files where a killed test leaves none behind. */
function checkEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  const scratch = mkdtempSync(join(tmpdir(), 'oftp-run-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  return { ...env, NO_COLOR: '1', TMPDIR: scratch };
}

async function lint(env: NodeJS.ProcessEnv): Promise<void> {
  const biome = join(PROJECT_ROOT, 'node_modules', '.bin', 'biome');
  const args = ['check', '--error-on-warnings', '.'];
  const result = await runChild(biome, args, { cwd: PROJECT_ROOT, env, limitMs: LINT_LIMIT_MS });
  report('lint', verdictOfOne(result.code === 0, describeEnd(result)), result.elapsedMs, result.output);
}

function verdictOfOne(ok: boolean, problem: string): Verdict {
  return ok ? { passed: 1, failed: 0, problems: [] } : { passed: 0, failed: 1, problems: [problem] };
}

async function runFiles(files: readonly TestFile[], env: NodeJS.ProcessEnv): Promise<void> {
  await runTestFiles(files, {
    env,
    limitMs: () => Math.min(FILE_LIMIT_MS, remainingMs() - COVERAGE_RESERVE_MS),
    report: ({ source }, verdict, elapsedMs, output) => report(source, verdict, elapsedMs, output),
  });
}

async function coverage(env: NodeJS.ProcessEnv): Promise<void> {
  const result = await reportCoverage(PROJECT_ROOT, env, remainingMs());
  const name = result.code === 0 ? `coverage: ${coverageTotals(PROJECT_ROOT)}` : 'coverage';
  report(name, verdictOfOne(result.code === 0, describeEnd(result)), result.elapsedMs, result.output);
}

async function runEverything(): Promise<void> {
  const env = checkEnvironment();
  await lint(env);
  const raw = prepareCoverage(PROJECT_ROOT);
  await runFiles(findTestFiles(PROJECT_ROOT), { ...env, NODE_V8_COVERAGE: raw });
  await coverage(env);
}

async function runSelected(words: readonly string[]): Promise<void> {
  const files = findTestFiles(PROJECT_ROOT, words);
  if (files.length === 0) {
    const problem = `no test file has ${words.join(' or ')} in its path`;
    report('selection', { passed: 0, failed: 1, problems: [problem] }, 0, '');
  }
  await runFiles(files, checkEnvironment());
}

const words = process.argv.slice(2);
try {
  await (words.length === 0 ? runEverything() : runSelected(words));
} catch (error) {
  const output = error instanceof Error ? String(error.stack) : String(error);
  report('run', { passed: 0, failed: 1, problems: ['the checks could not be completed'] }, 0, output);
}
say(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;

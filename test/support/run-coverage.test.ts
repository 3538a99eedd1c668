import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from './child.js';
import { cleanUp } from './cleanup.js';
import { folderWith } from './folder.js';
import { PROJECT_ROOT } from './project.js';
import { coverageTotals, prepareCoverage, reportCoverage } from './run-coverage.js';

const LIMIT_MS = 30_000;

test.after.each(cleanUp);

/** Runs `dist/src/main.js` among these files with coverage and returns the report with the project's top folder. */
async function cover(files: Readonly<Record<string, string>>) {
  const root = folderWith({ 'package.json': '{"type":"module"}', 'dist/workers/.keep': '', ...files });
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(root, 'node_modules'), 'dir');
  const env = { ...process.env, NODE_V8_COVERAGE: prepareCoverage(root) };
  const { code } = await runChild(process.execPath, [join(root, 'dist/src/main.js')], { env, limitMs: LIMIT_MS });
  assert.is(code, 0);
  return { root, report: await reportCoverage(root, process.env, LIMIT_MS) };
}

const COVERED = 'const a = [1, 2].map((b) => b + 1);\nif (a.length === 0) throw a;\n';

test('covered code reaches the floor; types and assembled programs have nothing to cover', async () => {
  const { root, report } = await cover({
    'dist/src/main.js': 'console.log([1, 2].map((b) => b + 1));\n',
    'dist/src/types.js': '/** Only types:\n * // here. */\nexport {};\n//# sourceMappingURL=types.js.map',
    'dist/src/program.generated.js': `export const program = [\n${'  0,\n'.repeat(50)}];\n`,
  });
  assert.is(report.code, 0, report.output);
  assert.match(coverageTotals(root), /^lines 100 % \(at least \d+\), branches 100 % .*, functions 100 % /);
});

test('code that no test calls is below the floor', async () => {
  const uncalled = `export function c() {\n${'  a.pop();\n'.repeat(20)}}\n`;
  const { report } = await cover({ 'dist/src/main.js': COVERED + uncalled });
  assert.is(report.code, 1);
  assert.match(report.output, /Coverage for lines \(.*\) does not meet global threshold/);
});

test('a file that no test loads counts as well', async () => {
  const { report } = await cover({ 'dist/src/main.js': COVERED, 'dist/workers/unused.js': COVERED.repeat(3) });
  assert.is(report.code, 1);
  assert.match(report.output, /unused\.js/);
});

test.run();

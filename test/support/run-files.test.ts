import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from './child.js';
import { cleanUp } from './cleanup.js';
import { folderWith } from './folder.js';
import { PROJECT_ROOT } from './project.js';
import { findTestFiles, runTestFiles } from './run-files.js';
import type { Verdict } from './run-verdict.js';

const LIMIT_MS = 30_000;

test.after.each(cleanUp);

/** Runs test files, given as JavaScript by name, and returns their verdicts. */
async function verdicts(files: Readonly<Record<string, string>>, limitMs: number): Promise<Record<string, Verdict>> {
  const head = `import { test } from '${import.meta.resolve('uvu')}';
    import * as assert from '${import.meta.resolve('uvu/assert')}';\n`;
  const compiled = Object.entries(files).map(([name, code]) => [`dist/test/${name}.test.js`, head + code]);
  const sources = Object.keys(files).map((name) => [`test/${name}.test.ts`, '']);
  const root = folderWith(Object.fromEntries([...compiled, ...sources]));
  const found: Record<string, Verdict> = {};
  await runTestFiles(findTestFiles(root), {
    env: process.env,
    limitMs: () => limitMs,
    report: ({ source }, verdict) => {
      found[source.slice('test/'.length, -'.test.ts'.length)] = verdict;
    },
  });
  return found;
}

test('files that pass, fail, crash, say nothing or wait for ever', async () => {
  const found = await verdicts(
    {
      passes: `test('a', () => {}); test('b', () => assert.ok(true)); test.run()`,
      fails: `test('a', () => {}); test('b', () => assert.ok(false)); test.run()`,
      crashes: `test('a', () => {}); test.run(); throw new Error('crash')`,
      forgets: `test('a', () => {})`,
      drains: `test('a', () => new Promise(() => {})); test.run()`,
      rejects: `test('a', () => { setImmediate(() => Promise.reject(new Error('late'))) }); test.run()`,
      before: `test.before(() => { throw new Error('before') }); test('a', () => {}); test.run()`,
      empty: 'test.run()',
    },
    LIMIT_MS,
  );
  const counts = Object.entries(found).map(([name, { passed, failed }]) => [name, passed, failed]);
  assert.equal(counts.sort(), [
    ['before', 0, 1],
    ['crashes', 0, 1],
    ['drains', 0, 1],
    ['empty', 0, 1],
    ['fails', 1, 1],
    ['forgets', 0, 1],
    ['passes', 2, 0],
    ['rejects', 1, 1],
  ]);
});

test('a file that keeps its process alive is killed at the limit', async () => {
  const { hangs } = await verdicts({ hangs: `test('a', () => {}); test.run(); setInterval(() => {}, 1000)` }, 3_000);
  assert.is(hangs?.passed, 1);
  assert.is(hangs?.failed, 1);
  assert.match(hangs?.problems.join() ?? '', /kept the process alive/);
});

test('when the time for all tests is used up, a file counts as failed without being run', async () => {
  const { late } = await verdicts({ late: `test('a', () => {}); test.run()` }, 0);
  assert.is(late?.failed, 1);
  assert.match(late?.problems.join() ?? '', /not run/);
});

test('files are found by their sources; style and documentation come first', () => {
  const root = folderWith({
    'test/b.test.ts': '',
    'test/a/c.test.ts': '',
    'test/a/helper.ts': '',
    'test/tidy/z.test.ts': '',
    'test/documentation/y.test.ts': '',
    'dist/test/deleted.test.js': '',
  });
  const sources = (words: string[]) => findTestFiles(root, words).map(({ source }) => source);
  assert.equal(sources([]), [
    'test/tidy/z.test.ts',
    'test/documentation/y.test.ts',
    'test/a/c.test.ts',
    'test/b.test.ts',
  ]);
  assert.equal(sources(['a/c', 'tidy']), ['test/tidy/z.test.ts', 'test/a/c.test.ts']);
  assert.is(findTestFiles(root, ['b.test'])[0]?.compiled, join(root, 'dist', 'test', 'b.test.js'));
});

test('a source that was not compiled fails', async () => {
  const root = folderWith({ 'test/a.test.ts': '' });
  let failed = 0;
  await runTestFiles(findTestFiles(root), {
    env: process.env,
    limitMs: () => LIMIT_MS,
    report: (_, verdict) => {
      failed += verdict.failed;
    },
  });
  assert.is(failed, 1);
});

/** Runs the runner itself. */
async function runTests(...words: string[]) {
  const result = await runChild(process.execPath, [join(PROJECT_ROOT, 'dist/test/run.js'), ...words], {
    limitMs: LIMIT_MS,
  });
  return { code: result.code, lastLine: result.stdout.trimEnd().split('\n').at(-1) };
}

test('the runner counts tests in its last line and ends with 0', async () => {
  const { code, lastLine } = await runTests('support/run-verdict');
  assert.match(lastLine ?? '', /^[1-9]\d* passed, 0 failed$/);
  assert.is(code, 0);
});

test('a selection that no file answers is a failure', async () => {
  assert.equal(await runTests('no-such-test-file'), { code: 1, lastLine: '0 passed, 1 failed' });
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChildResult } from './child.js';
import { judge } from './run-verdict.js';

const NO_PROBLEM: readonly string[] = [];

function summary(total: number, passed: number, skipped = 0): string {
  return `\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.23ms\n\n`;
}

function result(stdout: string, fields: Partial<ChildResult> = {}): ChildResult {
  return { code: 0, signal: null, timedOut: false, stdout, output: stdout, elapsedMs: 120_000, ...fields };
}

test('all tests passed', () => {
  assert.equal(judge(result(`• • •   (3 / 3)\n${summary(3, 3)}`)), { passed: 3, failed: 0, problems: NO_PROBLEM });
});

test('one of three tests failed', () => {
  const verdict = judge(result(summary(3, 2), { code: 1 }));
  assert.equal(verdict, { passed: 2, failed: 1, problems: ['1 of 3 tests failed'] });
});

test('a test failed but the exit code is 0, as after a throwing before hook', () => {
  assert.equal(judge(result(summary(2, 0))), { passed: 0, failed: 2, problems: ['2 of 2 tests failed'] });
});

test('exit code 0 without a summary is a failure', () => {
  const verdict = judge(result(''));
  assert.is(verdict.passed, 0);
  assert.is(verdict.failed, 1);
  assert.match(verdict.problems.join(), /exit code 0, no summary/);
});

test('a summary of no tests is a failure', () => {
  assert.equal(judge(result(summary(0, 0))), { passed: 0, failed: 1, problems: ['the file contains no test'] });
});

test('killed at the limit without a summary', () => {
  const verdict = judge(result('• •', { code: null, signal: 'SIGKILL', timedOut: true }));
  assert.equal(verdict, { passed: 0, failed: 1, problems: ['killed after 120 s: a test never ended'] });
});

test('killed at the limit although the summary is there', () => {
  const verdict = judge(result(summary(4, 4), { code: null, signal: 'SIGKILL', timedOut: true }));
  assert.is(verdict.passed, 4);
  assert.is(verdict.failed, 1);
  assert.match(verdict.problems.join(), /something kept the process alive/);
});

test('all tests passed but the process ended badly', () => {
  const verdict = judge(result(summary(1, 1), { code: 7 }));
  assert.equal(verdict, { passed: 1, failed: 1, problems: ['exit code 7, although all its tests passed'] });
  assert.is(judge(result(summary(1, 1), { code: null, signal: 'SIGSEGV' })).failed, 1);
});

test('a skipped test is a failure', () => {
  const verdict = judge(result(summary(2, 2, 1)));
  assert.is(verdict.failed, 1);
  assert.match(verdict.problems.join(), /1 tests were skipped/);
});

test('two summaries are a failure: the second one hides the exit code of the first', () => {
  const verdict = judge(result(summary(2, 2) + summary(1, 1)));
  assert.is(verdict.failed, 1);
  assert.match(verdict.problems.join(), /^2 summaries/);
});

test('what a test prints is no summary', () => {
  const verdict = judge(result('Total: 3, Passed: 3\n  Total:     3\n'));
  assert.match(verdict.problems.join(), /no summary/);
});

test.run();

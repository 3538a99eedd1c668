/**
 * What the run of one test file is worth. An exit code of 0 is not enough: when the event loop drains while a test
 * still waits for a promise, or when `test.run()` is missing, uvu may say nothing and Node.js exits with 0.
 */

import { type ChildResult, describeEnd } from './child.js';

export interface Verdict {
  readonly passed: number;
  /** Tests that failed, and one more for each way in which the file as a whole went wrong. */
  readonly failed: number;
  /** What went wrong; empty when nothing did. */
  readonly problems: readonly string[];
}

/** The four lines with which uvu ends, printed to a pipe and therefore without colours. */
const SUMMARY = /^ {2}Total: {5}(\d+)\n {2}Passed: {4}(\d+)\n {2}Skipped: {3}(\d+)\n {2}Duration: /gm;

export function judge(result: ChildResult): Verdict {
  const summaries = [...result.stdout.matchAll(SUMMARY)];
  const [total = 0, passed = 0, skipped = 0] = (summaries.at(-1) ?? []).slice(1).map(Number);
  const problems: string[] = [];
  if (passed < total) problems.push(`${total - passed} of ${total} tests failed`);
  // uvu counts what `.only` leaves out as skipped, too.
  if (skipped > 0) problems.push(`${skipped} tests were skipped: a test that does not run proves nothing`);
  const wrong = fileProblem(result, summaries.length, total, passed);
  if (wrong) problems.push(wrong);
  return { passed, failed: total - passed + skipped + (wrong ? 1 : 0), problems };
}

function fileProblem(result: ChildResult, summaries: number, total: number, passed: number): string | undefined {
  if (result.timedOut) {
    const state = summaries === 0 ? 'a test never ended' : 'the tests ended, but something kept the process alive';
    return `killed after ${(result.elapsedMs / 1000).toFixed(0)} s: ${state}`;
  }
  if (summaries === 0) {
    return `${describeEnd(result)}, no summary: a promise that never settled, a crash, or test.run() is missing`;
  }
  // A second run of uvu overwrites the exit code of the first one.
  if (summaries > 1) return `${summaries} summaries: call every test.run() before the first test starts`;
  if (total === 0) return 'the file contains no test';
  if (result.code !== 0 && passed === total) return `${describeEnd(result)}, although all its tests passed`;
  return undefined;
}

/** Times of functions that are to be compared: measured in one run, after each other. */

import { Bench } from 'tinybench';

/** The middle one; of an even number the upper of the two. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

const TIME_MS = 120;
const WARMUP_MS = 60;

/**
 * Calls each function over and over and gives the median time of one call, in milliseconds, in the order of the
 * functions. A call should take a hundred times as long as reading the clock, which is some ten microseconds.
 */
export function medianTimes(functions: readonly (() => void)[]): number[] {
  const bench = new Bench({ time: TIME_MS, warmupTime: WARMUP_MS, throws: true });
  functions.forEach((call, index) => {
    bench.add(String(index), call);
  });
  return bench.runSync().map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`measurement ${name} ended as ${result.state}`);
    return result.latency.p50;
  });
}

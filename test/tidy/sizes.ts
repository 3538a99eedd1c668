/** What a reader can hold in mind at once. */

import type { Finding, Rule } from './tree.js';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const LINE_LENGTH_MAX = 120;

/** Tables that are longer because what they transcribe is, each with its reason. */
const LONG_TABLES: ReadonlyMap<string, string> = new Map();

/** No file is longer than {@link FILE_LINES_MAX} lines. */
export const fileLengths: Rule = ({ sources, texts }) => {
  const findings: Finding[] = [];
  for (const path of sources.keys()) {
    const lines = texts.get(path)?.trimEnd().split('\n').length ?? 0;
    const long = lines > FILE_LINES_MAX;
    if (long && !LONG_TABLES.has(path)) {
      findings.push({
        path,
        message: `${lines} lines, at most ${FILE_LINES_MAX}: give one of its jobs a file of its own`,
      });
    } else if (!long && LONG_TABLES.has(path)) {
      findings.push({ path, message: 'is listed as a long table but is not long any more: take it off the list' });
    }
  }
  return findings;
};

/** No function is longer than {@link FUNCTION_LINES_MAX} lines, its head and its closing brace included. */
export const functionLengths: Rule = ({ sources }) => {
  const findings: Finding[] = [];
  for (const { path, functions } of sources.values()) {
    for (const { line, lines } of functions) {
      if (lines <= FUNCTION_LINES_MAX) continue;
      findings.push({ path, line, message: `a function of ${lines} lines, at most ${FUNCTION_LINES_MAX}: divide it` });
    }
  }
  return findings;
};

/**
 * The title of a test, or an expected text: one string, which no formatter breaks and nobody wants to search in parts.
 */
const ONE_STRING = /^\s*(?:test\()?(['"`]).*\1,?(?: (?:async )?\(\) => (?:\{|\())?$/;

/** No line is longer than {@link LINE_LENGTH_MAX} characters, but for texts of tests that are one string. */
export const lineLengths: Rule = ({ sources, texts }) => {
  const findings: Finding[] = [];
  for (const path of sources.keys()) {
    for (const [index, text] of (texts.get(path) ?? '').split('\n').entries()) {
      if (text.length <= LINE_LENGTH_MAX || (path.startsWith('test/') && ONE_STRING.test(text))) continue;
      findings.push({ path, line: index + 1, message: `${text.length} characters, at most ${LINE_LENGTH_MAX}` });
    }
  }
  return findings;
};

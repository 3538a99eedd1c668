/** Words that must not stand in the tree. */

import type { Finding, Rule, Tree } from './tree.js';

interface BannedWord {
  readonly pattern: RegExp;
  /** The folders or files it must not stand in: a prefix of their paths. */
  readonly where: readonly string[];
  readonly message: string;
}

const CODE = ['src/', 'workers/', 'bench/', 'test/'];
const EVERYWHERE = [''];

const BANNED: readonly BannedWord[] = [
  { pattern: /\b(?:TODO|FIXME|XXX)\b/, where: CODE, message: 'work that is left over: finish it' },
  { pattern: /@ts-(?:ignore|nocheck)\b/, where: CODE, message: 'silences the compiler: mend the type' },
  { pattern: /\.(?:only|skip)\(/, where: CODE, message: 'leaves tests out' },
  { pattern: /\bconsole\.log\b/, where: ['src/', 'workers/'], message: 'a library prints nothing: raise an event' },
  {
    pattern: /(?<![\w.~-])\/(?:home|root|Users|work|workspace|builds)\/|[A-Z]:\\+Users\\/,
    where: EVERYWHERE,
    message: 'the path of one machine',
  },
  {
    pattern:
      /\bregistry\.[\w-]+\.(?:com|dev|io|net|org)\b|https?:\/\/[^\s/"']*(?:registry|artifactory|nexus|verdaccio)/i,
    where: EVERYWHERE,
    message: 'the address of a package registry: it belongs into the configuration of the machine',
  },
];

/** The rules and their tests name what they forbid. */
const OWN_FOLDER = 'test/tidy/';

export const bannedWords: Rule = ({ texts }: Tree) => {
  const findings: Finding[] = [];
  for (const [path, text] of texts) {
    const banned = BANNED.filter(({ where }) => where.some((prefix) => path.startsWith(prefix)));
    if (path.startsWith(OWN_FOLDER) || !banned.some(({ pattern }) => pattern.test(text))) continue;
    for (const [index, content] of text.split('\n').entries()) {
      for (const { pattern, message } of banned) {
        const word = pattern.exec(content)?.[0];
        if (word !== undefined) findings.push({ path, line: index + 1, message: `"${word}": ${message}` });
      }
    }
  }
  return findings;
};

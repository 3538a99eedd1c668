/** The declarations that users of the package read: every name is explained, and nothing internal is among them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PROJECT_ROOT } from '../support/project.js';

const FOLDER = join(PROJECT_ROOT, 'dist/src');

/** A list of event names, each of which has a type that is explained. */
const LISTS = new Set(['EventMap']);

/** Files whose exports are exports of the package, with the names; all of them for `*`. */
function exportedFrom(index: string): Map<string, string[]> {
  const exports = [...index.matchAll(/^export (?:type )?(\*|\{[^}]*\}) from '\.\/(.+)\.js';$/gm)];
  const names = (list: string) => [...list.matchAll(/(?:type )?(\w+)[,\s}]/g)].map(([, name]) => name as string);
  return new Map(exports.map(([, list, file]) => [file as string, list === '*' ? ['*'] : names(list as string)]));
}

/** Members without an explanation, of the interfaces and classes of a declaration file, and such exports themselves. */
function unexplained(text: string, wanted: readonly string[]): string[] {
  const found: string[] = [];
  const lines = text.split('\n');
  let owner: string | undefined;
  for (const [index, line] of lines.entries()) {
    const explained = lines[index - 1]?.trimEnd().endsWith('*/') === true;
    const [, name] =
      /^export (?:declare )?(?:abstract )?(?:interface|class|type|function|const) (\w+)/.exec(line) ?? [];
    if (name !== undefined) {
      const isWanted = wanted.includes('*') || wanted.includes(name);
      // A class with the properties of an interface is declared as both, and explained as the class.
      const isSecond = line.startsWith('export interface') && text.includes(`class ${name} `);
      if (isWanted && !explained && !isSecond) found.push(name);
      owner = isWanted && !LISTS.has(name) && line.endsWith('{') ? name : undefined;
    }
    const [, member] = /^ {4}(?:static |readonly |get )*([\w.]+|\[[\w.]+\])\??[:(]/.exec(line) ?? [];
    if (owner !== undefined && member !== undefined && member !== 'constructor' && !explained) {
      found.push(`${owner}.${member}`);
    }
    if (line === '}') owner = undefined;
  }
  return found;
}

const declarations = (file: string): string => readFileSync(join(FOLDER, `${file}.d.ts`), 'utf8');

test('every export of the package is explained, and every member of it', () => {
  const files = exportedFrom(declarations('index'));
  assert.ok(files.size > 15);
  const found = [...files].flatMap(([file, names]) => unexplained(declarations(file), names));
  assert.equal(found, []);
});

test('the rule finds what is not explained', () => {
  const text = 'export interface A {\n    /** Yes. */\n    readonly a: number;\n    b(): void;\n}\n';
  assert.equal(unexplained(text, ['*']), ['A', 'A.b']);
  assert.equal(unexplained(text, ['B']), []);
});

test('what is internal is not declared: the compiler takes it out', () => {
  for (const name of ['carrier', 'session', 'facts', 'store']) {
    assert.not.match(declarations('server/connection'), new RegExp(`^ {4}(?:readonly |get )*${name}\\b`, 'm'));
  }
});

test.run();

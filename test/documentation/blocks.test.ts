import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandLines, fencedBlocks, namedScripts } from './blocks.js';

function markdown(...lines: string[]): string {
  return lines.join('\n');
}

test('blocks with and without a marker, with the line in which their code starts', () => {
  const text = markdown(
    '# Title',
    '<!-- check: compile -->',
    '```ts',
    'const a = 1;',
    '',
    'a;',
    '```',
    '',
    '~~~',
    '```ts',
    '~~~',
    '<!-- check: run -->',
    '```sh',
    'npm test',
    '```',
  );
  assert.equal(fencedBlocks(text), [
    { language: 'ts', check: 'compile', code: 'const a = 1;\n\na;', line: 4 },
    { language: '', check: undefined, code: '```ts', line: 10 },
    { language: 'sh', check: 'run', code: 'npm test', line: 14 },
  ]);
});

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['an unknown check', markdown('<!-- check: lint -->', '```ts', '```'), /line 1: "check: lint" is unknown/],
  ['a check for another language', markdown('', '<!-- check: run -->', '```ts', '```'), /line 2: .* not for "ts"/],
  ['a marker that stands too far up', markdown('<!-- check: run -->', '', '```sh', '```'), /line 1: .* does not stand/],
  ['a marker at the end', markdown('text', '<!-- check: run -->'), /the last line: "check: run" has no block/],
  ['a block without an end', markdown('', '```ts', 'const a = 1;'), /line 2: the block has no end/],
];

for (const [name, text, message] of REFUSED) {
  test(`${name} is refused`, () => {
    assert.throws(() => fencedBlocks(text), message);
  });
}

test('the commands of run blocks, without comments', () => {
  const text = markdown('<!-- check: run -->', '```sh', '# first', 'npm ci && npm start', '', ' npm test', '```');
  assert.equal(commandLines(fencedBlocks(markdown(text, '```sh', 'rm -r .oftp', '```'))), [
    'npm ci && npm start',
    'npm test',
  ]);
});

test('the scripts that shell blocks name', () => {
  const text = markdown(
    '```sh',
    'npm ci && npm start',
    'npm run -s bench:all -- x; npm test',
    '```',
    '`npm run other`',
  );
  assert.equal(namedScripts(fencedBlocks(text)), ['start', 'bench:all', 'test']);
});

test.run();

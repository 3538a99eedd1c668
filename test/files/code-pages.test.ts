/** Code pages against the iconv of the platform: rows B-379, B-380, C-40. */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CharacterMissing,
  CODE_PAGES,
  codePageProblem,
  textReader,
  textWriter,
  UTF8,
} from '../../src/files/code-pages.js';

/** The names of iconv for EBCDIC that are not IBM and the number, less 20000. */
const NAMES: Readonly<Record<number, string>> = { 37: 'IBM037', 875: 'CP875', 21025: 'IBM1025' };

const EBCDIC = CODE_PAGES.filter((page) => {
  if ([37, 500, 870, 875, 1026, 1047, 21025].includes(page)) return true;
  return (page >= 1140 && page <= 1149) || (page >= 20273 && page <= 20905 && ![20866].includes(page));
});

function iconv(from: string, octets: Uint8Array): string | undefined {
  const { status, stdout } = spawnSync('iconv', ['-f', from, '-t', 'UTF-8'], { input: octets });
  return status === 0 ? stdout.toString() : undefined;
}

const haveIconv = iconv('IBM037', Buffer.from([0xc1])) === 'A';

test('the EBCDIC pages of the reference that iconv knows are there', () => {
  assert.equal(EBCDIC, [
    ...[37, 500, 870, 875, 1026, 1047, 1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147, 1148, 1149],
    ...[20273, 20277, 20278, 20280, 20284, 20285, 20290, 20297, 20420, 20423, 20424, 20871, 20880, 20905, 21025],
  ]);
});

for (const page of EBCDIC) {
  test(`every octet of EBCDIC page ${page} is the character that iconv says, there and back`, () => {
    if (!haveIconv) {
      console.log('not run: there is no iconv with EBCDIC here');
      return;
    }
    const name = NAMES[page] ?? `IBM${page > 20000 ? page - 20000 : page}`;
    const defined = Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => {
      try {
        textReader(page).read(Uint8Array.of(octet));
        return true;
      } catch {
        return false;
      }
    });
    const octets = Uint8Array.from(defined);
    const text = textReader(page).read(octets);
    assert.is(text, iconv(name, octets));
    assert.equal(textWriter(page)(text), octets);
    // One call for each would take seconds: a single octet more must fail.
    const other = Array.from({ length: 256 }, (_, octet) => octet).find((octet) => !defined.includes(octet));
    if (other !== undefined) assert.is(iconv(name, Uint8Array.of(other)), undefined);
  });
}

/** Octets by literal value: capital letters and digits, punctuation that differs, and line ends. */
const LITERALS: readonly (readonly [page: number, text: string, hex: string])[] = [
  [37, 'UNA:+.? \r\n', 'e4d5c17a4e4b6f400d25'],
  [500, '[]!|', '4a5a4fbb'],
  [1047, '[]^\n\u0085', 'adbd5f2515'],
  [1140, '€', '9f'],
  [1141, 'ÄÖÜß€', '4ae05aa19f'],
  [20273, 'äöü@', 'c06ad0b5'],
  [850, 'é', '82'],
  [1252, '€é', '80e9'],
  [28605, '€', 'a4'],
  [932, '日本', '93fa967b'],
  [1200, 'A€', '4100ac20'],
  [1201, 'A€', '004120ac'],
  [12001, '\u{1f600}', '0001f600'],
];

for (const [page, text, hex] of LITERALS) {
  test(`page ${page}: ${JSON.stringify(text)} is ${hex}, also octet by octet`, () => {
    const octets = Buffer.from(hex, 'hex');
    assert.is(Buffer.from(textWriter(page)(text)).toString('hex'), hex);
    const reader = textReader(page);
    assert.is([...octets].map((octet) => reader.read(Uint8Array.of(octet))).join('') + reader.end(), text);
  });
}

test('every page but UTF-8 writes the letters, digits and line ends of ISO 646 so that it reads them again', () => {
  const letters = 'ABCXYZ 0189 +-.\r\n';
  for (const page of CODE_PAGES.filter((each) => each !== UTF8)) {
    const reader = textReader(page);
    assert.is(reader.read(textWriter(page)(letters)) + reader.end(), letters, String(page));
  }
});

test('a character that a page has not is named with its place, and nothing is replaced', () => {
  for (const [page, text, at] of [
    [500, 'ab€', 2],
    [1252, 'a\u{1f600}', 1],
    [20127, 'é', 0],
    [932, 'ok ß', 3],
  ] as const) {
    try {
      textWriter(page)(text);
      assert.unreachable(String(page));
    } catch (error) {
      assert.instance(error, CharacterMissing);
      assert.is((error as CharacterMissing).at, at);
      assert.match(
        (error as Error).message,
        new RegExp(`^the character U\\+[0-9A-F]{4,5} is not in code page ${page}$`),
      );
    }
  }
});

test('octets that are no character, and a character that is cut at the end, are refused', () => {
  assert.throws(() => textReader(875).read(Uint8Array.of(0xe1)), /no character of code page 875/);
  assert.throws(() => textReader(1252).read(Uint8Array.of(0x81)), /no character of code page 1252/);
  const reader = textReader(932);
  assert.is(reader.read(Uint8Array.of(0x93)), '');
  assert.throws(() => reader.end(), /no character of code page 932/);
});

test('B-380 what is no code page, or one without a table, is told with those that there are', () => {
  for (const page of [12345, 38, 709, 57011])
    assert.match(codePageProblem(page) ?? '', /^It takes one of 37, 437, .*, 65001\.$/);
  for (const page of CODE_PAGES) assert.is(codePageProblem(page), undefined);
});

test.run();

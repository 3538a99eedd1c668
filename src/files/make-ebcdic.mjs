// Makes ebcdic.generated.ts from the tables of the platform's iconv. Run by hand when a code page is added:
// node src/files/make-ebcdic.mjs
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** The numbers that Windows has for code pages, and the names that iconv has for them. */
const NAMES = {
  37: 'IBM037',
  500: 'IBM500',
  870: 'IBM870',
  875: 'CP875',
  1026: 'IBM1026',
  1047: 'IBM1047',
  1140: 'IBM1140',
  1141: 'IBM1141',
  1142: 'IBM1142',
  1143: 'IBM1143',
  1144: 'IBM1144',
  1145: 'IBM1145',
  1146: 'IBM1146',
  1147: 'IBM1147',
  1148: 'IBM1148',
  1149: 'IBM1149',
  20273: 'IBM273',
  20277: 'IBM277',
  20278: 'IBM278',
  20280: 'IBM280',
  20284: 'IBM284',
  20285: 'IBM285',
  20290: 'IBM290',
  20297: 'IBM297',
  20420: 'IBM420',
  20423: 'IBM423',
  20424: 'IBM424',
  20871: 'IBM871',
  20880: 'IBM880',
  20905: 'IBM905',
  21025: 'IBM1025',
};

/** U+FFFD in UTF-16, for octets that stand for nothing. */
const UNDEFINED = Buffer.from([0xff, 0xfd]);

function characterOf(name, octet) {
  const { status, stdout, error } = spawnSync('iconv', ['-f', name, '-t', 'UTF-16BE'], { input: Buffer.from([octet]) });
  if (error) throw error;
  return status === 0 ? stdout : UNDEFINED;
}

function rowOf([number, name]) {
  const characters = Array.from({ length: 256 }, (_, octet) => characterOf(name, octet));
  const lines = Buffer.concat(characters)
    .toString('base64')
    .match(/.{1,112}/g);
  return `  [\n    ${number},\n${lines.map((line) => `    '${line}'`).join(' +\n')},\n  ],\n`;
}

const text = `// Made by make-ebcdic.mjs from the tables of iconv; not to be edited.

/** For each code page 256 characters in UTF-16BE and base64, in the order of their octets. */
export const EBCDIC: ReadonlyMap<number, string> = new Map([
${Object.entries(NAMES).map(rowOf).join('')}]);
`;
writeFileSync(new URL('ebcdic.generated.ts', import.meta.url), text);

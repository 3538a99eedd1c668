/**
 * Code pages: which characters the octets of text stand for. The numbers are those of Windows, which the setting
 * CodePage has. Nothing is replaced: what one side cannot express is an error.
 */
import iconv from 'iconv-lite';
import { EBCDIC } from './ebcdic.generated.js';
import { ContentRefused } from './refusal.js';

/** The code page of local files, and of text that nobody has agreed on otherwise. */
export const UTF8 = 65001;

/** Names of iconv-lite, which has no EBCDIC. */
const ENCODINGS: Readonly<Record<number, string>> = {
  437: 'cp437',
  720: 'cp720',
  737: 'cp737',
  775: 'cp775',
  850: 'cp850',
  852: 'cp852',
  855: 'cp855',
  857: 'cp857',
  858: 'cp858',
  860: 'cp860',
  861: 'cp861',
  862: 'cp862',
  863: 'cp863',
  864: 'cp864',
  865: 'cp865',
  866: 'cp866',
  869: 'cp869',
  874: 'cp874',
  932: 'shiftjis',
  936: 'cp936',
  949: 'cp949',
  950: 'cp950',
  1200: 'utf-16le',
  1201: 'utf-16be',
  1250: 'cp1250',
  1251: 'cp1251',
  1252: 'cp1252',
  1253: 'cp1253',
  1254: 'cp1254',
  1255: 'cp1255',
  1256: 'cp1256',
  1257: 'cp1257',
  1258: 'cp1258',
  10000: 'macroman',
  10006: 'macgreek',
  10007: 'maccyrillic',
  10010: 'macromania',
  10017: 'macukraine',
  10021: 'macthai',
  10029: 'maccenteuro',
  10079: 'maciceland',
  10081: 'macturkish',
  10082: 'maccroatian',
  12000: 'utf-32le',
  12001: 'utf-32be',
  20105: 'us-ascii',
  20127: 'us-ascii',
  20866: 'koi8-r',
  20932: 'euc-jp',
  20936: 'gb2312',
  21866: 'koi8-u',
  28591: 'iso-8859-1',
  28592: 'iso-8859-2',
  28593: 'iso-8859-3',
  28594: 'iso-8859-4',
  28595: 'iso-8859-5',
  28596: 'iso-8859-6',
  28597: 'iso-8859-7',
  28598: 'iso-8859-8',
  28599: 'iso-8859-9',
  28605: 'iso-8859-15',
  38598: 'iso-8859-8',
  51932: 'euc-jp',
  51936: 'gb2312',
  51949: 'euc-kr',
  54936: 'gb18030',
};

/** The code pages that there are tables for. */
export const CODE_PAGES: readonly number[] = [...Object.keys(ENCODINGS).map(Number), ...EBCDIC.keys(), UTF8].sort(
  (one, other) => one - other,
);

/** What is wrong with a value for the setting CodePage, as a sentence; else undefined. */
export function codePageProblem(codePage: number): string | undefined {
  return CODE_PAGES.includes(codePage) ? undefined : `It takes one of ${CODE_PAGES.join(', ')}.`;
}

/** What stands in a decoded text for octets that have no meaning. */
const NO_CHARACTER = '\u{fffd}';

/** Text that comes in pieces, cut anywhere. */
export interface TextReader {
  /** @throws ContentRefused for octets that are no character of the code page */
  read(octets: Uint8Array): string;
  /** @throws ContentRefused when the text has ended in the middle of a character */
  end(): string;
}

/** Octets of a code page to text. @throws RangeError for a code page that `codePageProblem` refuses */
export function textReader(codePage: number): TextReader {
  const table = tableOf(codePage);
  const decoder = table === undefined ? iconv.getDecoder(encodingOf(codePage), { stripBOM: false }) : undefined;
  const checked = (text: string): string => {
    if (!text.includes(NO_CHARACTER)) return text;
    throw new ContentRefused(99, `the text has octets that are no character of code page ${codePage}`);
  };
  return {
    read(octets) {
      if (decoder !== undefined) return checked(decoder.write(Buffer.from(octets)));
      let text = '';
      for (const octet of octets) text += table?.[octet];
      return checked(text);
    },
    end: () => checked(decoder?.end() ?? ''),
  };
}

/** Text to octets of a code page; each piece is whole characters. @throws RangeError as `textReader` */
export function textWriter(codePage: number): (text: string) => Uint8Array {
  const table = tableOf(codePage);
  if (table !== undefined) return (text) => fromTable(codePage, octetsOf(codePage, table), text);
  const encoding = encodingOf(codePage);
  return (text) => {
    const octets = iconv.encode(text, encoding, { addBOM: false });
    const kept = iconv.decode(octets, encoding, { stripBOM: false });
    if (kept !== text) throw missing(codePage, firstDifference(text, kept));
    return octets;
  };
}

/** A character of a text that a code page does not have. */
export class CharacterMissing extends Error {
  /** Where it stands in the text that was to be written. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

function missing(codePage: number, { character, at }: { character: string; at: number }): CharacterMissing {
  const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return new CharacterMissing(`the character U+${number} is not in code page ${codePage}`, at);
}

function firstDifference(text: string, other: string): { character: string; at: number } {
  let at = 0;
  for (const character of text) {
    if (!other.startsWith(character, at)) return { character, at };
    at += character.length;
  }
  return { character: '', at };
}

function encodingOf(codePage: number): string {
  const encoding = ENCODINGS[codePage];
  if (encoding === undefined) throw new RangeError(`Code page ${codePage} has no table.`);
  return encoding;
}

const TABLES = new Map<number, string>();

/** The characters of an EBCDIC code page. */
function tableOf(codePage: number): string | undefined {
  const packed = EBCDIC.get(codePage);
  if (packed === undefined) return undefined;
  const known = TABLES.get(codePage);
  if (known !== undefined) return known;
  const table = Buffer.from(packed, 'base64').swap16().toString('utf16le');
  TABLES.set(codePage, table);
  return table;
}

const OCTETS = new Map<number, ReadonlyMap<string, number>>();

/** The reverse of a table. */
function octetsOf(codePage: number, table: string): ReadonlyMap<string, number> {
  const known = OCTETS.get(codePage);
  if (known !== undefined) return known;
  const octets = new Map([...table].map((character, octet) => [character, octet] as const));
  octets.delete(NO_CHARACTER);
  OCTETS.set(codePage, octets);
  return octets;
}

function fromTable(codePage: number, octets: ReadonlyMap<string, number>, text: string): Uint8Array {
  const written = new Uint8Array(text.length);
  let at = 0;
  for (const character of text) {
    const octet = octets.get(character);
    if (octet === undefined) throw missing(codePage, { character, at });
    written[at] = octet;
    at += 1;
  }
  return written;
}

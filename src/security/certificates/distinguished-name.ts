// Distinguished names as text (RFC 4514), and whether two of them, from two implementations, are one name.
import * as asn1js from 'asn1js';
import type * as pkijs from 'pkijs';

/** What attributes are called: the keywords of RFC 4514 §3 and others in use; the first of a type is written. */
const KEYWORDS: readonly (readonly [keyword: string, type: string])[] = [
  ['CN', '2.5.4.3'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['S', '2.5.4.8'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['C', '2.5.4.6'],
  ['STREET', '2.5.4.9'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['SERIALNUMBER', '2.5.4.5'],
  ['E', '1.2.840.113549.1.9.1'],
  ['EMAILADDRESS', '1.2.840.113549.1.9.1'],
  ['SN', '2.5.4.4'],
  ['SURNAME', '2.5.4.4'],
  ['G', '2.5.4.42'],
  ['GN', '2.5.4.42'],
  ['GIVENNAME', '2.5.4.42'],
  ['T', '2.5.4.12'],
  ['TITLE', '2.5.4.12'],
];
const TYPES: ReadonlyMap<string, string> = new Map(KEYWORDS);

/** The text of RFC 4514: the last attribute of the certificate first. */
export function writeDistinguishedName({ typesAndValues }: pkijs.RelativeDistinguishedNames): string {
  return typesAndValues
    .map(({ type, value }) => {
      const keyword = KEYWORDS.find(([, known]) => known === type)?.[0];
      const text: unknown = value.valueBlock.value;
      if (keyword === undefined || typeof text !== 'string') {
        return `${type}=#${Buffer.from(value.toBER()).toString('hex')}`;
      }
      return `${keyword}=${escaped(text)}`;
    })
    .reverse()
    .join(',');
}

/** RFC 4514 §2.4. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\\",+;<>]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');

/** Whether two texts are the same name: order, case and spacing do not count, as implementations differ in them. */
export function isSameName(one: string, other: string): boolean {
  const attributes = attributesOf(one);
  return attributes.length > 0 && attributes.join('\n') === attributesOf(other).join('\n');
}

/** An attribute up to the comma, plus sign or semicolon that ends it; escaped and quoted ones are part of it. */
const ATTRIBUTE = /(?:\\.|"(?:\\.|[^"\\])*"|[^\\",+;])+/gs;

function attributesOf(name: string): string[] {
  const attributes: string[] = [];
  for (const [attribute] of name.matchAll(ATTRIBUTE)) {
    const [, type = '', value = ''] = /^\s*(?:oid\.)?([\w.-]+)\s*=(.*)$/is.exec(attribute) ?? [];
    const keyword = type.toUpperCase();
    attributes.push(`${TYPES.get(keyword) ?? keyword}=${folded(plainValueOf(value))}`);
  }
  return attributes.sort();
}

function plainValueOf(written: string): string {
  const text = written.trimStart();
  if (/^#(?:[\da-f]{2})+\s*$/i.test(text)) return textOfDer(Buffer.from(text.slice(1).trim(), 'hex'));
  // Octets by their numbers are those of UTF-8, also where several of them make one character.
  const unescaped = text.replaceAll(/(?:\\[\da-f]{2})+/gi, (octets) =>
    Buffer.from(octets.replaceAll('\\', ''), 'hex').toString('utf8'),
  );
  return unescaped.replaceAll(/\\(.)/gs, '$1').replaceAll(/^"|"\s*$/g, '');
}

function textOfDer(octets: Uint8Array): string {
  const { result } = asn1js.fromBER(octets, { maxDepth: 4, maxNodes: 16, maxContentLength: octets.length });
  const text: unknown = (result.valueBlock as { value?: unknown } | undefined)?.value;
  return typeof text === 'string' ? text : Buffer.from(octets).toString('hex');
}

const folded = (text: string): string => text.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();

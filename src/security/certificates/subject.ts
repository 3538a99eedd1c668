// Distinguished names as people write them here: `CN=Alice Motors, O="Acme, Inc", C=DE`.
import * as pkijs from 'pkijs';
import { decodeElement } from '../cms/der.js';

/**
 * Attributes with a letter of their own, in the order in which they are printed; all others follow as the certificate
 * has them.
 */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'S'],
  ['2.5.4.6', 'C'],
  ['1.2.840.113549.1.9.1', 'E'],
]);
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.42', 'G'],
  ['2.5.4.12', 'T'],
  ['2.5.4.9', 'STREET'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
]);

/** Subject and issuer of a certificate (DER); empty without one. */
export function namesOf(certificate: Uint8Array | undefined): { subject: string; issuer: string } {
  if (certificate === undefined) return { subject: '', issuer: '' };
  const parsed = new pkijs.Certificate({ schema: decodeElement(certificate) });
  return { subject: printName(parsed.subject), issuer: printName(parsed.issuer) };
}

function printName({ typesAndValues }: pkijs.RelativeDistinguishedNames): string {
  const order = [...LETTERS.keys()];
  const place = (type: string): number => (order.includes(type) ? order.indexOf(type) : order.length);
  return [...typesAndValues]
    .sort((a, b) => place(a.type) - place(b.type))
    .map(({ type, value }) => {
      const name = LETTERS.get(type) ?? OTHER_NAMES.get(type) ?? type;
      return `${name}=${quoted(String(value.valueBlock.value))}`;
    })
    .join(', ');
}

/** A value with a comma is quoted, quotes inside are doubled. */
const quoted = (value: string): string => (/[,"]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/**
 * Which of these subjects is meant: `*` the first, else the one that is equal, else the first that contains the text.
 */
export function findSubject(subjects: readonly string[], wanted: string): number {
  if (wanted === '*') return subjects.length > 0 ? 0 : -1;
  const text = wanted.trim().toLowerCase();
  if (text === '') return -1;
  const fields = fieldsOf(text);
  const exact = subjects.findIndex((subject) => fieldsOf(subject.toLowerCase()) === fields);
  return exact === -1 ? subjects.findIndex((subject) => subject.toLowerCase().includes(text)) : exact;
}

/** The fields in an order of their own: who writes a name down need not know how the certificate arranges it. */
function fieldsOf(name: string): string {
  const fields = name.match(/(?:[^,"]|"(?:[^"]|"")*")+/g) ?? [];
  return fields
    .map((field) => field.trim())
    .sort()
    .join(',');
}

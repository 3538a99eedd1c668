// Which names an authority may issue for (RFC 5280 §4.2.1.10).
import type * as pkijs from 'pkijs';
import type { CertificateFacts } from './facts.js';

/** GeneralName by its tag. */
const MAIL = 1;
const DNS = 2;
const DIRECTORY = 4;
const URI = 6;
const ADDRESS = 7;

const EMAIL_ATTRIBUTE = '1.2.840.113549.1.9.1';

interface Name {
  readonly type: number;
  readonly value: unknown;
}

/** A name of the certificate that its authority may not issue for, in words; undefined when there is none. */
export function forbiddenName(
  facts: CertificateFacts,
  { permittedSubtrees, excludedSubtrees }: pkijs.NameConstraints,
): string | undefined {
  for (const name of namesOf(facts)) {
    const excluded = bases(excludedSubtrees, name.type);
    const permitted = bases(permittedSubtrees, name.type);
    if (excluded.some((base) => isWithin(name, base) !== false)) return wordsFor(name);
    if (permitted.length > 0 && !permitted.some((base) => isWithin(name, base) === true)) return wordsFor(name);
  }
  return undefined;
}

function namesOf({ parsed, alternativeNames }: CertificateFacts): readonly Name[] {
  const names: Name[] = [...alternativeNames];
  if (parsed.subject.typesAndValues.length > 0) names.push({ type: DIRECTORY, value: parsed.subject });
  if (names.some(({ type }) => type === MAIL)) return names;
  // Addresses in the subject count where there are none among the alternative names.
  for (const { type, value } of parsed.subject.typesAndValues) {
    if (type === EMAIL_ATTRIBUTE) names.push({ type: MAIL, value: value.valueBlock.value });
  }
  return names;
}

const bases = (trees: readonly pkijs.GeneralSubtree[] | undefined, type: number): readonly unknown[] =>
  (trees ?? []).filter(({ base }) => base.type === type).map(({ base }) => base.value);

/** Undefined for kinds of names that cannot be compared here: neither inside nor outside may be concluded. */
function isWithin({ type, value }: Name, base: unknown): boolean | undefined {
  if (type === DNS) return isHostWithin(String(value), String(base), true);
  if (type === MAIL) return isMailWithin(String(value), String(base));
  if (type === URI) return isUriWithin(String(value), String(base));
  if (type === DIRECTORY)
    return isDirectoryWithin(value as pkijs.RelativeDistinguishedNames, base as pkijs.RelativeDistinguishedNames);
  if (type === ADDRESS) return isAddressWithin(octetsOf(value), octetsOf(base));
  return undefined;
}

/** `subdomains`: a base without a leading dot stands for its subdomains too, which is so for DNS names only. */
function isHostWithin(host: string, base: string, subdomains: boolean): boolean {
  const [name, within] = [host.toLowerCase(), base.toLowerCase()];
  if (within === '' || name === within) return true;
  if (within.startsWith('.')) return name.endsWith(within);
  return subdomains && name.endsWith(`.${within}`);
}

function isMailWithin(mail: string, base: string): boolean {
  if (base.includes('@')) return mail.toLowerCase() === base.toLowerCase();
  return isHostWithin(mail.slice(mail.lastIndexOf('@') + 1), base, false);
}

function isUriWithin(uri: string, base: string): boolean | undefined {
  return URL.canParse(uri) ? isHostWithin(new URL(uri).hostname, base, false) : undefined;
}

function isDirectoryWithin(name: pkijs.RelativeDistinguishedNames, base: pkijs.RelativeDistinguishedNames): boolean {
  return base.typesAndValues.every((field, at) => name.typesAndValues[at]?.isEqual(field) === true);
}

/** The base is an address and a mask of the same length. */
function isAddressWithin(address: Uint8Array | undefined, base: Uint8Array | undefined): boolean | undefined {
  if (address === undefined || base === undefined) return undefined;
  if (base.length !== address.length * 2) return false;
  return address.every((octet, at) => {
    const mask = base[address.length + at] ?? 0;
    return (octet & mask) === ((base[at] ?? 0) & mask);
  });
}

const octetsOf = (value: unknown): Uint8Array | undefined =>
  (value as { valueBlock?: { valueHexView?: Uint8Array } }).valueBlock?.valueHexView;

const wordsFor = ({ type, value }: Name): string =>
  type === DIRECTORY || typeof value !== 'string' ? 'its subject' : `the name ${value}`;

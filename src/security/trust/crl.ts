// Certificate revocation lists (RFC 5280 §5, §6.3), read in place.
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { decodeElement } from '../cms/der.js';
import { contentsIn, type DerElement, elementAt, elementsIn, octetsOf } from './der-walk.js';
import { type CertificateFacts, factsOf, KEY_USAGE } from './facts.js';
import { type RevocationAnswer, reasonText, SKEW_MS } from './revocation-answer.js';
import { isSignatureOf } from './signed-octets.js';

export interface CrlQuestion {
  /** DER. */
  readonly crl: Uint8Array;
  /** DER of the certificate in question, and of its issuer, who must have signed the list. */
  readonly certificate: Uint8Array;
  readonly issuer: Uint8Array;
  readonly at: Date;
}

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  sequence: 0x30,
  utcTime: 0x17,
  generalizedTime: 0x18,
  extensions: 0xa0,
} as const;

const EXTENSION = {
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  issuingDistributionPoint: '2.5.29.28',
} as const;
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(EXTENSION));

/** Lists without nextUpdate are used for so long: the age that the Odette guidelines recommend as a maximum. */
const AGE_MAX_MS = 15 * 86_400_000;

/** What the list says about the certificate. Whatever is wrong with the list makes the answer `unknown`. */
export function askCrl({ crl, certificate, issuer, at }: CrlQuestion): RevocationAnswer {
  const [facts, authority] = [factsOf(certificate), factsOf(issuer)];
  let list: CrlParts;
  try {
    list = partsOf(crl);
  } catch (error) {
    return unknown(`is no revocation list: ${(error as Error).message}`);
  }
  const problem = listProblem(list, facts, authority, at);
  if (problem !== undefined) return unknown(problem);
  const until = list.nextUpdate ?? new Date(list.thisUpdate.getTime() + AGE_MAX_MS);
  try {
    return entryAnswer(list, facts, until);
  } catch (error) {
    return unknown(`has an entry that cannot be read: ${(error as Error).message}`);
  }
}

const unknown = (message: string): RevocationAnswer => ({ status: 'unknown', message });

interface CrlParts {
  readonly octets: Uint8Array;
  readonly toBeSigned: Uint8Array;
  readonly algorithm: pkijs.AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly issuer: pkijs.RelativeDistinguishedNames;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly entries: DerElement | undefined;
  readonly extensions: readonly pkijs.Extension[];
}

function partsOf(octets: Uint8Array): CrlParts {
  const whole = elementAt(octets, 0);
  const [body, algorithm, signature] = [...take(elementsIn(octets, whole), 4)];
  if (whole.tag !== TAG.sequence || whole.end !== octets.length || !body || !algorithm || !signature)
    throw new Error('it has not the three parts of one');
  // The first octet of a BIT STRING counts its unused bits.
  if (signature.tag !== TAG.bitString || octets[signature.contents] !== 0) throw new Error('its signature is none');
  const fields = [...take(elementsIn(octets, body), 8)];
  if (fields[0]?.tag === TAG.integer) fields.shift();
  const [inner, issuer, thisUpdate] = fields.splice(0, 3);
  if (!inner || !issuer || !thisUpdate) throw new Error('it ends before its date');
  const nextUpdate = isTime(fields[0]) ? fields.shift() : undefined;
  const entries = fields[0]?.tag === TAG.sequence ? fields.shift() : undefined;
  const extensions = fields[0]?.tag === TAG.extensions ? fields.shift() : undefined;
  if (fields.length > 0) throw new Error('it has a part that is unknown');
  if (Buffer.compare(octetsOf(octets, inner), octetsOf(octets, algorithm)) !== 0)
    throw new Error('it names two signature algorithms');
  return {
    octets,
    toBeSigned: octetsOf(octets, body),
    algorithm: new pkijs.AlgorithmIdentifier({ schema: decodeElement(octetsOf(octets, algorithm)) }),
    signature: contentsIn(octets, signature).subarray(1),
    issuer: new pkijs.RelativeDistinguishedNames({ schema: decodeElement(octetsOf(octets, issuer)) }),
    thisUpdate: timeOf(octets, thisUpdate),
    nextUpdate: nextUpdate && timeOf(octets, nextUpdate),
    entries,
    extensions: extensions ? extensionsIn(octets, elementAt(octets, extensions.contents, extensions.end)) : [],
  };
}

function* take<T>(values: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const value of values) {
    if (left === 0) throw new Error('it has too many parts');
    left -= 1;
    yield value;
  }
}

const isTime = (element: DerElement | undefined): boolean =>
  element?.tag === TAG.utcTime || element?.tag === TAG.generalizedTime;

function timeOf(octets: Uint8Array, element: DerElement): Date {
  const time = new pkijs.Time({ schema: decodeElement(octetsOf(octets, element)) });
  if (Number.isNaN(time.value.getTime())) throw new Error('it has a date that is none');
  return time.value;
}

function extensionsIn(octets: Uint8Array, list: DerElement): pkijs.Extension[] {
  return [...take(elementsIn(octets, list), 32)].map(
    (element) => new pkijs.Extension({ schema: decodeElement(octetsOf(octets, element)) }),
  );
}

/** Why nothing in the list may be believed, or not about this certificate. */
function listProblem(
  list: CrlParts,
  facts: CertificateFacts,
  authority: CertificateFacts,
  at: Date,
): string | undefined {
  const { thisUpdate, nextUpdate } = list;
  if (!list.issuer.isEqual(facts.parsed.issuer)) return 'is that of another authority';
  if (authority.keyUsage?.has(KEY_USAGE.crlSign) === false)
    return `is signed by "${authority.subject}", whose key usage does not allow it`;
  if (!isSignatureOf(list.toBeSigned, list.algorithm, list.signature, authority.x509.publicKey)) {
    return `is not signed by "${authority.subject}"`;
  }
  if (thisUpdate.getTime() > at.getTime() + SKEW_MS) return `is of ${thisUpdate.toISOString()}, which is in the future`;
  const end = nextUpdate ?? new Date(thisUpdate.getTime() + AGE_MAX_MS);
  if (end.getTime() < at.getTime() - SKEW_MS) return `is out of date since ${end.toISOString()}`;
  for (const extension of list.extensions) {
    if (extension.critical && !UNDERSTOOD.has(extension.extnID))
      return `has a critical extension that is not understood: ${extension.extnID}`;
    const scope = extension.extnID === EXTENSION.issuingDistributionPoint ? scopeProblem(extension, facts) : undefined;
    if (scope !== undefined) return scope;
  }
  return undefined;
}

/** A list may cover some certificates only: then it says nothing about the others (RFC 5280 §6.3.3 b). */
function scopeProblem({ parsedValue }: pkijs.Extension, facts: CertificateFacts): string | undefined {
  if (!(parsedValue instanceof pkijs.IssuingDistributionPoint)) return 'has a scope that cannot be read';
  const { distributionPoint, indirectCRL, onlySomeReasons, onlyContainsAttributeCerts } = parsedValue;
  if (indirectCRL || onlySomeReasons !== undefined || onlyContainsAttributeCerts)
    return 'covers only a part of what has to be known';
  if (parsedValue.onlyContainsCACerts && !facts.isAuthority) return 'covers certificates of authorities only';
  if (parsedValue.onlyContainsUserCerts && facts.isAuthority) return 'covers no certificates of authorities';
  if (distributionPoint === undefined) return undefined;
  const names = Array.isArray(distributionPoint) ? distributionPoint.map(({ value }) => String(value)) : [];
  return names.some((name) => facts.crlUrls.includes(name)) ? undefined : 'is that of another distribution point';
}

function entryAnswer({ octets, entries }: CrlParts, { parsed }: CertificateFacts, until: Date): RevocationAnswer {
  const wanted = Buffer.from(parsed.serialNumber.valueBlock.valueHexView);
  for (const entry of entries === undefined ? [] : elementsIn(octets, entries)) {
    const serial = elementAt(octets, entry.contents, entry.end);
    if (wanted.compare(contentsIn(octets, serial)) !== 0) continue;
    const date = elementAt(octets, serial.end, entry.end);
    const extensions = date.end < entry.end ? extensionsIn(octets, elementAt(octets, date.end, entry.end)) : [];
    const reason = extensions.find(({ extnID }) => extnID === EXTENSION.reasonCode)?.parsedValue;
    const code = reason instanceof asn1js.Enumerated ? reason.valueBlock.valueDec : undefined;
    // Critical extensions of an entry narrow what it says; revoked is the safe reading.
    return { status: 'revoked', since: timeOf(octets, date), reason: reasonText(code), until };
  }
  return { status: 'good', until };
}

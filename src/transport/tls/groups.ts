/** Key exchange groups and signature algorithms: from the words of the settings to those of OpenSSL. */
import { DEFAULTS } from '../../settings/table.js';
import { protocolRange } from './protocols.js';
import type { TlsSettings } from './settings.js';

interface Group {
  /** As the settings spell it. */
  readonly word: string;
  readonly openSsl: string;
  /** NamedGroup in the registry of IANA (RFC 8446 §4.2.7). */
  readonly number: number;
  readonly bits: number;
}

const GROUPS: readonly Group[] = [
  { word: 'ecdhe_x25519', openSsl: 'X25519', number: 0x001d, bits: 253 },
  { word: 'ecdhe_x448', openSsl: 'X448', number: 0x001e, bits: 448 },
  { word: 'ecdhe_secp256r1', openSsl: 'P-256', number: 0x0017, bits: 256 },
  { word: 'ecdhe_secp384r1', openSsl: 'P-384', number: 0x0018, bits: 384 },
  { word: 'ecdhe_secp521r1', openSsl: 'P-521', number: 0x0019, bits: 521 },
  { word: 'ffdhe_2048', openSsl: 'ffdhe2048', number: 0x0100, bits: 2048 },
  { word: 'ffdhe_3072', openSsl: 'ffdhe3072', number: 0x0101, bits: 3072 },
  { word: 'ffdhe_4096', openSsl: 'ffdhe4096', number: 0x0102, bits: 4096 },
  { word: 'ffdhe_6144', openSsl: 'ffdhe6144', number: 0x0103, bits: 6144 },
  { word: 'ffdhe_8192', openSsl: 'ffdhe8192', number: 0x0104, bits: 8192 },
];

const TLS12_GROUPS = ['ecdhe_secp256r1', 'ecdhe_secp384r1', 'ecdhe_secp521r1'];
const TLS13_GROUPS = GROUPS.map(({ word }) => word);

const TLS12_HASHES = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const TLS12_KEYS = ['rsa', 'dsa', 'ecdsa'];

/** Of TLS 1.3. A key of RSA may be made for RSA-PSS alone, or for everything. */
const TLS13_SIGNATURES: ReadonlyMap<string, readonly string[]> = new Map([
  ...['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512', 'ed25519', 'ed448'].map(same),
  ...['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512'].map(same),
  ...['sha256', 'sha384', 'sha512'].map(
    (hash) => [`rsa_pss_${hash}`, [`rsa_pss_rsae_${hash}`, `rsa_pss_pss_${hash}`]] as const,
  ),
]);

/** The groups as OpenSSL takes them, most preferred first. */
export function keyExchangeGroups(
  settings: Pick<TlsSettings, 'sslEnabledProtocols' | 'tls12SupportedGroups' | 'tls13SupportedGroups'>,
): string {
  const { tls13, older } = protocolRange(settings.sslEnabledProtocols);
  const words = [
    ...(tls13 ? listOf(settings.tls13SupportedGroups) : []),
    ...(older ? listOf(settings.tls12SupportedGroups) : []),
  ];
  const wanted = new Set(words.map((word) => GROUPS.find((group) => group.word === word)?.openSsl));
  return [...wanted].join(':');
}

/** A group by its number on the wire. */
export function groupOf(number: number): Pick<Group, 'openSsl' | 'bits'> | undefined {
  return GROUPS.find((group) => group.number === number);
}

/** The signature algorithms as OpenSSL takes them; undefined for its own list. */
export function signatureAlgorithms(
  settings: Pick<TlsSettings, 'sslEnabledProtocols' | 'tls12SignatureAlgorithms' | 'tls13SignatureAlgorithms'>,
): string | undefined {
  const { tls12SignatureAlgorithms: tls12, tls13SignatureAlgorithms: tls13, sslEnabledProtocols } = settings;
  const range = protocolRange(sslEnabledProtocols);
  const used = [...(range.tls13 ? [tls13] : []), ...(range.older ? [tls12] : [])];
  const untouched = tls12 === DEFAULTS.tls12SignatureAlgorithms && tls13 === DEFAULTS.tls13SignatureAlgorithms;
  if (untouched || used.some((list) => list.trim() === '')) return undefined;
  const names = [
    ...(range.tls13 ? listOf(tls13).flatMap((word) => TLS13_SIGNATURES.get(word) ?? []) : []),
    ...(range.older ? listOf(tls12).map(tls12Signature) : []),
  ];
  return [...new Set(names)].join(':');
}

export const tls12GroupsProblem = (text: string): string | undefined => listProblem(text, TLS12_GROUPS, false);
export const tls13GroupsProblem = (text: string): string | undefined => listProblem(text, TLS13_GROUPS, false);

export const tls13SignaturesProblem = (text: string): string | undefined =>
  listProblem(text, [...TLS13_SIGNATURES.keys()], true);

export const tls12SignaturesProblem = (text: string): string | undefined =>
  listProblem(
    text,
    TLS12_HASHES.flatMap((hash) => TLS12_KEYS.map((key) => `${hash}-${key}`)),
    true,
  );

/**
 * In the names that TLS 1.3 has as well: OpenSSL refuses a list that has the same algorithm under two names. For those
 * that TLS 1.3 does not have, it takes key and hash only.
 */
function tls12Signature(word: string): string {
  const [hash = '', key = ''] = word.split('-');
  if (key === 'rsa') return `rsa_pkcs1_${hash}`;
  const curve = key === 'ecdsa' ? CURVES_OF_HASHES.get(hash) : undefined;
  return curve === undefined ? `${key}+${hash}`.toUpperCase() : `ecdsa_${curve}_${hash}`;
}

const CURVES_OF_HASHES: ReadonlyMap<string, string> = new Map([
  ['sha256', 'secp256r1'],
  ['sha384', 'secp384r1'],
  ['sha512', 'secp521r1'],
]);

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter(Boolean);

function listProblem(text: string, known: readonly string[], mayBeBlank: boolean): string | undefined {
  const words = listOf(text);
  if (words.length === 0) return mayBeBlank ? undefined : `It takes at least one of ${known.join(', ')}.`;
  const strange = words.find((word) => !known.includes(word));
  return strange === undefined ? undefined : `'${strange}' is not known: it takes ${known.join(', ')}.`;
}

function same(name: string): readonly [string, readonly string[]] {
  return [name, [name]];
}

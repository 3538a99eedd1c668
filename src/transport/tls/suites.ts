import { createSecureContext } from 'node:tls';
import { OFTPError } from '../../settings/errors.js';
import { type ProtocolRange, protocolRange } from './protocols.js';
import type { TlsSettings } from './settings.js';

const TLS13_SUITES = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'] as const;
/** Further ones that have to be named. */
const TLS13_SUITES_ON_DEMAND = ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'] as const;
const ALL_TLS13_SUITES: readonly string[] = [...TLS13_SUITES, ...TLS13_SUITES_ON_DEMAND];

/** Every suite with forward secrecy and a cipher in good standing; AEAD first. */
const FORWARD_SECRET =
  'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:!AESCCM8:!aNULL:!eNULL:!aDSS:!PSK:!SRP';

/** Ciphers below a strength, as OpenSSL names their families; checked from the weakest on. */
const FAMILIES = [
  { bits: 0, names: ['eNULL'] },
  { bits: 56, names: ['DES'] },
  { bits: 112, names: ['3DES'] },
  { bits: 128, names: ['AES128', 'CAMELLIA128', 'ARIA128', 'SEED', 'IDEA', 'RC4', 'RC2'] },
] as const;

/** Suites as OpenSSL takes them, and those asked for that it does not have. */
export interface SuiteChoice {
  readonly ciphers: string;
  readonly leftOut: readonly string[];
  /** There is one of TLS 1.3 among them. OpenSSL speaks that version with suites of its own otherwise. */
  readonly tls13: boolean;
}

type SuiteSettings = Pick<
  TlsSettings,
  'openSslCipherList' | 'sslCipherStrength' | 'sslEnabledCipherSuites' | 'sslEnabledProtocols'
>;

/**
 * The suites for SSLEnabledCipherSuites, OpenSSLCipherList and SSLCipherStrength.
 * @throws OFTPError 10022 when nothing is left of them for the versions of TLS that are enabled
 */
export function suiteChoice(settings: SuiteSettings): SuiteChoice {
  const { sslEnabledCipherSuites, sslCipherStrength } = settings;
  const range = protocolRange(settings.sslEnabledProtocols);
  const { tls13, older, leftOut } =
    sslEnabledCipherSuites.trim() === '*'
      ? fromCipherString(settings.openSslCipherList, sslCipherStrength)
      : fromSuites(sslEnabledCipherSuites, sslCipherStrength);
  const ciphers = [...(range.tls13 ? tls13 : []), ...(range.older ? older : [])];
  if (ciphers.length === 0) throw nothingLeft(settings, range);
  // The older versions sign with MD5 and SHA-1, which OpenSSL allows at this level only.
  if (range.legacy && older.length > 0) ciphers.push('@SECLEVEL=0');
  return { ciphers: ciphers.join(':'), leftOut, tls13: range.tls13 && tls13.length > 0 };
}

/** What is wrong with a value of SSLEnabledCipherSuites, and what would be right; undefined for a good one. */
export function suitesProblem(text: string): string | undefined {
  if (text.trim() === '*') return undefined;
  const names = listOf(text);
  const windows = names.find((name) => name.startsWith('CALG_'));
  if (windows !== undefined)
    return `${windows} is a name of Windows: use names as TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384.`;
  if (names.some((name) => availableName(name) !== undefined)) return undefined;
  return 'It takes "*", or cipher suites separated by semicolons of which OpenSSL has at least one.';
}

/** What is wrong with a value of OpenSSLCipherList; undefined for a good one. */
export function cipherListProblem(text: string): string | undefined {
  const { tls13, older } = fromCipherString(text, 0);
  return builds([...tls13, ...older].join(':')) ? undefined : 'It takes a cipher string of OpenSSL, such as "DEFAULT".';
}

/** Bits of the key of the cipher in a suite, by the name that IANA or OpenSSL gives it; 0 for one that is not known. */
export function cipherStrength(name: string): number {
  if (/CHACHA20/i.test(name)) return 256;
  if (/3DES|DES[-_]CBC3/i.test(name)) return 112;
  return Number(/(?:AES|CAMELLIA|ARIA|RC4)[-_]?(\d{3})/i.exec(name)?.[1] ?? 0);
}

/** TLS 1.3 takes its suites by name, the older versions by a string of rules. */
interface Suites {
  readonly tls13: readonly string[];
  readonly older: readonly string[];
  readonly leftOut: readonly string[];
}

function fromCipherString(text: string, strength: number): Suites {
  const parts = text
    .trim()
    .replace(/^DEFAULT(?=$|:)/i, FORWARD_SECRET)
    .split(/[:, ]+/);
  const named = parts.filter((part) => part.startsWith('TLS_'));
  const weak = FAMILIES.filter(({ bits }) => bits < strength).flatMap(({ names }) => names.map((name) => `!${name}`));
  const tls13 = (named.length > 0 ? named : TLS13_SUITES).filter((name) => cipherStrength(name) >= strength);
  const older = parts.filter((part) => part !== '' && !part.startsWith('TLS_'));
  return { tls13, older: older.length > 0 ? [...older, ...weak] : [], leftOut: [] };
}

function fromSuites(text: string, strength: number): Suites {
  const tls13: string[] = [];
  const older: string[] = [];
  const leftOut: string[] = [];
  for (const name of listOf(text)) {
    const available = availableName(name);
    if (available === undefined) leftOut.push(name);
    else if (cipherStrength(available) < strength) continue;
    else if (ALL_TLS13_SUITES.includes(available)) tls13.push(available);
    else older.push(available);
  }
  return { tls13, older, leftOut };
}

const listOf = (text: string): string[] =>
  text
    .split(/[;,]/)
    .map((name) => name.trim().toUpperCase())
    .filter(Boolean);

/** The name that OpenSSL takes for a suite, if it has it. */
function availableName(name: string): string | undefined {
  if (ALL_TLS13_SUITES.includes(name)) return name;
  const openSslName = name.startsWith('TLS_') ? openSslNameOf(name) : name;
  // A name of one suite only, not a rule that stands for many.
  return /^[A-Z0-9]+(?:-[A-Z0-9]+)+$/.test(openSslName) && builds(openSslName) ? openSslName : undefined;
}

/** TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 is ECDHE-RSA-AES256-GCM-SHA384, TLS_RSA_WITH_AES_128_CBC_SHA is AES128-SHA. */
function openSslNameOf(name: string): string {
  const [exchange = '', cipher = ''] = name.slice('TLS_'.length).split('_WITH_');
  const short = cipher
    .replace('3DES_EDE_CBC', 'DES_CBC3')
    .replace(/^(AES|CAMELLIA|ARIA)_(\d+)(?:_CBC)?/, '$1$2')
    .replace(/^(CHACHA20_POLY1305)_SHA256$/, '$1')
    .replace(/_CCM_8$/, '_CCM8');
  const prefix = exchange === 'RSA' ? '' : `${exchange.replace(/^DH_ANON$/, 'ADH')}_`;
  return `${prefix}${short}`.replaceAll('_', '-');
}

const tried = new Map<string, boolean>();
/** Values that people type; more than these come from nobody who means well. */
const TRIED_MAX = 1000;

/** Whether OpenSSL finds at least one suite in a string. */
function builds(ciphers: string): boolean {
  let result = tried.get(ciphers);
  if (result === undefined) {
    try {
      createSecureContext({ ciphers: `${ciphers}:@SECLEVEL=0` });
      result = true;
    } catch {
      result = false;
    }
    if (tried.size < TRIED_MAX) tried.set(ciphers, result);
  }
  return result;
}

function nothingLeft(settings: SuiteSettings, range: ProtocolRange): OFTPError {
  const { sslEnabledCipherSuites, openSslCipherList, sslCipherStrength } = settings;
  const source =
    sslEnabledCipherSuites.trim() === '*'
      ? `openSslCipherList '${openSslCipherList}'`
      : `sslEnabledCipherSuites '${sslEnabledCipherSuites}'`;
  const versions =
    range.minVersion === range.maxVersion ? range.minVersion : `${range.minVersion} to ${range.maxVersion}`;
  const strength = sslCipherStrength > 0 ? ` and sslCipherStrength ${sslCipherStrength}` : '';
  return new OFTPError(10022, `no cipher suite of ${source} goes with ${versions}${strength}: allow more of them`);
}

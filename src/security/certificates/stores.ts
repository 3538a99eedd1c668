// Certificate stores: their types, how a type is told from the octets, and how one certificate is taken out.
import type { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readCertificate, readDerKey } from './binary.js';
import { CertificateError, type StoreEntry } from './entry.js';
import { issuersOf } from './issuers.js';
import { readJwk, readXml } from './jwk.js';
import { readPem } from './pem.js';
import { readPfx } from './pfx.js';
import { readPkcs7 } from './pkcs7.js';
import { readToken } from './pkcs11.js';
import { readPpk } from './ppk.js';
import { readSshPublicKey } from './ssh.js';
import { findSubject, namesOf } from './subject.js';

type Reader = (octets: Buffer, password: string) => StoreEntry[];

interface StoreKind {
  /** The number in `config()`. */
  readonly number: number;
  /** Whether the store is a path, the octets themselves, or names a token. */
  readonly place: 'file' | 'blob' | 'either' | 'token';
  /** Absent where it cannot be supported, with the reason. */
  readonly read?: Reader;
  readonly unsupported?: string;
}

const WINDOWS = 'certificate stores of Windows cannot be reached: export the certificate as a PFX file';
const JAVA = 'Java key stores are not supported: convert it with "keytool -importkeystore -deststoretype PKCS12"';

const STORES = {
  user: { number: 0, place: 'either', unsupported: WINDOWS },
  machine: { number: 1, place: 'either', unsupported: WINDOWS },
  pfxFile: { number: 2, place: 'file', read: readPfx },
  pfxBlob: { number: 3, place: 'blob', read: readPfx },
  jksFile: { number: 4, place: 'file', unsupported: JAVA },
  jksBlob: { number: 5, place: 'blob', unsupported: JAVA },
  pemKeyFile: { number: 6, place: 'file', read: readPem },
  pemKeyBlob: { number: 7, place: 'blob', read: readPem },
  publicKeyFile: { number: 8, place: 'file', read: readPublic },
  publicKeyBlob: { number: 9, place: 'blob', read: readPublic },
  sshPublicKeyBlob: { number: 10, place: 'blob', read: readSshPublicKey },
  p7bFile: { number: 11, place: 'file', read: readP7b },
  p7bBlob: { number: 12, place: 'blob', read: readP7b },
  sshPublicKeyFile: { number: 13, place: 'file', read: readSshPublicKey },
  ppkFile: { number: 14, place: 'file', read: readPpk },
  ppkBlob: { number: 15, place: 'blob', read: readPpk },
  xmlFile: { number: 16, place: 'file', read: readXml },
  xmlBlob: { number: 17, place: 'blob', read: readXml },
  jwkFile: { number: 18, place: 'file', read: readJwk },
  jwkBlob: { number: 19, place: 'blob', read: readJwk },
  bcfksFile: { number: 21, place: 'file', unsupported: JAVA },
  bcfksBlob: { number: 22, place: 'blob', unsupported: JAVA },
  pkcs11: { number: 23, place: 'token', read: readToken },
  auto: { number: 99, place: 'either', read: readAny },
} as const satisfies Record<string, StoreKind>;

export type StoreType = keyof typeof STORES;

/** The type of a number of `config()`. */
export function storeTypeOf(number: number): StoreType | undefined {
  return (Object.keys(STORES) as StoreType[]).find((name) => STORES[name].number === number);
}

export interface StoreOptions {
  /** Default: `auto`, told from the content. */
  readonly storeType?: StoreType | undefined;
  /**
   * A path, or the content: octets, text, or base64. For `pkcs11` the path of the PKCS#11 module, or, where it serves
   * several tokens, a URI such as `pkcs11:token=EDI?module-path=/usr/lib/softhsm/libsofthsm2.so` (RFC 7512).
   */
  readonly store: string | Uint8Array;
  /** The PIN for `pkcs11`. */
  readonly storePassword?: string | undefined;
  /** `*` for the first (with a private key, if any has one), a distinguished name, or a part of one. Default: `*`. */
  readonly subject?: string | undefined;
}

interface NamedEntry extends StoreEntry {
  /** Empty for a key without a certificate. */
  readonly subject: string;
  readonly issuer: string;
}

export interface FoundCertificate extends NamedEntry {
  /** Certificates of the same store that lead towards a root, the nearest first. */
  readonly issuers: readonly X509Certificate[];
}

/**
 * Takes one certificate or key out of a store.
 *
 * @throws CertificateError that says what is wrong, and which subjects the store does hold
 */
export function findCertificate(options: StoreOptions): FoundCertificate {
  const { storeType = 'auto', storePassword = '', subject = '*' } = options;
  if (!Object.hasOwn(STORES, storeType)) {
    const known = Object.keys(STORES).join(', ');
    throw new CertificateError(`storeType ${storeType} is unknown; use one of ${known}`);
  }
  const kind: StoreKind = STORES[storeType];
  const { octets, name } = contentOf(options.store, kind, storeType);
  const entries = readEntries(kind, octets, storePassword, name);
  const subjects = entries.map((entry) => entry.subject);
  const found = entries[findSubject(subjects, subject)];
  if (found === undefined) throw new CertificateError(`${name} has no certificate for "${subject}"; ${held(subjects)}`);
  const { certificate } = found;
  if (certificate === undefined) return { ...found, issuers: [] };
  const others = entries.flatMap((entry) => entry.certificate ?? []);
  return { ...found, issuers: issuersOf(certificate, others) };
}

/** Those with a private key come first: a PFX holds the certificates of its issuers too, in any order. */
function readEntries(kind: StoreKind, octets: Buffer, password: string, name: string): NamedEntry[] {
  try {
    if (kind.read === undefined) throw new CertificateError(kind.unsupported);
    return kind
      .read(octets, password)
      .map((entry) => ({ ...entry, ...namesOf(entry.certificate?.raw) }))
      .sort((a, b) => Number(b.privateKey !== undefined) - Number(a.privateKey !== undefined));
  } catch (error) {
    // Anything else comes from a decoder, about octets that it cannot take.
    const reason = error instanceof CertificateError ? error.message : 'it cannot be read';
    throw new CertificateError(`${name}: ${reason}`);
  }
}

const SUBJECTS_SHOWN_MAX = 10;

function held(all: readonly string[]): string {
  const subjects = all.filter((subject) => subject !== '');
  if (subjects.length === 0) return 'it holds a key without a certificate: use the subject "*"';
  const shown = subjects.slice(0, SUBJECTS_SHOWN_MAX).map((subject) => `"${subject}"`);
  const more = subjects.length - shown.length;
  return `it holds ${shown.join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** No store of certificates is larger; a wrong path must not fill memory. */
const STORE_LENGTH_MAX = 16 * 1_048_576;
/** Text that is content, and nobody's path. */
const TEXT_CONTENT = /-----?\s?BEGIN |^\s*[{<]|^PuTTY-User-Key-File-|^(?:ssh-|ecdsa-sha2-)\S+ /;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function contentOf(
  store: string | Uint8Array,
  kind: StoreKind,
  storeType: StoreType,
): { octets: Buffer; name: string } {
  const blob = { name: `The ${storeType} store` };
  if (kind.read === undefined) return { octets: Buffer.alloc(0), ...blob };
  if (kind.place === 'token') {
    const octets = Buffer.from(store);
    return { octets, name: `The ${storeType} store ${octets.toString('utf8', 0, TOKEN_NAME_SHOWN_MAX)}` };
  }
  if (typeof store !== 'string') {
    // The reference keeps paths in octets too.
    if (kind.place === 'file') return readStoreFile(Buffer.from(store).toString('utf8'), storeType);
    return { octets: fromBase64(Buffer.from(store)), ...blob };
  }
  if (kind.place === 'file') return readStoreFile(store, storeType);
  if (kind.place === 'blob' || TEXT_CONTENT.test(store)) return { octets: fromBase64(Buffer.from(store)), ...blob };
  if (isFile(store) || !isBase64(store)) return readStoreFile(store, storeType);
  return { octets: fromBase64(Buffer.from(store)), ...blob };
}

/** Anything shorter is rather a path: those are made of the same letters. */
const BASE64_LENGTH_MIN = 128;
const isBase64 = (text: string): boolean => text.length >= BASE64_LENGTH_MIN && BASE64.test(text.replaceAll(/\s/g, ''));

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // also for text that is far too long for a path
  }
}

function readStoreFile(path: string, storeType: StoreType): { octets: Buffer; name: string } {
  const name = `The ${storeType} store ${path}`;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new CertificateError(`${name} is not a file`);
    if (stats.size > STORE_LENGTH_MAX) throw new CertificateError(`${name} is larger than ${STORE_LENGTH_MAX} octets`);
    return { octets: fromBase64(readFileSync(path)), name };
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError(`${name} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

/** More would be no name, but what the reference has read from a token. */
const TOKEN_NAME_SHOWN_MAX = 256;

/** Content that is nothing but base64 is taken for what it encodes. */
function fromBase64(octets: Buffer): Buffer {
  const marked = octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf ? octets.subarray(3) : octets;
  const text = marked.toString('latin1');
  return isBase64(text) && !TEXT_CONTENT.test(text) ? Buffer.from(text, 'base64') : marked;
}

const isPem = (octets: Buffer): boolean => octets.includes('-----BEGIN ');

function readPublic(octets: Buffer, password: string): StoreEntry[] {
  return isPem(octets) ? readPem(octets, password) : readCertificate(octets);
}

function readP7b(octets: Buffer, password: string): StoreEntry[] {
  return isPem(octets) ? readPem(octets, password) : readPkcs7(octets);
}

/**
 * Every certificate that octets hold, in PEM, DER, PKCS#7 or whatever `auto` knows.
 *
 * @throws CertificateError when they hold none, or are in no known format
 */
export function certificatesIn(octets: Buffer): X509Certificate[] {
  const entries = readEntries(STORES.auto, fromBase64(octets), '', 'It');
  const certificates = entries.flatMap(({ certificate }) => certificate ?? []);
  if (certificates.length === 0) throw new CertificateError('It holds no certificate');
  return certificates;
}

/** Tells the format from the first octets. */
function readAny(octets: Buffer, password: string): StoreEntry[] {
  return readerFor(octets)(octets, password);
}

function readerFor(octets: Buffer): Reader {
  const text = octets.subarray(0, 64).toString('latin1').trimStart();
  if (text.startsWith('PuTTY-User-Key-File-')) return readPpk;
  if (text.startsWith('{')) return readJwk;
  if (text.startsWith('<')) return readXml;
  if (/^(?:ssh-|ecdsa-sha2-|---- BEGIN SSH2)/.test(text)) return readSshPublicKey;
  if (isPem(octets)) return readPem;
  if (octets.length >= 4 && octets.readUInt32BE() === 0xfeedfeed) throw new CertificateError(JAVA);
  if (octets[0] !== 0x30) throw new CertificateError('it is in no format that is known here');
  // The first element inside: PKCS#7 begins with an identifier, PKCS#12 with version 3, keys with version 0,
  // certificates with neither.
  const first = octets.subarray(firstElementAt(octets));
  if (first[0] === 0x06) return readPkcs7;
  if (first[0] === 0x02) return first[2] === 3 ? readPfx : readDerKey;
  return isCertificate(octets) ? readCertificate : readDerKey;
}

function firstElementAt(octets: Buffer): number {
  const length = octets[1] ?? 0;
  return length > 0x80 ? 2 + (length & 0x7f) : 2;
}

function isCertificate(octets: Buffer): boolean {
  try {
    return readCertificate(octets).length > 0;
  } catch {
    return false;
  }
}

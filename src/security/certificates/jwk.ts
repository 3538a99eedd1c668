// JSON Web Keys (RFC 7517) and the XML of .NET and XML Signature: keys by their numbers, certificates in base64.
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CertificateError, pairUp, publicKeyEntry, type StoreEntry } from './entry.js';

/** One key, or a set of them. */
export function readJwk(octets: Buffer): StoreEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(octets.toString('utf8'));
  } catch {
    throw new CertificateError('it is not JSON');
  }
  const keys = (parsed as { keys?: unknown } | null)?.keys;
  return (Array.isArray(keys) ? keys : [parsed]).flatMap((key) => entriesOf(key));
}

function entriesOf(jwk: unknown): StoreEntry[] {
  if (typeof jwk !== 'object' || jwk === null || !('kty' in jwk)) throw new CertificateError('it is no JSON Web Key');
  const { x5c } = jwk as { x5c?: unknown };
  const chain = Array.isArray(x5c) ? x5c.slice(0, 1).map((base64) => certificateOf(String(base64))) : [];
  return entriesOfKey(jwk as JsonWebKey, chain);
}

function entriesOfKey(jwk: JsonWebKey, certificates: readonly X509Certificate[]): StoreEntry[] {
  const key = keyOf(jwk);
  if (key.type === 'private') return pairUp(certificates, [key]);
  return certificates.length > 0 ? pairUp(certificates, []) : [publicKeyEntry(key)];
}

function keyOf(jwk: JsonWebKey): KeyObject {
  try {
    return jwk.d === undefined
      ? createPublicKey({ key: jwk, format: 'jwk' })
      : createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new CertificateError('its key lacks a number, or is of a kind that is not supported');
  }
}

function certificateOf(base64: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    throw new CertificateError('a certificate inside it cannot be read');
  }
}

/** RSAKeyValue's elements by the names of a JSON Web Key. */
const RSA_ELEMENTS = {
  n: 'Modulus',
  e: 'Exponent',
  d: 'D',
  p: 'P',
  q: 'Q',
  dp: 'DP',
  dq: 'DQ',
  qi: 'InverseQ',
} as const;

/** RSAKeyValue (public or, as .NET writes it, private) and X509Certificate elements, wherever they stand. */
export function readXml(octets: Buffer): StoreEntry[] {
  const text = octets.toString('utf8');
  const certificates = [...elementsOf(text, 'X509Certificate')].map(certificateOf);
  const keyValue = elementsOf(text, 'RSAKeyValue').next().value;
  if (keyValue === undefined) {
    if (certificates.length === 0) throw new CertificateError('it has neither X509Certificate nor RSAKeyValue');
    return pairUp(certificates, []);
  }
  const jwk: JsonWebKey = { kty: 'RSA' };
  for (const [name, element] of Object.entries(RSA_ELEMENTS)) {
    const value = elementsOf(keyValue, element).next().value;
    if (value !== undefined) jwk[name] = Buffer.from(value, 'base64').toString('base64url');
  }
  return entriesOfKey(jwk, certificates);
}

/**
 * Contents of the elements of this name, with any prefix. These documents have no nesting of equal names and no
 * entities.
 */
function* elementsOf(text: string, name: string): Generator<string, undefined> {
  const element = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:\\w+:)?${name}>`, 'g');
  for (const [, content] of text.matchAll(element)) {
    yield content as string;
  }
  return undefined;
}

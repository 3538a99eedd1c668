// Algorithms and keys that are too weak to prove who issued a certificate.
import { OID } from '../algorithms.js';
import type { CertificateFacts } from './facts.js';
import { pssHashOf } from './signed-octets.js';

/** Signatures over hashes for which collisions are made, by object identifier. */
const WEAK_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'MD2'],
  ['1.2.840.113549.1.1.3', 'MD4'],
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.3.14.3.2.29', 'SHA-1'],
  ['1.2.840.10040.4.3', 'SHA-1'],
  ['1.2.840.10045.4.1', 'SHA-1'],
]);

/** The Odette certificate policy asks for it, and so does everybody else since 2014. */
const RSA_BITS_MIN = 2048;
const CURVE_BITS_MIN = 224;

/** The weak hash under the signature of a certificate, or undefined. */
export function weakHashOf({ parsed }: CertificateFacts): string | undefined {
  const { signatureAlgorithm } = parsed;
  if (signatureAlgorithm.algorithmId !== OID.rsaPss) return WEAK_SIGNATURES.get(signatureAlgorithm.algorithmId);
  const hash = pssHashOf(signatureAlgorithm);
  return hash === undefined || hash === 'sha1' ? 'SHA-1' : undefined;
}

/** The weak key of a certificate in words, or undefined. */
export function weakKeyOf({ x509 }: CertificateFacts): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = x509.publicKey;
  if (type === 'rsa' || type === 'rsa-pss') {
    const bits = details?.modulusLength ?? 0;
    return bits < RSA_BITS_MIN ? `an RSA key of ${bits} bits, fewer than ${RSA_BITS_MIN}` : undefined;
  }
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'without a name';
    const bits = Number(/\d{3}/.exec(curve)?.[0] ?? 0);
    return bits < CURVE_BITS_MIN ? `a key on the curve ${curve}, of fewer than ${CURVE_BITS_MIN} bits` : undefined;
  }
  if (type === 'ed25519' || type === 'ed448') return undefined;
  return `a key of the kind ${type}`;
}

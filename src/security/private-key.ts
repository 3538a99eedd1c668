// Own private keys, wherever they are: in memory, or on a token that does the work itself.
import { KeyObject, sign } from 'node:crypto';
import type { HashName } from './suites.js';
import { signWithToken, type TokenKey } from './token/token-key.js';

export type PrivateKey = KeyObject | TokenKey;

export function isOnToken(key: PrivateKey): key is TokenKey {
  return !(key instanceof KeyObject);
}

/** @throws TypeError for any other kind of key: all cipher suites are RSA (RFC 5024 §10.2) */
export function requireRsa(key: PrivateKey, purpose: string): void {
  if (isOnToken(key)) return; // no others are taken from there
  const type = key.asymmetricKeyType;
  if (type !== 'rsa')
    throw new TypeError(`${purpose} takes an RSA key, as every cipher suite does; this one is ${type}`);
}

/**
 * An RSA signature with PKCS#1 v1.5 over the hash of these octets.
 *
 * @throws TypeError for a key that is not RSA; TokenError for a token that cannot be used now
 */
export function signRsa(key: PrivateKey, hash: HashName, octets: Uint8Array): Uint8Array {
  requireRsa(key, 'Signing');
  return isOnToken(key) ? signWithToken(key, hash, octets) : sign(hash, octets, key);
}

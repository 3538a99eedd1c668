// Content keys under RSA, without telling anyone why a key could not be opened.
//
// With PKCS#1 v1.5 (suites 01 to 07) a recipient that reveals whether the padding was right decrypts for the attacker
// (Bleichenbacher). So a key that does not open is replaced by a random one of the right length, and what fails is
// the content, in the same way for bad padding, a key of the wrong length and the wrong private key (RFC 3218
// §2.3.2).
import { constants, type KeyObject, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { isOnToken, type PrivateKey, requireRsa } from '../private-key.js';
import { decryptWithToken, type TokenKey } from '../token/token-key.js';

/** How the content key is padded. `hash` is OAEP's, by its node:crypto name. */
export type KeyPadding = { readonly scheme: 'pkcs1' } | { readonly scheme: 'oaep'; readonly hash: string };

/** Encrypts a content key with PKCS#1 v1.5, as suites 01 to 07 ask. */
export function wrapContentKey(publicKey: KeyObject, contentKey: Uint8Array): Uint8Array {
  requireRsa(publicKey, 'Encryption');
  return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, contentKey);
}

/**
 * The content key that was encrypted for `privateKey`, or a random one of the same length when it cannot be opened.
 * Never throws for what the peer sent, except for a padding that anybody can see to be unsupported.
 *
 * @param length octets the content cipher needs
 * @throws TokenError for a token that cannot be used now
 */
export function unwrapContentKey(
  privateKey: PrivateKey,
  padding: KeyPadding,
  encryptedKey: Uint8Array,
  length: number,
): Uint8Array {
  const substitute = randomBytes(length);
  if (isOnToken(privateKey)) return openWithToken(privateKey, padding, encryptedKey, substitute);
  if (padding.scheme === 'oaep') return openWithOaep(privateKey, padding.hash, encryptedKey, substitute);
  if (hasImplicitRejection(privateKey)) return openWithImplicitRejection(privateKey, encryptedKey, substitute);
  return openWithoutPadding(privateKey, encryptedKey, substitute);
}

function openWithOaep(key: KeyObject, oaepHash: string, encryptedKey: Uint8Array, substitute: Uint8Array): Uint8Array {
  try {
    const opened = privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, encryptedKey);
    return opened.length === substitute.length ? opened : substitute;
  } catch {
    return substitute;
  }
}

/** OpenSSL makes up a key by itself here; only its length can be wrong. */
function openWithImplicitRejection(key: KeyObject, encryptedKey: Uint8Array, substitute: Uint8Array): Uint8Array {
  try {
    const opened = privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encryptedKey);
    return opened.length === substitute.length ? opened : substitute;
  } catch {
    return substitute; // longer than the modulus, which is public
  }
}

function openWithToken(
  key: TokenKey,
  padding: KeyPadding,
  encryptedKey: Uint8Array,
  substitute: Uint8Array,
): Uint8Array {
  const opened = decryptWithToken(key, encryptedKey, padding.scheme === 'oaep' ? padding.hash : undefined);
  if (opened === undefined) return substitute;
  if (opened.padded) return removePadding(opened.octets, substitute);
  return opened.octets.length === substitute.length ? opened.octets : substitute;
}

function openWithoutPadding(key: KeyObject, encryptedKey: Uint8Array, substitute: Uint8Array): Uint8Array {
  let block: Uint8Array;
  try {
    block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encryptedKey);
  } catch {
    return substitute; // not a number below the modulus, which is public
  }
  return removePadding(block, substitute);
}

/**
 * Takes the content key out of `00 02 PS 00 key`, or the substitute. As the length of the key is known, the place of
 * the separator is too: one pass over all octets, with no branch and no index that depends on them.
 */
export function removePadding(block: Uint8Array, substitute: Uint8Array): Uint8Array {
  const separator = block.length - substitute.length - 1;
  // 00 02, at least eight octets of padding, 00: whether they fit is a matter of public lengths.
  if (separator < 10) return substitute;
  let wrong = (block[0] as number) | ((block[1] as number) ^ 2) | (block[separator] as number);
  for (let i = 2; i < separator; i++) wrong |= isZero(block[i] as number);
  const keep = isZero(wrong) * 0xff;
  const key = new Uint8Array(substitute.length);
  for (let i = 0; i < key.length; i++) {
    key[i] = ((block[separator + 1 + i] as number) & keep) | ((substitute[i] as number) & ~keep & 0xff);
  }
  return key;
}

/** 1 for 0 and 0 for 1 to 255, without a branch. */
const isZero = (octet: number): number => ((octet - 1) >>> 31) & 1;

let implicitRejection: boolean | undefined;

/**
 * Whether this runtime decrypts PKCS#1 v1.5 without telling bad padding apart. Node.js refuses the padding altogether
 * where its OpenSSL cannot (CVE-2023-46809), and an OpenSSL that cannot throws for the block tried here: 1 decrypts
 * to 1, which is no padding.
 */
function hasImplicitRejection(key: KeyObject): boolean {
  if (implicitRejection === undefined) {
    const length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 2048) / 8);
    const one = new Uint8Array(length);
    one[length - 1] = 1;
    try {
      privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, one);
      implicitRejection = true;
    } catch {
      implicitRejection = false;
    }
  }
  return implicitRejection;
}

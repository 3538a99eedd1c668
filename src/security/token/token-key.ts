// RSA keys that never leave their token (PKCS#11): found there again for every use, in whichever thread that is.
import { createHash } from 'node:crypto';
import { algorithm, encode, octetString, sequence } from '../cms/der.js';
import { REASON, SecurityFailure } from '../failure.js';
import { HASH_OIDS, type HashName } from '../suites.js';
import type { TokenAddress } from './address.js';
import { CK, CKR, codeOf, type Handle, type Mechanism, reasonOf, TokenError } from './pkcs11.js';
import {
  attempt,
  attributeOf,
  close,
  findObjects,
  logIn,
  openSession,
  type TokenLogin,
  type TokenSession,
} from './session.js';

/**
 * Names a private key on a token. Plain data, so that it can go to a worker, where the work with the token is done:
 * signing takes a card a second or more. Holds the PIN: to be kept out of everything that is printed.
 */
export interface TokenKey {
  readonly token: TokenAddress;
  readonly login: TokenLogin;
  /** The public modulus, by which the key is known on its token. */
  readonly modulus: Uint8Array;
}

/** Private RSA keys in an open session, each with its modulus. */
export function privateKeysOf(session: TokenSession): { object: Handle; modulus: Buffer }[] {
  const { attributes, classes } = CK;
  const template = [
    { type: attributes.class, value: classes.privateKey },
    { type: attributes.keyType, value: CK.keyTypeRsa },
  ];
  return findObjects(session, template).flatMap((object) => {
    const modulus = attributeOf(session, object, attributes.modulus);
    return modulus === undefined ? [] : [{ object, modulus: withoutZeros(modulus) }];
  });
}

/** Some modules keep numbers with leading zeros. */
const withoutZeros = (number: Buffer): Buffer =>
  number.subarray(
    Math.max(
      0,
      number.findIndex((octet) => octet !== 0),
    ),
  );

/**
 * An RSA signature with PKCS#1 v1.5 over the hash of these octets. The hash is made here: every token signs what is
 * ready to be padded, not every one knows every hash.
 *
 * @throws TokenError
 */
export function signWithToken(key: TokenKey, hash: HashName, octets: Uint8Array): Uint8Array {
  const digest = createHash(hash).update(octets).digest();
  return withKey(key, (session, object) => {
    const mechanism = { mechanism: CK.mechanisms.pkcs1 };
    return attempt(`the token "${session.label}" does not sign`, () => {
      begin(session, key, object, () => session.module.C_SignInit(session.handle, mechanism, object));
      return session.module.C_Sign(session.handle, digestInfo(hash, digest), room(key));
    });
  });
}

/** DigestInfo (RFC 8017 §9.2). */
const digestInfo = (hash: HashName, digest: Uint8Array): Buffer =>
  Buffer.from(encode(sequence(algorithm(HASH_OIDS[hash]), octetString(digest))));

/** What a token has made of an encrypted content key. */
export interface TokenOpened {
  readonly octets: Uint8Array;
  /** The octets are the whole block: its padding is still to be taken off. */
  readonly padded: boolean;
}

/**
 * Decrypts a content key. Tokens that can are asked for the whole block of PKCS#1 v1.5: what they say about a padding,
 * and how long they take to say it, would tell an attacker about it.
 *
 * @param oaepHash of OAEP, by its node:crypto name; undefined for PKCS#1 v1.5
 * @returns undefined where the octets are not decrypted, whatever the token holds against them
 * @throws TokenError for a token that is not there or cannot be used now
 * @throws SecurityFailure 33 for an OAEP that the token does not know
 */
export function decryptWithToken(
  key: TokenKey,
  octets: Uint8Array,
  oaepHash: string | undefined,
): TokenOpened | undefined {
  return withKey(key, (session, object) => {
    const { module, handle } = session;
    const padded = oaepHash === undefined && hasRawDecryption(session);
    const mechanism = oaepHash === undefined ? pkcs1(padded) : oaep(oaepHash);
    try {
      begin(session, key, object, () => module.C_DecryptInit(handle, mechanism, object));
    } catch (error) {
      if (oaepHash !== undefined && MECHANISM_REFUSALS.has(codeOf(error))) throw unsupported(oaepHash);
      throw new TokenError(`the token "${session.label}" does not decrypt: ${reasonOf(error)}`, { cause: error });
    }
    try {
      const opened = module.C_Decrypt(handle, Buffer.from(octets), room(key));
      return { octets: padded ? wholeBlock(opened, key) : opened, padded };
    } catch (error) {
      if (!TOKEN_FAULTS.has(codeOf(error))) return undefined;
      throw new TokenError(`the token "${session.label}" does not decrypt: ${reasonOf(error)}`, { cause: error });
    }
  });
}

function hasRawDecryption({ module, slot }: TokenSession): boolean {
  try {
    return (module.C_GetMechanismInfo(slot, CK.mechanisms.raw).flags & CK.mechanismDecrypts) !== 0;
  } catch {
    return false; // it has no such mechanism
  }
}

/** Failures that are the token's own. All others, modules use as they like for octets that do not decrypt. */
const TOKEN_FAULTS: ReadonlySet<number | undefined> = new Set([
  undefined,
  CKR.deviceError,
  CKR.deviceMemory,
  CKR.deviceRemoved,
  CKR.sessionClosed,
  CKR.sessionHandleInvalid,
  CKR.tokenNotPresent,
  CKR.tokenNotRecognized,
  CKR.userNotLoggedIn,
]);

const MECHANISM_REFUSALS: ReadonlySet<number | undefined> = new Set([
  CKR.argumentsBad,
  CKR.mechanismInvalid,
  CKR.mechanismParamInvalid,
]);

const pkcs1 = (raw: boolean): Mechanism => ({ mechanism: raw ? CK.mechanisms.raw : CK.mechanisms.pkcs1 });

/** The numbers of a hash and of MGF1 with it. */
const OAEP_HASHES: ReadonlyMap<string, { hashAlg: number; mgf: number }> = new Map([
  ['sha1', { hashAlg: 0x220, mgf: 1 }],
  ['sha256', { hashAlg: 0x250, mgf: 2 }],
  ['sha384', { hashAlg: 0x260, mgf: 3 }],
  ['sha512', { hashAlg: 0x270, mgf: 4 }],
]);

function oaep(hash: string): Mechanism {
  const numbers = OAEP_HASHES.get(hash);
  if (numbers === undefined) throw unsupported(hash);
  return {
    mechanism: CK.mechanisms.oaep,
    parameter: { type: CK.oaepParameters, ...numbers, source: CK.oaepDataSpecified },
  };
}

function unsupported(hash: string): SecurityFailure {
  const text = `It is encrypted for a key on a token, which does not know OAEP with ${hash}`;
  return new SecurityFailure(REASON.decryption, 'unsupported-algorithm', text);
}

/** As long as the modulus, should the module have left out leading zeros. */
function wholeBlock(octets: Buffer, { modulus }: TokenKey): Uint8Array {
  const block = new Uint8Array(modulus.length);
  block.set(octets, block.length - octets.length);
  return block;
}

/** Octets that a signature or a decrypted block takes. */
const room = ({ modulus }: TokenKey): Buffer => Buffer.alloc(modulus.length);

/** Finds the key on its token and works with it, in a session of its own: a token may have been away meanwhile. */
function withKey<T>(key: TokenKey, work: (session: TokenSession, object: Handle) => T): T {
  const session = openSession(key.token, key.login);
  try {
    const found = privateKeysOf(session).find(({ modulus }) => modulus.equals(key.modulus));
    if (found === undefined) throw new TokenError(`the token "${session.label}" no longer holds the key`);
    return work(session, found.object);
  } finally {
    close(session);
  }
}

/** Begins an operation; keys may be set to ask for the PIN before each. */
function begin(session: TokenSession, { login }: TokenKey, object: Handle, init: () => void): void {
  init();
  if (attributeOf(session, object, CK.attributes.alwaysAuthenticate)?.[0] === 1)
    logIn(session, CK.contextSpecific, login);
}

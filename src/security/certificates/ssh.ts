// SSH keys: the wire encoding (RFC 4251 §5, RFC 4253 §6.6, RFC 5656), the two forms of public keys, and OpenSSH's
// private keys.
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { CertificateError, publicKeyEntry, type StoreEntry } from './entry.js';

/** Reads length-prefixed strings one after the other. */
export class SshReader {
  readonly #octets: Buffer;
  #at = 0;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.#take(this.uint32());
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#octets.length) throw new CertificateError('its key is cut short');
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }
}

/** Curves by the last part of ecdsa-sha2-…: their JWK name and the octets of a coordinate. */
const CURVES: ReadonlyMap<string, { crv: string; length: number }> = new Map([
  ['nistp256', { crv: 'P-256', length: 32 }],
  ['nistp384', { crv: 'P-384', length: 48 }],
  ['nistp521', { crv: 'P-521', length: 66 }],
]);

const base64url = (octets: Buffer): string => octets.toString('base64url');

/** A number without the leading zero that keeps it positive. */
const unsigned = (octets: Buffer): Buffer => octets.subarray(octets.findIndex((octet) => octet !== 0));

/** The public part as a JSON Web Key, after the type has been read. */
export function publicPart(type: string, reader: SshReader): JsonWebKey {
  if (type === 'ssh-rsa') {
    const e = base64url(unsigned(reader.string()));
    return { kty: 'RSA', e, n: base64url(unsigned(reader.string())) };
  }
  if (type === 'ssh-ed25519') return { kty: 'OKP', crv: 'Ed25519', x: base64url(reader.string()) };
  const curve = CURVES.get(type.replace('ecdsa-sha2-', ''));
  if (curve === undefined) throw new CertificateError(`keys of type ${type} are not supported`);
  reader.string();
  const point = reader.string();
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.length) throw new CertificateError('its point is compressed');
  const [x, y] = [point.subarray(1, 1 + curve.length), point.subarray(1 + curve.length)];
  return { kty: 'EC', crv: curve.crv, x: base64url(x), y: base64url(y) };
}

/** A private RSA key from the numbers that SSH keeps: CRT exponents follow from them. */
export function rsaPrivateKey(part: JsonWebKey, numbers: Record<'d' | 'p' | 'q' | 'qi', Buffer>): KeyObject {
  const value = (octets: Buffer): bigint => BigInt(`0x${octets.toString('hex')}`);
  const [d, p, q] = [value(numbers.d), value(numbers.p), value(numbers.q)];
  const octets = (number: bigint): Buffer => {
    const hex = number.toString(16);
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  };
  const parts = {
    ...Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, base64url(unsigned(number))])),
    dp: base64url(octets(d % (p - 1n))),
    dq: base64url(octets(d % (q - 1n))),
  };
  return createPrivateKey({ key: { ...part, ...parts }, format: 'jwk' });
}

/** A private key on a curve, from its number. */
export function curvePrivateKey(part: JsonWebKey, number: Buffer): KeyObject {
  const length = [...CURVES.values()].find(({ crv }) => crv === part.crv)?.length ?? 32;
  const d = part.kty === 'OKP' ? number.subarray(0, length) : unsigned(number);
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, length - d.length)), d]);
  return createPrivateKey({ key: { ...part, d: base64url(padded) }, format: 'jwk' });
}

/** One line `type base64 comment`, or the block of RFC 4716. */
export function readSshPublicKey(octets: Buffer): StoreEntry[] {
  const blob = Buffer.from(base64Of(octets.toString('latin1').trim()), 'base64');
  const reader = new SshReader(blob);
  const type = reader.string().toString('latin1');
  return [publicKeyEntry(createPublicKey({ key: publicPart(type, reader), format: 'jwk' }))];
}

function base64Of(text: string): string {
  if (text.startsWith('---- BEGIN SSH2 PUBLIC KEY')) {
    // Header lines have a colon, and go on after a backslash (RFC 4716 §3.3).
    return text.replaceAll(/\\\r?\n/g, '').replaceAll(/^(?:----.*|.*:.*)$/gm, '');
  }
  const [, blob] = text.split(/\s+/);
  if (!/^(?:ssh-|ecdsa-)/.test(text) || blob === undefined) throw new CertificateError('it is no SSH public key');
  return blob;
}

const OPENSSH_MAGIC = 'openssh-key-v1\0';

/** The one key of an OpenSSH private key file, when it is not encrypted. */
export function readOpenSshPrivateKey(octets: Buffer): KeyObject {
  if (!octets.subarray(0, OPENSSH_MAGIC.length).equals(Buffer.from(OPENSSH_MAGIC))) {
    throw new CertificateError('it is no OpenSSH private key');
  }
  const reader = new SshReader(octets.subarray(OPENSSH_MAGIC.length));
  const cipher = reader.string().toString('latin1');
  if (cipher !== 'none') {
    const remedy = 'write it as PKCS#8 with "ssh-keygen -p -m PKCS8"';
    throw new CertificateError(`its OpenSSH private key is encrypted, which is not supported: ${remedy}`);
  }
  reader.string(); // key derivation
  reader.string(); // its options
  if (reader.uint32() !== 1) throw new CertificateError('it holds several OpenSSH private keys');
  reader.string(); // the public key
  const inner = new SshReader(reader.string());
  inner.uint32();
  inner.uint32();
  const type = inner.string().toString('latin1');
  if (type === 'ssh-rsa') {
    const n = base64url(unsigned(inner.string()));
    const part = { kty: 'RSA', n, e: base64url(unsigned(inner.string())) };
    const [d, qi, p, q] = [inner.string(), inner.string(), inner.string(), inner.string()];
    return rsaPrivateKey(part, { d, p, q, qi });
  }
  return curvePrivateKey(publicPart(type, inner), inner.string());
}

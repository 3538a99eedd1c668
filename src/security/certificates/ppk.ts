// PuTTY private keys, versions 2 and 3, plain and encrypted (AES-256-CBC; version 3 derives its keys with Argon2).
import { createDecipheriv, createHash, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { argon2d, argon2i, argon2id } from '@noble/hashes/argon2.js';
import { CertificateError, privateKeyEntry, type StoreEntry } from './entry.js';
import { curvePrivateKey, publicPart, rsaPrivateKey, SshReader } from './ssh.js';

interface PpkFile {
  readonly version: 2 | 3;
  readonly type: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly publicBlob: Buffer;
  readonly privateBlob: Buffer;
}

interface PpkKeys {
  readonly cipherKey: Buffer;
  readonly iv: Buffer;
  readonly macKey: Buffer;
}

const ARGON2 = { Argon2d: argon2d, Argon2i: argon2i, Argon2id: argon2id } as const;
/** PuTTY asks for 8 MiB and some ten passes; far more than that is an attack, not a key. */
const ARGON2_MEMORY_KIB_MAX = 262_144;
const ARGON2_WORK_MAX = 4_194_304;
const LINES_MAX = 1_000;

/** @throws CertificateError for a wrong password or a damaged file */
export function readPpk(octets: Buffer, password: string): StoreEntry[] {
  const file = parse(octets.toString('utf8'));
  const encryption = file.fields.get('Encryption') ?? '';
  const encrypted = encryption === 'aes256-cbc';
  if (!encrypted && encryption !== 'none') throw new CertificateError(`encryption ${encryption} is not supported`);
  if (encrypted && password === '') throw new CertificateError('it is encrypted: give storePassword');
  const keys =
    file.version === 2 ? keysOfVersion2(encrypted ? password : '') : keysOfVersion3(file, encrypted, password);
  const plain = encrypted ? decrypt(file.privateBlob, keys) : file.privateBlob;
  const mac = createHmac(file.version === 2 ? 'sha1' : 'sha256', keys.macKey).update(macInput(file, encryption, plain));
  const expected = Buffer.from(file.fields.get('Private-MAC') ?? '', 'hex');
  const actual = mac.digest();
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    throw new CertificateError(encrypted ? 'wrong password' : 'its MAC does not match: the file is damaged');
  }
  return [privateKeyEntry(privateKeyOf(file, plain))];
}

function parse(text: string): PpkFile {
  const lines = text.split(/\r?\n/);
  const head = /^PuTTY-User-Key-File-([23]): (\S+)$/.exec(lines[0] ?? '');
  if (!head) throw new CertificateError('it is no PuTTY key of version 2 or 3');
  const fields = new Map<string, string>();
  const blobs = new Map<string, Buffer>();
  for (let i = 1; i < lines.length; i++) {
    const [, name, value] = /^([A-Za-z0-9-]+): ?(.*)$/.exec(lines[i] ?? '') ?? [];
    if (name === undefined || value === undefined) continue;
    fields.set(name, value);
    if (!name.endsWith('-Lines')) continue;
    const count = Number(value);
    if (!Number.isInteger(count) || count < 0 || count > LINES_MAX) throw new CertificateError(`${name} is ${value}`);
    blobs.set(name, Buffer.from(lines.slice(i + 1, i + 1 + count).join(''), 'base64'));
    i += count;
  }
  const [publicBlob, privateBlob] = [blobs.get('Public-Lines'), blobs.get('Private-Lines')];
  if (!publicBlob || !privateBlob) throw new CertificateError('it lacks its public or private lines');
  return { version: head[1] === '2' ? 2 : 3, type: head[2] as string, fields, publicBlob, privateBlob };
}

function keysOfVersion2(password: string): PpkKeys {
  const half = (counter: number): Buffer =>
    createHash('sha1')
      .update(Uint8Array.of(0, 0, 0, counter))
      .update(password)
      .digest();
  return {
    cipherKey: Buffer.concat([half(0), half(1)]).subarray(0, 32),
    iv: Buffer.alloc(16),
    macKey: createHash('sha1').update('putty-private-key-file-mac-key').update(password).digest(),
  };
}

function keysOfVersion3({ fields }: PpkFile, encrypted: boolean, password: string): PpkKeys {
  if (!encrypted) return { cipherKey: Buffer.alloc(0), iv: Buffer.alloc(0), macKey: Buffer.alloc(0) };
  const number = (name: string): number => Number(fields.get(name));
  const [m, t, p] = [number('Argon2-Memory'), number('Argon2-Passes'), number('Argon2-Parallelism')];
  const derive = ARGON2[fields.get('Key-Derivation') as keyof typeof ARGON2];
  const sensible = m >= 8 && m <= ARGON2_MEMORY_KIB_MAX && t >= 1 && m * t <= ARGON2_WORK_MAX && p >= 1 && p <= 64;
  if (derive === undefined || !sensible) throw new CertificateError('its key derivation is not supported');
  const salt = Buffer.from(fields.get('Argon2-Salt') ?? '', 'hex');
  const derived = Buffer.from(derive(Buffer.from(password), salt, { m, t, p, dkLen: 80 }));
  return { cipherKey: derived.subarray(0, 32), iv: derived.subarray(32, 48), macKey: derived.subarray(48) };
}

function decrypt(octets: Buffer, { cipherKey, iv }: PpkKeys): Buffer {
  if (octets.length % 16 !== 0) throw new CertificateError('its private part is cut short');
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(octets), decipher.final()]);
}

/** What the MAC covers: type, encryption, comment, public and private part, each behind its length. */
function macInput({ type, fields, publicBlob }: PpkFile, encryption: string, plain: Buffer): Buffer {
  const parts = [type, encryption, fields.get('Comment') ?? ''].map((part) => Buffer.from(part));
  return Buffer.concat(
    [...parts, publicBlob, plain].flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

function privateKeyOf({ type, publicBlob }: PpkFile, plain: Buffer): KeyObject {
  const reader = new SshReader(publicBlob);
  reader.string();
  const part = publicPart(type, reader);
  const inner = new SshReader(plain);
  if (type !== 'ssh-rsa') return curvePrivateKey(part, inner.string());
  const [d, p, q, qi] = [inner.string(), inner.string(), inner.string(), inner.string()];
  return rsaPrivateKey(part, { d, p, q, qi });
}

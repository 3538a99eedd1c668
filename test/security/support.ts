// Certificates of the fixtures, and OpenSSL's command line as the independent implementation to compare with.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/', import.meta.url));

export const fixturePath = (path: string): string => join(FIXTURES, path);
export const fixture = (path: string): Buffer => readFileSync(fixturePath(path));
export const certificatePath = (name: string): string => join(FIXTURES, 'certificates', `${name}.cert.pem`);
export const keyPath = (name: string): string => join(FIXTURES, 'certificates', `${name}.key.pem`);

/** The pair of a name of fixtures/certificates/make.sh, as signing and decryption take it. */
export function pair(name: string) {
  const certificate = new X509Certificate(readFileSync(certificatePath(name))).raw;
  return { certificate, key: createPrivateKey(readFileSync(keyPath(name))) };
}

/** A folder for one test, removed after it. */
export async function withFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'oftp-security-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `openssl cms` with these octets as input; gives the output. */
export function opensslCms(options: readonly string[], input: Uint8Array): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'oftp-openssl-'));
  try {
    writeFileSync(join(folder, 'in'), input);
    const files = ['-binary', '-in', join(folder, 'in'), '-out', join(folder, 'out')];
    const [operation, ...rest] = options as [string, ...string[]];
    execFileSync('openssl', ['cms', operation, ...files, ...rest], { stdio: 'pipe', timeout: 60_000 });
    return readFileSync(join(folder, 'out'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A stream of the octets in chunks of one size. The chunk's memory is overwritten when the next one is asked for, as
 * sources may.
 */
export async function* chunked(octets: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  const room = new Uint8Array(length);
  for (let at = 0; at < octets.length; at += length) {
    const part = octets.subarray(at, at + length);
    room.set(part);
    yield room.subarray(0, part.length);
    room.fill(0xee);
  }
}

/** Octets that look random and are the same in every run. */
export function sample(length: number): Buffer {
  const octets = Buffer.alloc(length);
  let state = 0x2545f491;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    octets[i] = state & 0xff;
  }
  return octets;
}

/** Text as compressible as business files are. */
export const text = (length: number): Buffer =>
  Buffer.alloc(length, "UNA:+.? 'UNB+UNOA:2+O0013ALICE+O0013BOB+260101:1200+4711'\r\n");

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

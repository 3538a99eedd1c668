/** What the benchmarks of file services work on and with: a file of text, two partners, `openssl cms` on the shell. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const MEBIBYTE = 1024 * 1024;

/** Octets of the file: OFTP_BENCH_MIB (default 256). */
export const fileSize = Number(process.env['OFTP_BENCH_MIB'] ?? 256) * MEBIBYTE;

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/certificates/${name}`, import.meta.url));
export const certificatePath = (name: string): string => fixture(`${name}.cert.pem`);
export const keyPath = (name: string): string => fixture(`${name}.key.pem`);

function pair(name: string) {
  const certificate = new X509Certificate(readFileSync(certificatePath(name))).raw;
  return { certificate, key: createPrivateKey(readFileSync(keyPath(name))) };
}

/** The one who signs, and the one who decrypts. */
export const [alice, bob] = [pair('alice'), pair('bob')];

/** Text as business files are: it compresses to a third. */
export function writeText(path: string): void {
  const file = openSync(path, 'w');
  for (let written = 0, line = 0; written < fileSize; ) {
    let text = '';
    for (; text.length < MEBIBYTE; line++) text += `LIN+${line}++${(line * 7919) % 1e7}:EN'QTY+21:${line % 97}'\r\n`;
    written += writeSync(file, text.slice(0, Math.min(MEBIBYTE, fileSize - written)), null, 'latin1');
  }
  closeSync(file);
}

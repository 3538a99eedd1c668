/**
 * How fast files are signed, encrypted, verified and decrypted: MB/s from file to file, as ratios to two limits
 * measured in the same run: node:crypto doing the same computation over the same file and nothing else, and `openssl
 * cms`. Beside it the peak of memory, which must not follow the size of the file.
 *
 *     node dist/bench/security.js [--json file]
 *
 * OFTP_BENCH_MIB sets the size of the file (default 256).
 */

import { execFileSync } from 'node:child_process';
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { protectFile, unwrapFile } from '../src/security/files.js';
import { alice, bob, certificatePath, fileSize, keyPath, MEBIBYTE, writeText } from './support/file-services.js';
import { scratchFolder } from './support/folder.js';
import { report } from './support/report.js';

const STEP_LENGTH = 64 * 1024;
const RUNS = 3;

const folder = scratchFolder();
const path = (name: string): string => join(folder, name);
const original = path('original');
const out = path('out');

/** The same computation by node:crypto alone: read, compute, write. */
function plainCrypto(source: string, step: (chunk: Buffer) => Buffer): void {
  const chunk = Buffer.allocUnsafeSlow(STEP_LENGTH);
  const [input, output] = [openSync(source, 'r'), openSync(out, 'w')];
  for (let length = readSync(input, chunk); length > 0; length = readSync(input, chunk)) {
    writeSync(output, step(chunk.subarray(0, length)));
  }
  closeSync(input);
  closeSync(output);
}

function plainHash(): void {
  const hash = createHash('sha256');
  plainCrypto(original, (chunk) => {
    hash.update(chunk);
    return chunk;
  });
}

function plainCipher(cipher: { update(chunk: Buffer): Buffer }): void {
  plainCrypto(original, (chunk) => cipher.update(chunk));
}

const openssl = (...options: string[]): void => {
  execFileSync('openssl', ['cms', '-binary', ...options], { stdio: 'pipe' });
};
const signer = ['-signer', certificatePath('alice'), '-inkey', keyPath('alice')];
const recipient = ['-inkey', keyPath('bob'), '-recip', certificatePath('bob')];

const sign = { hash: 'sha256', signers: [alice] } as const;
const encrypt = { encryption: 'aes256', recipients: [bob.certificate] } as const;
const keys = { keys: [bob], trusted: [alice.certificate], sync: false };

async function unwrap(source: string, services: { encrypted: boolean; signed: boolean; compressed: boolean }) {
  const outcome = await unwrapFile({ source: path(source), target: out, ...services, ...keys });
  if (!outcome.ok) throw new Error(outcome.message);
}

const aesKey = Buffer.alloc(32, 1);
const iv = Buffer.alloc(16, 2);
const plainDecipher = () => createDecipheriv('aes-256-cbc', aesKey, iv).setAutoPadding(false);

interface Case {
  readonly name: string;
  readonly run: () => Promise<unknown>;
  readonly crypto?: () => void;
  readonly openssl?: () => void;
}

const protect = (target: string, options: object) => async (): Promise<void> => {
  await protectFile({ source: original, target: path(target), sync: false, ...options });
};

const CASES: Case[] = [
  {
    name: 'sign, SHA-256',
    run: protect('signed', { sign }),
    crypto: plainHash,
    openssl: () => openssl('-sign', '-stream', '-nodetach', '-in', original, '-outform', 'DER', '-out', out, ...signer),
  },
  {
    name: 'verify, SHA-256',
    run: () => unwrap('signed', { signed: true, encrypted: false, compressed: false }),
    crypto: plainHash,
    openssl: () => {
      const trust = ['-noverify', '-certfile', certificatePath('alice')];
      openssl('-verify', '-inform', 'DER', '-in', path('signed'), '-out', out, ...trust);
    },
  },
  {
    name: 'encrypt, AES-256',
    run: protect('encrypted', { encrypt }),
    crypto: () => plainCipher(createCipheriv('aes-256-cbc', aesKey, iv)),
    openssl: () => {
      const to = ['-aes256', certificatePath('bob')];
      openssl('-encrypt', '-stream', '-in', original, '-outform', 'DER', '-out', out, ...to);
    },
  },
  {
    name: 'decrypt, AES-256',
    run: () => unwrap('encrypted', { encrypted: true, signed: false, compressed: false }),
    crypto: () => plainCipher(plainDecipher()),
    openssl: () => openssl('-decrypt', '-inform', 'DER', '-in', path('encrypted'), '-out', out, ...recipient),
  },
  { name: 'sign and encrypt', run: protect('both', { sign, encrypt }) },
  { name: 'decrypt and verify', run: () => unwrap('both', { encrypted: true, signed: true, compressed: false }) },
  { name: 'sign, compress (1), encrypt', run: protect('all', { sign, encrypt, compress: 1 }) },
  {
    name: 'decrypt, decompress, verify',
    run: () => unwrap('all', { encrypted: true, signed: true, compressed: true }),
  },
];

/** MB/s of the best of a few runs. */
async function speedOf(work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const start = process.hrtime.bigint();
    await work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return fileSize / 1e6 / best;
}

writeText(original);
const rows = [];
for (const { name, run, crypto, openssl: other } of CASES) {
  const speed = await speedOf(run);
  rows.push({
    name,
    'MB/s': Math.round(speed),
    'to node:crypto': crypto ? Number((speed / (await speedOf(crypto))).toFixed(2)) : '',
    'to openssl': other ? Number((speed / (await speedOf(other))).toFixed(2)) : '',
    'peak MiB': Math.round(process.resourceUsage().maxRSS / 1024),
  });
}
report(`File security, ${fileSize / MEBIBYTE} MiB of text`, rows);

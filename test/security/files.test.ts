// File services end to end: every combination there and back, refusals leave nothing behind, limits, records, abort.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hashFile, protectFile, type UnwrapOptions, unwrapFile } from '../../src/security/files.js';
import { certificatePath, fixture, opensslCms, pair, rejection, sample, text, withFolder } from './support.js';

const alice = pair('alice');
const bob = pair('bob');
const carol = pair('carol');

const expected = (folder: string, options: Partial<UnwrapOptions>): UnwrapOptions => ({
  source: join(folder, 'sent'),
  target: join(folder, 'received'),
  encrypted: false,
  signed: false,
  compressed: false,
  keys: [bob],
  trusted: [alice.certificate],
  sync: false,
  ...options,
});

for (const signed of [false, true]) {
  for (const compressed of [false, true]) {
    for (const encrypted of [false, true]) {
      const name = Object.entries({ signed, compressed, encrypted }).flatMap(([word, on]) => (on ? [word] : []));
      test(`${name.join(', ') || 'plain'}: the same octets come back (C-287)`, () =>
        withFolder(async (folder) => {
          for (const content of [Buffer.alloc(0), text(1), sample(262_144), text(1_500_000)]) {
            writeFileSync(join(folder, 'original'), content);
            const result = await protectFile({
              source: join(folder, 'original'),
              target: join(folder, 'sent'),
              sign: signed ? { hash: 'sha256', signers: [alice] } : undefined,
              compress: compressed,
              encrypt: encrypted ? { encryption: 'aes256', recipients: [bob.certificate] } : undefined,
              hash: 'sha512',
              sync: false,
            });
            const sent = readFileSync(join(folder, 'sent'));
            assert.is(result.size, sent.length);
            assert.is(result.originalSize, content.length);
            assert.equal(result.hash, createHash('sha512').update(sent).digest());
            const outcome = await unwrapFile(expected(folder, { signed, compressed, encrypted }));
            assert.ok(outcome.ok, JSON.stringify(outcome));
            assert.is(outcome.size, content.length);
            assert.is(outcome.signers.length, signed ? 1 : 0);
            assert.is(outcome.cipher, encrypted ? 'aes-256-cbc' : undefined);
            assert.equal(readFileSync(join(folder, 'received')), content);
          }
        }));
    }
  }
}

test('a file made by another implementation is unwrapped; the target is not readable by others', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'sent'), fixture('cms/nested-aes256.cms'));
    const outcome = await unwrapFile(expected(folder, { signed: true, compressed: true, encrypted: true, sync: true }));
    assert.ok(outcome.ok);
    assert.equal(readFileSync(join(folder, 'received')), fixture('cms/content.txt'));
  }));

test('refusals carry 31, 32 or 33 and leave nothing at the target (C-299)', () =>
  withFolder(async (folder) => {
    const nested = fixture('cms/nested-aes256.cms');
    const spoiled = Buffer.from(nested);
    spoiled[3_000] = (spoiled[3_000] as number) ^ 1;
    const all = { signed: true, compressed: true, encrypted: true };
    const cases: [Buffer, Partial<UnwrapOptions>, number, string][] = [
      [text(500), { signed: true }, 31, 'malformed'],
      [text(500), { compressed: true }, 32, 'malformed'],
      [text(500), { encrypted: true }, 33, 'malformed'],
      [fixture('cms/detached.cms'), { signed: true }, 31, 'detached'],
      [fixture('cms/signed.cms'), { signed: true, trusted: [carol.certificate] }, 31, 'unknown-signer'],
      [fixture('cms/compressed-ber.cms'), { compressed: true, signed: true }, 31, 'malformed'],
      [nested, { ...all, keys: [carol] }, 33, 'not-a-recipient'],
      [nested, { ...all, compressed: false }, 31, 'malformed'],
      [nested, { ...all, trusted: [] }, 31, 'unknown-signer'],
      [nested.subarray(0, nested.length - 40), all, 33, 'malformed'],
      [spoiled, all, 32, 'decompression-failed'],
      [fixture('cms/compressed-ber.cms'), { compressed: true, limits: { fileSizeMax: 24_529 } }, 32, 'size-limit'],
      [fixture('cms/bomb.cms'), { compressed: true, limits: { expansionRatioMax: 200 } }, 32, 'expansion-limit'],
      [fixture('cms/bomb.cms'), { compressed: true, limits: { declaredSizeMax: 99_999 } }, 32, 'expansion-limit'],
      [fixture('cms/signed.cms'), { signed: true, limits: { fileSizeMax: 1 } }, 32, 'size-limit'],
    ];
    const openFiles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);
    const openBefore = openFiles();
    for (const [octets, options, reasonCode, fault] of cases) {
      writeFileSync(join(folder, 'sent'), octets);
      const outcome = await unwrapFile(expected(folder, options));
      assert.not(outcome.ok);
      assert.equal([!outcome.ok && outcome.reasonCode, !outcome.ok && outcome.fault], [reasonCode, fault]);
      assert.equal(readdirSync(folder), ['sent'], `${fault} left a file behind`);
    }
    assert.is(openFiles(), openBefore, 'files left open');
  }));

test('encrypted and signed, with a bad signature inside: 31, not 33', () =>
  withFolder(async (folder) => {
    const forged = { certificate: alice.certificate, key: carol.key };
    writeFileSync(join(folder, 'original'), text(9_000));
    await protectFile({
      source: join(folder, 'original'),
      target: join(folder, 'sent'),
      sign: { hash: 'sha256', signers: [forged] },
      encrypt: { encryption: '3des', recipients: [bob.certificate] },
      sync: false,
    });
    const outcome = await unwrapFile(expected(folder, { signed: true, encrypted: true }));
    assert.is(!outcome.ok && outcome.reasonCode, 31);
  }));

test('encrypted and compressed, with no signature inside: 31, as the decryption went well', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'original'), text(9_000));
    const encrypt = { encryption: 'aes256', recipients: [bob.certificate] } as const;
    const [source, target] = [join(folder, 'original'), join(folder, 'sent')];
    await protectFile({ source, target, compress: true, encrypt, sync: false });
    const outcome = await unwrapFile(expected(folder, { signed: true, compressed: true, encrypted: true }));
    assert.equal([!outcome.ok && outcome.reasonCode, !outcome.ok && outcome.fault], [31, 'malformed']);
  }));

test('both certificates of a change sign: either is accepted (RFC 5024 §6.2)', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'original'), text(9_000));
    const sign = { hash: 'sha512', signers: [carol, alice], includeCertificates: true } as const;
    await protectFile({ source: join(folder, 'original'), target: join(folder, 'sent'), sign, sync: false });
    const verifyOptions = ['-verify', '-inform', 'DER', '-noverify'];
    for (const name of ['alice', 'carol'] as const) {
      const outcome = await unwrapFile(expected(folder, { signed: true, trusted: [pair(name).certificate] }));
      assert.ok(outcome.ok);
    }
    assert.equal(opensslCms(verifyOptions, readFileSync(join(folder, 'sent'))), text(9_000));
  }));

test('V records: AB, nothing, CDE are signed as 0002 4142 0000 0003 434445 (C-297)', () =>
  withFolder(async (folder) => {
    const records = { delimiter: 'crlf', recordLengthMax: 3 } as const;
    writeFileSync(join(folder, 'original'), 'AB\r\n\r\nCDE\r\n');
    const sign = { hash: 'sha256', signers: [alice] } as const;
    await protectFile({ source: join(folder, 'original'), target: join(folder, 'sent'), sign, records, sync: false });
    const certificates = ['-certfile', certificatePath('alice')];
    const content = opensslCms(
      ['-verify', '-inform', 'DER', '-noverify', ...certificates],
      readFileSync(join(folder, 'sent')),
    );
    assert.is(content.toString('hex'), '0002414200000003434445');
    assert.ok((await unwrapFile(expected(folder, { signed: true, records }))).ok);
    assert.is(readFileSync(join(folder, 'received'), 'latin1'), 'AB\r\n\r\nCDE\r\n');
    const kept = { delimiter: 'length', recordLengthMax: 3 } as const;
    assert.ok((await unwrapFile(expected(folder, { signed: true, records: kept }))).ok);
    assert.is(readFileSync(join(folder, 'received'), 'hex'), '0002414200000003434445');
  }));

test('an aborted file ends with the reason of the signal and leaves nothing behind', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'original'), sample(3_000_000));
    const source = join(folder, 'original');
    const abort = new AbortController();
    const running = protectFile({
      source,
      target: join(folder, 'sent'),
      encrypt: { encryption: '3des', recipients: [bob.certificate] },
      signal: abort.signal,
    });
    abort.abort(new Error('connection gone'));
    assert.is((await rejection(running)).message, 'connection gone');
    assert.is((await rejection(hashFile(source, 'sha1', AbortSignal.abort(new Error('gone'))))).message, 'gone');
    assert.equal(readdirSync(folder), ['original']);
  }));

test('files that cannot be read or written keep the error of the system', () =>
  withFolder(async (folder) => {
    const missing = await rejection(protectFile({ source: join(folder, 'none'), target: join(folder, 'sent') }));
    assert.is((missing as NodeJS.ErrnoException).code, 'ENOENT');
    writeFileSync(join(folder, 'original'), 'x');
    const nowhere = protectFile({ source: join(folder, 'original'), target: join(folder, 'no', 'where') });
    assert.is(((await rejection(nowhere)) as NodeJS.ErrnoException).code, 'ENOENT');
    assert.is(((await rejection(hashFile(folder, 'sha1'))) as NodeJS.ErrnoException).code, 'EISDIR');
    assert.equal(readdirSync(folder), ['original']);
  }));

test('hashFile hashes the octets of the file with each hash of a suite (C-227, C-228)', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'file');
    for (const content of [Buffer.alloc(0), sample(700_001)]) {
      writeFileSync(path, content);
      for (const hash of ['sha1', 'sha256', 'sha512', 'sha3-512'] as const) {
        assert.equal(await hashFile(path, hash), createHash(hash).update(content).digest());
      }
    }
  }));

test.run();

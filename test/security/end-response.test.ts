// EERP and NERP signatures (RFC 5024 §5.3.13, §5.3.14).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { signEndResponse, verifyEndResponse } from '../../src/security/end-response.js';
import { certificatePath, keyPath, opensslCms, pair } from './support.js';

const alice = pair('alice');
const bob = pair('bob');
const carol = pair('carol');
const fields = (hash: string) =>
  Buffer.from(`${'ORDERS'.padEnd(26)}202601311200000001${'O0013BOB'.padEnd(25)}${'O0013ALICE'.padEnd(25)}${hash}`);
const eerp = fields('12345678901234567890');

test('94 octets and the hash are signed: SignedData, id-data, attached; OpenSSL verifies (C-230, C-231)', () => {
  for (const hash of ['sha1', 'sha256', 'sha512', 'sha3-512'] as const) {
    const signature = signEndResponse(eerp, { signer: alice, hash });
    const verify = ['-verify', '-inform', 'DER', '-noverify', '-certfile', certificatePath('alice')];
    const content = opensslCms(verify, signature);
    assert.equal(content, eerp);
    assert.is(content.length, 114);
    assert.ok(Buffer.from(signature).includes(Buffer.from('06092a864886f70d010702', 'hex')), 'SignedData');
    assert.ok(Buffer.from(signature).includes(Buffer.from('06092a864886f70d010701a0', 'hex')), 'id-data, attached');
  }
});

test('the certificate goes inside only when asked (C-232)', () => {
  const without = Buffer.from(signEndResponse(eerp, { signer: alice, hash: 'sha256' }));
  const inside = Buffer.from(signEndResponse(eerp, { signer: alice, hash: 'sha256', includeCertificate: true }));
  assert.not(without.includes(alice.certificate));
  assert.ok(inside.includes(alice.certificate));
});

test('a signature over the fields is valid, under the present or the previous certificate', async () => {
  const signature = signEndResponse(eerp, {
    signer: alice,
    hash: 'sha512',
    signingTime: new Date('2026-01-31T12:00:00Z'),
  });
  for (const certificates of [[alice.certificate], [bob.certificate, alice.certificate]]) {
    const verdict = await verifyEndResponse(signature, [eerp], certificates);
    assert.ok(verdict.valid, JSON.stringify(verdict));
    assert.equal(Buffer.from(verdict.signer.certificate), alice.certificate);
    assert.is(verdict.signer.hash, 'sha512');
    assert.equal(verdict.signer.signingTime, new Date('2026-01-31T12:00:00Z'));
    assert.is(verdict.detached, false);
  }
});

test('either of two accepted forms of the fields is valid', async () => {
  const short = fields('');
  const signature = signEndResponse(short, { signer: alice, hash: 'sha1' });
  assert.ok((await verifyEndResponse(signature, [eerp, short], [alice.certificate])).valid);
});

test('a detached signature is checked over the fields and told apart', async () => {
  const who = ['-signer', certificatePath('alice'), '-inkey', keyPath('alice')];
  for (const form of [[], ['-keyid'], ['-noattr']]) {
    const signature = opensslCms(['-sign', '-outform', 'DER', '-md', 'sha1', '-nocerts', ...who, ...form], eerp);
    const verdict = await verifyEndResponse(signature, [fields('x'), eerp], [alice.certificate]);
    assert.ok(verdict.valid && verdict.detached, JSON.stringify(verdict));
    const other = await verifyEndResponse(signature, [fields('x')], [alice.certificate]);
    assert.is(!other.valid && other.fault, 'signature-invalid');
  }
});

test('invalid signatures are outcomes that say why', async () => {
  const signature = signEndResponse(eerp, { signer: alice, hash: 'sha256' });
  const forged = signEndResponse(eerp, { signer: { certificate: alice.certificate, key: carol.key }, hash: 'sha256' });
  const faults = [
    await verifyEndResponse(signature, [fields('another hash')], [alice.certificate]),
    await verifyEndResponse(signature, [eerp], [bob.certificate]),
    await verifyEndResponse(forged, [eerp], [alice.certificate]),
    await verifyEndResponse(Buffer.from('nonsense'), [eerp], [alice.certificate]),
    await verifyEndResponse(Buffer.alloc(0), [eerp], [alice.certificate]),
  ].map((verdict) => !verdict.valid && verdict.fault);
  assert.equal(faults, ['content-mismatch', 'unknown-signer', 'signature-invalid', 'malformed', 'malformed']);
});

test.run();

/**
 * File security under damaged input: whatever a peer sends ends in an outcome with a reason, whatever a store holds
 * in a `CertificateError`, and a file that is accepted has the content that was signed. SECURITY_FUZZ_SEED=n repeats
 * a run, SECURITY_FUZZ_RUNS=n sets how many cases each test has.
 */

import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CertificateError } from '../../src/security/certificates/entry.js';
import { findCertificate } from '../../src/security/certificates/stores.js';
import { answerChallenge } from '../../src/security/challenge.js';
import { decompress } from '../../src/security/cms/compressed.js';
import { openEnvelope } from '../../src/security/cms/enveloped.js';
import { verifySigned } from '../../src/security/cms/signed.js';
import { verifyEndResponse } from '../../src/security/end-response.js';
import { SecurityFailure } from '../../src/security/failure.js';
import { collect } from '../../src/security/octets.js';
import { chunked, fixture, pair } from '../security/support.js';

const SEED = Number(process.env['SECURITY_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['SECURITY_FUZZ_RUNS'] ?? 300);
const PARAMETERS = { seed: SEED, numRuns: RUNS };
console.log(`SECURITY_FUZZ_SEED=${SEED} SECURITY_FUZZ_RUNS=${RUNS}`);

const content = fixture('cms/content.txt');
const trusted = [pair('alice').certificate];
const keys = [pair('bob')];
const LIMITS = { ratioMax: 200, lengthMax: 1_000_000 };

interface Damage {
  readonly at: number;
  readonly octet: number;
  readonly kind: 'change' | 'insert' | 'remove' | 'cut';
}

/** Damage leans to the first octets: there stand the structures. */
const damages = fc.array(
  fc.record({
    at: fc.oneof(fc.double({ min: 0, max: 0.03, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    octet: fc.oneof(fc.nat(255), fc.constantFrom(0x00, 0x04, 0x24, 0x30, 0x80, 0x84, 0xa0, 0xff)),
    kind: fc.constantFrom('change', 'change', 'change', 'insert', 'remove', 'cut'),
  }),
  { minLength: 1, maxLength: 4 },
) as fc.Arbitrary<Damage[]>;

function damaged(octets: Buffer, list: readonly Damage[]): Buffer {
  let result = Buffer.from(octets);
  for (const { at, octet, kind } of list) {
    const place = Math.floor(at * result.length);
    const rest = result.subarray(kind === 'insert' ? place : place + 1);
    if (kind === 'cut') result = result.subarray(0, place);
    else result = Buffer.concat([result.subarray(0, place), kind === 'remove' ? [] : [octet], rest].map(Buffer.from));
  }
  return result;
}

const READERS: Record<string, (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>> = {
  signed: (source) => verifySigned(source, { trusted, decrypted: false }, {}),
  'compressed-ber': (source) => decompress(source, false, LIMITS),
  'compressed-typed': (source) => verifySigned(decompress(source, false, LIMITS), { trusted, decrypted: false }, {}),
  'nested-aes256': (source) =>
    verifySigned(decompress(openEnvelope(source, keys, {}), true, LIMITS), { trusted, decrypted: false }, {}),
  'nested-3des': (source) =>
    verifySigned(decompress(openEnvelope(source, keys, {}), true, LIMITS), { trusted, decrypted: false }, {}),
  'enveloped-oaep-sha3-512': (source) => openEnvelope(source, keys, {}),
};

/** zlib has a checksum, signatures are signatures; an envelope alone protects nothing from change. */
const UNPROTECTED = new Set(['enveloped-oaep-sha3-512']);

for (const [name, read] of Object.entries(READERS)) {
  test(`${name}: damage ends in a SecurityFailure or in the very content`, async () => {
    const original = fixture(`cms/${name}.cms`);
    const property = fc.asyncProperty(damages, fc.integer({ min: 1, max: 9_000 }), async (list, length) => {
      try {
        const found = await collect(read(chunked(damaged(original, list), length)));
        if (!UNPROTECTED.has(name)) assert.equal(found, content);
      } catch (error) {
        if (!(error instanceof SecurityFailure)) throw error;
      }
    });
    await fc.assert(property, PARAMETERS);
  });
}

test('end responses and challenges: damage is an outcome, never an error', async () => {
  const property = fc.asyncProperty(damages, async (list) => {
    await verifyEndResponse(damaged(fixture('cms/detached.cms'), list), [content], trusted);
    const answer = await answerChallenge(damaged(fixture('cms/nested-aes256.cms'), list), keys);
    assert.is(answer.answered, false);
  });
  await fc.assert(property, PARAMETERS);
});

test('random octets are refused', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (octets) => {
    for (const read of Object.values(READERS)) {
      const error: unknown = await collect(read(chunked(octets, 50))).catch((thrown) => thrown);
      assert.instance(error, SecurityFailure);
    }
  });
  await fc.assert(property, PARAMETERS);
});

test('stores: damage gives a certificate or a CertificateError', () => {
  const names = [
    'bob-aes.pfx',
    'bob.pem',
    'both.p7b',
    'bob.cert.der',
    'alice.ssh.pub',
    'alice-v2.ppk',
    'alice.openssh.pem',
  ];
  const property = fc.property(fc.constantFrom(...names), damages, (name, list) => {
    try {
      findCertificate({ store: damaged(fixture(`certificates/${name}`), list), storePassword: 'secret' });
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
    }
  });
  fc.assert(property, PARAMETERS);
});

test.run();

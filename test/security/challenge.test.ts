// Secure authentication (RFC 5024 §4.2.4, §5.3.17, §5.3.18).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answerChallenge, createChallenge, responseMatches } from '../../src/security/challenge.js';
import { certificatePath, fixture, keyPath, opensslCms, pair, sample } from './support.js';

const alice = pair('alice');
const bob = pair('bob');

test('a challenge is 20 octets enveloped for the certificate; OpenSSL decrypts it (C-077, C-078)', () => {
  const decrypt = ['-decrypt', '-inform', 'DER', '-inkey', keyPath('bob'), '-recip', certificatePath('bob')];
  for (const [encryption, oid] of [
    ['3des', '06082a864886f70d0307'],
    ['aes256', '060960864801650304012a'],
  ] as const) {
    const { envelope, response } = createChallenge(bob.certificate, encryption);
    assert.is(response.length, 20);
    assert.equal(opensslCms(decrypt, envelope), Buffer.from(response));
    assert.ok(Buffer.from(envelope).includes(Buffer.from(oid, 'hex')), 'content cipher');
    assert.ok(Buffer.from(envelope).includes(Buffer.from('06092a864886f70d0101010500', 'hex')), 'PKCS#1 v1.5');
  }
});

test('challenges are fresh (C-079)', () => {
  const seen = new Set(
    Array.from({ length: 50 }, () => Buffer.from(createChallenge(bob.certificate, 'aes256').response).toString('hex')),
  );
  assert.is(seen.size, 50);
});

test('a challenge is answered with its 20 octets, with the key that it names (C-080)', async () => {
  const { envelope, response } = createChallenge(bob.certificate, 'aes256');
  const answer = await answerChallenge(envelope, [alice, bob]);
  assert.ok(answer.answered);
  assert.ok(responseMatches(response, answer.response));
});

test('challenges in BER, with any cipher, are answered', async () => {
  for (const cipher of ['-des3', '-aes256', '-aes128']) {
    const envelope = opensslCms(['-encrypt', '-outform', 'DER', '-stream', cipher, certificatePath('bob')], sample(20));
    const answer = await answerChallenge(envelope, [bob]);
    assert.equal(answer.answered && Buffer.from(answer.response), sample(20), cipher);
  }
});

test('content of another length is never given back; strangers and nonsense are refused (C-086)', async () => {
  for (const length of [0, 19, 21, 4_000]) {
    const envelope = opensslCms(['-encrypt', '-outform', 'DER', '-aes256', certificatePath('bob')], sample(length));
    assert.equal(await answerChallenge(envelope, [bob]), {
      answered: false,
      message: 'The challenge does not decrypt to 20 octets',
    });
  }
  const { envelope } = createChallenge(alice.certificate, 'aes256');
  for (const octets of [envelope, sample(300), Buffer.alloc(0), fixture('cms/nested-aes256.cms')]) {
    assert.is((await answerChallenge(octets, [bob])).answered, false);
  }
});

test('a damaged challenge gets the same message as one of another length', async () => {
  const { envelope } = createChallenge(bob.certificate, 'aes256');
  const damaged = Buffer.from(envelope);
  damaged[damaged.length - 20] = (damaged[damaged.length - 20] as number) ^ 0xff;
  const answer = await answerChallenge(damaged, [bob]);
  if (answer.answered) assert.is(answer.response.length, 20);
  else assert.is(answer.message, 'The challenge does not decrypt to 20 octets');
});

test('responses match only when every octet does (C-081, C-082)', () => {
  const expected = sample(20);
  const wrong = Buffer.from(expected);
  wrong[19] = (wrong[19] as number) ^ 1;
  assert.ok(responseMatches(expected, Buffer.from(expected)));
  assert.not(responseMatches(expected, wrong));
  assert.not(responseMatches(expected, expected.subarray(0, 19)));
  assert.not(responseMatches(expected, Buffer.concat([expected, Buffer.alloc(1)])));
});

test.run();

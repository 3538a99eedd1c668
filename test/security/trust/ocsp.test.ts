/** OCSP (RFC 6960): the question, and the answers that must not be believed. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ocspRequest, readOcspResponse } from '../../../src/security/trust/ocsp.js';
import type { RevocationAnswer } from '../../../src/security/trust/revocation-answer.js';
import { issue, OCSP_SIGNING, type OcspOptions, ocspAnswer, ocspRefusal, root } from '../../support/authority.js';
import { fixture } from '../support.js';

const ca = root('CA');
const leaf = issue({ name: 'leaf', issuer: ca, serial: 0x7101 });
const NONCE = Buffer.alloc(16, 7);
const HOUR = 3_600_000;

function read(response: Uint8Array, nonce?: Uint8Array, at = new Date()): RevocationAnswer {
  return readOcspResponse(response, { certificate: leaf.der, issuer: ca.der, nonce }, at);
}

const answer = (options: Partial<OcspOptions> = {}): Buffer =>
  ocspAnswer({ issuer: ca, serial: leaf.serial, status: 'good', ...options });

function unknown(result: RevocationAnswer, words: string): void {
  assert.is(result.status, 'unknown', JSON.stringify(result));
  if (result.status === 'unknown') assert.match(result.message, words);
}

test("the question is octet for octet OpenSSL's", () => {
  for (const name of ['partner', 'revoked']) {
    const subject = {
      certificate: fixture(`trust/${name}.cert.der`),
      issuer: fixture('trust/authority.cert.der'),
      nonce: undefined,
    };
    assert.equal(Buffer.from(ocspRequest(subject)), fixture(`trust/${name}.ocsp-request`));
  }
});

test('a nonce is the extension 1.3.6.1.5.5.7.48.1.2 of the question', () => {
  const request = Buffer.from(ocspRequest({ certificate: leaf.der, issuer: ca.der, nonce: NONCE }));
  const octets = `2b0601050507300102${'0412'}0410${NONCE.toString('hex')}`;
  assert.ok(request.toString('hex').includes(octets));
});

test("OpenSSL's responder: good and revoked", () => {
  const ask = (name: string): RevocationAnswer =>
    readOcspResponse(
      fixture(`trust/${name}.ocsp-response`),
      { certificate: fixture(`trust/${name}.cert.der`), issuer: fixture('trust/authority.cert.der'), nonce: undefined },
      new Date(2100, 1),
    );
  assert.is(ask('partner').status, 'good');
  const revoked = ask('revoked');
  assert.is(revoked.status === 'revoked' && revoked.reason, 'key compromise');
});

test('good until the next update; revoked with date and reason; unknown', () => {
  const nextUpdate = new Date(Math.floor(Date.now() / 1000) * 1000 + HOUR);
  assert.equal(read(answer({ nextUpdate })), { status: 'good', until: nextUpdate });
  const revoked = read(answer({ status: 'revoked' }));
  assert.is(revoked.status === 'revoked' && revoked.reason, 'key compromise');
  assert.equal(revoked.status === 'revoked' && revoked.since, new Date('2024-05-06T07:08:09Z'));
  unknown(read(answer({ status: 'unknown' })), 'does not know the certificate');
});

test('an answer about another serial says nothing', () => {
  unknown(read(answer({ serial: leaf.serial + 1 })), 'says nothing about this certificate');
});

test('an answer about the same serial of another authority says nothing', () => {
  const other = root('Other');
  unknown(read(answer({ issuer: other, responder: ca })), 'says nothing about this certificate');
});

test('a signature by another key is not believed', () => {
  unknown(read(answer({ key: leaf.key })), 'signature that is not valid');
});

test('an answer whose signature was cut off is not believed', () => {
  const octets = answer();
  octets.fill(0, octets.length - 40);
  assert.is(read(octets).status, 'unknown');
});

test('a responder needs a certificate of the issuer for just that', () => {
  const delegate = issue({ name: 'Responder', issuer: ca, extendedUsage: [OCSP_SIGNING] });
  assert.is(read(answer({ responder: delegate })).status, 'good');
  const ordinary = issue({ name: 'Responder', issuer: ca });
  unknown(read(answer({ responder: ordinary })), 'not authorised');
  const stranger = root('Stranger');
  const hired = issue({ name: 'Responder', issuer: stranger, extendedUsage: [OCSP_SIGNING] });
  unknown(read(answer({ responder: hired })), 'not authorised');
  const namesake = issue({ name: 'Responder', issuer: root('CA'), extendedUsage: [OCSP_SIGNING] });
  unknown(read(answer({ responder: namesake })), 'not authorised');
  const retired = issue({
    name: 'Responder',
    issuer: ca,
    extendedUsage: [OCSP_SIGNING],
    to: new Date('2024-01-01T00:00:00Z'),
  });
  unknown(read(answer({ responder: retired })), 'not authorised');
});

test('dates: expired, from the future, and without a next update for a day only', () => {
  const ago = (hours: number): Date => new Date(Date.now() - hours * HOUR);
  unknown(read(answer({ thisUpdate: ago(3), nextUpdate: ago(1) })), 'out of date');
  unknown(read(answer({ thisUpdate: ago(-1) })), 'in the future');
  assert.is(read(answer({ thisUpdate: ago(23), nextUpdate: null })).status, 'good');
  unknown(read(answer({ thisUpdate: ago(25), nextUpdate: null })), 'out of date');
});

test('nonce: echoed is right, left out is taken, another one is refused', () => {
  assert.is(read(answer({ nonce: NONCE }), NONCE).status, 'good');
  assert.is(read(answer(), NONCE).status, 'good');
  unknown(read(answer({ nonce: Buffer.alloc(16, 8) }), NONCE), 'nonce differs');
});

test('a refusal is told in words', () => {
  unknown(read(ocspRefusal(3)), 'try later');
  unknown(read(ocspRefusal(6)), 'unauthorized');
});

test('bad ASN.1 and truncated answers are not believed', () => {
  const octets = answer({ status: 'revoked' });
  for (let length = 0; length < octets.length; length += 5)
    assert.is(read(octets.subarray(0, length)).status, 'unknown');
  unknown(read(Buffer.from('<html>')), 'cannot be read');
});

test.run();

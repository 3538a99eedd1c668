/** Revocation lists (RFC 5280 §5, §6.3): what they say, and when they must not be believed. */

import * as asn1js from 'asn1js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sequence } from '../../../src/security/cms/der.js';
import { askCrl } from '../../../src/security/trust/crl.js';
import type { RevocationAnswer } from '../../../src/security/trust/revocation-answer.js';
import { crl, extension, type Issued, issue, primitive, root, tagged, USAGE, uri } from '../../support/authority.js';
import { fixture } from '../support.js';

const URL = 'http://crl.example.com/ca.crl';
const ca = root('CA');
const good = issue({ name: 'good', issuer: ca, serial: 0x7001, crlUrl: URL });
const bad = issue({ name: 'bad', issuer: ca, serial: 0x7002, crlUrl: URL });

const ask = (list: Uint8Array, certificate: Issued = good, issuer: Issued = ca, at = new Date()): RevocationAnswer =>
  askCrl({ crl: list, certificate: certificate.der, issuer: issuer.der, at });

function unknown(answer: RevocationAnswer, words: string): void {
  assert.is(answer.status, 'unknown', JSON.stringify(answer));
  if (answer.status === 'unknown') assert.match(answer.message, words);
}

test('a list names the revoked certificate with date and reason; the others are good until its next update', () => {
  const list = crl({ issuer: ca, revoked: [{ serial: 1 }, { serial: 0x7002, reason: 1 }, { serial: 0x7003 }] });
  const until = new Date('2119-01-01T00:00:00Z');
  assert.equal(ask(list), { status: 'good', until });
  assert.equal(ask(list, bad), {
    status: 'revoked',
    since: new Date('2024-05-06T07:08:09Z'),
    reason: 'key compromise',
    until,
  });
});

test('a certificate on hold is revoked', () => {
  const answer = ask(crl({ issuer: ca, revoked: [{ serial: 0x7002, reason: 6 }] }), bad);
  assert.is(answer.status === 'revoked' && answer.reason, 'on hold');
});

test('an empty list says good', () => {
  assert.is(ask(crl({ issuer: ca })).status, 'good');
});

test('a list that OpenSSL made', () => {
  const list = fixture('trust/authority.crl');
  const question = (name: string) => ({
    crl: list,
    certificate: fixture(`trust/${name}.cert.der`),
    issuer: fixture('trust/authority.cert.der'),
    at: new Date(2100, 1),
  });
  assert.is(askCrl(question('partner')).status, 'good');
  const answer = askCrl(question('revoked'));
  assert.is(answer.status === 'revoked' && answer.reason, 'key compromise');
});

test('a list signed by another key, or changed after signing, is not believed', () => {
  const stranger = root('CA');
  unknown(ask(crl({ issuer: ca, key: stranger.key })), 'not signed by "CN=CA"');
  const list = crl({ issuer: ca, revoked: [{ serial: 0x7002 }] });
  list[list.indexOf(Buffer.from('7002', 'hex')) + 1] = 3;
  unknown(ask(list, bad), 'not signed by');
  unknown(ask(crl({ issuer: ca, hash: 'sha1' })), 'not signed by');
});

test('the list of another authority is not believed', () => {
  const other = root('Other CA');
  unknown(ask(crl({ issuer: other }), good, other), 'another authority');
});

test('an authority without cRLSign cannot sign lists', () => {
  const mute = root('CA', { usage: [USAGE.keyCertSign] });
  const below = issue({ name: 'below', issuer: mute });
  unknown(ask(crl({ issuer: mute }), below, mute), 'key usage');
});

test('dates: out of date, from the future, without a next update', () => {
  const at = new Date('2026-06-20T00:00:00Z');
  const day = (text: string): Date => new Date(`2026-${text}T00:00:00Z`);
  unknown(
    ask(crl({ issuer: ca, thisUpdate: day('06-01'), nextUpdate: day('06-19') }), good, ca, at),
    'out of date since 2026-06-19',
  );
  unknown(ask(crl({ issuer: ca, thisUpdate: day('06-21') }), good, ca, at), 'in the future');
  unknown(
    ask(crl({ issuer: ca, thisUpdate: day('06-04'), nextUpdate: null }), good, ca, at),
    'out of date since 2026-06-19',
  );
  const fresh = ask(crl({ issuer: ca, thisUpdate: day('06-06'), nextUpdate: null }), good, ca, at);
  assert.equal(fresh, { status: 'good', until: day('06-21') });
});

test('a list for some certificates or reasons only says nothing about the others', () => {
  const scope = (...parts: asn1js.BaseBlock[]): Buffer =>
    crl({ issuer: ca, extensions: [extension('2.5.29.28', sequence(...parts), true)] });
  const yes = Uint8Array.of(0xff);
  const point = (url: string): asn1js.BaseBlock => tagged(0, tagged(0, uri(url)));
  assert.is(ask(scope(point(URL))).status, 'good');
  unknown(ask(scope(point('http://crl.example.com/else.crl'))), 'another distribution point');
  assert.is(ask(scope(primitive(1, yes))).status, 'good', 'users only');
  unknown(ask(scope(primitive(2, yes))), 'authorities only');
  unknown(ask(scope(primitive(4, yes))), 'only a part');
  unknown(ask(scope(primitive(5, yes))), 'only a part');
});

test('a delta list, and any other critical extension, is not believed', () => {
  const delta = extension('2.5.29.27', new asn1js.Integer({ value: 1 }), true);
  unknown(ask(crl({ issuer: ca, extensions: [delta] })), '2.5.29.27');
});

test('bad ASN.1 and truncated lists are not believed', () => {
  const list = crl({ issuer: ca, revoked: [{ serial: 0x7002 }] });
  for (let length = 0; length < list.length; length += 7)
    unknown(ask(list.subarray(0, length), bad), 'is no revocation list');
  unknown(ask(Buffer.concat([list, Buffer.of(0)]), bad), 'is no revocation list');
  unknown(ask(Buffer.from('<html>Not Found</html>')), 'is no revocation list');
  unknown(ask(Buffer.from('30845fffffff30030201', 'hex')), 'is no revocation list');
  for (let at = 0; at < list.length; at += 3) {
    const garbled = Buffer.from(list);
    garbled[at] = (garbled[at] ?? 0) ^ 0x55;
    assert.is(ask(garbled, bad).status, 'unknown', `octet ${at}`);
  }
});

test('a list of 20,000 entries is searched to its end', () => {
  const revoked = Array.from({ length: 20_000 }, (_, at) => ({ serial: at + 100_000 }));
  const last = issue({ name: 'last', issuer: ca, serial: 119_999 });
  assert.is(ask(crl({ issuer: ca, revoked }), last).status, 'revoked');
});

test.run();

/** Chains of issuers (RFC 5280 §6.1): what is trusted, what is not, and what is said about it. */

import { X509Certificate } from 'node:crypto';
import * as asn1js from 'asn1js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sequence } from '../../../src/security/cms/der.js';
import { type ChainOptions, type ChainVerdict, checkChain } from '../../../src/security/trust/chain.js';
import {
  CLIENT_AUTH,
  extension,
  type Issued,
  issue,
  primitive,
  root,
  SERVER_AUTH,
  tagged,
  USAGE,
} from '../../support/authority.js';
import { fixture } from '../support.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const top = root('Top Root');
const sub = issue({ name: 'Issuing CA', issuer: top, ca: true, usage: [USAGE.keyCertSign, USAGE.crlSign] });
const leaf = issue({ name: 'partner', issuer: sub, usage: [USAGE.digitalSignature, USAGE.keyEncipherment] });

function check(
  certificate: Issued,
  options: Partial<Omit<ChainOptions, 'anchors' | 'intermediates'>> & {
    anchors?: Issued[];
    intermediates?: Issued[];
  } = {},
): ChainVerdict {
  const { anchors = [top], intermediates = [sub], ...rest } = options;
  return checkChain({
    certificate: certificate.der,
    intermediates: intermediates.map(({ der }) => der),
    anchors: anchors.map(({ x509 }) => x509),
    at: NOW,
    selfSigned: 'anchorsOnly',
    ...rest,
  });
}

const kinds = ({ problems }: ChainVerdict): string[] => problems.map(({ kind }) => kind);
const messages = ({ problems }: ChainVerdict): string => problems.map(({ message }) => message).join('; ');

test('a certificate below an authority below a trusted root is good, and its chain ends at the root', () => {
  const verdict = check(leaf);
  assert.equal(kinds(verdict), []);
  assert.equal(
    verdict.chain.map(({ subject }) => subject),
    ['CN=partner', 'CN=Issuing CA', 'CN=Top Root'],
  );
});

test('an authority that is trusted itself needs no root above it', () => {
  const verdict = check(leaf, { anchors: [sub], intermediates: [] });
  assert.equal(kinds(verdict), []);
  assert.is(verdict.chain.length, 2);
});

test('without its issuer a certificate is refused, and the message names the issuer', () => {
  const verdict = check(leaf, { intermediates: [] });
  assert.equal(kinds(verdict), ['unknownIssuer']);
  assert.match(messages(verdict), '"CN=Issuing CA" is not among the trusted ones');
});

test('an authority of the right name and another key has not issued anything', () => {
  const impostor = root('Issuing CA');
  assert.equal(kinds(check(leaf, { anchors: [impostor], intermediates: [] })), ['unknownIssuer']);
});

test('dates: not yet valid, expired, and an expired issuer', () => {
  const early = check(leaf, { at: new Date('2019-06-01T00:00:00Z'), anchors: [leaf] });
  assert.equal(kinds(early), ['notYetValid']);
  const late = issue({ name: 'late', issuer: sub, to: new Date('2025-01-02T03:04:05Z') });
  assert.equal(kinds(check(late)), ['expired']);
  assert.match(messages(check(late)), '"CN=late" expired on 2025-01-02T03:04:05.000Z');
  const oldCa = issue({ name: 'Old CA', issuer: top, ca: true, to: new Date('2025-01-01T00:00:00Z') });
  const below = issue({ name: 'below', issuer: oldCa });
  assert.equal(kinds(check(below, { intermediates: [oldCa] })), ['expired']);
});

test('a certificate that is no authority cannot issue, whether or not it is pinned', () => {
  const forged = issue({ name: 'forged', issuer: leaf });
  assert.equal(kinds(check(forged, { intermediates: [sub, leaf] })), ['notAnAuthority']);
  assert.equal(kinds(check(forged, { anchors: [leaf], intermediates: [] })), ['notAnAuthority']);
});

test('an authority without keyCertSign cannot issue', () => {
  const lame = issue({ name: 'Lame CA', issuer: top, ca: true, usage: [USAGE.crlSign] });
  const verdict = check(issue({ name: 'x', issuer: lame }), { intermediates: [lame] });
  assert.equal(kinds(verdict), ['keyUsage']);
  assert.match(messages(verdict), '"CN=Lame CA" does not allow it to issue certificates');
});

test('a path length is kept', () => {
  const short = root('Short Root', { pathLength: 0 });
  const direct = issue({ name: 'direct', issuer: short });
  assert.equal(kinds(check(direct, { anchors: [short], intermediates: [] })), []);
  const second = issue({ name: 'Second CA', issuer: short, ca: true });
  const verdict = check(issue({ name: 'deep', issuer: second }), { anchors: [short], intermediates: [second] });
  assert.equal(kinds(verdict), ['pathLength']);
  assert.match(messages(verdict), 'allows 0 authorities below it, there are 1');
});

test('key usage must fit the purpose; without the extension everything is allowed', () => {
  const signer = issue({ name: 'signer', issuer: sub, usage: [USAGE.digitalSignature] });
  assert.equal(kinds(check(signer, { purpose: 'signing' })), []);
  assert.equal(kinds(check(signer, { purpose: 'encryption' })), ['keyUsage']);
  const free = issue({ name: 'free', issuer: sub });
  for (const purpose of ['signing', 'encryption', 'tlsClient', 'tlsServer'] as const)
    assert.equal(kinds(check(free, { purpose })), []);
});

test('TLS: extended key usage must name the side, or any', () => {
  const client = issue({ name: 'c', issuer: sub, extendedUsage: [CLIENT_AUTH] });
  const server = issue({ name: 's', issuer: sub, extendedUsage: [SERVER_AUTH] });
  const any = issue({ name: 'a', issuer: sub, extendedUsage: ['2.5.29.37.0'] });
  assert.equal(kinds(check(client, { purpose: 'tlsClient' })), []);
  assert.equal(kinds(check(client, { purpose: 'tlsServer' })), ['extendedKeyUsage']);
  assert.equal(kinds(check(server, { purpose: 'tlsClient' })), ['extendedKeyUsage']);
  assert.equal(kinds(check(any, { purpose: 'tlsClient' })), []);
  assert.equal(kinds(check(server, { purpose: 'signing' })), [], 'OFTP has no usage of its own');
});

test('SHA-1 under a signature and an RSA key of 1024 bits prove nothing, unless the certificate is pinned', () => {
  const sha1 = issue({ name: 'sha1', issuer: sub, hash: 'sha1' });
  const small = issue({ name: 'small', issuer: sub, key: 'rsa1024' });
  assert.equal(kinds(check(sha1)), ['weakAlgorithm']);
  assert.match(messages(check(sha1)), 'signed with SHA-1');
  assert.equal(kinds(check(small)), ['weakKey']);
  assert.match(messages(check(small)), '1024 bits');
  assert.equal(kinds(check(sha1, { anchors: [sha1] })), []);
  const oldRoot = root('SHA-1 Root', { hash: 'sha1' });
  assert.equal(
    kinds(check(issue({ name: 'new', issuer: oldRoot }), { anchors: [oldRoot] })),
    [],
    "nobody relies on a root's own signature",
  );
});

test('a self-signed certificate is good where it was assigned, or pinned, and nowhere else', () => {
  const alone = issue({ name: 'Odette partner', usage: [USAGE.digitalSignature, USAGE.keyEncipherment] });
  assert.equal(kinds(check(alone, { selfSigned: 'accepted' })), []);
  assert.equal(kinds(check(alone, { anchors: [alone] })), []);
  assert.equal(kinds(check(alone)), ['selfSigned']);
  assert.equal(kinds(check(alone, { selfSigned: 'accepted', at: new Date('2130-01-01T00:00:00Z') })), ['expired']);
});

test('a certificate that only claims to be self-signed is not', () => {
  const own = issue({ name: 'X' });
  const liar = issue({ name: 'X', issuer: { ...own, key: top.key } });
  assert.equal(kinds(check(liar, { selfSigned: 'accepted', anchors: [] })), ['unknownIssuer']);
});

test('4.3: what a root of the trust list issued itself is refused, what its authority issued is not', () => {
  const direct = issue({ name: 'direct', issuer: top });
  const notIssuing = new Set([top.x509.fingerprint256]);
  const verdict = check(direct, { notIssuing, anchors: [top, sub] });
  assert.equal(kinds(verdict), ['notIssuing']);
  assert.match(messages(verdict), 'issued directly by "CN=Top Root", a root of the trust list');
  assert.equal(kinds(check(leaf, { notIssuing, anchors: [top, sub] })), []);
});

test('a critical extension that nobody understands refuses the certificate, an ordinary one does not', () => {
  const odd = extension('1.2.3.4.5', sequence(), true);
  assert.equal(kinds(check(issue({ name: 'odd', issuer: sub, extensions: [odd] }))), ['criticalExtension']);
  const harmless = extension('1.2.3.4.5', sequence());
  assert.equal(kinds(check(issue({ name: 'harmless', issuer: sub, extensions: [harmless] }))), []);
});

test('name constraints: an authority for one domain cannot issue for another', () => {
  const permitted = tagged(0, sequence(primitive(2, Buffer.from('example.com'))));
  const narrow = issue({
    name: 'Narrow CA',
    issuer: top,
    ca: true,
    extensions: [extension('2.5.29.30', sequence(permitted), true)],
  });
  const within = issue({ name: 'in', issuer: narrow, dnsName: 'oftp.example.com' });
  const outside = issue({ name: 'out', issuer: narrow, dnsName: 'oftp.example.org' });
  const trap = issue({ name: 'trap', issuer: narrow, dnsName: 'notexample.com' });
  assert.equal(kinds(check(within, { intermediates: [narrow] })), []);
  assert.equal(kinds(check(outside, { intermediates: [narrow] })), ['nameConstraints']);
  assert.equal(kinds(check(trap, { intermediates: [narrow] })), ['nameConstraints']);
  assert.match(messages(check(outside, { intermediates: [narrow] })), 'oftp.example.org');
});

test('authorities that issued each other do not lead round in circles', () => {
  const a = root('A');
  const b = root('B');
  const aByB = issue({ name: 'A', issuer: b, ca: true, like: a });
  const bByA = issue({ name: 'B', issuer: a, ca: true, like: b });
  const lost = issue({ name: 'lost', issuer: a });
  assert.equal(kinds(check(lost, { intermediates: [aByB, bByA] })), ['unknownIssuer']);
  assert.equal(kinds(check(lost, { intermediates: [aByB, bByA], anchors: [b] })), []);
});

test('of two ways the good one is taken: an expired authority beside its renewal', () => {
  const old = issue({ name: 'Issuing CA', issuer: top, ca: true, like: sub, to: new Date('2025-01-01T00:00:00Z') });
  assert.equal(kinds(check(leaf, { intermediates: [old, sub] })), []);
  assert.equal(kinds(check(leaf, { intermediates: [old] })), ['expired']);
});

test('bad ASN.1 is a problem with words, no exception', () => {
  for (const octets of [
    Buffer.alloc(0),
    Buffer.from('3003020101', 'hex'),
    leaf.der.subarray(0, 200),
    Buffer.alloc(5000, 0x30),
  ]) {
    const verdict = checkChain({
      certificate: octets,
      intermediates: [octets],
      anchors: [top.x509],
      at: NOW,
      selfSigned: 'accepted',
    });
    assert.equal(kinds(verdict), ['malformed']);
  }
  const garbled = extension('2.5.29.15', new asn1js.Utf8String({ value: 'no bits' }), true);
  assert.equal(kinds(check(issue({ name: 'garbled', issuer: sub, extensions: [garbled] }))), ['malformed']);
});

test('certificates that OpenSSL made: chain, purpose, and the root that may not issue', () => {
  const made = (name: string): Buffer => fixture(`trust/${name}.cert.der`);
  const options = {
    intermediates: [made('authority')],
    anchors: [new X509Certificate(made('root'))],
    at: new Date(2100, 1),
    selfSigned: 'anchorsOnly',
  } as const;
  assert.equal(kinds(checkChain({ ...options, certificate: made('partner'), purpose: 'tlsClient' })), []);
  assert.equal(kinds(checkChain({ ...options, certificate: made('direct') })), []);
  const notIssuing = new Set([options.anchors[0].fingerprint256]);
  assert.equal(kinds(checkChain({ ...options, certificate: made('direct'), notIssuing })), ['notIssuing']);
});

test.run();

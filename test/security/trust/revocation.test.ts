/** Asking lists and responders: the three rules, what is remembered and for how long, and failures. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { askCrl } from '../../../src/security/trust/crl.js';
import { ExpiringCache } from '../../../src/security/trust/expiring-cache.js';
import { factsOf } from '../../../src/security/trust/facts.js';
import type { Problem } from '../../../src/security/trust/problem.js';
import { RevocationChecker, type RevocationRules } from '../../../src/security/trust/revocation.js';
import { crl, type Issued, issue, ocspAnswer, root } from '../../support/authority.js';

const LIST = 'http://crl.example.com/ca.crl';
const RESPONDER = 'http://ocsp.example.com/';
const HOUR = 3_600_000;

const ca = root('CA');
const both = issue({ name: 'both', issuer: ca, serial: 0x7301, crlUrl: LIST, ocspUrl: RESPONDER });
const listed = issue({ name: 'listed', issuer: ca, serial: 0x7302, crlUrl: LIST });
const silent = issue({ name: 'silent', issuer: ca, serial: 0x7303 });

class World {
  now = Date.now();
  readonly fetched: string[] = [];
  list: (() => Uint8Array) | undefined = () => crl({ issuer: ca });
  responder: (() => Uint8Array) | undefined = () => ocspAnswer({ issuer: ca, serial: both.serial, status: 'good' });
  readonly checker = new RevocationChecker({
    fetchCrl: async (url) => this.#give(url, this.list),
    askResponder: async (url) => this.#give(url, this.responder),
    askCrl: async (question) => askCrl(question),
    now: () => this.now,
  });

  #give(url: string, source: (() => Uint8Array) | undefined): Uint8Array {
    this.fetched.push(url);
    if (source === undefined) throw new Error(`${url}: nobody listens`);
    return source();
  }

  problems(certificate: Issued, rules: Partial<RevocationRules>): Promise<readonly Problem[]> {
    return this.checker.problems(chain(certificate), { crl: 'off', ocsp: 'off', ...rules });
  }

  possible(certificate: Issued): Promise<readonly Problem[]> {
    return this.checker.problemsWherePossible(chain(certificate));
  }
}

const chain = (certificate: Issued) => [factsOf(certificate.der), factsOf(ca.der)];
const kinds = (problems: readonly Problem[]): string[] => problems.map(({ kind }) => kind);

test('0 asks nobody', async () => {
  const world = new World();
  assert.equal(await world.problems(both, {}), []);
  assert.equal(world.fetched, []);
});

test('1 asks where the certificate names somebody; 2 refuses one that names nobody', async () => {
  const world = new World();
  assert.equal(await world.problems(both, { crl: 'whenSupported', ocsp: 'whenSupported' }), []);
  assert.equal(world.fetched, [LIST, RESPONDER]);
  assert.equal(await world.problems(silent, { crl: 'whenSupported', ocsp: 'whenSupported' }), []);
  assert.equal(kinds(await world.problems(silent, { crl: 'required' })), ['revocationUnknown']);
  const [problem] = await world.problems(listed, { ocsp: 'required' });
  assert.match(problem?.message ?? '', '"CN=listed" names no OCSP responder, but one is required');
});

test('revoked by list or responder is refused under 1 and 2, with date and reason', async () => {
  for (const rule of ['whenSupported', 'required'] as const) {
    const world = new World();
    world.list = () => crl({ issuer: ca, revoked: [{ serial: 0x7302, reason: 4 }] });
    const [problem] = await world.problems(listed, { crl: rule });
    assert.is(problem?.kind, 'revoked');
    assert.match(problem?.message ?? '', 'revoked since 2024-05-06T07:08:09.000Z (superseded)');
    world.responder = () => ocspAnswer({ issuer: ca, serial: both.serial, status: 'revoked' });
    assert.equal(kinds(await world.problems(both, { ocsp: rule })), ['revoked']);
  }
});

test('a list or responder that fails makes revocation unknown under 1 and 2, and the message says why', async () => {
  for (const rule of ['whenSupported', 'required'] as const) {
    const world = new World();
    world.list = undefined;
    const [problem] = await world.problems(listed, { crl: rule });
    assert.is(problem?.kind, 'revocationUnknown');
    assert.match(problem?.message ?? '', `${LIST}: nobody listens`);
    world.responder = () => Buffer.from('<html>');
    assert.equal(kinds(await world.problems(both, { ocsp: rule })), ['revocationUnknown']);
  }
});

test('a certificate that is trusted by itself cannot be looked up, which 2 refuses', async () => {
  const world = new World();
  const pinned = [factsOf(listed.der)];
  assert.equal(await world.checker.problems(pinned, { crl: 'whenSupported', ocsp: 'off' }), []);
  assert.equal(kinds(await world.checker.problems(pinned, { crl: 'required', ocsp: 'off' })), ['revocationUnknown']);
});

test('a revoked authority is found; the one at the top is not looked up', async () => {
  const world = new World();
  const sub = issue({ name: 'Sub', issuer: ca, ca: true, serial: 0x7304, crlUrl: LIST });
  const leaf = issue({ name: 'leaf', issuer: sub });
  world.list = () => crl({ issuer: ca, revoked: [{ serial: 0x7304 }] });
  const facts = [leaf, sub, ca].map(({ der }) => factsOf(der));
  const [problem] = await world.checker.problems(facts, { crl: 'whenSupported', ocsp: 'off' });
  assert.match(problem?.message ?? '', '"CN=Sub" is revoked');
});

test('files: the responder is asked where there is no list to believe, and has the last word', async () => {
  const world = new World();
  assert.equal(await world.possible(both), []);
  assert.equal(world.fetched, [LIST]);
  const broken = new World();
  broken.list = undefined;
  assert.equal(await broken.possible(both), []);
  assert.equal(broken.fetched, [LIST, RESPONDER]);
  assert.equal(kinds(await broken.possible(listed)), ['revocationUnknown']);
  const bad = new World();
  bad.list = () => crl({ issuer: ca, revoked: [{ serial: both.serial }] });
  assert.equal(kinds(await bad.possible(both)), ['revoked'], 'a list that says revoked is enough');
  assert.equal(await new World().possible(silent), []);
});

test('an answer is asked for once at a time, and kept until its next update', async () => {
  const world = new World();
  const nextUpdate = new Date(world.now + HOUR);
  world.list = () => crl({ issuer: ca, nextUpdate });
  const ask = () => world.problems(listed, { crl: 'required' });
  await Promise.all([ask(), ask(), ask()]);
  world.now += HOUR / 2;
  await ask();
  assert.is(world.fetched.length, 1);
  world.now += HOUR;
  await ask();
  assert.is(world.fetched.length, 2);
});

test('a list is fetched once for all certificates that name it', async () => {
  const world = new World();
  await world.problems(listed, { crl: 'required' });
  await world.problems(both, { crl: 'required' });
  assert.equal(world.fetched, [LIST]);
});

test('an answer that holds for a century is asked for again after a day', async () => {
  const world = new World();
  await world.problems(listed, { crl: 'required' });
  world.list = () => crl({ issuer: ca, revoked: [{ serial: listed.serial }] });
  world.now += 25 * HOUR;
  assert.equal(kinds(await world.problems(listed, { crl: 'required' })), ['revoked']);
});

test('a failure is remembered for a minute only, and nothing unsigned is kept', async () => {
  const world = new World();
  world.list = () => crl({ issuer: ca, key: listed.key });
  assert.equal(kinds(await world.problems(listed, { crl: 'required' })), ['revocationUnknown']);
  world.list = () => crl({ issuer: ca });
  await world.problems(listed, { crl: 'required' });
  assert.is(world.fetched.length, 1);
  world.now += 61_000;
  assert.equal(await world.problems(listed, { crl: 'required' }), []);
});

test('the cache is bounded by weight: the oldest goes first, and what is too heavy is not kept', () => {
  const cache = new ExpiringCache<string>(10);
  cache.set('a', 'A', 100, 4);
  cache.set('b', 'B', 100, 4);
  cache.set('c', 'C', 100, 4);
  assert.equal([cache.get('a', 0), cache.get('b', 0), cache.get('c', 0)], [undefined, 'B', 'C']);
  cache.set('d', 'D', 100, 11);
  assert.equal([cache.get('d', 0), cache.get('b', 0)], [undefined, 'B']);
  assert.is(cache.get('b', 100), undefined, 'at its end it is gone');
  cache.set('c', 'C2', 200, 10);
  assert.is(cache.get('c', 150), 'C2');
});

test.run();

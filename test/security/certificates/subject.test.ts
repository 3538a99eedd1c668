// Subjects: how they are printed and found (B-036 to B-042).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findCertificate } from '../../../src/security/certificates/stores.js';
import { findSubject } from '../../../src/security/certificates/subject.js';
import { fixturePath } from '../support.js';

const both = (subject?: string) =>
  findCertificate({ store: fixturePath('certificates/both.cert.pem'), subject }).subject;

const BOB = 'CN=bob.example.com, O=Bob SA, L=Paris, S=Ile-de-France, C=FR, E=edi@bob.example.com';
const ALICE = 'CN=Alice Motors, O="Acme, Inc", OU=EDI, C=DE, SERIALNUMBER=O0013ALICE';

test('CN, O, OU, L, S, C, E in this order, then the others; a value with a comma is quoted (B-041, B-042)', () => {
  assert.is(both(), BOB);
  assert.is(both('alice'), ALICE);
});

test('"*" takes the first, and the one with the private key before those of its issuers (B-040)', () => {
  assert.is(both('*'), BOB);
  const store = fixturePath('certificates/bob-aes.pfx');
  assert.is(findCertificate({ store, storePassword: 'secret' }).subject, BOB);
});

test('a full name is found in any order and case, also one with a comma (B-037, B-042)', () => {
  assert.is(both(ALICE), ALICE);
  assert.is(both('c=de, serialnumber=O0013ALICE, o="Acme, Inc", ou=EDI, cn=alice motors'), ALICE);
});

test('an exact match goes before one that only contains the text (B-038)', () => {
  assert.is(findSubject(['CN=Bob Works', 'CN=Bob'], 'CN=Bob'), 1);
  assert.is(findSubject(['CN=Bobby', 'CN=Bob Works'], 'cn=bob'), 0);
});

test('no match names the subjects that are there (B-039)', () => {
  try {
    both('CN=none');
    assert.unreachable();
  } catch (error) {
    const { message } = error as Error;
    assert.match(message, 'no certificate for "CN=none"');
    assert.ok(message.includes(BOB) && message.includes(ALICE), message);
  }
  assert.is(findSubject(['CN=Bob'], ''), -1);
  assert.is(findSubject([], '*'), -1);
});

test.run();

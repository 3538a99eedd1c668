/** Trust-service status lists: signature, signer, content, and the attacks on XML and its signatures. */

import { X509Certificate } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readTrustList, type TrustList, type TrustListQuestion } from '../../../src/security/trust/trust-list.js';
import { fixture } from '../support.js';

const LIST = fixture('trust/list.xml').toString();
const UNSIGNED = fixture('trust/list-unsigned.xml').toString();
const certificate = (name: string): X509Certificate => new X509Certificate(fixture(`trust/${name}.cert.der`));
const signer = certificate('signer');

function read(text: string | Buffer, options: Partial<TrustListQuestion> = {}): TrustList {
  return readTrustList({
    octets: Buffer.from(text),
    signers: [signer.raw],
    fingerprints: [],
    unsigned: false,
    ...options,
  });
}

const names = ({ certificates }: TrustList): string[] =>
  certificates.map((der) => new X509Certificate(der).subject.split('CN=')[1] ?? '');

function refused(text: string | Buffer, words: string, options: Partial<TrustListQuestion> = {}): void {
  try {
    read(text, options);
  } catch (error) {
    assert.match((error as Error).message, words);
    return;
  }
  assert.unreachable(`taken, although ${words}`);
}

test('a list gives the authorities in good standing, its number, its end and its signer', () => {
  const list = read(LIST);
  assert.equal(names(list), ['Example OFTP2 Authority', 'Example Root', 'Other Authority']);
  assert.is(list.skipped, 1, 'the one that has left');
  assert.is(list.sequenceNumber, 42);
  assert.equal(list.nextUpdate, new Date('2124-01-01T00:00:00Z'));
  assert.equal(list.signer, { fingerprint: signer.fingerprint256, subject: 'C=GB, O=Example List, CN=List Signer' });
});

test('4.3: the root above a listed authority may not issue; an authority listed alone may', () => {
  assert.equal(read(LIST).notIssuing, [certificate('root').fingerprint256]);
});

test('the signer may be given as a certificate, as a fingerprint, or not at all', () => {
  assert.is(
    read(LIST, { signers: [], fingerprints: [signer.fingerprint256] }).signer?.fingerprint,
    signer.fingerprint256,
  );
  assert.is(read(LIST, { signers: [] }).signer?.fingerprint, signer.fingerprint256);
  const withoutKeyInfo = LIST.replace(/<ds:KeyInfo>.*<\/ds:KeyInfo>/, '');
  assert.is(read(withoutKeyInfo).signer?.fingerprint, signer.fingerprint256);
  refused(withoutKeyInfo, 'comes without a certificate', { signers: [] });
});

test('a list by another signer is refused, and the message names who signed', () => {
  refused(LIST, 'List Signer', { signers: [], fingerprints: [certificate('root').fingerprint256] });
  refused(LIST, signer.fingerprint256, { signers: [certificate('root').raw] });
});

test('an unsigned list is taken only where that is allowed, and never when a signer is set', () => {
  assert.is(read(UNSIGNED, { signers: [], unsigned: true }).certificates.length, 3);
  assert.is(read(UNSIGNED, { signers: [], unsigned: true }).signer, undefined);
  refused(UNSIGNED, 'not signed', { signers: [] });
  refused(UNSIGNED, 'not signed', { unsigned: true });
});

test('a list that was changed after signing is refused, wherever it was changed', () => {
  refused(LIST.replace('>42<', '>43<'), 'changed after it was signed');
  refused(LIST.replace('/expired', '/inaccord'), 'changed after it was signed');
  const stranger = fixture('certificates/alice.cert.der').toString('base64');
  refused(LIST.replace(/<X509Certificate>[^<]*/, `<X509Certificate>${stranger}`), 'changed after it was signed');
  refused(LIST.replace(/<ds:SignatureValue>..../, '<ds:SignatureValue>AAAA'), 'changed after it was signed');
  // Allowed to be unsigned is not allowed to be wrongly signed.
  refused(LIST.replace('>42<', '>43<'), 'changed after it was signed', { signers: [], unsigned: true });
});

const SIGNATURE = /<ds:Signature .*<\/ds:Signature>/s.exec(LIST)?.[0] ?? '';
const SIGNED_ROOT = LIST.slice(LIST.indexOf('<TrustServiceStatusList'));
const EVIL = UNSIGNED.replaceAll(
  /<X509Certificate>[^<]*/g,
  `<X509Certificate>${fixture('trust/withdrawn.cert.der').toString('base64')}`,
);

test('wrapping: the signature moved into a list of somebody else proves nothing', () => {
  refused(
    EVIL.replace('</TrustServiceStatusList>', `${SIGNATURE}</TrustServiceStatusList>`),
    'changed after it was signed',
  );
});

test('wrapping: the signed list hidden inside another one is not the list', () => {
  const inside = EVIL.replace('</SchemeInformation>', `<Extension>${SIGNED_ROOT}</Extension></SchemeInformation>`);
  refused(inside, 'not signed');
  refused(
    inside.replace(/<\/TrustServiceStatusList>\s*$/, `${SIGNATURE}</TrustServiceStatusList>`),
    'more than one Signature',
  );
});

test('wrapping: a reference to a part, or to an element with the id of the root, is not the whole document', () => {
  const moved = SIGNED_ROOT.replace(SIGNATURE, '').replace('Id="list"', 'Id="original"');
  const byId = SIGNATURE.replace('URI=""', 'URI="#original"');
  const wrapped = EVIL.replace(
    '</TrustServiceStatusList>',
    `${byId}<x:Wrapped xmlns:x="urn:x">${moved}</x:Wrapped></TrustServiceStatusList>`,
  );
  refused(wrapped, 'does not cover the whole document');
  const twice = EVIL.replace(
    '</TrustServiceStatusList>',
    `${SIGNATURE.replace('URI=""', 'URI="#list"')}<x:W xmlns:x="urn:x">${SIGNED_ROOT.replace(SIGNATURE, '')}</x:W></TrustServiceStatusList>`,
  );
  refused(twice, 'changed after it was signed');
});

test('wrapping: a second SignedInfo, or something before the first, is refused', () => {
  const [info = ''] = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(SIGNATURE) ?? [];
  refused(LIST.replace(info, `${info}${info}`), 'more than one SignedInfo');
  refused(LIST.replace(info, `<ds:Object/>${info}`), 'does not begin with SignedInfo');
});

test('SHA-1, HMAC and unknown algorithms are refused by name', () => {
  const rsa = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
  for (const name of [
    'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
    'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
    'urn:none',
  ]) {
    refused(LIST.replace(rsa, name), name);
  }
  refused(LIST.replace('xmlenc#sha256', 'xmlenc#sha257'), 'not accepted');
  refused(
    LIST.replace(
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/TR/1999/REC-xslt-19991116',
    ),
    'changed after it was signed',
  );
});

test('document types are refused before they are read: entities, bombs, external files', () => {
  const entities = Array.from({ length: 9 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('');
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">${entities}]><x>&e9;</x>`;
  const external = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>';
  for (const text of [
    bomb,
    external,
    '<!doctype html><html></html>',
    UNSIGNED.replace('?>', '?><!DOCTYPE TrustServiceStatusList>'),
  ]) {
    refused(text, 'document type', { signers: [], unsigned: true });
  }
});

test('deep nesting, endless attributes, wrong encodings and sizes are refused', () => {
  const options = { signers: [], unsigned: true };
  refused(`${'<a>'.repeat(200)}${'</a>'.repeat(200)}`, 'nested more than 64 deep', options);
  refused('<a>'.repeat(100_000), 'not well-formed', options);
  refused(`<a>${'<b/>'.repeat(600_000)}</a>`, 'more than 500000', options);
  refused(Buffer.from([0xff, 0xfe, 0x3c, 0x00]), 'UTF-8', options);
  refused(Buffer.alloc(17 * 1_048_576, 0x20), 'octets, more than', options);
});

test('what is no list is refused by its name', () => {
  const options = { signers: [], unsigned: true };
  refused('<html xmlns="http://www.w3.org/1999/xhtml"/>', 'no trust-service status list but <html>', options);
  refused('<TrustServiceStatusList/>', 'no trust-service status list', options);
  refused('not XML at all', 'no element', options);
  refused('', 'not well-formed', options);
  refused('<a><b></a>', 'not well-formed', options);
});

test('certificates that cannot be read, or are of no authority, are skipped', () => {
  const partner = fixture('trust/partner.cert.der').toString('base64');
  const list = read(UNSIGNED.replace(/<X509Certificate>[^<]*/, `<X509Certificate>${partner}`), {
    signers: [],
    unsigned: true,
  });
  assert.equal(names(list), ['Example Root', 'Other Authority']);
  assert.is(list.skipped, 2);
});

test.run();

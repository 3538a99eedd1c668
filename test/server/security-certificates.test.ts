/** Certificates of servers, clients and connections, by purpose and by `config()`. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate, OFTPClient, OFTPServer } from '../../src/index.js';
import { storeTypeOf } from '../../src/security/certificates/stores.js';
import { SETTINGS } from '../../src/settings/table.js';
import { fixturePath } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { outcomeOf } from '../support/outcome.js';
import { PARTNER } from '../support/parties.js';
import { refusal } from '../support/refusal.js';
import { transfer } from '../support/scenario.js';
import { verifiedBy } from '../support/secured.js';
import { TestServer } from '../support/server.js';
import { cd, efid, rawData, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const PFX = fixturePath('certificates/bob-aes.pfx');

test('B-249 B-250 CertificateType says which purpose the next certificate is for', () => {
  const server = new OFTPServer({ certificate: own('alice') });
  server.config('CertificateType=3');
  server.certificate = own('bob');
  assert.is(server.certificates.signing, server.certificate);
  server.config('CertificateType=0');
  assert.match((server.certificate as Certificate).subject, 'CN=Alice');
  assert.is(server.certificates.decryption, null);
});

test('B-247 B-248 a PFX file by config(): the subject loads it', () => {
  const server = new OFTPServer();
  server.config('CertificateStoreType=2');
  server.config(`CertificateStore=${PFX}`);
  server.config('CertificateStorePassword=secret');
  assert.is(server.certificate, null);
  server.config('CertificateSubject=*');
  assert.match((server.certificate as Certificate).subject, 'bob.example.com');
  server.config('CertificateSubject=');
  assert.is(server.certificate, null);
});

test('the same as options of the constructor, in any order', () => {
  const server = new OFTPServer({
    certificateSubject: 'Bob SA',
    certificateStorePassword: 'secret',
    certificateStore: PFX,
    certificateType: 'receiptSigning',
  });
  assert.match((server.certificates.receiptSigning as Certificate).subject, 'bob.example.com');
});

test('B-403 a wrong password or subject is error 690, leaves no certificate, and shows neither', () => {
  const server = new OFTPServer({ certificateStore: PFX, certificateStorePassword: 'wrong-password' });
  const { message } = refusal(() => server.config('CertificateSubject=*'), 690);
  assert.not.match(message, 'wrong-password');
  assert.is(server.config('CertificateSubject'), '');
  server.config('CertificateStorePassword=secret');
  refusal(() => server.config('CertificateSubject=Nobody'), 690, 'bob.example.com');
  assert.is(server.certificate, null);
});

for (const [what, store] of [
  ['text', 'no certificate at all'],
  ['DER that is none', Buffer.from('30820102', 'hex')],
  ['nothing', ''],
] as const) {
  test(`B-403 ${what} instead of a certificate is error 690, by Certificate.load and by config()`, async () => {
    const path = join(temporaryFolder(), 'store.pem');
    writeFileSync(path, store);
    const { error } = await outcomeOf(Certificate.load({ store: path }));
    assert.is(error?.code, 690);
    const server = new OFTPServer({ certificateStore: path });
    refusal(() => server.config('CertificateSubject=*'), 690);
    assert.is(server.certificate, null);
  });
}

test('an own certificate needs its private key, a slot needs a certificate', () => {
  const server = new OFTPServer();
  refusal(() => Object.assign(server, { certificate: known('bob') }), 690, 'no private key');
  refusal(() => Object.assign(server, { certificate: 'bob.pfx' }), 690, 'Certificate.load');
  refusal(() => Object.assign(server.certificates, { signing: [own('bob'), {}] }), 690, 'certificates.signing');
  assert.throws(() => Object.assign(server.certificates, { singing: own('bob') }), TypeError);
  const alone = Certificate.loadSync({ store: fixturePath('certificates/alice-v3.ppk') });
  refusal(() => Object.assign(server, { certificate: alone }), 690, 'no certificate');
});

test('a client has slots for both ends; RecipientCertificateType says which (B-305)', () => {
  const client = new OFTPClient({
    host: '127.0.0.1',
    clientSsidCode: PARTNER.code,
    certificates: { decryption: [own('bob'), own('carol')] },
    recipientCertificate: known('alice'),
  });
  client.config('RecipientCertificateType=2');
  client.recipientCertificate = known('carol');
  assert.match((client.recipientCertificates.encryption as Certificate).subject, 'Carol');
  assert.is((client.certificates.decryption as readonly Certificate[]).length, 2);
});

// covers: CertificateStorePassword, CertificateType[id]
test('B-246 B-252 CertificateStore[id] and its neighbours: another certificate for one partner', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connectionId }) => {
        host.server.config(`CertificateType[${connectionId}]=4`);
        host.server.config(`CertificateStoreType[${connectionId}]=2`);
        host.server.config(`CertificateStore[${connectionId}]=${PFX}`);
        host.server.config(`CertificateStorePassword[${connectionId}]=secret`);
        host.server.config(`CertificateSubject[${connectionId}]=*`);
      },
    },
  });
  host.server.certificate = own('alice');
  const { peer } = await host.session();
  await transfer(peer, Buffer.from('content'), { sign: 'Y', ciph: 4 });
  peer.send(cd());
  const { octets } = await peer.expect('EERP');
  assert.ok(verifiedBy('bob', octets.subarray(106 + 2 + 32 + 2)).length > 0);
});

test('B-247 C-20 CertificateStoreType takes the numbers 0 to 19, 21 to 23 and 99, and no other', () => {
  const server = new OFTPServer();
  for (let number = 0; number <= 100; number += 1) {
    const exists = number <= 19 || (number >= 21 && number <= 23) || number === 99;
    if (exists) server.config(`CertificateStoreType=${number}`);
    else refusal(() => server.config(`CertificateStoreType=${number}`), 10022, 'CertificateStoreType');
    if (exists) assert.is(server.config('CertificateStoreType'), String(number));
  }
});

test('B-247 C-20 the choices of CertificateStoreType are the stores that Certificate.load knows', () => {
  const { choices } = SETTINGS.certificateStoreType as unknown as { choices: Record<string, number> };
  for (const [name, number] of Object.entries(choices)) assert.is(storeTypeOf(number), name);
  const known = Array.from({ length: 100 }, (_, number) => storeTypeOf(number)).filter((name) => name !== undefined);
  assert.equal(known.sort(), Object.keys(choices).sort());
});

test('no key and no password is shown by what prints a server, a client or a certificate', () => {
  const options = { certificateStore: PFX, certificateStorePassword: 'secret', certificateSubject: '*' };
  const server = new OFTPServer({ ...options, certificate: own('alice') });
  const client = new OFTPClient({ host: 'h', clientSsidCode: PARTNER.code, ...options });
  for (const printed of [server.certificate, server.certificates, server, client].map((it) => inspect(it))) {
    assert.not.match(printed, 'PRIVATE KEY');
    assert.not.match(printed, "'secret'");
  }
  assert.not.match(JSON.stringify(server.certificate), /"(?:key|privateKey)"/);
});

for (const [name, config, fields, local] of [
  ['V, CR LF', [], { fmt: 'V', lrecl: 10 }, 'AB\r\nCDE\r\n'],
  ['V, lengths', ['RecordDelimiter=1'], { fmt: 'V', lrecl: 10 }, '\0\x02AB\0\x03CDE'],
] as const) {
  test(`C-227 the hash of a file of records (${name}) is that of the octets without delimiters`, async () => {
    const host = await TestServer.start({ config });
    host.server.certificate = own('alice');
    const { peer } = await host.session();
    peer.send(sfid(5, { ...fields, sign: 'Y', ciph: 4 }));
    await peer.expect('SFPA');
    peer.send(rawData(Buffer.from('\x82AB\x83CDE', 'latin1')), efid(5, { rcnt: 2, ucnt: 5 }));
    await peer.expect('EFPA');
    assert.is(host.content('TESTFILE').toString('latin1'), local);
    peer.send(cd());
    const { octets } = await peer.expect('EERP');
    assert.equal(octets.subarray(108, 140), createHash('sha256').update('ABCDE').digest());
  });
}

test.run();

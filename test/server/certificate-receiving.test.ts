/** Received certificates through the public API: C-101, C-304 to C-311, B-134, B-189 to B-191. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { securedNames } from '../../src/files/part-names.js';
import { SqlStore } from '../../src/store/sql-store.js';
import { fixture, fixturePath } from '../security/support.js';
import { known } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { answered, BOB, delivered, NAMES } from '../support/exchange.js';
import { temporaryFolder } from '../support/folder.js';
import { openssl } from '../support/openssl.js';
import { outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { esid, type SfidFields, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const STORED = `ODETTE_CERTIFICATE_DELIVER_${PARTNER.code}_202402291234560001.cer`;

for (const [type, dsn] of Object.entries(NAMES)) {
  test(`C-305 C-309 B-134 B-189 B-190 B-191 ${dsn} is stored, told of as ${type} and answered by EERP`, async () => {
    let seen: Buffer | undefined;
    const { host, response, event } = await delivered(
      BOB,
      { dsn },
      {
        on: {
          certificateReceived: ({ certificateFileName }) => {
            seen = readFileSync(certificateFileName);
          },
        },
      },
    );
    assert.is(response.name, 'EERP');
    assert.is(response.fields['dsn']?.trim(), dsn);
    assert.is(event?.certificateExchangeType, type);
    // covers: certificateReceived.connectionId
    assert.is(event?.connectionId, event?.connection.id);
    assert.equal(seen, BOB);
    assert.is(dirname(event!.certificateFileName), host.inbox);
    assert.is(event?.certificate.fingerprint256, known('bob').fingerprint256);
    assert.is(event?.originator, PARTNER.code);
    assert.equal(host.delivered(), [STORED.replace('ODETTE_CERTIFICATE_DELIVER', dsn)]);
    for (const name of ['acceptFile', 'startTransfer', 'endTransfer', 'error'] as const) {
      assert.equal(host.events.named(name), [], `${name}: it is no file like others`);
    }
  });
}

const pem = fixture('certificates/bob.cert.pem');
const certsOnly = (form: 'DER' | 'PEM'): Buffer =>
  openssl(['crl2pkcs7', '-nocrl', '-certfile', fixturePath('certificates/bob.cert.pem'), '-outform', form]);
const FORMS: readonly [string, () => Uint8Array, SfidFields?][] = [
  ['PEM', () => pem],
  ['PEM with text around it, as a text file', () => Buffer.concat([Buffer.from('Bag\r\n'), pem]), { fmt: 'T' }],
  ['CMS (certs-only SignedData)', () => certsOnly('DER')],
  ['C-304 C-125 the same with SFIDENV 1', () => certsOnly('DER'), { env: 1 }],
  ['CMS in PEM', () => certsOnly('PEM')],
  ['DER that asks for a signed end response', () => BOB, { sign: 'Y', ciph: 4 }],
  ['PEM that holds it twice', () => Buffer.concat([pem, pem])],
];
for (const [what, octets, fields = {}] of FORMS) {
  test(`C-306 ${what} is accepted, and stored as DER`, async () => {
    const { host, response, event } = await delivered(octets(), fields);
    assert.is(response.name, 'EERP');
    assert.equal(host.content(STORED), BOB);
    assert.is(event?.certificate.subject, known('bob').subject);
  });
}

const HOSTILE: readonly [string, () => Uint8Array][] = [
  ['an empty file', () => Buffer.alloc(0)],
  ['text', () => Buffer.from('UNB+UNOA:2')],
  ['octets that are nothing', () => sample(2000)],
  ['a certificate cut short', () => BOB.subarray(0, -1)],
  ['a private key in PEM', () => fixture('certificates/bob.key.pem')],
  ['a certificate and its private key', () => fixture('certificates/bob.pem')],
  ['a certificate and its encrypted private key', () => fixture('certificates/bob-encrypted.pem')],
  ['a PFX without password', () => fixture('certificates/bob-no-password.pfx')],
  ['two certificates that have nothing to do with each other', () => fixture('certificates/both.p7b')],
  ['PEM of no certificate', () => Buffer.from('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n')],
  ['PEM without an end', () => Buffer.from('-----BEGIN CERTIFICATE-----\n'.repeat(5000))],
  ['CMS without certificates', () => openssl(['crl2pkcs7', '-nocrl', '-outform', 'DER'])],
  ['DER nested 100,000 deep', () => Buffer.alloc(200_000, Buffer.from([0x30, 0x80]))],
  ['PEM inside the octets of a DER that is none', () => Buffer.concat([Buffer.from([0x30, 0x82, 0x10]), pem])],
];
for (const [what, octets] of HOSTILE) {
  test(`C-310 ${what} is answered by NERP 34, and nothing of it stays`, async () => {
    const { host, response } = await delivered(octets(), { fsiz: 200 });
    assert.is(response.name, 'NERP');
    assert.is(response.fields['reas'], '34');
    assert.equal(host.delivered(), []);
    assert.equal(host.events.named('certificateReceived'), []);
    assert.equal(
      host.events.named('error').map(({ errorCode }) => errorCode),
      [690],
    );
  });
}

const OFFERS: readonly [string, SfidFields, string][] = [
  ['encrypted', { sec: 1, ciph: 4, env: 1 }, '16'],
  ['compressed', { comp: 1, env: 1 }, '18'],
  ['signed', { sec: 2, ciph: 4, env: 1 }, '19'],
  ['in records', { fmt: 'V', lrecl: 80 }, '04'],
  ['of more than 256 KiB', { fsiz: 257 }, '06'],
];
for (const [what, fields, reason] of OFFERS) {
  test(`C-306 a certificate file ${what} is refused, SFNA ${reason}`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, { dsn: NAMES.deliver, ...fields }));
    assert.is((await peer.expect('SFNA')).fields['reas'], reason);
  });
}

test('a certificate file that turns out larger than 256 KiB is not taken, EFNA 06', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const octets = Buffer.alloc(262_145, 0x30);
  const error = await outcomeOf(transfer(peer, octets, { dsn: NAMES.deliver, fsiz: 256 }));
  assert.match(String(error.error), /EFNA/);
  assert.equal(host.delivered(), []);
});

test('rules that files be encrypted and signed do not keep certificates out: these come first', async () => {
  const { response } = await delivered(BOB, {}, { settings: { encryptedFiles: 'required', signedFiles: 'required' } });
  assert.is(response.name, 'EERP');
});

test('without downloadDirectory there is no place for a certificate: SFNA 12, to be tried again, and an error', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connection }) => {
        connection.downloadDirectory = '';
      },
    },
  });
  const { peer } = await host.session();
  peer.send(sfid(5, { dsn: NAMES.deliver }));
  const { fields } = await peer.expect('SFNA');
  assert.equal([fields['reas'], fields['rrtr']], ['12', 'Y']);
  assert.is((await host.events.next('error')).errorCode, 679);
});

test('C-305 other names, other stations and older levels make it a file like any other', async () => {
  const host = await TestServer.start({
    on: {
      acceptFile: (event) => {
        event.accept = true;
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, BOB, { dsn: 'ODETTE_CERTIFICATES' });
  await transfer(peer, BOB, { dsn: NAMES.deliver, dest: 'O0099ELSEWHERE' });
  peer.send(esid(5, 0));
  peer.end();
  await host.events.next('disconnected');
  const { peer: older } = await host.session({ level: 4 });
  older.level = 4;
  await transfer(older, BOB, { dsn: NAMES.request });
  assert.equal(host.delivered(), [NAMES.deliver, 'ODETTE_CERTIFICATES', NAMES.request].sort());
  assert.is(host.events.named('endTransfer').length, 3);
  assert.equal(host.events.named('certificateReceived'), []);
});

test('a certificate that comes twice under one stamp is a duplicate: SFNA 13', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, BOB, { dsn: NAMES.deliver });
  peer.send(sfid(5, { dsn: NAMES.deliver }));
  assert.is((await peer.expect('SFNA')).fields['reas'], '13');
});

test('a handler of certificateReceived that fails is an error; the certificate is there and answered', async () => {
  const { host, response } = await delivered(
    BOB,
    {},
    {
      on: {
        certificateReceived: () => {
          throw new Error('no place in the directory');
        },
      },
    },
  );
  assert.is(response.name, 'EERP');
  assert.equal(host.delivered(), [STORED]);
  assert.match((await host.events.next('error')).description, /certificateReceived failed: no place/);
});

/** Leaves a certificate in the state of a server that was killed before it looked at it; gives its hidden files. */
async function killedBeforeUnwrapping(statePath: string, inbox: string, octets: Uint8Array): Promise<void> {
  const identity = { name: NAMES.request, originator: PARTNER.code, destination: HUB.code };
  const stamp = { date: '20240229', time: '1234560001' };
  const fields = { fmt: 'U', lrecl: 0, sec: 0, ciph: 0, comp: 0, env: 0, sign: false, fsiz: 2, osiz: 2 } as const;
  const part = { recordLength: 0, security: 0, cipherSuite: 0, compression: 0, envelope: 0, format: 'U' } as const;
  const { transmitted } = securedNames(inbox, { ...identity, ...part, ssid: PARTNER.code, stamp });
  writeFileSync(transmitted, octets);
  const store = await SqlStore.open(statePath);
  await store.acknowledge({
    ...identity,
    ...stamp,
    partner: PARTNER.code,
    localFile: join(inbox, 'certificate.cer'),
    size: octets.length,
    level: 5,
    userData: '',
    description: '',
    attributes: JSON.stringify({ ...fields, relayed: false, overwrite: false, enveloped: true }),
  });
  await store.close();
}

for (const [octets, expected] of [[BOB, 'EERP'] as const, [sample(500), 'NERP'] as const]) {
  test(`a certificate acknowledged before the process was killed is looked at in its next life: ${expected}`, async () => {
    const [statePath, inbox] = [temporaryFolder(), temporaryFolder()];
    await killedBeforeUnwrapping(statePath, inbox, octets);
    const host = await TestServer.start({ settings: { statePath } });
    const { peer } = await host.session();
    assert.is((await answered(peer)).name, expected);
    const [event] = host.events.named('certificateReceived');
    assert.is(event?.replayed, expected === 'EERP' ? true : undefined);
    assert.equal(readdirSync(inbox), expected === 'EERP' ? ['certificate.cer'] : []);
    assert.equal(host.events.named('endTransfer'), []);
  });
}

test.run();

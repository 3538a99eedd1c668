// Certificate.load: what a user of the package sees.
import { inspect } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate } from '../../src/server/certificate.js';
import { OFTPError } from '../../src/settings/errors.js';
import { fixturePath, pair, rejection } from '../security/support.js';

const store = fixturePath('certificates/bob-aes.pfx');

test('a certificate has its fields, and its key without showing it', async () => {
  const certificate = await Certificate.load({ storeType: 'pfxFile', store, storePassword: 'secret' });
  const { certificate: raw, key } = pair('bob');
  assert.match(certificate.subject, /^CN=bob\.example\.com, /);
  assert.is(certificate.issuer, certificate.subject);
  assert.match(certificate.serialNumber, /^[0-9A-F]+$/);
  assert.match(certificate.fingerprint256, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.equal(certificate.encoded, raw);
  assert.ok(certificate.validFrom && certificate.validTo && certificate.validFrom < certificate.validTo);
  assert.ok(certificate.hasPrivateKey && certificate.privateKey?.equals(key));
  assert.not.match(inspect(certificate, { showHidden: true }), /PRIVATE|"d"/);
  assert.not.ok(JSON.stringify(certificate).includes(key.export({ format: 'jwk' }).d as string));
});

test('certificates are immutable', async () => {
  const certificate = await Certificate.load({ store, storePassword: 'secret' });
  assert.throws(() => Object.assign(certificate, { subject: 'CN=other' }), TypeError);
});

test('a key alone: nothing that only a certificate has', async () => {
  const key = await Certificate.load({ store: fixturePath('certificates/alice-v3.ppk') });
  assert.equal([key.subject, key.serialNumber, key.validFrom, key.encoded.length], ['', '', undefined, 0]);
  assert.ok(key.hasPrivateKey);
});

test('error 690 for no match, a wrong password, and stores that are not supported', async () => {
  for (const [options, message] of [
    [{ store, storePassword: 'secret', subject: 'CN=none' }, 'it holds "CN=bob.example.com'],
    [{ store, storePassword: 'wrong' }, 'wrong password'],
    [{ store: 'MY', storeType: 'user' }, 'PFX'],
    [{ store: '/none/at/all' }, 'ENOENT'],
  ] as const) {
    const error = (await rejection(Certificate.load(options))) as OFTPError;
    assert.instance(error, OFTPError);
    assert.is(error.code, 690);
    assert.match(error.message, message);
    assert.throws(
      () => Certificate.loadSync(options),
      (thrown: OFTPError) => thrown.code === 690,
    );
  }
});

test.run();

// CMS against OpenSSL, both ways: every suite and both forms of encoding, from nothing to some MiB.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { envelop, openEnvelope } from '../../../src/security/cms/enveloped.js';
import { type SignatureReport, sign, verifySigned } from '../../../src/security/cms/signed.js';
import { collect } from '../../../src/security/octets.js';
import { CIPHER_SUITES, type HashName } from '../../../src/security/suites.js';
import { certificatePath, chunked, keyPath, opensslCms, pair, sample } from '../support.js';

const alice = pair('alice');
const bob = pair('bob');
const carol = pair('carol');

const SIZES = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 3_145_729];
const OPENSSL_CIPHERS = { '3des': '-des3', aes256: '-aes256' } as const;
const SENT_SUITES = [...CIPHER_SUITES.values()].filter((suite) => suite.padding === 'pkcs1');

const verifyWithOpenssl = ['-verify', '-inform', 'DER', '-noverify', '-certfile', certificatePath('alice')];
const decryptWithOpenssl = ['-decrypt', '-inform', 'DER', '-inkey', keyPath('bob'), '-recip', certificatePath('bob')];

for (const suite of SENT_SUITES) {
  test(`suite 0${suite.code}: OpenSSL verifies and decrypts what is written (C-288, C-293)`, async () => {
    for (const size of SIZES) {
      const content = sample(size);
      const signOptions = { hash: suite.hash, signers: [alice], includeCertificates: false };
      const envelopeOptions = { encryption: suite.encryption, recipients: [bob.certificate] };
      const signed = await collect(sign(chunked(content, 10_000), signOptions));
      assert.equal(opensslCms(verifyWithOpenssl, signed), content, `signed, ${size} octets`);
      const enveloped = await collect(envelop(chunked(signed, 70_000), envelopeOptions));
      assert.equal(opensslCms(decryptWithOpenssl, enveloped), signed, `enveloped, ${size} octets`);
    }
  });

  for (const form of [[], ['-stream']]) {
    test(`suite 0${suite.code}: what OpenSSL writes ${form.join(' ')} is verified and decrypted (C-296)`, async () => {
      // OpenSSL itself fails to sign nothing with -stream.
      for (const size of form.length > 0 ? SIZES.slice(1) : SIZES) {
        const content = sample(size);
        const signed = opensslCms(signWithOpenssl(suite.hash, 'alice', form), content);
        const enveloped = opensslCms(
          ['-encrypt', '-outform', 'DER', ...form, OPENSSL_CIPHERS[suite.encryption], certificatePath('bob')],
          signed,
        );
        const report: SignatureReport = {};
        const opened = openEnvelope(chunked(enveloped, 60_000), [bob], {});
        const verified = verifySigned(opened, { trusted: [alice.certificate], decrypted: true }, report);
        assert.equal(await collect(verified), content, `${size} octets`);
        assert.equal(
          report.signers?.map((signer) => signer.hash),
          [suite.hash],
        );
      }
    });
  }
}

function signWithOpenssl(hash: HashName, signer: string, form: readonly string[]): string[] {
  const who = ['-signer', certificatePath(signer), '-inkey', keyPath(signer)];
  return ['-sign', '-outform', 'DER', '-nodetach', '-md', hash, ...who, ...form];
}

test('every split of the source gives the same content', async () => {
  const content = sample(300);
  const signed = opensslCms(signWithOpenssl('sha256', 'alice', ['-stream']), content);
  for (let length = 1; length < 40; length++) {
    const verified = verifySigned(chunked(signed, length), { trusted: [alice.certificate], decrypted: false }, {});
    assert.equal(await collect(verified), content, `chunks of ${length}`);
  }
});

test('several recipients: each opens the envelope, by issuer and serial or by key identifier', async () => {
  const content = sample(1_000);
  const recipients = [certificatePath('alice'), certificatePath('bob')];
  for (const identifier of [[], ['-keyid']]) {
    const enveloped = opensslCms(['-encrypt', '-outform', 'DER', '-aes256', ...identifier, ...recipients], content);
    assert.equal(await collect(openEnvelope(chunked(enveloped, 100), [carol, alice], {})), content);
    assert.equal(await collect(openEnvelope(chunked(enveloped, 100), [bob], {})), content);
  }
  const own = envelop(chunked(content, 99), { encryption: 'aes256', recipients: [alice.certificate, bob.certificate] });
  assert.equal(opensslCms(decryptWithOpenssl, await collect(own)), content);
});

test('AES-128 and AES-192 are opened, and the cipher is reported', async () => {
  for (const cipher of ['aes-128-cbc', 'aes-192-cbc']) {
    const report: { cipher?: string } = {};
    const enveloped = opensslCms(['-encrypt', '-outform', 'DER', `-${cipher}`, certificatePath('bob')], sample(99));
    assert.equal(await collect(openEnvelope(chunked(enveloped, 64), [bob], report)), sample(99));
    assert.is(report.cipher, cipher);
  }
});

test('suites 08 to 10: OAEP keys and PSS signatures are read', async () => {
  const content = sample(5_000);
  for (const hash of ['sha256', 'sha512', 'sha3-512']) {
    const padding = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', `rsa_oaep_md:${hash}`];
    const enveloped = opensslCms(
      ['-encrypt', '-outform', 'DER', '-aes256', '-recip', certificatePath('bob'), ...padding],
      content,
    );
    assert.equal(await collect(openEnvelope(chunked(enveloped, 4_096), [bob], {})), content, `OAEP ${hash}`);
    if (hash === 'sha3-512') continue; // OpenSSL 3.0 cannot make it; fixtures/cms has one
    const pss = ['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:digest'];
    const signed = opensslCms([...signWithOpenssl(hash as HashName, 'alice', []), ...pss], content);
    const verified = verifySigned(chunked(signed, 4_096), { trusted: [alice.certificate], decrypted: false }, {});
    assert.equal(await collect(verified), content, `PSS ${hash}`);
  }
});

test('several signers: one known certificate is enough (C-291)', async () => {
  const content = sample(2_000);
  const second = ['-signer', certificatePath('carol'), '-inkey', keyPath('carol')];
  const signed = opensslCms([...signWithOpenssl('sha256', 'alice', []), ...second], content);
  const report: SignatureReport = {};
  const verified = verifySigned(chunked(signed, 512), { trusted: [carol.certificate], decrypted: false }, report);
  assert.equal(await collect(verified), content);
  assert.is(report.signers?.length, 1);
  const own = sign(chunked(content, 512), { hash: 'sha512', signers: [alice, carol], includeCertificates: true });
  assert.equal(opensslCms(verifyWithOpenssl, await collect(own)), content);
});

test('signers by key identifier, without certificates inside, without signed attributes (C-232)', async () => {
  const content = sample(2_000);
  for (const options of [['-keyid'], ['-nocerts'], ['-noattr'], ['-keyid', '-nocerts', '-noattr']]) {
    for (const hash of ['sha1', 'sha256', 'sha3-512'] as const) {
      const signed = opensslCms([...signWithOpenssl(hash, 'alice', ['-stream']), ...options], content);
      const verified = verifySigned(chunked(signed, 777), { trusted: [alice.certificate], decrypted: false }, {});
      assert.equal(await collect(verified), content, `${hash} ${options.join(' ')}`);
    }
  }
});

test('an ECDSA signature is verified', async () => {
  const signed = opensslCms(signWithOpenssl('sha256', 'elliptic', []), sample(100));
  const trusted = [pair('elliptic').certificate];
  assert.equal(await collect(verifySigned(chunked(signed, 50), { trusted, decrypted: false }, {})), sample(100));
});

test.run();

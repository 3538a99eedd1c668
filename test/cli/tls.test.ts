/** TLS of `oftp serve`, `send`, `receive` and `check`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import { knownTls, pem, tlsFixture } from '../support/tls.js';
import { AS_PARTNER, oftp, PARTNER_ENV, Serving } from './oftp.js';

test.after.each(cleanUp);

const keyOf = (name: string) => readFileSync(tlsFixture(`${name}.key.pem`), 'utf8');
const identityOf = (name: string) => `${keyOf(name)}${pem(name)}${pem('issuing')}`;

const CONFIG = `
identity: { ssid: ${HUB.code}, password: ${HUB.password} }
listen: { port: 0 }
tls:
  certificate: hub.pem
  trusted: ca.pem
partners:
  - code: ${PARTNER.code}
    password: ${PARTNER.password}
    inbox: inbox
    tlsCertificate: partner.pem
`;

/** A server that insists on the certificate of its partner, and what its partner has. */
async function start(config = CONFIG): Promise<{ serving: Serving; folder: string; asPartner: readonly string[] }> {
  const folder = folderWith({
    'oftp.yaml': config,
    'hub.pem': identityOf('server-rsa'),
    'ca.pem': pem('root'),
    'partner.pem': pem('client'),
    'own.pem': identityOf('client'),
    'other.pem': identityOf('client-ecdsa'),
    'order.edi': "UNH+1+DELFOR'",
  });
  const serving = await Serving.start(['--config', join(folder, 'oftp.yaml')]);
  const asPartner = [...AS_PARTNER, '--tls-ca', join(folder, 'ca.pem'), '--tls-cert', join(folder, 'own.pem')];
  return { serving, folder, asPartner };
}

test('check over TLS shows version, suite and whose certificate it was', async () => {
  const { serving, asPartner } = await start();
  const { code, stdout, output } = await oftp(['check', serving.address, ...asPartner], { env: PARTNER_ENV });
  assert.is(code, 0, output);
  assert.match(stdout, /TLS +TLSv1\.3, TLS_AES_256_GCM_SHA384, of CN=hub\.example\.com, O=Hub, C=DE/);
});

test('send over TLS delivers a file', async () => {
  const { serving, folder, asPartner } = await start();
  const args = ['send', join(folder, 'order.edi'), '--to', serving.address, '--from', PARTNER.code];
  const { code, output } = await oftp([...args, ...asPartner.slice(AS_PARTNER.indexOf(PARTNER.code) + 1)], {
    env: PARTNER_ENV,
  });
  assert.is(code, 0, output);
});

const REFUSALS: readonly (readonly [what: string, options: (folder: string) => readonly string[], words: RegExp])[] = [
  ['--tls without the CA', () => ['--tls'], /certificate of server 127\.0\.0\.1 is not accepted: its issuer/],
  [
    'another name',
    (folder) => ['--tls-ca', join(folder, 'ca.pem'), '--tls-name', 'x.example'],
    /it is for DNS:localhost.* not for x\.example \(serverName\)/,
  ],
  ['another fingerprint', () => ['--tls-fingerprint', 'ab'.repeat(32)], /none of serverFingerprints/],
];

for (const [what, options, words] of REFUSALS) {
  test(`${what}: exit code 1, and in words why`, async () => {
    const { serving, folder } = await start();
    const args = ['check', serving.address, ...AS_PARTNER, ...options(folder)];
    const { code, output } = await oftp(args, { env: PARTNER_ENV });
    assert.is(code, 1);
    assert.match(output, words);
  });
}

test('the fingerprint alone is enough; the certificate of another partner is not', async () => {
  const { serving, folder } = await start();
  const pin = ['--tls-fingerprint', knownTls('server-rsa').fingerprint256];
  const as = (name: string) => ['check', serving.address, ...AS_PARTNER, ...pin, '--tls-cert', join(folder, name)];
  assert.is((await oftp(as('own.pem'), { env: PARTNER_ENV })).code, 0);
  const { code, output } = await oftp(as('other.pem'), { env: PARTNER_ENV });
  assert.is(code, 1);
  assert.match(output, /the TLS certificate is not the one of this partner/);
});

test('SIGHUP takes the certificate that the file has now', async () => {
  const { serving, folder, asPartner } = await start();
  writeFileSync(join(folder, 'hub.pem'), identityOf('server-ecdsa'));
  serving.child.signal('SIGHUP');
  await serving.logged(/reloaded/);
  const pin = ['--tls-fingerprint', knownTls('server-ecdsa').fingerprint256];
  const { code, output } = await oftp(['check', serving.address, ...asPartner, ...pin], { env: PARTNER_ENV });
  assert.is(code, 0, output);
});

const WRONG: readonly (readonly [section: string, words: RegExp])[] = [
  ['tls: { trusted: ca.pem }', /tls\.certificate: missing/],
  ['tls: { certificate: ca.pem }', /tls\.certificate: .*ca\.pem has no private key/],
  ['tls: { certificate: absent.pem }', /tls\.certificate: .*absent\.pem cannot be read: ENOENT/],
  ['tls: { certificate: hub.pem, trusted: oftp.yaml }', /tls\.trusted: .* it has no certificate in PEM/],
];

for (const [section, words] of WRONG) {
  test(`${section} is refused with its key and the remedy`, async () => {
    const folder = folderWith({
      'oftp.yaml': `identity: { ssid: A }\n${section}\n`,
      'ca.pem': pem('root'),
      'hub.pem': identityOf('server-rsa'),
    });
    const { code, output } = await oftp(['serve', '--config', join(folder, 'oftp.yaml'), '--check-config']);
    assert.is(code, 2);
    assert.match(output, words);
  });
}

test.run();

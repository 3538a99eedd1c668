/** A server over TLS as `openssl s_client` meets it: versions, families of cipher suites, kinds of certificate. */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Child } from '../support/child.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { ownTls, pem, startTlsServer, tlsFixture } from '../support/tls.js';

test.after.each(cleanUp);

const LIMIT_MS = 20_000;

/** What `openssl s_client` prints about its handshake with a server; it ends by itself. */
async function seenByOpenssl(port: number, options: readonly string[]): Promise<string> {
  const trust = ['-CAfile', tlsFixture('root.cert.pem'), '-verify_return_error'];
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, ...trust, ...options];
  const child = new Child('openssl', args, { limitMs: LIMIT_MS });
  onCleanUp(async () => {
    await child.stop();
  });
  // It stays for octets of its input, which is at its end: the handshake is all it does.
  return (await child.finished).output;
}

interface Meeting {
  readonly certificate: 'server-rsa' | 'server-ecdsa';
  readonly config?: readonly string[];
  readonly options: readonly string[];
  readonly suite: string;
  readonly version: string;
}

const OLD = ['-cipher', 'ALL:@SECLEVEL=0'];

const MEETINGS: readonly Meeting[] = [
  { certificate: 'server-rsa', options: ['-tls1_3'], version: 'TLSv1.3', suite: 'TLS_AES_256_GCM_SHA384' },
  { certificate: 'server-ecdsa', options: ['-tls1_3'], version: 'TLSv1.3', suite: 'TLS_AES_256_GCM_SHA384' },
  ...(['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'] as const).map(
    (suite): Meeting => ({
      certificate: 'server-ecdsa',
      options: ['-tls1_3', '-ciphersuites', suite],
      version: 'TLSv1.3',
      suite,
    }),
  ),
  ...(['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'] as const).flatMap((cipher): Meeting[] => [
    {
      certificate: 'server-rsa',
      options: ['-tls1_2', '-cipher', `ECDHE-RSA-${cipher}`],
      version: 'TLSv1.2',
      suite: `ECDHE-RSA-${cipher}`,
    },
    {
      certificate: 'server-ecdsa',
      options: ['-tls1_2', '-cipher', `ECDHE-ECDSA-${cipher}`],
      version: 'TLSv1.2',
      suite: `ECDHE-ECDSA-${cipher}`,
    },
  ]),
  {
    certificate: 'server-rsa',
    config: ['OpenSSLCipherList=AES256-GCM-SHA384'],
    options: ['-tls1_2', '-cipher', 'AES256-GCM-SHA384'],
    version: 'TLSv1.2',
    suite: 'AES256-GCM-SHA384',
  },
  ...(
    [
      ['192', '-tls1', 'TLSv1'],
      ['768', '-tls1_1', 'TLSv1.1'],
    ] as const
  ).map(
    ([mask, option, version]): Meeting => ({
      certificate: 'server-rsa',
      config: [`SSLEnabledProtocols=${mask}`],
      options: [option, ...OLD],
      version,
      suite: 'ECDHE-RSA-AES256-SHA',
    }),
  ),
];

for (const { certificate, config = [], options, suite, version } of MEETINGS) {
  test(`${version} ${suite} with ${certificate}: the chain verifies`, async () => {
    const { server } = await startTlsServer({ settings: { sslCertificate: ownTls(certificate) }, config });
    const output = await seenByOpenssl(server.localPort, options);
    assert.match(output, new RegExp(`New, .*Cipher is ${suite}\n`), output);
    assert.match(output, new RegExp(`(?:Protocol *: |New, )${version.replace('.', '\\.')}[, \n]`), output);
    assert.match(output, /Verification: OK/, output);
  });
}

const REFUSED: readonly (readonly [what: string, options: readonly string[]])[] = [
  ['TLS 1.0', ['-tls1', ...OLD]],
  ['TLS 1.1', ['-tls1_1', ...OLD]],
  ['TLS 1.2 without forward secrecy', ['-tls1_2', '-cipher', 'AES256-GCM-SHA384']],
  ['TLS 1.2 with CBC and RSA key exchange', ['-tls1_2', '-cipher', 'AES128-SHA']],
];

for (const [what, options] of REFUSED) {
  test(`${what} is off by default`, async () => {
    const { server } = await startTlsServer();
    const output = await seenByOpenssl(server.localPort, options);
    assert.match(output, /Cipher is \(NONE\)/, output);
  });
}

/** The subject of a certificate as OpenSSL prints it. */
function subjectOf(name: string): string {
  const args = ['x509', '-noout', '-subject', '-in', tlsFixture(`${name}.cert.pem`)];
  const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' });
  return stdout.replace(/^subject= ?/, '').trim();
}

for (const [config, names] of [
  [`SSLCACerts=${pem('root')}\r\n${pem('stranger-root')}`, ['root', 'stranger-root']],
  [`OpenSSLCAFile=${tlsFixture('root.cert.pem')}`, ['root']],
] as const) {
  const [setting] = config.split('=');
  test(`B-357 the CAs of ${setting} stand in the request for a certificate`, async () => {
    const { server } = await startTlsServer({ settings: { sslAuthenticateClients: true }, config: [config] });
    const asked = await seenByOpenssl(server.localPort, ['-tls1_2']);
    const [, listed = ''] =
      /Acceptable client certificate CA names\n([\s\S]*?)\n(?:Requested|Client Certificate Types)/.exec(asked) ?? [];
    for (const name of names) assert.ok(listed.includes(subjectOf(name)), `${name} is missing in:\n${asked}`);
  });
}

test('B-018 B-357 without SSLAuthenticateClients no certificate is asked for', async () => {
  const { server } = await startTlsServer({ config: [`SSLCACerts=${pem('root')}`] });
  assert.match(await seenByOpenssl(server.localPort, ['-tls1_2']), /No client certificate CA names sent/);
});

test.run();

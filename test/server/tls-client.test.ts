/** A client over TLS: whom it takes for its server, and what it says when it does not (with `openssl s_server` too). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ClientOptions, OFTPClient } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { TestServer } from '../support/server.js';
import { knownTls, ownTls, pem, startTlsServer, tlsFixture } from '../support/tls.js';

test.after.each(cleanUp);

function clientOf(port: number, options: Partial<ClientOptions> = {}): OFTPClient {
  const client = new OFTPClient({
    host: '127.0.0.1',
    port,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    serverSsidCode: HUB.code,
    useSsl: true,
    trustedCertificates: [knownTls('root')],
    ...options,
  });
  onCleanUp(() => within(client.shutdown()));
  return client;
}

/** The error of an attempt to connect; undefined when a session has opened. */
async function failure({ server }: TestServer, options: Partial<ClientOptions> = {}) {
  const client = clientOf(server.localPort, options);
  const { error } = await outcomeOf(client.connect());
  return error;
}

const ACCEPTED: readonly (readonly [what: string, options: () => Partial<ClientOptions>])[] = [
  ['the root and the address', () => ({})],
  ['SSLServerCACerts', () => ({ trustedCertificates: [], sslServerCaCerts: pem('root') })],
  ['a name of its own', () => ({ serverName: 'hub.example.com' })],
  ['the issuing CA alone', () => ({ trustedCertificates: [knownTls('issuing')] })],
  ['the certificate of the server itself', () => ({ trustedCertificates: [knownTls('server-rsa')] })],
  [
    'the fingerprint, whatever the name and the CAs',
    () => ({
      serverName: 'other.example.com',
      trustedCertificates: [knownTls('stranger-root')],
      serverFingerprints: knownTls('server-rsa').fingerprint256,
    }),
  ],
  [
    'SSLSecurityFlags 0x80000010: unknown CA and another name',
    () => ({
      serverName: 'x.example',
      trustedCertificates: [knownTls('stranger-root')],
      sslSecurityFlags: 0x8000_0010,
    }),
  ],
];

for (const [what, options] of ACCEPTED) {
  test(`the server is accepted by ${what}`, async () => {
    assert.is(await failure(await startTlsServer(), options()), undefined);
  });
}

const REFUSED: readonly (readonly [what: string, options: () => Partial<ClientOptions>, words: RegExp])[] = [
  [
    'another name',
    () => ({ serverName: 'other.example.com' }),
    /it is for DNS:localhost, .* not for other\.example\.com/,
  ],
  ['unknown CA', () => ({ trustedCertificates: [knownTls('stranger-root')] }), /its issuer .*CN=Issuing is not known/],
  [
    'another fingerprint',
    () => ({ serverFingerprints: 'ab'.repeat(32) }),
    /fingerprint .* is none of serverFingerprints/,
  ],
  ['a flag for something else', () => ({ serverName: 'x.example', sslSecurityFlags: 0x31 }), /not for x\.example/],
];

for (const [what, options, words] of REFUSED) {
  test(`the server is refused for ${what}: 690 in words, and nothing was said`, async () => {
    const tls = await startTlsServer();
    const error = await failure(tls, options());
    assert.is(error?.code, 690);
    assert.match(error?.message ?? '', words);
    assert.equal(tls.events.named('acceptConnection'), []);
  });
}

test('whole sessions both ways over TLS, the second one resumed; the client certificate is presented', async () => {
  const tls = await startTlsServer({
    settings: { sslAuthenticateClients: true, sslCaCerts: pem('root') },
    on: {
      readyToSend: async ({ connection }) => {
        await connection.sendFile({ path: tlsFixture('make.sh'), virtualFileName: 'BACK' });
      },
    },
  });
  const octets = Buffer.alloc(3_000_000, 'EDIFACT');
  const path = tls.outgoing('big', octets);
  const client = clientOf(tls.server.localPort, { sslCertificate: ownTls('client') });
  for (const resumed of [false, true]) {
    await client.connect();
    assert.is(client.connection?.tls?.resumed, resumed);
    assert.is(client.connection?.tls?.peerCertificateStatus, 'OK');
    await client.sendFile({ path, virtualFileName: `BIG${resumed}` });
    const [received] = await client.receiveFiles({ downloadDirectory: temporaryFolder() });
    assert.equal(readFileSync(received?.localFile ?? ''), readFileSync(tlsFixture('make.sh')));
    await client.logoff();
    assert.match((await tls.events.next('acceptConnection')).clientCertificate?.subject ?? '', 'CN=Supplier');
  }
  for (const name of tls.delivered()) assert.equal(tls.content(name), octets);
  assert.is(tls.delivered().length, 2);
});

test('B-350 B-367 with LogSSLPackets every record is told; SSLKeyLogFile has secrets and mode 0600', async () => {
  const path = join(temporaryFolder(), 'keys');
  const tls = await startTlsServer({ settings: { logSslPackets: true, sslKeyLogFile: path } });
  const client = clientOf(tls.server.localPort);
  await client.connect();
  await client.sendFile({ path: tls.outgoing('file', Buffer.alloc(200_000, 'x')), virtualFileName: 'F' });
  await client.logoff();
  assert.is(tls.content('F').length, 200_000);
  const messages = tls.events.named('sslStatus').map(({ message }) => message);
  assert.ok(messages.some((message) => /^received handshake, TLS 1\.[02], \d+ octets$/.test(message)));
  assert.ok(messages.some((message) => /^sent application data, TLS 1\.2, \d+ octets$/.test(message)));
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.match(readFileSync(path, 'latin1'), /^SERVER_HANDSHAKE_TRAFFIC_SECRET [\da-f]{64} [\da-f]+$/m);
});

test('a client that wants less than 2.0, or names no fingerprint, is told so', async () => {
  const { error } = await outcomeOf(clientOf(1, { version: '1.4' }).connect());
  assert.is(error?.code, 10022);
  assert.match(error?.message ?? '', 'OFTP 2.0 is needed');
  assert.throws(() => clientOf(1, { serverFingerprints: 'abc' }), /64 hexadecimal digits/);
});

test('a server that speaks no TLS, and one that closes at once: 671 and 10054 in words', async () => {
  const listen = async (server: Server) => {
    server.listen(0, '127.0.0.1');
    onCleanUp(() => void server.close());
    await once(server, 'listening');
    return (server.address() as { port: number }).port;
  };
  const plain = await listen(createServer((socket) => socket.on('error', () => {}).end('IODETTE FTP READY \r')));
  const spoken = (await outcomeOf(clientOf(plain).connect())).error;
  assert.is(spoken?.code, 671);
  assert.match(spoken?.message ?? '', 'does not speak TLS');
  const closing = await listen(createServer((socket) => socket.on('error', () => {}).end()));
  const cut = (await outcomeOf(clientOf(closing).connect())).error;
  assert.is(cut?.code, 10054);
  assert.match(cut?.message ?? '', 'closed the connection before it was done');
});

test('a silent server meets the time limit; shutdown ends a handshake that is under way', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1');
  onCleanUp(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const slow = (await outcomeOf(clientOf(port, { defaultTimeout: 1 }).connect())).error;
  assert.is(slow?.code, 10060);
  const client = clientOf(port);
  const connecting = outcomeOf(client.connect());
  await once(server, 'connection', { signal: AbortSignal.timeout(5000) });
  await client.shutdown();
  assert.is((await connecting).error?.code, 10053);
});

for (const [version, flag] of [
  ['TLSv1.2', '-tls1_2'],
  ['TLSv1.3', '-tls1_3'],
] as const) {
  test(`openssl s_server with ${version}: the handshake is done and the client certificate is verified`, async () => {
    const child = spawn('openssl', [
      ...['s_server', '-accept', '127.0.0.1:0', flag, '-Verify', '3', '-verify_return_error', '-CAfile'],
      tlsFixture('root.cert.pem'),
      ...['-cert', tlsFixture('server-ecdsa.cert.pem'), '-key', tlsFixture('server-ecdsa.key.pem')],
      ...['-cert_chain', tlsFixture('issuing.cert.pem')],
    ]);
    onCleanUp(() => void child.kill());
    let output = '';
    const accepting = new Promise<number>((resolve) => {
      child.stdout.on('data', (octets: Buffer) => {
        output += octets;
        const [, port] = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(output) ?? [];
        if (port !== undefined) resolve(Number(port));
      });
    });
    const client = clientOf(await within(accepting), { sslCertificate: ownTls('client'), defaultTimeout: 1 });
    const done = new Promise<string>((resolve) => {
      client.on('sslStatus', ({ message }) => {
        if (message.startsWith('server certificate')) resolve(message);
      });
    });
    const connecting = outcomeOf(client.connect());
    assert.match(await within(done), 'CN=hub.example.com, O=Hub, C=DE": OK');
    // s_server sends no SSRM: the session ends by its own limit.
    assert.ok((await connecting).error);
    assert.match(output, 'Supplier');
  });
}

test('a client without a certificate at a server that insists on one is told that it is not accepted', async () => {
  const tls = await startTlsServer({ settings: { sslAuthenticateClients: true, sslCaCerts: pem('root') } });
  assert.ok(await failure(tls));
  assert.match((await tls.events.next('error')).description, 'the client has presented no certificate');
  assert.ok(existsSync(tls.inbox));
});

test.run();

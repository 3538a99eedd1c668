/** What the settings about cipher suites, groups and signatures do to a handshake, seen by a client of Node.js. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { type Outcome, outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import { refusal } from '../support/refusal.js';
import { pem, startTlsServer, tlsClient } from '../support/tls.js';
import { ssid } from '../support/wire.js';

test.after.each(cleanUp);

const OLD: ConnectionOptions = { maxVersion: 'TLSv1.2' };

/** How a client fares with a server that has these settings. */
async function handshake(config: readonly string[], options: ConnectionOptions = {}): Promise<Outcome<TLSSocket>> {
  const { server } = await startTlsServer({ config });
  return outcomeOf(tlsClient(server.localPort, options));
}

async function suiteOf(config: readonly string[], options: ConnectionOptions = {}): Promise<string | undefined> {
  return (await handshake(config, options)).value?.getCipher().name;
}

test('B-353 OpenSSLCipherList restricts the suites of TLS 1.2', async () => {
  const config = ['OpenSSLCipherList=ECDHE-RSA-AES128-GCM-SHA256'];
  assert.is(await suiteOf(config, OLD), 'ECDHE-RSA-AES128-GCM-SHA256');
  assert.ok((await handshake(config, { ...OLD, ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' })).error);
});

test('B-354 OpenSSLPrngSeedData is taken, and changes nothing', async () => {
  assert.ok((await handshake(['OpenSSLPrngSeedData=123456789'])).value);
});

test('B-360 SSLCipherStrength=256 refuses a client that has AES-128 only', async () => {
  const config = ['SSLCipherStrength=256'];
  assert.ok((await handshake(config, { ...OLD, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).error);
  assert.ok((await handshake(config, { ...OLD, ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' })).value);
});

test('B-361 SSLEnabledCipherSuites: only the suite that it lists, * for all', async () => {
  const config = ['SSLEnabledCipherSuites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'];
  assert.is(await suiteOf(config), 'ECDHE-RSA-AES256-GCM-SHA384');
  const other = { ...OLD, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' };
  assert.ok((await handshake(config, other)).error);
  assert.is(await suiteOf(['SSLEnabledCipherSuites=*'], other), 'ECDHE-RSA-AES128-GCM-SHA256');
});

test('B-362 several suites are separated by semicolons', async () => {
  const names = ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
  const config = [`SSLEnabledCipherSuites=${names.join(';')}`];
  for (const ciphers of ['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES128-GCM-SHA256']) {
    assert.is(await suiteOf(config, { ...OLD, ciphers }), ciphers);
  }
});

test('B-361 R-26 suites that OpenSSL does not have are left out and told of; none that it has is error 10022', async () => {
  const { server } = await startTlsServer();
  await server.stopListening();
  const told: string[] = [];
  server.on('log', ({ message }) => void told.push(message));
  server.config('SSLEnabledCipherSuites=TLS_RSA_WITH_RC4_128_SHA;TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384');
  await server.startListening();
  assert.match(told.join('\n'), /^SSLEnabledCipherSuites: OpenSSL does not have TLS_RSA_WITH_RC4_128_SHA$/m);
  const socket = await tlsClient(server.localPort);
  assert.is(socket.getCipher().name, 'ECDHE-RSA-AES256-GCM-SHA384');
  refusal(() => server.config('SSLEnabledCipherSuites=TLS_RSA_WITH_RC4_128_SHA'), 10022, 'at least one');
});

for (const suite of ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']) {
  test(`B-363 TLS 1.3 with ${suite}`, async () => {
    assert.is(await suiteOf([`SSLEnabledCipherSuites=${suite}`]), suite);
    assert.ok((await handshake([`SSLEnabledCipherSuites=${suite}`], OLD)).error, 'it is a suite of TLS 1.3 alone');
  });
}

test('B-366 SSLEnableRenegotiation=False ends the connection of a client that renegotiates', async () => {
  const { value: socket } = await handshake(['SSLEnableRenegotiation=False'], OLD);
  assert.ok(socket);
  const { error } = await outcomeOf(
    new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', reject);
      socket.renegotiate({}, (failure) => (failure === null ? resolve(undefined) : reject(failure)));
    }),
  );
  assert.match(String(error), 'no renegotiation');
});

test('B-367 SSLKeyLogFile: secrets of TLS 1.2 are lines of CLIENT_RANDOM, behind what stands there already', async () => {
  const path = join(folderWith({ keys: '# before\n' }), 'keys');
  const { server } = await startTlsServer({ config: [`SSLKeyLogFile=${path}`] });
  for (let handshakes = 1; handshakes <= 2; handshakes += 1) {
    const socket = await tlsClient(server.localPort, OLD);
    await new RawPeer(socket).expect('SSRM');
    const lines = readFileSync(path, 'latin1').trimEnd().split('\n');
    assert.is(lines.length, 1 + handshakes);
    assert.is(lines[0], '# before');
    assert.match(lines.at(-1) ?? '', /^CLIENT_RANDOM [\da-f]{64} [\da-f]{96}$/);
  }
});

test('B-372 TLS12SignatureAlgorithms: a client that verifies none of them gets no session', async () => {
  const config = ['TLS12SignatureAlgorithms=sha512-rsa', 'SSLEnabledProtocols=3072'];
  assert.ok((await handshake(config, { ...OLD, sigalgs: 'RSA+SHA256' })).error);
  assert.ok((await handshake(config, { ...OLD, sigalgs: 'RSA+SHA512' })).value);
});

test('B-373 blank TLS12SignatureAlgorithms restrict nothing', async () => {
  const config = ['TLS12SignatureAlgorithms=', 'SSLEnabledProtocols=3072'];
  for (const sigalgs of ['RSA+SHA256', 'RSA+SHA512']) assert.ok((await handshake(config, { ...OLD, sigalgs })).value);
});

test('B-374 TLS12SupportedGroups: a client without any of them gets no session', async () => {
  const config = ['TLS12SupportedGroups=ecdhe_secp384r1', 'SSLEnabledProtocols=3072'];
  const ciphers = 'ECDHE-RSA-AES128-GCM-SHA256';
  assert.ok((await handshake(config, { ...OLD, ciphers, ecdhCurve: 'P-256' })).error);
  assert.ok((await handshake(config, { ...OLD, ciphers, ecdhCurve: 'P-384' })).value);
});

// covers: SSLNegotiatedKeyExchangeStrength
test('B-375 TLS13SupportedGroups: without X25519 the key exchange is P-256', async () => {
  const { server, events } = await startTlsServer({ config: ['TLS13SupportedGroups=ecdhe_secp256r1'] });
  const socket = await tlsClient(server.localPort, { minVersion: 'TLSv1.3' });
  const peer = new RawPeer(socket);
  await peer.expect('SSRM');
  peer.send(ssid());
  await peer.expect('SSID');
  const { connection } = await events.next('acceptConnection');
  const read = (name: string) => server.config(`SSLNegotiated${name}[${connection.id}]`);
  assert.match(read('KeyExchange'), /prime256v1|P-256|secp256r1/);
  assert.is(read('KeyExchangeStrength'), '256');
});

test('B-376 a group without a key made in advance still serves a client of TLS 1.3', async () => {
  const config = ['TLS13KeyShareGroups=ecdhe_x25519'];
  assert.ok((await handshake(config, { minVersion: 'TLSv1.3', ecdhCurve: 'P-521' })).value);
});

test('TLS12SignatureAlgorithms: every combination that the setting knows is one that OpenSSL takes', async () => {
  for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']) {
    const config = [`TLS12SignatureAlgorithms=${hash}-rsa,${hash}-dsa,${hash}-ecdsa`];
    await startTlsServer({ config: [...config, 'SSLEnabledProtocols=3072'] });
  }
});

test('B-377 TLS13SignatureAlgorithms: a client of TLS 1.3 that verifies none of them gets no session', async () => {
  const config = ['TLS13SignatureAlgorithms=rsa_pss_sha512'];
  const recent: ConnectionOptions = { minVersion: 'TLSv1.3' };
  assert.ok((await handshake(config, { ...recent, sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256' })).error);
  assert.ok((await handshake(config, { ...recent, sigalgs: 'rsa_pss_rsae_sha512:rsa_pkcs1_sha256' })).value);
});

test('B-377 TLS13SignatureAlgorithms does not count for TLS 1.2', async () => {
  const config = ['TLS13SignatureAlgorithms=ed25519', 'SSLEnabledProtocols=3072'];
  assert.ok((await handshake(config, OLD)).value);
});

test('B-235 sslStatus has no influence: a handler that throws is an error event, and the session opens', async () => {
  const { server, events } = await startTlsServer();
  server.on('sslStatus', () => {
    throw new Error('no room in the log');
  });
  const socket = await tlsClient(server.localPort);
  await new RawPeer(socket).expect('SSRM');
  assert.match((await events.next('error')).description, 'no room in the log');
});

// covers: SSLServerCACerts
test('SSLServerCACerts: whom a client trusts to issue the certificate of its server', async () => {
  const { server } = await startTlsServer();
  const connect = async (sslServerCaCerts: string) => {
    const client = new OFTPClient({
      host: '127.0.0.1',
      port: server.localPort,
      serverName: 'localhost',
      clientSsidCode: PARTNER.code,
      clientPassword: PARTNER.password,
      serverSsidCode: HUB.code,
      useSsl: true,
      sslServerCaCerts,
    });
    onCleanUp(() => within(client.shutdown()));
    return (await outcomeOf(client.connect())).error?.code;
  };
  assert.is(await connect(pem('root')), undefined);
  assert.is(await connect(pem('stranger-root')), 690);
});

test.run();

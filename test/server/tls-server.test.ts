/** A server over TLS: versions, certificates and what is refused (B-002 to B-004, B-014 to B-017, C-002 to C-006). */
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import { ownTls, startTlsServer, tlsClient, tlsPeer } from '../support/tls.js';
import { cd, esid, ssid } from '../support/wire.js';

test.after.each(cleanUp);

const PARTNER_SSID = { code: PARTNER.code, password: PARTNER.password };

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  for (const [kind, certificate] of [
    ['RSA', 'server-rsa'],
    ['ECDSA', 'server-ecdsa'],
  ] as const) {
    // covers: SSLNegotiatedCipher, SSLNegotiatedCipherStrength, SSLNegotiatedKeyExchange
    test(`C-003 ${version} with an ${kind} certificate: SSRM after the handshake, and a session`, async () => {
      const { server, events } = await startTlsServer({ settings: { sslCertificate: ownTls(certificate) } });
      const socket = await tlsClient(server.localPort, { minVersion: version, maxVersion: version });
      const peer = new RawPeer(socket);
      await peer.expect('SSRM');
      peer.send(ssid(PARTNER_SSID));
      await peer.expect('SSID', { code: HUB.code.padEnd(25) });
      const { connection } = await events.next('acceptConnection');
      const { standardName, name } = socket.getCipher();
      assert.is(connection.tls?.version, version);
      // B-368, B-369
      const read = (setting: string) => server.config(`${setting}[${connection.id}]`);
      assert.is(read('SSLNegotiatedVersion'), version);
      assert.is(read('SSLNegotiatedCipherSuite'), standardName);
      assert.is(read('SSLNegotiatedCipher'), name);
      assert.is(read('SSLNegotiatedCipherStrength'), '256');
      assert.is(read('SSLNegotiatedKeyExchange'), 'X25519');
      assert.is(read('SSLNegotiatedKeyExchangeStrength'), '253');
      peer.send(esid(5, 0));
      await peer.expectClose();
    });
  }
}

test('RSA and ECDSA side by side: each client gets the certificate that it can verify', async () => {
  const sslCertificate = [ownTls('server-rsa'), ownTls('server-ecdsa')];
  const { server } = await startTlsServer({ settings: { sslCertificate } });
  const algorithmFor = async (options: ConnectionOptions) => {
    const socket = await tlsClient(server.localPort, options);
    return socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType;
  };
  assert.is(await algorithmFor({ sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256' }), 'rsa');
  assert.is(await algorithmFor({ sigalgs: 'ecdsa_secp256r1_sha256:rsa_pkcs1_sha256' }), 'ec');
});

// covers: sslStatus.connectionId
test('B-016 sslStatus comes with the id of the connection, before connected', async () => {
  const { server, events } = await startTlsServer();
  const peer = await tlsPeer(server.localPort);
  await peer.expect('SSRM');
  const names = events.all.map(({ name }) => name);
  assert.equal(names.slice(0, 4), ['connectionRequest', 'sslStatus', 'sslStatus', 'connected']);
  const [, begun, agreed, connected] = events.all.map(({ event }) => event);
  assert.is(begun?.connectionId, connected?.connectionId);
  assert.match(agreed?.message ?? '', 'TLSv1.3, TLS_AES_256_GCM_SHA384 (256 bits), key exchange X25519');
});

test('B-004 B-063 C-006 a client with OFTP 1.4 is refused with ESID 10, one with 2.0 is not', async () => {
  const { server } = await startTlsServer();
  const old = await tlsPeer(server.localPort);
  await old.expect('SSRM');
  old.send(ssid({ ...PARTNER_SSID, level: '4' }));
  old.level = 4;
  await old.expectEsid(10);
  const recent = await tlsPeer(server.localPort);
  await recent.expect('SSRM');
  recent.send(ssid(PARTNER_SSID));
  await recent.expect('SSID');
});

test('B-002 B-017 B-194 C-002 plain octets on a TLS server: no SSRM, closed, error and connected with its number', async () => {
  const { server, events } = await startTlsServer();
  const socket = connectPlain({ port: server.localPort, host: '127.0.0.1' });
  onCleanUp(() => void socket.destroy());
  const received: Buffer[] = [];
  socket.on('data', (octets: Buffer) => received.push(octets)).on('error', () => {});
  socket.end('X0013 is no ClientHello');
  await once(socket, 'close', { signal: AbortSignal.timeout(5000) });
  const { errorCode, description } = await events.next('error');
  assert.is(errorCode, 671);
  assert.match(description, 'the other side does not speak TLS');
  assert.is((await events.next('connected')).statusCode, 671);
  assert.not.match(Buffer.concat(received).toString('latin1'), 'ODETTE');
  assert.is(server.connections.size, 0);
  assert.equal(events.named('disconnected'), []);
});

test('B-364 SSLEnabledProtocols is 15360: clients of TLS 1.2 alone and of TLS 1.3 alone are served', async () => {
  const { server } = await startTlsServer();
  assert.is(server.config('SSLEnabledProtocols'), '15360');
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    await (await tlsPeer(server.localPort, { minVersion: version, maxVersion: version })).expect('SSRM');
  }
});

test('C-004 B-017 B-364 a client of TLS 1.1 alone: alert, error in words, and the next one is served', async () => {
  const { server, events } = await startTlsServer();
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  const { error } = await outcomeOf(tlsClient(server.localPort, old));
  assert.match(String(error), 'protocol version');
  assert.match((await events.next('error')).description, 'no version of TLS in common');
  await (await tlsPeer(server.localPort)).expect('SSRM');
});

for (const [version, mask] of [
  ['TLSv1', 192],
  ['TLSv1.1', 768],
] as const) {
  test(`B-365 ${version} when SSLEnabledProtocols has it, and then alone`, async () => {
    const { server } = await startTlsServer({ config: [`SSLEnabledProtocols=${mask}`] });
    const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    const socket = await tlsClient(server.localPort, options);
    assert.is(socket.getProtocol(), version);
    await new RawPeer(socket).expect('SSRM');
    assert.ok((await outcomeOf(tlsClient(server.localPort))).error, 'a client of today finds no version in common');
  });
}

test('B-365 12288 is TLS 1.3 alone; a hole in the mask is a version that is not spoken', async () => {
  const { server } = await startTlsServer({ config: ['SSLEnabledProtocols=12288'] });
  assert.ok((await outcomeOf(tlsClient(server.localPort, { maxVersion: 'TLSv1.2' }))).error);
  await (await tlsPeer(server.localPort)).expect('SSRM');
  // At any time: the next connection follows.
  server.config(`SSLEnabledProtocols=${192 + 3072}`);
  const options = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  assert.ok((await outcomeOf(tlsClient(server.localPort, options))).error);
  await (await tlsPeer(server.localPort, { maxVersion: 'TLSv1.2' })).expect('SSRM');
});

test('B-014 useSsl without sslCertificate: startListening rejects with 689, and the port stays closed', async () => {
  const server = new OFTPServer({
    serverSsidCode: 'A',
    serverSfidCode: 'A',
    localPort: 0,
    statePath: null,
    useSsl: true,
  });
  const { error } = await outcomeOf(server.startListening());
  assert.is(error?.code, 689);
  assert.match(error?.message ?? '', 'sslCertificate');
  assert.not(server.listening);
});

test('B-055 useSsl leaves localPort at 3305', () => {
  assert.is(new OFTPServer({ useSsl: true }).localPort, 3305);
});

test('a certificate without a private key, or a second one of the same kind of key, is refused with 690', () => {
  const server = new OFTPServer();
  const refused = (assign: () => void) => {
    assert.throws(assign, (error: { code: number }) => error.code === 690);
  };
  refused(() => {
    server.sslCertificate = [ownTls('server-rsa'), ownTls('client')];
  });
  assert.is(server.sslCertificate, null);
});

test('the certificate can be replaced while listening; connections of before go on', async () => {
  const { server } = await startTlsServer();
  const before = await tlsPeer(server.localPort);
  await before.expect('SSRM');
  server.sslCertificate = ownTls('server-ecdsa');
  const socket = await tlsClient(server.localPort);
  assert.is(socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType, 'ec');
  before.send(ssid(PARTNER_SSID));
  await before.expect('SSID');
  before.send(cd());
  await before.expectEsid(0);
});

test('C-003 silence on a TLS server: nothing in clear', async () => {
  const { server } = await startTlsServer();
  const peer = await RawPeer.connect(server.localPort);
  await peer.expectSilence();
});

test('stopListening ends handshakes that are under way', async () => {
  const { server, events } = await startTlsServer();
  const peer = await RawPeer.connect(server.localPort);
  await events.next('sslStatus');
  await server.stopListening();
  await peer.expectClose();
});

test.run();

/** The certificate properties of the reference component, as they are here: `Certificate` objects and their slots. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate, type OFTPConnection, OFTPServer } from '../../src/index.js';
import { certificatePath, fixturePath, keyPath } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { RawPeer } from '../support/peer.js';
import { contentOf } from '../support/received.js';
import { refusal } from '../support/refusal.js';
import { receive, sample } from '../support/scenario.js';
import { aliceSends, verifiedBy } from '../support/secured.js';
import { TestServer } from '../support/server.js';
import { ownTls, startTlsServer, tlsClient } from '../support/tls.js';
import { cd, ssid } from '../support/wire.js';

test.after.each(cleanUp);

const BOB = 'CN=bob.example.com';

test('B-020 a store with the private key gives certificate, key and the full subject', async () => {
  const certificate = await Certificate.load({ store: fixturePath('certificates/bob.pem'), subject: 'bob' });
  assert.match(certificate.subject, BOB);
  assert.ok(certificate.hasPrivateKey);
  assert.equal(certificate.encoded, known('bob').encoded);
  const server = new OFTPServer({ certificate });
  assert.is(server.certificate, certificate);
});

test('B-021 an own certificate without its private key is refused, and the slot stays empty', () => {
  const server = new OFTPServer();
  refusal(() => Object.assign(server, { certificate: known('bob') }), 690, 'private key');
  assert.is(server.certificate, null);
});

test('B-022 C-36 CertificateStore starts as MY, and nothing is looked for before a subject is set', () => {
  const server = new OFTPServer();
  assert.is(server.config('CertificateStore'), 'MY');
  assert.is(server.certificate, null);
  server.config('CertificateStoreType=0');
  refusal(() => server.config('CertificateSubject=*'), 690, 'Windows');
});

// covers: cert_encoded, oftp_connection_recipient_cert_subject, oftp_connection_recipient_cert_store_password
test('B-086 the partner’s certificate: by the whole subject, by a part of it, the first, none', async () => {
  const load = (subject: string) =>
    Certificate.load({ store: fixturePath('certificates/both.p7b'), storePassword: '', subject });
  const first = await load('*');
  const { subject } = await load('bob.example.com');
  assert.match(subject, BOB);
  assert.is((await load(subject)).subject, subject);
  assert.ok(first.subject.length > 0);
  const error = await load('CN=none').catch((reason: unknown) => reason);
  assert.is((error as { code?: number }).code, 690);
  assert.match((error as Error).message, subject);
});

test('B-087 the partner’s certificate matters in 2.0 only: a session of 1.4 sends without it', async () => {
  const turn = async ({ connection }: { connection: OFTPConnection }) => {
    connection.recipientCertificate = known('bob');
    await connection.sendFile({ path: host.outgoing('OUT', sample(10)) });
  };
  const host = await TestServer.start({ on: { readyToSend: turn } });
  const { peer } = await host.session({ level: 4 });
  peer.send(cd());
  await receive(peer);
});

test('B-115 security none: SFIDSEC 00, no envelope, the octets as they are', async () => {
  const { host } = await aliceSends({ security: 'none' }, { octets: Buffer.from('in clear') });
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid, data } = await receive(peer);
  assert.equal([sfid.fields['sec'], sfid.fields['env'], sfid.fields['ciph']], ['00', '0', '00']);
  assert.match(data[0]?.octets.toString('latin1') ?? '', 'in clear');
});

// covers: trusted_cert_count, trusted_cert_encoded, trusted_cert_store_password
test('B-066 B-067 trustedCertificates: as many as were assigned, none behind them, none after []', async () => {
  const server = new OFTPServer();
  assert.equal(server.trustedCertificates, []);
  const bob = await Certificate.load({ store: fixturePath('certificates/bob-aes.pfx'), storePassword: 'secret' });
  server.trustedCertificates = [known('alice'), bob];
  assert.is(server.trustedCertificates.length, 2);
  assert.equal(server.trustedCertificates[1]?.encoded, known('bob').encoded);
  assert.is(server.trustedCertificates[2], undefined);
  server.trustedCertificates = [];
  assert.is(server.trustedCertificates.length, 0);
});

test('B-137 while nobody is trusted, a certificate that nobody has issued is taken', () => {
  const server = new OFTPServer();
  const raised: unknown[] = [];
  server.on('error', (event) => void raised.push(event));
  server.certificate = own('alice');
  assert.is(server.certificate.hasPrivateKey, true);
  assert.equal(raised, []);
});

// covers: ssl_cert_encoded, ssl_cert_subject, ssl_cert_store_password, ssl_cert_store_type
test('B-015 the TLS certificate from a PFX file and from PEM: handshakes with both', async () => {
  const pfx = await Certificate.load({
    storeType: 'pfxFile',
    store: fixturePath('certificates/bob-aes.pfx'),
    storePassword: 'secret',
  });
  for (const sslCertificate of [pfx, ownTls('server-rsa')]) {
    const { server } = await startTlsServer({ settings: { sslCertificate } });
    const socket = await tlsClient(server.localPort, { rejectUnauthorized: false });
    assert.equal(socket.getPeerCertificate().raw, sslCertificate.encoded);
    assert.match((server.sslCertificate as Certificate).subject, sslCertificate.subject);
  }
});

test('B-064 sslCertificate and certificate are apart: TLS shows the one, CMS signatures are of the other', async () => {
  const host = await startTlsServer({
    settings: { sslCertificate: ownTls('server-rsa'), certificate: own('alice') },
    on: {
      readyToSend: async ({ connection }) => {
        await connection.sendFile({ path: host.outgoing('OUT', sample(10)), security: 'signed' });
      },
    },
  });
  const socket = await tlsClient(host.server.localPort);
  assert.equal(socket.getPeerCertificate().raw, ownTls('server-rsa').encoded);
  const peer = new RawPeer(socket);
  await peer.expect('SSRM');
  peer.send(ssid());
  await peer.expect('SSID');
  peer.send(cd());
  const { data } = await receive(peer);
  assert.equal(verifiedBy('alice', contentOf(data)), sample(10));
});

test('the paths of key and certificate may be one store, given as text', () => {
  assert.ok(own('alice').hasPrivateKey);
  assert.not(Certificate.loadSync({ store: certificatePath('alice') }).hasPrivateKey);
  assert.ok(Certificate.loadSync({ store: keyPath('alice') }).hasPrivateKey);
});

test.run();

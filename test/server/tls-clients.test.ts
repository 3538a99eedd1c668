/** Certificates of TLS clients: B-018, B-019, B-065, B-351, B-352, B-356, B-357, B-370, B-371, C-005, C-14. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPServerOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { PARTNER } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import type { TestEvent, TestServer } from '../support/server.js';
import { clientIdentity, knownTls, pem, startTlsServer, tlsClient, tlsFixture, tlsPeer } from '../support/tls.js';
import { ssid } from '../support/wire.js';

test.after.each(cleanUp);

const PARTNER_SSID = { code: PARTNER.code, password: PARTNER.password };
const TRUSTING = { sslAuthenticateClients: true, sslCaCerts: pem('root') } as const;

/** What the server thinks of a client with this certificate, and whether its session begins. */
async function meet(
  { server, events }: TestServer,
  name: string | undefined,
): Promise<{ event: TestEvent; admitted: boolean }> {
  const identity = name === undefined ? {} : clientIdentity(name);
  const peer = await tlsPeer(server.localPort, identity);
  const event = await events.next('sslClientAuthentication');
  const next = await peer.nextOrSilence(false);
  return { event, admitted: typeof next === 'object' && next.name === 'SSRM' };
}

const CASES: readonly (readonly [name: string | undefined, status: RegExp])[] = [
  ['client', /^OK$/],
  ['client-ecdsa', /^OK$/],
  ['server-ecdsa', /^OK$/],
  ['client-expired', /^it expired on Jan {2}1 00:00:00 2021 GMT$/],
  ['client-stranger', /^its issuer .*CN=Stranger root.* is not known/],
  ['client-wrong-usage', /^it is not meant for this end of a TLS connection/],
  [undefined, /^the client has presented no certificate$/],
];

for (const [name = 'no certificate', status] of CASES) {
  test(`B-019 B-230 C-14 ${name}: the verdict is the preset of accept, and decides without a handler`, async () => {
    const tls = await startTlsServer({ settings: TRUSTING });
    const { event, admitted } = await meet(tls, name === 'no certificate' ? undefined : name);
    assert.match(event.status, status);
    assert.is(event.accept, event.status === 'OK');
    assert.is(admitted, event.accept);
    if (admitted) return;
    const { errorCode, description } = await tls.events.next('error');
    assert.is(errorCode, 690);
    assert.match(description, event.status);
  });
}

test('B-019 B-229 the handler decides: accepts a stranger, refuses a good one; one that throws refuses', async () => {
  const decide = (event: TestEvent) => {
    if (event.certSubject.includes('Supplier EC')) throw new Error('no answer');
    event.accept = event.status !== 'OK';
  };
  const tls = await startTlsServer({ settings: TRUSTING, on: { sslClientAuthentication: decide } });
  assert.ok((await meet(tls, 'client-stranger')).admitted);
  assert.not((await meet(tls, 'client')).admitted);
  assert.not((await meet(tls, 'client-ecdsa')).admitted);
});

// covers: sslClientAuthentication.certEncoded, sslClientAuthentication.certSubject
// covers: sslClientAuthentication.certIssuer, sslClientAuthentication.connectionId, SSLIncludeCertChain
test('the event shows subject, issuer and the certificate in PEM, with SSLIncludeCertChain the whole chain', async () => {
  const tls = await startTlsServer({ settings: TRUSTING });
  const { event } = await meet(tls, 'client');
  assert.is(event.certSubject, 'CN=Supplier, O=Supplier, C=DE, SERIALNUMBER=O0013SUPPLIER');
  assert.is(event.certIssuer, 'CN=Issuing, O=Test CA, C=DE');
  assert.is(event.connectionId, event.connection.id);
  assert.is(event.certEncoded.toString(), pem('client'));
  tls.server.sslIncludeCertChain = true;
  const chain = (await meet(tls, 'client')).event.certEncoded.toString();
  assert.ok(chain.startsWith(`${pem('client')}${pem('issuing')}`));
});

test('B-018 B-065 a certificate is asked for only with sslAuthenticateClients', async () => {
  const tls = await startTlsServer();
  assert.is(tls.server.sslAuthenticateClients, false);
  await (await tlsPeer(tls.server.localPort, clientIdentity('client'))).expect('SSRM');
  assert.equal(tls.events.named('sslClientAuthentication'), []);
  const { connection } = await tls.events.next('connected');
  assert.is(connection.tls?.peerCertificate, null);
});

test('acceptConnection sees the certificate, also when the session is resumed', async () => {
  const tls = await startTlsServer({ settings: TRUSTING });
  const seen = async (session?: Buffer) => {
    const socket = await tlsClient(tls.server.localPort, { ...clientIdentity('client'), ...(session && { session }) });
    const tickets: Buffer[] = [];
    socket.on('session', (ticket: Buffer) => tickets.push(ticket));
    const peer = new RawPeer(socket);
    await peer.expect('SSRM');
    peer.send(ssid(PARTNER_SSID));
    await peer.expect('SSID');
    const { clientCertificate } = await tls.events.next('acceptConnection');
    return { subject: clientCertificate?.subject, ticket: tickets.at(-1), resumed: socket.isSessionReused() };
  };
  const first = await seen();
  assert.match(first.subject ?? '', 'CN=Supplier');
  assert.not(first.resumed);
  const second = await seen(first.ticket);
  assert.ok(second.resumed, 'B-355: a session is resumed');
  assert.is(second.subject, first.subject);
  tls.server.reuseSslSession = false;
  assert.not((await seen((await seen()).ticket)).resumed, 'B-355: not with ReuseSSLSession off');
});

const BINDINGS = [
  ['client', true],
  ['client-ecdsa', false],
  [undefined, false],
] as const;

for (const [name, admitted] of BINDINGS) {
  test(`SSLBindClientCertificate: the partner's is "client", the certificate is ${name ?? 'missing'}`, async () => {
    const tls = await startTlsServer({
      settings: { ...TRUSTING, sslBindClientCertificate: true },
      on: {
        sslClientAuthentication: (event) => {
          event.accept = true;
        },
        acceptConnection: ({ connection }) => {
          connection.recipientCertificates.tls = knownTls('client');
        },
      },
    });
    const peer = await tlsPeer(tls.server.localPort, name === undefined ? {} : clientIdentity(name));
    await peer.expect('SSRM');
    peer.send(ssid(PARTNER_SSID));
    if (admitted) await peer.expect('SSID');
    else await peer.expectEsid(99);
  });
}

const FLAGS: readonly (readonly [flags: string, name: string, status: RegExp])[] = [
  ['0x1', 'client-expired', /^OK$/],
  ['0x10', 'client-stranger', /^OK$/],
  ['0x20', 'client-wrong-usage', /^OK$/],
  ['0x1', 'client-stranger-expired', /^its issuer .* is not (trusted|known)/],
  ['0x10', 'client-stranger-expired', /^it expired on/],
  ['0x11', 'client-stranger-expired', /^OK$/],
  ['0x1', 'client-stranger', /^its issuer/],
  ['0x20', 'client-expired', /^it expired on/],
];

for (const [flags, name, status] of FLAGS) {
  test(`B-370 B-371 SSLSecurityFlags=${flags}, ${name}: ${status.source}`, async () => {
    const tls = await startTlsServer({ settings: TRUSTING, config: [`SSLSecurityFlags=${flags}`] });
    assert.match((await meet(tls, name)).event.status, status);
  });
}

/** Every way of naming a CA: settings for a server that knows the root, made in a folder of the test. */
const ANCHORS: readonly (readonly [what: string, settings: (folder: string) => OFTPServerOptions])[] = [
  ['SSLCACerts, two in a row', () => ({ sslCaCerts: `${pem('stranger-root')}\r\n${pem('root')}` })],
  [
    'B-352 OpenSSLCAFile with text around the second certificate',
    (folder) => {
      const path = join(folder, 'bundle.pem');
      writeFileSync(path, `# strangers\n${pem('stranger-root')}\nThe one that counts:\n${pem('root')}bye\n`);
      return { openSslCaFile: path };
    },
  ],
  [
    'B-351 OpenSSLCADir',
    (folder) => {
      copyFileSync(tlsFixture('root.cert.pem'), join(folder, '9d66eef0.0'));
      mkdirSync(join(folder, 'subfolder'));
      writeFileSync(join(folder, 'README'), 'no certificate');
      return { openSslCaDir: folder };
    },
  ],
  [
    'B-356 the first of SSLCACertFilePaths that exists',
    (folder) => ({
      sslCaCertFilePaths: `${folder}/absent.pem;${tlsFixture('root.cert.pem')};${tlsFixture('stranger-root.cert.pem')}`,
    }),
  ],
  ['trustedCertificates', () => ({ trustedCertificates: [knownTls('root')] })],
  ['trustedCertificates with the issuing CA alone', () => ({ trustedCertificates: [knownTls('issuing')] })],
];

for (const [what, settings] of ANCHORS) {
  test(`${what}: its client is trusted, a stranger is not`, async () => {
    const tls = await startTlsServer({ settings: { sslAuthenticateClients: true, ...settings(temporaryFolder()) } });
    assert.is((await meet(tls, 'client')).event.status, 'OK');
    if (!what.includes('two') && !what.includes('B-352')) {
      assert.not((await meet(tls, 'client-stranger')).event.accept);
    }
  });
}

test.run();

/** What peers send along with their certificates, and what is still known of it when a session is resumed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate, OFTPClient, type OFTPServerOptions } from '../../src/index.js';
import {
  CLIENT_AUTH,
  crl,
  type Issued,
  issue,
  keyPem,
  LOOPBACK,
  pem,
  root,
  SERVER_AUTH,
  STATION_USES,
  USAGE,
} from '../support/authority.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import type { TestServer } from '../support/server.js';
import { startTlsServer, tlsClient } from '../support/tls.js';
import { WebServer } from '../support/web.js';

test.after.each(cleanUp);

const CA_USES = [USAGE.keyCertSign, USAGE.crlSign];
const REVOKED = 0x6002;

const top = root('Root');
const issuing = issue({ name: 'Issuing', issuer: top, ca: true, usage: CA_USES });
const PAST = { from: new Date('2000-09-30T00:00:00Z'), to: new Date('2021-09-30T00:00:00Z') };
/** The root as an older one has certified it, until 2021. */
const cross = issue({ name: 'Root', issuer: root('Old root', PAST), like: top, ca: true, usage: CA_USES, ...PAST });

function station(issuer: Issued): Issued {
  return issue({ name: 'hub', issuer, usage: STATION_USES, extendedUsage: [SERVER_AUTH], extensions: [LOOPBACK] });
}

/** The error of a client that trusts the root, at a server with these certificates; undefined when it connects. */
async function failure(chain: readonly Issued[]): Promise<(Error & { readonly code?: number }) | undefined> {
  const [own] = chain as [Issued];
  const tls = await startTlsServer({
    settings: { sslCertificate: Certificate.loadSync({ store: keyPem(own) + chain.map(pem).join('') }) },
  });
  assert.is(tls.server.sslCertificate instanceof Certificate && tls.server.sslCertificate.issuers.length, 2);
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: tls.server.localPort,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    serverSsidCode: HUB.code,
    useSsl: true,
    trustedCertificates: [Certificate.loadSync({ store: pem(top) })],
  });
  onCleanUp(() => within(client.shutdown()));
  return (await outcomeOf(client.connect())).error;
}

test('an expired cross-certificate that the server sends along does not count: its chain ends at a trusted root', async () => {
  assert.is(await failure([station(issuing), issuing, cross]), undefined);
});

test('an expired certificate in the only chain of the server: refused with 690, and named', async () => {
  const expired = issue({ name: 'Expired', issuer: top, ca: true, usage: CA_USES, ...PAST });
  const below = issue({ name: 'Below', issuer: expired, ca: true, usage: CA_USES });
  const error = await failure([station(below), below, expired]);
  assert.is(error?.code, 690);
  assert.match(error?.message ?? '', /the certificate of its issuer CN=Expired expired on Sep 30/);
});

/** A list of revoked certificates that can be changed, and a client that names it. */
async function authority(serial: number) {
  const revoked: { serial: number; reason: number }[] = [];
  const web = await WebServer.start(() => ({ body: crl({ issuer: issuing, revoked }) }));
  const options = {
    issuer: issuing,
    serial,
    usage: STATION_USES,
    extendedUsage: [CLIENT_AUTH],
    crlUrl: web.url('/ca.crl'),
  };
  return { client: issue({ name: `client ${serial}`, ...options }), revoked, web };
}

const serverFor = (settings: OFTPServerOptions): Promise<TestServer> =>
  startTlsServer({
    settings: { sslAuthenticateClients: true, sslCaCerts: pem(top), fetchPrivateAddresses: true, ...settings },
  });

/** What the server says about a client that sends these certificates, and a ticket for its next session. */
async function meet({ server, events }: TestServer, chain: readonly Issued[], session?: Buffer) {
  const [own] = chain as [Issued];
  const socket = await tlsClient(server.localPort, {
    rejectUnauthorized: false,
    key: keyPem(own),
    cert: chain.map(pem).join(''),
    ...(session && { session }),
  });
  const ticket = new Promise<Buffer>((resolve) => socket.once('session', resolve));
  const { status, accept } = await events.next('sslClientAuthentication');
  const peer = new RawPeer(socket);
  if (accept) await peer.expect('SSRM');
  return { status, accept, resumed: socket.isSessionReused(), ticket };
}

for (const sslCheckCrl of ['whenSupported', 'required'] as const) {
  test(`SSLCheckCRL=${sslCheckCrl}: a good client below an issuing CA may resume its session`, async () => {
    const { client, web } = await authority(0x6001);
    const tls = await serverFor({ sslCheckCrl });
    const first = await meet(tls, [client, issuing]);
    assert.is(first.status, 'OK');
    const second = await meet(tls, [client, issuing], await within(first.ticket));
    assert.ok(second.resumed);
    assert.is(second.status, 'OK');
    assert.equal(web.requests, ['GET /ca.crl']);
  });

  test(`SSLCheckCRL=${sslCheckCrl}, set after a session was agreed on: resuming it does not hide a revocation`, async () => {
    const { client, revoked } = await authority(REVOKED);
    const tls = await serverFor({});
    const first = await meet(tls, [client, issuing]);
    assert.is(first.status, 'OK');
    revoked.push({ serial: REVOKED, reason: 1 });
    tls.server.sslCheckCrl = sslCheckCrl;
    const second = await meet(tls, [client, issuing], await within(first.ticket));
    assert.ok(second.resumed);
    assert.match(second.status, /"CN=client 24578" is revoked since/);
    assert.not(second.accept);
  });
}

test('SSLCheckCRL=1: a revoked client does not hide its issuer behind certificates that lead nowhere', async () => {
  const { client, revoked } = await authority(REVOKED);
  revoked.push({ serial: REVOKED, reason: 1 });
  const tls = await serverFor({ sslCheckCrl: 'whenSupported' });
  const strangers = Array.from({ length: 12 }, (_, index) => root(`Stranger ${index}`));
  const { status, accept } = await meet(tls, [client, ...strangers, issuing]);
  assert.not(accept, status);
  assert.match(status, /revoked/);
});

test('a session does not outlive the trust in its client: another CA list, and it is refused', async () => {
  const { client } = await authority(0x6001);
  const tls = await serverFor({});
  const first = await meet(tls, [client, issuing]);
  assert.is(first.status, 'OK');
  tls.server.sslCaCerts = pem(root('Other'));
  const second = await meet(tls, [client, issuing], await within(first.ticket));
  assert.not(second.accept);
  assert.match(second.status, /its issuer|the root above it/);
});

test('a session of the time when nobody asked for certificates is not resumed once somebody does', async () => {
  const tls = await startTlsServer();
  const socket = await tlsClient(tls.server.localPort);
  const ticket = new Promise<Buffer>((resolve) => socket.once('session', resolve));
  await new RawPeer(socket).expect('SSRM');
  const session = await within(ticket);
  tls.server.sslCaCerts = pem(top);
  tls.server.sslAuthenticateClients = true;
  const again = await tlsClient(tls.server.localPort, { session });
  const { status, accept } = await tls.events.next('sslClientAuthentication');
  assert.not(again.isSessionReused());
  assert.is(status, 'the client has presented no certificate');
  assert.not(accept);
});

test.run();

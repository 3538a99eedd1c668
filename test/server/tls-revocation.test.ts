/** Revocation of TLS peers, in real handshakes: SSLCheckCRL and SSLCheckOCSP on both sides (B-358, B-359). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { temporaryFolder } from '../support/folder.js';
import { openssl } from '../support/openssl.js';
import { outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { TestServer } from '../support/server.js';
import { startTlsServer, tlsPeer } from '../support/tls.js';
import { WebServer } from '../support/web.js';

test.after.each(cleanUp);

const ca = root('CA');
const REVOKED = 0x5002;

type Sources = { readonly crlUrl?: string; readonly ocspUrl?: string };

const partner = (serial: number, sources: Sources = {}): Issued =>
  issue({
    name: `client ${serial}`,
    issuer: ca,
    serial,
    usage: STATION_USES,
    extendedUsage: [CLIENT_AUTH],
    ...sources,
  });

const station = (serial: number, sources: Sources = {}): Issued =>
  issue({
    name: 'server',
    issuer: ca,
    serial,
    usage: STATION_USES,
    extendedUsage: [SERVER_AUTH],
    extensions: [LOOPBACK],
    ...sources,
  });

const withKey = (one: Issued): Certificate => Certificate.loadSync({ store: `${keyPem(one)}${pem(one)}` });

/** The list of the authority, and OpenSSL's responder over its index: both know one revoked certificate. */
async function authority(): Promise<{ web: WebServer; crlUrl: string; ocspUrl: string }> {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('ca.pem'), pem(ca) + keyPem(ca));
  const entry = (serial: number, state: string): string =>
    `${state}\t${serial.toString(16).toUpperCase()}\tunknown\t/CN=x\n`;
  writeFileSync(
    path('index'),
    entry(0x5001, 'V\t491231235959Z\t') + entry(REVOKED, 'R\t491231235959Z\t240506070809Z,keyCompromise'),
  );
  const web = await WebServer.start((url, body) => {
    if (url === '/ca.crl') return { body: crl({ issuer: ca, revoked: [{ serial: REVOKED, reason: 1 }] }) };
    writeFileSync(path('request'), body);
    const signer = ['-CA', path('ca.pem'), '-rsigner', path('ca.pem'), '-rkey', path('ca.pem')];
    openssl([
      'ocsp',
      '-index',
      path('index'),
      ...signer,
      '-ndays',
      '1',
      '-reqin',
      path('request'),
      '-respout',
      path('response'),
    ]);
    return { body: readFileSync(path('response')) };
  });
  return { web, crlUrl: web.url('/ca.crl'), ocspUrl: web.url('/ocsp') };
}

const serverFor = (settings: OFTPServerOptions): Promise<TestServer> =>
  startTlsServer({
    settings: { sslAuthenticateClients: true, sslCaCerts: pem(ca), fetchPrivateAddresses: true, ...settings },
  });

/** What the server thinks of a client with this certificate. */
async function verdictOn(server: TestServer, client: Issued): Promise<{ status: string; accept: boolean }> {
  await tlsPeer(server.server.localPort, { key: keyPem(client), cert: pem(client) }).catch(() => undefined);
  const event = await server.events.next('sslClientAuthentication');
  return { status: (event as unknown as { status: string }).status, accept: event.accept };
}

test('B-358 SSLCheckCRL 0 asks nobody, 1 and 2 refuse the client that the list names', async () => {
  const { web, crlUrl } = await authority();
  const off = await serverFor({});
  assert.is((await verdictOn(off, partner(REVOKED, { crlUrl }))).status, 'OK');
  assert.equal(web.requests, []);
  for (const value of ['1', '2']) {
    const server = await serverFor({});
    server.server.config(`SSLCheckCRL=${value}`);
    assert.is((await verdictOn(server, partner(0x5001, { crlUrl }))).status, 'OK');
    const { status, accept } = await verdictOn(server, partner(REVOKED, { crlUrl }));
    assert.match(status, 'is revoked since 2024-05-06T07:08:09.000Z (key compromise)');
    assert.is(accept, false);
  }
});

test('B-358 a client that names no list: fine with 1, refused with 2', async () => {
  const server = await serverFor({ sslCheckCrl: 'whenSupported' });
  assert.is((await verdictOn(server, partner(0x5001))).status, 'OK');
  server.server.sslCheckCrl = 'required';
  assert.match((await verdictOn(server, partner(0x5001))).status, 'names no revocation list');
});

test("B-359 SSLCheckOCSP with OpenSSL's responder: good, revoked, unknown to it", async () => {
  const { web, ocspUrl } = await authority();
  const server = await serverFor({ sslCheckOcsp: 'required' });
  assert.is((await verdictOn(server, partner(0x5001, { ocspUrl }))).status, 'OK');
  assert.match(
    (await verdictOn(server, partner(REVOKED, { ocspUrl }))).status,
    'is revoked since 2024-05-06T07:08:09.000Z',
  );
  assert.match((await verdictOn(server, partner(0x5003, { ocspUrl }))).status, 'does not know the certificate');
  assert.match((await verdictOn(server, partner(0x5001))).status, 'names no OCSP responder');
  assert.equal(new Set(web.requests), new Set(['POST /ocsp']));
  server.server.sslCheckOcsp = 'whenSupported';
  assert.is((await verdictOn(server, partner(0x5001))).status, 'OK');
});

test('B-359 SSLCheckOCSP=0, the default, asks nobody', async () => {
  const { web, ocspUrl } = await authority();
  const server = await serverFor({});
  assert.is(server.server.config('SSLCheckOCSP'), '0');
  assert.is((await verdictOn(server, partner(REVOKED, { ocspUrl }))).status, 'OK');
  assert.equal(web.requests, []);
});

test('an authority that cannot be reached refuses the client, unless SSLSecurityFlags 0x100 overlooks that', async () => {
  const client = partner(0x5001, { crlUrl: 'http://127.0.0.1:9/ca.crl' });
  const server = await serverFor({ sslCheckCrl: 'whenSupported' });
  assert.match((await verdictOn(server, client)).status, 'could not be found out: http://127.0.0.1:9/ca.crl');
  server.server.config('SSLSecurityFlags=0x100');
  assert.is((await verdictOn(server, client)).status, 'OK');
});

test('this machine is not asked unless FetchPrivateAddresses allows it, and nothing is fetched for strangers', async () => {
  const { web, crlUrl } = await authority();
  const careful = await serverFor({ sslCheckCrl: 'required', fetchPrivateAddresses: false });
  assert.match((await verdictOn(careful, partner(0x5001, { crlUrl }))).status, 'private network');
  const server = await serverFor({ sslCheckCrl: 'required' });
  const stranger = issue({ name: 'stranger', issuer: root('Elsewhere'), extendedUsage: [CLIENT_AUTH], crlUrl });
  assert.match((await verdictOn(server, stranger)).status, 'issuer');
  assert.equal(web.requests, []);
});

test('4.3 a client certificate issued directly by a root of the imported list is refused', async () => {
  const top = root('Listed Root');
  const sub = issue({ name: 'Listed Authority', issuer: top, ca: true, usage: [USAGE.keyCertSign] });
  const identity = (one: Issued): string =>
    `<DigitalId><X509Certificate>${one.der.toString('base64')}</X509Certificate></DigitalId>`;
  const list =
    '<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"><TrustServiceProviderList><TrustServiceProvider>' +
    '<TSPServices><TSPService><ServiceInformation><ServiceDigitalIdentity>' +
    `${identity(top)}${identity(sub)}</ServiceDigitalIdentity></ServiceInformation></TSPService></TSPServices>` +
    '</TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>';
  const server = await startTlsServer({ settings: { sslAuthenticateClients: true, trustedCertsData: list } });
  await server.server.importTrustedCerts();
  const direct = issue({ name: 'direct', issuer: top, extendedUsage: [CLIENT_AUTH] });
  const proper = issue({ name: 'proper', issuer: sub, extendedUsage: [CLIENT_AUTH] });
  assert.match(
    (await verdictOn(server, direct)).status,
    'issued directly by "CN=Listed Root", a root of the trust list',
  );
  assert.is((await verdictOn(server, proper)).status, 'OK');
});

/** What becomes of a client that looks the server's certificate up. */
async function call(serverCertificate: Issued, options: Partial<ConstructorParameters<typeof OFTPClient>[0]>) {
  const { server } = await startTlsServer({ settings: { sslCertificate: withKey(serverCertificate) } });
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: server.localPort,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    serverSsidCode: HUB.code,
    useSsl: true,
    sslServerCaCerts: pem(ca),
    fetchPrivateAddresses: true,
    ...options,
  });
  onCleanUp(() => within(client.shutdown()));
  return outcomeOf(client.connect());
}

test('the client looks the server up as well: CRL and OCSP', async () => {
  const { crlUrl, ocspUrl } = await authority();
  assert.is(
    (await call(station(0x5001, { crlUrl, ocspUrl }), { sslCheckCrl: 'required', sslCheckOcsp: 'required' })).error,
    undefined,
  );
  assert.is((await call(station(REVOKED, { crlUrl }), {})).error, undefined, 'off by default');
  for (const options of [{ sslCheckCrl: 'required' }, { sslCheckOcsp: 'whenSupported' }] as const) {
    const { error } = await call(station(REVOKED, { crlUrl, ocspUrl }), options);
    assert.is(error?.code, 690);
    assert.match(error?.message ?? '', 'is revoked since 2024-05-06T07:08:09.000Z');
  }
  const silent = await call(station(0x5001), { sslCheckCrl: 'required' });
  assert.match(silent.error?.message ?? '', 'names no revocation list');
});

test.run();

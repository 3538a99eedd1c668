/** Certificates of partners that turn out to be revoked when they are used for files (C-300). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate, type OFTPServerOptions } from '../../src/index.js';
import { opensslCms, text } from '../security/support.js';
import { crl, type Issued, issue, keyPem, pem, root, USAGE } from '../support/authority.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import type { Received } from '../support/received.js';
import { receive, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { type Handler, TestServer } from '../support/server.js';
import { WebServer } from '../support/web.js';
import { cd, rtr } from '../support/wire.js';

test.after.each(cleanUp);

const ca = root('CA');
const CONTENT = text(5_000);
const SERIAL = 0x6001;
const LIST = { revoked: crl({ issuer: ca, revoked: [{ serial: SERIAL, reason: 1 }] }), empty: crl({ issuer: ca }) };

/** The partner, whose authority says this about his certificate; and what the hub needs to know. */
async function partnerWith(
  list: keyof typeof LIST | 'silent',
): Promise<{ partner: Issued; settings: OFTPServerOptions; expect: Handler }> {
  const web = await WebServer.start(() => (list === 'silent' ? { status: 503 } : { body: LIST[list] }));
  const partner = issue({
    name: 'partner',
    issuer: ca,
    serial: SERIAL,
    key: 'rsa',
    usage: [USAGE.digitalSignature, USAGE.keyEncipherment],
    crlUrl: web.url('/ca.crl'),
  });
  const expect: Handler = ({ connection }) => {
    connection.recipientCertificate = Certificate.loadSync({ store: pem(partner) });
  };
  const settings = { trustedCertificates: [Certificate.loadSync({ store: pem(ca) })], fetchPrivateAddresses: true };
  return { partner, settings, expect };
}

function signedBy(partner: Issued): Buffer {
  const path = join(temporaryFolder(), 'signer.pem');
  writeFileSync(path, pem(partner) + keyPem(partner));
  return opensslCms(['-sign', '-outform', 'DER', '-nodetach', '-md', 'sha256', '-nocerts', '-signer', path], CONTENT);
}

/** The end response to a file that the partner has signed. */
async function responseTo(
  list: keyof typeof LIST | 'silent',
  more: OFTPServerOptions = {},
): Promise<{ response: Received; host: TestServer }> {
  const { partner, settings, expect } = await partnerWith(list);
  const host = await TestServer.start({ settings: { ...settings, ...more }, on: { acceptConnection: expect } });
  const { peer } = await host.session();
  await transfer(peer, signedBy(partner), { sec: 2, ciph: 4, env: 1 });
  peer.send(cd());
  const response = await peer.expectOneOf('EERP', 'NERP');
  peer.send(rtr());
  return { response, host };
}

test('C-300 a file signed by a revoked partner is NERP 31, and reported', async () => {
  const { response, host } = await responseTo('revoked');
  assert.is(response.name, 'NERP');
  assert.is(response.fields['reas'], '31');
  const { errorCode, description } = await host.events.next('error');
  assert.is(errorCode, 683);
  assert.match(description, '"CN=partner" is revoked since 2024-05-06T07:08:09.000Z (key compromise)');
});

test('C-300 with FailOnUntrustedCert=False it is taken, and reported', async () => {
  const { response, host } = await responseTo('revoked', { failOnUntrustedCert: false });
  assert.is(response.name, 'EERP');
  const { errorCode, description } = await host.events.next('error');
  assert.is(errorCode, 690);
  assert.match(description, 'is revoked');
});

test('a partner who is not on the list, and one whose authority is not to be reached', async () => {
  const good = await responseTo('empty');
  assert.is(good.response.name, 'EERP');
  assert.equal(good.host.events.named('error'), []);
  const silent = await responseTo('silent');
  assert.is(silent.response.name, 'EERP');
  const { errorCode, description } = await silent.host.events.next('error');
  assert.is(errorCode, 690);
  assert.match(description, 'could not be found out');
});

test('nothing is encrypted for a revoked partner: sendFile rejects with 690', async () => {
  const { settings, expect } = await partnerWith('revoked');
  const { host, outcomes } = await serverThatSends({
    settings,
    file: { security: 'encrypted' },
    on: { acceptConnection: expect },
  });
  host.server.certificate = own('alice');
  const { peer } = await host.session();
  peer.send(cd());
  const [outcome] = await outcomes();
  assert.is(outcome?.error?.code, 690);
  assert.match(outcome?.error?.message ?? '', 'is revoked');
});

test('for a partner in good standing it is', async () => {
  const { settings, expect } = await partnerWith('empty');
  const { host } = await serverThatSends({
    settings,
    file: { security: 'encrypted' },
    on: { acceptConnection: expect },
  });
  host.server.certificate = own('alice');
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid } = await receive(peer);
  assert.is(sfid.fields['sec'], '01');
});

test.run();

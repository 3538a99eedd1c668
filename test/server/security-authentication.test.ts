/** Secure authentication through the public API: RFC 5024 §4.2.4, §5.3.16 to §5.3.18. Alice is called by bob. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient } from '../../src/index.js';
import { certificatePath, keyPath, opensslCms, sample } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { transfer } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { auch, aurp, secd, sfid, ssid } from '../support/wire.js';

test.after.each(cleanUp);

const ENVELOPED_DATA = '1.2.840.113549.1.7.3';

/** A hub that authenticates itself as alice and expects bob. */
async function hub(options: TestServerOptions = {}, partner: string | null = 'bob'): Promise<TestServer> {
  const host = await TestServer.start({
    ...options,
    on: {
      ...options.on,
      acceptConnection: ({ connection }) => {
        if (partner !== null) connection.recipientCertificate = known(partner);
      },
    },
  });
  host.server.certificate = own('alice');
  return host;
}

/** AUCHCHAL, of which the length field has been checked. */
function challengeOf({ octets }: { octets: Uint8Array }): Buffer {
  const buffer = Buffer.from(octets);
  assert.is(buffer.readUInt16BE(1), buffer.length - 3, 'AUCHCHLL');
  return buffer.subarray(3);
}

const decrypt = (name: string, envelope: Uint8Array): Buffer =>
  opensslCms(['-decrypt', '-inform', 'DER', '-inkey', keyPath(name), '-recip', certificatePath(name)], envelope);

const encrypt = (name: string, octets: Uint8Array, cipher = '-aes-256-cbc', ...more: string[]): Buffer =>
  opensslCms(['-encrypt', '-outform', 'DER', cipher, ...more, certificatePath(name)], octets);

/** Up to the challenge of the hub; gives what it decrypts to. */
async function challenged(peer: RawPeer): Promise<Buffer> {
  peer.send(secd());
  return decrypt('bob', challengeOf(await peer.expect('AUCH')));
}

for (const [name, cipher, more] of [
  ['AES-256', '-aes-256-cbc', []],
  ['AES-128', '-aes-128-cbc', []],
  ['3DES', '-des3', []],
  ['BER with OAEP', '-aes-256-cbc', ['-stream', '-keyopt', 'rsa_padding_mode:oaep']],
] as const) {
  test(`C-075 C-077 C-080 C-083 C-084 both sides prove themselves, the partner's challenge in ${name}`, async () => {
    const host = await hub();
    const { peer, answer } = await host.session({ auth: 'Y' });
    assert.is(answer.fields['auth'], 'Y');
    const response = await challenged(peer);
    assert.is(response.length, 20);
    peer.send(aurp(response));
    await peer.expect('SECD');
    const mine = sample(20);
    const recipient = more.length > 0 ? ['-stream', '-recip', certificatePath('alice'), ...more.slice(1)] : [];
    const envelope =
      more.length > 0
        ? opensslCms(['-encrypt', '-outform', 'DER', cipher, ...recipient], mine)
        : encrypt('alice', mine, cipher);
    peer.send(auch(envelope));
    const aurpBuffer = await peer.expect('AURP');
    assert.equal(Buffer.from(aurpBuffer.octets).subarray(1), mine);
    await transfer(peer, Buffer.from('after both answers'));
    assert.equal(host.events.named('error'), []);
  });
}

test('C-078 challenges have the cipher of outgoing.encryption and PKCS#1 v1.5', async () => {
  for (const [encryption, cipher] of [
    ['aes256', 'aes-256-cbc'],
    ['3des', 'des-ede3-cbc'],
  ] as const) {
    const host = await TestServer.start({
      on: {
        acceptConnection: ({ connection }) => {
          connection.recipientCertificate = known('bob');
          connection.outgoing.encryption = encryption;
        },
      },
    });
    const { peer } = await host.session({ auth: 'Y' });
    peer.send(secd());
    const printed = opensslCms(
      ['-cmsout', '-print', '-inform', 'DER'],
      challengeOf(await peer.expect('AUCH')),
    ).toString();
    assert.match(printed, cipher);
    assert.match(printed, ENVELOPED_DATA);
    assert.match(printed, 'rsaEncryption');
  }
});

test('C-079 each challenge is another', async () => {
  const host = await hub();
  const seen = new Set<string>();
  for (let session = 0; session < 3; session++) {
    const { peer } = await host.session({ auth: 'Y' });
    seen.add((await challenged(peer)).toString('hex'));
    peer.reset();
  }
  assert.is(seen.size, 3);
});

test('C-081 a wrong response is ESID 11, and the response is in no event', async () => {
  const trails: string[] = [];
  const host = await hub();
  host.server.on('piTrail', ({ data, raw }) => void trails.push(data.toString('latin1'), raw.toString('latin1')));
  host.server.on('log', ({ message }) => void trails.push(message));
  const { peer } = await host.session({ auth: 'Y' });
  const response = await challenged(peer);
  const wrong = Buffer.from(response);
  wrong[0]! ^= 1;
  peer.send(aurp(wrong));
  await peer.expectEsid(11);
  const everything = [...trails, ...host.events.named('error').map(({ description }) => description)].join('\n');
  assert.ok(trails.some((line) => line.includes('AURP')));
  assert.not.ok(everything.includes(wrong.toString('latin1')));
  assert.not.ok(everything.includes(wrong.toString('hex')));
});

test('C-082 a response of another length ends the session', async () => {
  for (const length of [19, 21]) {
    const host = await hub();
    const { peer } = await host.session({ auth: 'Y' });
    await challenged(peer);
    peer.send(aurp(sample(length)));
    await peer.expectEsid(7, 11);
  }
});

test('C-085 R-17 without the certificate of the partner: ESID 11 and error 689', async () => {
  const host = await hub({}, null);
  const { peer } = await host.session({ auth: 'Y' });
  peer.send(secd());
  await peer.expectEsid(11);
  assert.is(host.events.named('error')[0]?.errorCode, 689);
});

test('without an own certificate the challenge of the partner is not answered: ESID 11 and error 689', async () => {
  const host = await hub();
  host.server.certificate = null;
  const { peer } = await host.session({ auth: 'Y' });
  peer.send(aurp(await challenged(peer)));
  await peer.expect('SECD');
  peer.send(auch(encrypt('alice', sample(20))));
  await peer.expectEsid(11);
  assert.is(host.events.named('error')[0]?.errorCode, 689);
});

for (const [name, challenge] of [
  ['for somebody else', () => encrypt('carol', sample(20))],
  ['of 19 octets', () => encrypt('alice', sample(19))],
  ['of 21 octets', () => encrypt('alice', sample(21))],
  ['of random octets', () => sample(300)],
  ['of one octet', () => sample(1)],
] as const) {
  test(`C-086 a challenge ${name} is ESID 11, never an answer`, async () => {
    const host = await hub();
    const { peer } = await host.session({ auth: 'Y' });
    peer.send(aurp(await challenged(peer)));
    await peer.expect('SECD');
    peer.send(auch(challenge()));
    await peer.expectEsid(11);
    assert.is(host.events.named('error')[0]?.errorCode, 684);
  });
}

test('C-088 no file command before authentication is complete', async () => {
  const host = await hub();
  const { peer } = await host.session({ auth: 'Y' });
  peer.send(aurp(await challenged(peer)));
  await peer.expect('SECD');
  peer.send(sfid(5));
  await peer.expectEsid(2);
  assert.equal(host.delivered(), []);
});

test('the previous certificate still answers challenges, each purpose has its own slot (B-251)', async () => {
  const host = await hub();
  host.server.certificate = own('carol');
  host.server.certificates.sessionAuthentication = [own('bob'), own('alice')];
  const { peer } = await host.session({ auth: 'Y' });
  peer.send(aurp(await challenged(peer)));
  await peer.expect('SECD');
  peer.send(auch(encrypt('alice', sample(20))));
  await peer.expect('AURP');
});

test('B-307 SecureAuthentication=0: a client that asks for it gets ESID 12', async () => {
  const host = await hub({ config: ['SecureAuthentication=0'] });
  const peer = await host.ready();
  peer.send(ssid({ auth: 'Y' }));
  await peer.expectEsid(12);
});

test('B-308 C-072 SecureAuthentication=1: a client without it gets ESID 12, one of 1.4 ESID 10', async () => {
  const host = await hub({ config: ['SecureAuthentication=1'] });
  const peer = await host.ready();
  peer.send(ssid({ auth: 'N' }));
  await peer.expectEsid(12);
  const old = await host.ready();
  old.level = 4;
  old.send(ssid({ level: 4 }));
  await old.expectEsidOrClose(10, 12);
});

test('B-309 C-071 SecureAuthentication=2, the default: as the client wishes', async () => {
  const host = await hub();
  assert.is((await host.session({ auth: 'N' })).answer.fields['auth'], 'N');
  assert.is((await host.session({ auth: 'Y' })).answer.fields['auth'], 'Y');
});

/** A client that proves itself as bob and expects alice. */
function client(host: TestServer, options: Partial<ConstructorParameters<typeof OFTPClient>[0]> = {}): OFTPClient {
  const made = new OFTPClient({
    host: '127.0.0.1',
    port: host.server.localPort,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    serverSsidCode: HUB.code,
    statePath: null,
    secureAuthentication: 'required',
    certificate: own('bob'),
    recipientCertificate: known('alice'),
    ...options,
  });
  made.on('error', () => {});
  onCleanUp(() => within(made.shutdown()));
  return made;
}

test('client and server authenticate each other', async () => {
  const host = await hub();
  const caller = client(host);
  await caller.connect();
  assert.is(caller.connection?.negotiated?.secureAuthentication, true);
  await caller.logoff();
  assert.equal(host.events.named('error'), []);
});

test('a server with the key of somebody else is not believed by the client', async () => {
  const host = await hub();
  host.server.certificate = own('carol');
  const { error } = await outcomeOf(client(host).connect());
  assert.is(error?.code, 671);
});

test('a client with the key of somebody else is not let in', async () => {
  const host = await hub();
  const { error } = await outcomeOf(client(host, { certificate: own('carol') }).connect());
  assert.is(error?.code, 684);
  assert.equal(host.events.named('readyToSend'), []);
});

test('the client speaks first: SECD after the SSID, then it answers and challenges', async () => {
  const host = await TestClient.create({
    settings: { secureAuthentication: 'required', certificate: own('bob'), recipientCertificate: known('alice') },
  });
  const { peer, offer, connecting } = await host.greeted();
  assert.is(offer.fields['auth'], 'Y');
  peer.send(ssid({ code: HUB.code, password: HUB.password, auth: 'Y', rest: 'Y' }));
  await peer.expect('SECD');
  peer.send(auch(encrypt('bob', sample(20))));
  assert.equal(Buffer.from((await peer.expect('AURP')).octets).subarray(1), sample(20));
  peer.send(secd());
  peer.send(aurp(decrypt('alice', challengeOf(await peer.expect('AUCH')))));
  assert.is((await connecting).error, undefined);
});

test.run();

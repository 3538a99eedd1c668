/** Sent certificates through the public API: C-306, C-307, C-311, B-129 to B-133, B-192. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExchangeCertificateOptions } from '../../src/index.js';
import { fixture, fixturePath } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { answered, BOB, delivered, descriptionOf, NAMES } from '../support/exchange.js';
import { temporaryFolder } from '../support/folder.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf } from '../support/received.js';
import { receive, transfer } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, esid, rtr } from '../support/wire.js';

test.after.each(cleanUp);

test('C-311 the description names the certificate that is followed; any other text is no error', async () => {
  const sender = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        const certificate = known('carol');
        await connection.exchangeCertificate({ certificate, type: 'replace', follows: known('bob') });
      },
    },
  });
  const { peer } = await sender.session();
  peer.send(cd());
  const { sfid: offer } = await receive(peer);
  const desc = descriptionOf(offer);
  const { event } = await delivered(fixture('certificates/carol.cert.der'), { dsn: NAMES.replace, desc });
  assert.ok(event?.follows(known('bob')), 'the one that is named');
  assert.not.ok(event?.follows(known('alice')));
  const { event: other, response } = await delivered(BOB, { desc: 'our new one' });
  assert.is(response.name, 'EERP');
  assert.ok(other?.follows(known('bob')), 'by what the certificate itself says');
  assert.not.ok(other?.follows(known('carol')));
});

/** What a server sends when it has the turn. */
async function exchange(
  options: (host: TestServer) => ExchangeCertificateOptions,
  started: TestServerOptions = {},
): Promise<{ host: TestServer; peer: RawPeer; outcome: () => Outcome<unknown> | undefined }> {
  let outcome: Outcome<unknown> | undefined;
  const host = await TestServer.start({
    ...started,
    on: {
      readyToSend: async ({ connection }) => {
        outcome ??= await outcomeOf(connection.exchangeCertificate(options(host)));
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  return { host, peer, outcome: () => outcome };
}

for (const [type, dsn] of Object.entries(NAMES) as ['request' | 'replace' | 'deliver', string][]) {
  test(`C-306 B-131 B-132 B-133 exchangeCertificate sends a ${type} as ${dsn}: U, unsecured, DER`, async () => {
    const { peer } = await exchange(() => ({ certificate: own('bob'), type }));
    const { sfid: offer, data } = await receive(peer);
    const { fields } = offer;
    assert.is(fields['dsn']?.trim(), dsn);
    assert.is(fields['dest']?.trim(), PARTNER.code);
    assert.is(fields['orig']?.trim(), HUB.code);
    const services = ['fmt', 'lrecl', 'sec', 'ciph', 'comp', 'env', 'sign'].map((name) => fields[name]);
    assert.equal(services, ['U', '00000', '00', '00', '0', '0', 'N']);
    assert.equal(contentOf(data), BOB);
  });
}

test('what outgoing has for other files does not touch a certificate', async () => {
  const { peer } = await exchange(() => ({ certificate: own('bob'), type: 'deliver', destination: 'O0099ELSEWHERE' }), {
    settings: { fileDescription: 'ORDERS' },
  });
  const { sfid: offer } = await receive(peer);
  assert.is(offer.fields['dest']?.trim(), 'O0099ELSEWHERE');
  assert.equal(descriptionOf(offer), Buffer.alloc(0));
});

test('B-130 B-273 a path is a certificate file by default, sent octet for octet', async () => {
  const path = fixturePath('certificates/bob.cert.der');
  const { host, peer } = await exchange(() => ({ path, type: 'deliver' }));
  assert.equal(contentOf((await receive(peer)).data), BOB);
  assert.is(host.server.config('ExchangeCertStoreType'), '8');
});

for (const name of ['alice', 'bob']) {
  test(`B-273 B-274 ExchangeCertStoreType and ExchangeCertSubject take ${name} out of a store of two`, async () => {
    const { subject, encoded } = known(name);
    const config = ['ExchangeCertStoreType=11', `ExchangeCertSubject=${subject}`];
    const path = fixturePath('certificates/both.p7b');
    const { host, peer } = await exchange(() => ({ path, type: 'deliver' }), { config });
    assert.equal(contentOf((await receive(peer)).data), encoded);
    assert.is(host.server.config('ExchangeCertStoreType'), '11');
  });
}

const WRONG: readonly [string, ExchangeCertificateOptions, number][] = [
  ['a path that is not there', { path: '/nowhere/bob.cer', type: 'deliver' }, 690],
  ['a store of another type', { path: fixturePath('certificates/bob-aes.pfx'), type: 'deliver' }, 690],
  ['neither certificate nor path', { type: 'deliver' }, 10022],
  ['both certificate and path', { certificate: known('bob'), path: 'x', type: 'deliver' }, 10022],
  ['the type 3, as the reference has it in one place (C-03)', { path: 'x', type: 3 as never }, 10022],
  [
    'a destination of 26 characters',
    { certificate: known('bob'), type: 'deliver', destination: 'X'.repeat(26) },
    10022,
  ],
];
for (const [what, options, code] of WRONG) {
  test(`exchangeCertificate with ${what} is error ${code}, and nothing is sent`, async () => {
    const { peer, outcome } = await exchange(() => options);
    await peer.expect('ESID');
    assert.is((outcome()?.error as { code?: number } | undefined)?.code, code);
  });
}

test('B-129 at version 1.4 exchangeCertificate is error 688', async () => {
  const codes: unknown[] = [];
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        const { error } = await outcomeOf(connection.exchangeCertificate({ certificate: own('bob'), type: 'deliver' }));
        codes.push((error as { code?: number } | undefined)?.code);
      },
    },
  });
  const { peer } = await host.session({ level: 4 });
  peer.level = 4;
  peer.send(cd());
  await peer.expect('ESID');
  assert.equal(codes, [688]);
});

/** Answers requests, as an application does it. */
const answering = (outcomes: Outcome<unknown>[]): TestServerOptions => ({
  on: {
    certificateReceived: async ({ connection, originator: destination, certificateExchangeType }) => {
      if (certificateExchangeType !== 'request') return;
      const sent = connection.exchangeCertificate({ destination, certificate: own('alice'), type: 'deliver' });
      outcomes.push(await outcomeOf(sent));
    },
  },
});

test('C-307 a request is answered from its handler in the next turn of the same session: EERP, then DELIVER', async () => {
  const outcomes: Outcome<unknown>[] = [];
  const host = await TestServer.start(answering(outcomes));
  const { peer } = await host.session();
  await transfer(peer, BOB, { dsn: NAMES.request });
  assert.is((await answered(peer)).name, 'EERP');
  const { sfid: offer, data } = await receive(peer);
  assert.is(offer.fields['dsn']?.trim(), NAMES.deliver);
  assert.equal(contentOf(data), fixture('certificates/alice.cert.der'));
  await peer.expect('CD');
  assert.is(outcomes[0]?.error, undefined);
});

test('B-192 C-307 an answer that did not go out in its session is error 687, and can be sent in a later one', async () => {
  const outcomes: Outcome<unknown>[] = [];
  const host = await TestServer.start(answering(outcomes));
  const { peer } = await host.session();
  await transfer(peer, BOB, { dsn: NAMES.request });
  await host.events.next('certificateReceived');
  peer.send(esid(5, 0));
  peer.end();
  await host.events.next('disconnected');
  assert.is((outcomes[0]?.error as { code?: number } | undefined)?.code, 687);
  host.server.on('readyToSend', async ({ connection }) => {
    await connection.exchangeCertificate({ certificate: own('alice'), type: 'deliver' });
  });
  const { peer: later } = await host.session();
  later.send(cd());
  await later.expect('EERP');
  later.send(rtr());
  assert.equal(contentOf((await receive(later)).data), fixture('certificates/alice.cert.der'));
});

test('a client asks for a certificate and takes the answer', async () => {
  const host = await TestClient.create();
  const peer = await host.session();
  const sending = outcomeOf(host.client.connection!.exchangeCertificate({ certificate: own('bob'), type: 'request' }));
  const { sfid: offer, data } = await receive(peer);
  assert.is(offer.fields['dsn']?.trim(), NAMES.request);
  assert.equal(contentOf(data), BOB);
  assert.is((await sending).error, undefined);
  const downloadDirectory = temporaryFolder();
  const receiving = outcomeOf(host.client.receiveFiles({ downloadDirectory }));
  await peer.expect('CD');
  const octets = fixture('certificates/alice.cert.der');
  await transfer(peer, octets, { dsn: NAMES.deliver, dest: PARTNER.code, orig: HUB.code });
  const event = await host.events.next('certificateReceived');
  assert.is(event.certificateExchangeType, 'deliver');
  assert.equal(readFileSync(event.certificateFileName), octets);
  peer.send(cd());
  assert.is((await peer.expect('EERP')).fields['dsn']?.trim(), NAMES.deliver);
  peer.send(rtr());
  assert.equal((await receiving).value, [], 'it is none of the files');
});

test.run();

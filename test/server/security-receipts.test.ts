/** Signed end responses through the public API, both ways: RFC 5024 §4.3.6, §5.3.13, §5.3.14. Alice is the hub. */
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certificatePath, fixture, keyPath, opensslCms, text } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf, type Received } from '../support/received.js';
import { transferRecords } from '../support/records.js';
import { receive, transfer } from '../support/scenario.js';
import { aliceSends, expectBob, made, verifiedBy } from '../support/secured.js';
import { type TestEvent, TestServer, type TestServerOptions } from '../support/server.js';
import { cd, eerp, type NerpFields, nerp, type ResponseFields, rtr, type SfidFields } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(10_000);
const digest = (hash: string, octets: Uint8Array): Buffer => createHash(hash).update(octets).digest();

async function hub({ on, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const host = await TestServer.start({ ...options, on: { acceptConnection: expectBob, ...on } });
  host.server.certificate = own('alice');
  return host;
}

/** Sends a file and takes its end response. */
async function answered(host: TestServer, octets: Uint8Array, fields: SfidFields): Promise<Received> {
  const { peer } = await host.session();
  await transfer(peer, octets, fields);
  peer.send(cd());
  const response = await peer.expectOneOf('EERP', 'NERP');
  peer.send(rtr());
  await peer.expect('CD');
  return response;
}

/** Hash and signature at the end of an EERP or NERP, by their length fields. */
function proofOf({ name, octets }: Received): { hash: Buffer; signature: Buffer } {
  const start = name === 'EERP' ? 106 : 131 + Number(octets.toString('latin1', 128, 131));
  const hashEnd = start + 2 + octets.readUInt16BE(start);
  const signatureEnd = hashEnd + 2 + octets.readUInt16BE(hashEnd);
  assert.is(signatureEnd, octets.length);
  return { hash: octets.subarray(start + 2, hashEnd), signature: octets.subarray(hashEnd + 2) };
}

/** The fields that a signature covers, out of the exchange buffer. */
function coveredBy(response: Received, hash: Buffer): Buffer {
  const ranges: readonly [number, number][] =
    response.name === 'EERP'
      ? [
          [1, 27],
          [30, 48],
          [56, 106],
        ]
      : [
          [1, 27],
          [33, 126],
        ];
  return Buffer.concat([...ranges.map(([start, end]) => response.octets.subarray(start, end)), hash]);
}

for (const [ciph, hash, length] of [
  [1, 'sha1', 20],
  [2, 'sha1', 20],
  [3, 'sha256', 32],
  [4, 'sha256', 32],
  [6, 'sha512', 64],
  [7, 'sha3-512', 64],
] as const) {
  test(`B-099 C-122 C-225 C-227 C-228 C-230 C-231 EERP in suite 0${ciph}: ${hash} of the octets, signed`, async () => {
    const host = await hub();
    const response = await answered(host, CONTENT, { sign: 'Y', ciph });
    const proof = proofOf(response);
    assert.equal(proof.hash, digest(hash, CONTENT));
    const covered = verifiedBy('alice', proof.signature);
    assert.is(covered.length, 94 + length);
    assert.equal(covered, coveredBy(response, proof.hash));
    const [ended] = host.events.named('endTransfer');
    assert.is((ended as unknown as { fileHash: string }).fileHash, proof.hash.toString('base64'));
    assert.equal(host.events.named('error'), []);
  });
}

test('C-227 the hash is that of the transmitted octets, not of what was inside', async () => {
  const host = await hub();
  const octets = await made(CONTENT, { signer: 'bob', recipient: 'alice' });
  const response = await answered(host, octets, { sec: 3, ciph: 4, env: 1, sign: 'Y' });
  assert.equal(proofOf(response).hash, digest('sha256', octets));
  assert.equal(host.content('TESTFILE'), CONTENT);
});

test('C-243 C-244 a NERP is signed as well, over its creator and not over its reason', async () => {
  const host = await hub();
  const response = await answered(host, CONTENT, { sec: 2, ciph: 4, env: 1, sign: 'Y' });
  assert.is(response.name, 'NERP');
  const proof = proofOf(response);
  assert.equal(proof.hash, digest('sha256', CONTENT));
  const covered = verifiedBy('alice', proof.signature);
  assert.is(covered.length, 119 + 32);
  assert.equal(covered, coveredBy(response, proof.hash));
});

test('C-225 SFIDSIGN N: neither hash nor signature', async () => {
  const { hash, signature } = proofOf(await answered(await hub(), CONTENT, { sign: 'N', ciph: 4 }));
  assert.equal([hash.length, signature.length], [0, 0]);
});

test('C-226 R-18 B-098 without an own certificate: the file is kept, an unsigned EERP, error 686', async () => {
  const host = await hub();
  host.server.certificate = null;
  const { hash, signature } = proofOf(await answered(host, CONTENT, { sign: 'Y', ciph: 4 }));
  assert.equal([hash.length, signature.length], [0, 0]);
  assert.is(host.events.named('error')[0]?.errorCode, 686);
  assert.equal(host.content('TESTFILE'), CONTENT);
});

test('C-227 the hash of a plain file of records is that of the records, which came without delimiters', async () => {
  const host = await hub();
  const { peer } = await host.session();
  await transferRecords(peer, ['AB', 'CDE'], { fmt: 'V', lrecl: 80, sign: 'Y', ciph: 4 });
  peer.send(cd());
  const { hash } = proofOf(await peer.expect('EERP'));
  assert.equal(host.content('TESTFILE'), Buffer.from('AB\r\nCDE\r\n'));
  assert.equal(hash, digest('sha256', Buffer.from('ABCDE')));
});

test('C-229 ReceiptWithoutCipherSuite=True: SFIDCIPH 00 is answered with SHA-1', async () => {
  const host = await hub({ config: ['ReceiptWithoutCipherSuite=True'] });
  const { hash } = proofOf(await answered(host, CONTENT, { sign: 'Y', ciph: 0 }));
  assert.equal(hash, digest('sha1', CONTENT));
});

test('B-246 B-251 the slot for receipts signs, the one of the connection before that of the server', async () => {
  const host = await hub({
    on: {
      acceptConnection: ({ connection }) => {
        connection.certificates = { receiptSigning: own('carol') };
      },
    },
  });
  host.server.certificates.receiptSigning = own('bob');
  const { signature } = proofOf(await answered(host, CONTENT, { sign: 'Y', ciph: 4 }));
  assert.ok(verifiedBy('carol', signature).length > 0);
});

/** What an application does that answers for a file on its own. */
function answerItself(event: TestEvent, proof: { fileHash?: string; signature?: string } = {}): Promise<void> {
  event.sendEndResponse = false;
  const { virtualFileName, virtualFileDate, destination, originator, connection } = event;
  const who = { destination: originator, originator: destination };
  return connection.sendEndResponse({ virtualFileName, virtualFileDate, ...who, ...proof });
}

test('the application answers by itself: its response is signed with the hash of the file', async () => {
  const host = await hub({ on: { endTransfer: (event) => answerItself(event) } });
  const response = await answered(host, CONTENT, { sign: 'Y', ciph: 4 });
  const proof = proofOf(response);
  assert.equal(proof.hash, digest('sha256', CONTENT));
  assert.equal(verifiedBy('alice', proof.signature), coveredBy(response, proof.hash));
});

test('C-31 hash and signature of another station pass through untouched', async () => {
  const hash = digest('sha256', CONTENT);
  const signature = Buffer.from('nobody here can read this');
  const host = await hub({
    on: {
      readyToSend: ({ connection }) =>
        connection.sendEndResponse({
          virtualFileName: 'RELAYED',
          virtualFileDate: '20240229123456',
          destination: PARTNER.code,
          originator: 'O0013OTHER',
          fileHash: hash.toString('base64'),
          signature: signature.toString('base64'),
        }),
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  assert.equal(proofOf(await peer.expect('EERP')), { hash, signature });
});

test('an answer that has a signature already keeps it, and one without a hash is not signed', async () => {
  const given = { hash: digest('sha512', CONTENT), signature: Buffer.from('signed by a system behind this one') };
  for (const [fileHash, signature, proof, code] of [
    [given.hash.toString('base64'), given.signature.toString('base64'), given, undefined],
    ['', '', { hash: Buffer.alloc(0), signature: Buffer.alloc(0) }, 684],
  ] as const) {
    const host = await hub({ on: { endTransfer: (event) => answerItself(event, { fileHash, signature }) } });
    assert.equal(proofOf(await answered(host, CONTENT, { sign: 'Y', ciph: 4 })), proof);
    assert.is(host.events.named('error')[0]?.errorCode, code);
  }
});

test('C-31 what is said about a relayed file is never signed here', async () => {
  const host = await hub({
    on: {
      acceptFile: (event) => {
        event.accept = true;
      },
      endTransfer: (event) => answerItself(event, { fileHash: digest('sha256', CONTENT).toString('base64') }),
    },
  });
  const response = await answered(host, CONTENT, { dest: 'O0013OTHER', sign: 'Y', ciph: 4 });
  assert.equal(proofOf(response), { hash: digest('sha256', CONTENT), signature: Buffer.alloc(0) });
});

for (const config of ['IncludeSignerCertificate=True', 'IncludeSignerCertificate=False'] as const) {
  test(`C-232 ${config}: the certificate of the signer is in the signature accordingly`, async () => {
    const host = await hub({ config: [config] });
    const { signature } = proofOf(await answered(host, CONTENT, { sign: 'Y', ciph: 4 }));
    assert.is(signature.includes(fixture('certificates/alice.cert.der')), config.endsWith('True'));
  });
}

// Received end responses

interface SentFile {
  readonly host: TestServer;
  readonly peer: RawPeer;
  readonly fields: ResponseFields;
  readonly octets: Buffer;
}

/** The hub has sent a file that wants a signed response, and the partner has the turn. */
async function sent(
  options: Parameters<typeof aliceSends>[1] = {},
  file: Parameters<typeof aliceSends>[0] = { signedReceipt: true, receiptHash: 'sha256' },
): Promise<SentFile> {
  const { host } = await aliceSends(file, { octets: CONTENT, ...options });
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid, data } = await receive(peer);
  await peer.expect('CD');
  const { dsn, date, time } = sfid.fields;
  return { host, peer, fields: { dsn: dsn!.trim(), date: date!, time: time! }, octets: contentOf(data) };
}

/** What the partner's signature covers: EERP fields, with CREA those of NERP. */
function covered({ dsn, date, time }: ResponseFields, hash: Uint8Array, creator = ''): Buffer {
  const head = `${dsn!.padEnd(26)}${date}${time}${HUB.code.padEnd(25)}${PARTNER.code.padEnd(25)}`;
  return Buffer.concat([Buffer.from(creator === '' ? head : head + creator.padEnd(25)), hash]);
}

function signed(octets: Uint8Array, signer = 'bob', ...more: string[]): Buffer {
  const who = ['-signer', certificatePath(signer), '-inkey', keyPath(signer), '-nocerts'];
  const form = more.length > 0 ? more : ['-nodetach'];
  return opensslCms(['-sign', '-outform', 'DER', '-md', 'sha256', ...who, ...form], octets);
}

/** The event of the response, and the error before it. */
async function outcome(host: TestServer, peer: RawPeer): Promise<{ verified: unknown; code: number | undefined }> {
  await peer.expect('RTR');
  const event = (await host.events.next('endResponse')) as unknown as { verified: boolean | null };
  return { verified: event.verified, code: host.events.named('error')[0]?.errorCode };
}

test('B-096 B-206 a good signature and the right hash, which endResponse tells', async () => {
  const { host, peer, fields, octets } = await sent();
  const hash = digest('sha256', octets);
  peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash)) }));
  assert.equal(await outcome(host, peer), { verified: true, code: undefined });
  const [response] = host.events.named('endResponse') as unknown as { fileHash: string }[];
  assert.is(response?.fileHash, hash.toString('base64'));
});

test('a detached signature, as some partners send it, over the fields of the EERP itself', async () => {
  const { host, peer, fields, octets } = await sent();
  const hash = digest('sha256', octets);
  peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash), 'bob', '-noattr') }));
  assert.equal(await outcome(host, peer), { verified: true, code: undefined });
});

for (const [name, creator] of [
  ['with CREA', PARTNER.code],
  ['without CREA, as Accord signs it', ''],
] as const) {
  test(`C-244 a signed NERP ${name}`, async () => {
    const { host, peer, fields, octets } = await sent();
    const hash = digest('sha256', octets);
    const response: NerpFields = { ...fields, hash, signature: signed(covered(fields, hash, creator)), reas: 34 };
    peer.send(nerp(5, response));
    assert.equal(await outcome(host, peer), { verified: true, code: undefined });
  });
}

test('B-395 another hash is error 682 with both, and the response is taken', async () => {
  const { host, peer, fields, octets } = await sent();
  const hash = digest('sha256', Buffer.from('another file'));
  peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash)) }));
  assert.equal(await outcome(host, peer), { verified: false, code: 682 });
  const { description } = host.events.named('error')[0]!;
  assert.match(description, hash.toString('base64'));
  assert.match(description, digest('sha256', octets).toString('base64'));
});

test('a signed response without a hash is error 682', async () => {
  const { host, peer, fields } = await sent();
  const hash = Buffer.alloc(0);
  peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash)) }));
  assert.equal(await outcome(host, peer), { verified: false, code: 682 });
});

for (const [signer, verified, code] of [
  ['bob', true, undefined],
  ['carol', false, 683],
] as const) {
  test(`a signature that nobody has asked for, of ${signer}: checked all the same`, async () => {
    const { host, peer, fields, octets } = await sent({}, { signedReceipt: false });
    const hash = digest('sha256', octets);
    peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash), signer) }));
    assert.equal(await outcome(host, peer), { verified, code });
  });
}

for (const [name, sign] of [
  ['tampered', (octets: Buffer) => flipped(signed(octets))],
  ['of a stranger', (octets: Buffer) => signed(octets, 'carol')],
  ['over other fields', (octets: Buffer) => signed(Buffer.concat([octets, Buffer.from('x')]))],
  ['of random octets', () => Buffer.from('no signature at all')],
  ['missing', () => Buffer.alloc(0)],
] as const) {
  test(`B-096 B-396 C-233 a signature that is ${name}: error 683, RTR, and the session goes on`, async () => {
    const { host, peer, fields, octets } = await sent();
    const hash = digest('sha256', octets);
    peer.send(eerp(5, { ...fields, hash, signature: sign(covered(fields, hash)) }));
    assert.equal(await outcome(host, peer), { verified: false, code: 683 });
    await transfer(peer, CONTENT, { dsn: 'NEXT' });
  });
}

function flipped(octets: Buffer): Buffer {
  octets[octets.length - 1]! ^= 1;
  return octets;
}

test('after a bad response a good one still counts', async () => {
  const { host, peer, fields, octets } = await sent();
  const hash = digest('sha256', octets);
  peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash), 'carol') }));
  assert.is((await outcome(host, peer)).verified, false);
  peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash)) }));
  assert.is((await outcome(host, peer)).verified, true);
});

test('the previous certificate of the partner still verifies', async () => {
  const on = {
    acceptConnection: ({ connection }: { connection: { recipientCertificate: unknown } }) => {
      connection.recipientCertificate = [known('carol'), known('bob')];
    },
  } as TestServerOptions['on'];
  const { host, peer, fields, octets } = await sent({ on: on! });
  const hash = digest('sha256', octets);
  peer.send(eerp(5, { ...fields, hash, signature: signed(covered(fields, hash)) }));
  assert.is((await outcome(host, peer)).verified, true);
});

test('an end response to a file that wanted no signature has nothing to be checked', async () => {
  const { host } = await aliceSends({});
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid } = await receive(peer);
  await peer.expect('CD');
  const { dsn, date, time } = sfid.fields;
  peer.send(eerp(5, { dsn: dsn!.trim(), date: date!, time: time! }));
  assert.equal(await outcome(host, peer), { verified: null, code: undefined });
});

test('an end response for another station is not checked', async () => {
  const host = await hub();
  const { peer } = await host.session();
  peer.send(eerp(5, { dest: 'O0013OTHER', signature: Buffer.from('for others to check') }));
  assert.equal(await outcome(host, peer), { verified: null, code: undefined });
});

test.run();

/**
 * Which certificate does what on the wire: one for everything, or one for each purpose. Rows B-249 to B-252, B-305.
 * Alice, bob and carol are certificates here; which station uses which of them is the matter of each test.
 */
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPConnection, OFTPServer } from '../../src/index.js';
import { text } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { within } from '../support/outcome.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf } from '../support/received.js';
import { receive, sample, transfer } from '../support/scenario.js';
import { decryptBy, encryptedFor, made, verifiedBy } from '../support/secured.js';
import { TestServer } from '../support/server.js';
import { auch, aurp, cd, eerp, rtr, secd } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(5000);
const SENT = { security: 'encryptedAndSigned', signedReceipt: true } as const;

/** Who signs or encrypts what the server sends, and what the peer sends to it. */
interface Purposes {
  /** The own certificates of the server. */
  readonly authentication: string;
  readonly decryption: string;
  readonly signing: string;
  readonly receipts: string;
  /** Those of its partner. */
  readonly partnerAuthentication: string;
  readonly encryption: string;
  readonly verification: string;
  readonly receiptVerification: string;
}

/** One certificate for all purposes of a station. */
const ownAll = (name: string) => ({ authentication: name, decryption: name, signing: name, receipts: name });
const partnerAll = (name: string) => ({
  partnerAuthentication: name,
  encryption: name,
  verification: name,
  receiptVerification: name,
});

/** Starts a server with these certificates that sends one file when it has the turn. */
async function station(
  configure: (server: OFTPServer) => void,
  admit: (connection: OFTPConnection, server: OFTPServer) => void,
) {
  const settled = gate();
  const host: TestServer = await TestServer.start({
    on: {
      acceptConnection: ({ connection }) => admit(connection, host.server),
      readyToSend: async ({ connection }) => {
        if (host.events.named('readyToSend').length > 1) return;
        await connection.sendFile({ path: host.outgoing('OUT', CONTENT), virtualFileName: 'OUT', ...SENT });
        settled.open();
      },
    },
  });
  configure(host.server);
  return { host, sent: () => within(settled.opened) };
}

/** Both ends prove who they are, the peer first gets the challenge of the server. */
async function authenticate(peer: RawPeer, { authentication, partnerAuthentication }: Purposes): Promise<void> {
  peer.send(secd());
  const { octets } = await peer.expect('AUCH');
  peer.send(aurp(decryptBy(partnerAuthentication, octets.subarray(3))));
  await peer.expect('SECD');
  const challenge = sample(20);
  peer.send(auch(encryptedFor(authentication, challenge)));
  assert.equal((await peer.expect('AURP')).octets.subarray(1), challenge);
}

/** Hash and signature of an EERP. */
function proofOf(octets: Buffer): { hash: Buffer; signature: Buffer } {
  const hashEnd = 108 + octets.readUInt16BE(106);
  return { hash: octets.subarray(108, hashEnd), signature: octets.subarray(hashEnd + 2) };
}

/** A whole session that needs each certificate once. */
async function play(host: TestServer, sent: () => Promise<void>, purposes: Purposes): Promise<void> {
  const { peer } = await host.session({ auth: 'Y' });
  await authenticate(peer, purposes);
  const incoming = await made(CONTENT, { signer: purposes.verification, recipient: purposes.decryption });
  await transfer(peer, incoming, { sec: 3, ciph: 4, env: 1, sign: 'Y', fsiz: 10 });
  peer.send(cd());
  const { signature } = proofOf((await peer.expect('EERP')).octets);
  assert.ok(verifiedBy(purposes.receipts, signature).length > 0, 'the receipt');
  peer.send(rtr());
  assert.equal(host.content('TESTFILE'), CONTENT);
  const { sfid, data } = await receive(peer);
  const envelope = contentOf(data);
  assert.equal(verifiedBy(purposes.signing, decryptBy(purposes.encryption, envelope)), CONTENT);
  await sent();
  await peer.expect('CD');
  await respond(peer, sfid.fields, envelope, purposes.receiptVerification);
  const [received] = host.events.named('endResponse').filter(({ direction }) => direction === 'received');
  assert.is((received as unknown as { verified: boolean }).verified, true);
  assert.equal(host.events.named('error'), []);
}

/** Sends the signed end response to a file of the server. */
async function respond(
  peer: RawPeer,
  { dsn = '', date = '', time = '', dest = '', orig = '' }: Readonly<Record<string, string>>,
  envelope: Buffer,
  signer: string,
): Promise<void> {
  const hash = createHash('sha256').update(envelope).digest();
  // RFC 5024 §4.3.6: EERPDSN, EERPDATE, EERPTIME, EERPDEST, EERPORIG and the hash.
  const covered = Buffer.concat([Buffer.from(`${dsn}${date}${time}${orig}${dest}`), hash]);
  const signature = await made(covered, { signer });
  peer.send(eerp(5, { dsn: dsn.trim(), date, time, hash, signature }));
  await peer.expect('RTR');
}

test('B-249 one certificate of each station serves all: authentication, decryption, signatures and receipts', async () => {
  const { host, sent } = await station(
    (server) => {
      server.certificate = own('alice');
    },
    (connection) => {
      connection.recipientCertificate = known('bob');
    },
  );
  await play(host, sent, { ...ownAll('alice'), ...partnerAll('bob') });
});

/** Whose certificate the purposes 1 to 4 get: never the one of CertificateType 0, nor that of their neighbours. */
const SLOTS = ['bob', 'carol', 'bob', 'carol'] as const;

test('B-250 B-251 CertificateType=1 to 4: each purpose has its own, the one of CertificateType=0 has none left', async () => {
  const { host, sent } = await station(
    (server) => {
      server.certificate = own('alice');
      for (const [index, name] of SLOTS.entries()) {
        server.config(`CertificateType=${index + 1}`);
        server.certificate = own(name);
      }
      server.config('CertificateType=0');
    },
    (connection) => {
      connection.recipientCertificate = known('alice');
    },
  );
  await play(host, sent, {
    authentication: 'bob',
    decryption: 'carol',
    signing: 'bob',
    receipts: 'carol',
    ...partnerAll('alice'),
  });
});

test('B-250 only CertificateType=3 is another one: files are signed by it, all else is done by CertificateType=0', async () => {
  const { host, sent } = await station(
    (server) => {
      server.certificate = own('alice');
      server.config('CertificateType=3');
      server.certificate = own('carol');
    },
    (connection) => {
      connection.recipientCertificate = known('bob');
    },
  );
  await play(host, sent, { ...ownAll('alice'), signing: 'carol', ...partnerAll('bob') });
});

test('B-252 CertificateType[id] and connection.certificate: other ones for one partner alone', async () => {
  let first = true;
  const { host } = await station(
    (server) => {
      server.certificate = own('alice');
    },
    (connection) => {
      connection.recipientCertificate = known('bob');
      if (!first) return;
      first = false;
      connection.config('CertificateType=4');
      connection.certificate = own('carol');
    },
  );
  for (const [dsn, signer] of [
    ['ONE', 'carol'],
    ['TWO', 'alice'],
  ] as const) {
    const { peer } = await host.session();
    await transfer(peer, CONTENT, { dsn, sign: 'Y', ciph: 4, fsiz: 5 });
    peer.send(cd());
    const { signature } = proofOf((await peer.expect('EERP')).octets);
    assert.ok(verifiedBy(signer, signature).length > 0, signer);
    peer.send(rtr());
    if (dsn === 'ONE') await receive(peer);
    await peer.expect('CD');
  }
});

type Select = (connection: OFTPConnection, type: number, server: OFTPServer) => string;

const SELECTS: Readonly<Record<string, Select>> = {
  'RecipientCertificateType of the connection': (connection, type) =>
    connection.config(`RecipientCertificateType=${type}`),
  'RecipientCertificateType[id] of the server': ({ id }, type, server) =>
    server.config(`RecipientCertificateType[${id}]=${type}`),
};

for (const [what, select] of Object.entries(SELECTS)) {
  test(`B-305 ${what}: each purpose of the partner's certificates has its own`, async () => {
    const { host, sent } = await station(
      (server) => {
        server.certificate = own('alice');
      },
      (connection, server) => {
        connection.recipientCertificate = known('alice');
        for (const [index, name] of SLOTS.entries()) {
          select(connection, index + 1, server);
          connection.recipientCertificate = known(name);
        }
      },
    );
    await play(host, sent, {
      ...ownAll('alice'),
      partnerAuthentication: 'bob',
      encryption: 'carol',
      verification: 'bob',
      receiptVerification: 'carol',
    });
  });
}

test.run();

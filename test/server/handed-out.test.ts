/** Lists that the library hands out, and those that it was given: nobody changes behind its back what it works with. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient, OFTPServer, type ReceivedFileInfo } from '../../src/index.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { folderWith, temporaryFolder } from '../support/folder.js';
import { within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { receive, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, rtr } from '../support/wire.js';

test.after.each(cleanUp);

const LISTS: Readonly<Record<string, (server: OFTPServer) => readonly unknown[]>> = {
  'serverSfidCodes of a new server': (server) => server.serverSfidCodes,
  'trustedCertificates of a new server': (server) => server.trustedCertificates,
  'serverSfidCodes that were set': (server) => {
    server.serverSfidCodes = ['SUB1'];
    return server.serverSfidCodes;
  },
  'trustedCertificates that were set': (server) => {
    server.trustedCertificates = [known('bob')];
    return server.trustedCertificates;
  },
  'several certificates': (server) => {
    server.certificate = [own('alice'), own('bob')];
    return server.certificate as readonly unknown[];
  },
  'several certificates for one purpose': (server) => {
    server.certificates.decryption = [own('alice'), own('bob')];
    return server.certificates.decryption as readonly unknown[];
  },
  'several certificates for TLS': (server) => {
    server.sslCertificate = [own('alice'), own('elliptic')];
    return server.sslCertificate as readonly unknown[];
  },
};

for (const [name, listOf] of Object.entries(LISTS)) {
  test(`${name}: the list takes no more and loses nothing`, () => {
    const list = listOf(new OFTPServer()) as unknown[];
    const before = [...list];
    assert.throws(() => list.push('MORE'), TypeError);
    assert.throws(() => list.splice(0, 1, 'OTHER'), TypeError);
    assert.is(list.length, before.length);
    for (const [index, item] of before.entries()) assert.is(list[index], item);
  });
}

test('purposes of certificates: a misspelled one is refused, and none can be taken away', () => {
  const server = new OFTPServer();
  const slots = server.certificates as unknown as Record<string, unknown>;
  assert.throws(() => Object.assign(slots, { decrypting: own('alice') }), TypeError);
  assert.not(Reflect.deleteProperty(slots, 'decryption'));
  assert.equal(Object.keys(slots), ['sessionAuthentication', 'decryption', 'signing', 'receiptSigning']);
});

test('a list that was assigned may change afterwards: what was assigned holds', () => {
  const server = new OFTPServer();
  const trusted = [known('bob')];
  const codes = ['SUB1'];
  server.trustedCertificates = trusted;
  server.serverSfidCodes = codes;
  trusted.push(known('alice'));
  codes.push('SUB2');
  assert.equal([server.trustedCertificates.length, server.serverSfidCodes], [1, ['SUB1']]);
});

test('connections of a client are a view as well', () => {
  const { connections } = new OFTPClient({ host: 'localhost', clientSsidCode: 'X' });
  assert.is(connections.size, 0);
  assert.is(Reflect.get(connections, 'set'), undefined);
});

test('options of a client may change after it was made: those it was made with hold', async () => {
  const host = await TestServer.start();
  const options = {
    host: '127.0.0.1',
    port: host.server.localPort,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    serverSsidCode: HUB.code,
  };
  const client = new OFTPClient(options);
  Object.assign(options, { host: '', port: -1, serverSsidCode: 'SOMEBODY' });
  await within(client.connect());
  assert.is(client.connection?.ssidCode, HUB.code);
  await within(client.logoff());
});

/** The server's turn: one file, and the confirmation of its end response. */
async function serverSends(peer: RawPeer, dsn: string): Promise<void> {
  await peer.expect('CD');
  await transfer(peer, sample(10), { dsn, dest: PARTNER.code, orig: HUB.code });
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
}

test('what receiveFiles has given does not grow with files of later turns', async () => {
  const host = await TestClient.create();
  const peer = await host.session();
  const { client } = host;
  const names = (files: readonly ReceivedFileInfo[]) => files.map(({ virtualFileName }) => virtualFileName);
  const receiving = client.receiveFiles({ downloadDirectory: temporaryFolder() });
  await serverSends(peer, 'FIRST');
  const received = await within(receiving);
  assert.equal(names(received), ['FIRST']);
  const sending = client.sendFile({ path: join(folderWith({ OUT: 'content' }), 'OUT') });
  await receive(peer);
  await within(sending);
  void client.connection?.changeDirection();
  await serverSends(peer, 'SECOND');
  const both = [await host.events.next('endTransfer'), await host.events.next('endTransfer')];
  assert.equal(
    both.map(({ virtualFileName }) => virtualFileName),
    ['FIRST', 'OUT'],
  );
  assert.is((await host.events.next('endTransfer')).virtualFileName, 'SECOND');
  assert.equal(names(received), ['FIRST']);
});

test.run();

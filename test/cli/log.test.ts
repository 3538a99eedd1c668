/** The log of `oftp serve`: what an operator and his tools read. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keyPath } from '../security/support.js';
import { cleanUp } from '../support/cleanup.js';
import { openssl } from '../support/openssl.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { cd, data, eerp, esid, nerp, rtr, sfid, ssid } from '../support/wire.js';
import { configText, Hub } from './oftp.js';

test.after.each(cleanUp);

/** Ends the session in good order. */
async function leave(peer: RawPeer): Promise<void> {
  peer.send(esid(5, 0));
  await peer.expectClose();
}

test('a session with a file: opened, transfer begun and ended, end response, closed, each as a JSON line', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  const address = `127.0.0.1:${peer.localPort}`;
  await transfer(peer, sample(5000), { dsn: 'ORDERS' });
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  await leave(peer);
  await hub.serving.logged(/session closed, 1 received, 0 sent/);
  const [name] = hub.names('inbox');
  const path = hub.path(`inbox/${name}`);
  const about = { partner: PARTNER.code, connection: 1, address };
  const file = { direction: 'received', file: 'ORDERS' };
  const lines = hub.serving.log.filter(({ connection }) => connection === 1).map(({ time: _, ...line }) => line);
  assert.equal(lines, [
    {
      level: 'info',
      ...about,
      version: '2.0',
      bufferSize: 2048,
      credit: 99,
      bufferCompression: false,
      restart: false,
      connectionType: 'both',
      secureAuthentication: false,
      msg: `O0013PARTNER: session open from ${address}, version 2.0`,
    },
    { level: 'info', ...about, ...file, path, msg: 'O0013PARTNER: receiving ORDERS' },
    {
      level: 'info',
      ...about,
      ...file,
      date: '202402291234560001',
      size: 5000,
      path,
      msg: `O0013PARTNER: received ORDERS, 5000 octets, as ${path}`,
    },
    {
      level: 'info',
      ...about,
      direction: 'sent',
      file: 'ORDERS',
      date: '202402291234560001',
      originator: HUB.code,
      destination: PARTNER.code,
      msg: 'O0013PARTNER: end response sent: ORDERS was delivered (EERP)',
    },
    { level: 'info', ...about, received: 1, sent: 0, msg: 'O0013PARTNER: session closed, 1 received, 0 sent' },
  ]);
});

test('end responses of the partner: EERP is information, NERP a warning with its reason', async () => {
  const hub = await Hub.start(configText(), { 'outbox/1.edi': 'x' });
  const { peer } = await hub.serving.session();
  peer.send(cd());
  const { sfid: offer } = await receive(peer);
  await peer.expect('CD');
  const fields = { dsn: '1.EDI', date: String(offer.fields['date']), time: String(offer.fields['time']) };
  peer.send(nerp(5, { ...fields, reas: 34, text: 'wrong article' }));
  await peer.expect('RTR');
  const negative = await hub.serving.logged(/end response received: 1\.EDI was not delivered \(NERP\), reason 34/);
  assert.is(negative.level, 'warn');
  assert.is(negative['reasonText'], 'wrong article');
  peer.send(eerp(5, fields));
  await peer.expect('RTR');
  assert.is((await hub.serving.logged(/end response received: 1\.EDI was delivered/)).level, 'info');
});

test('a session that is lost: the transfer and the session say why', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  await open(peer, { fsiz: 10 });
  peer.send(data('some'));
  await hub.serving.logged(/receiving TESTFILE/);
  peer.end();
  assert.is((await hub.serving.logged(/TESTFILE was not received: reason 99/)).level, 'warn');
  const closed = await hub.serving.logged(/session closed, 0 received, 0 sent \(.+\)/);
  assert.type(closed['reason'], 'string');
});

test('an error of the partner has its number', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  peer.send(data('without a file'));
  await peer.expectEsid(2);
  const { level, code } = await hub.serving.logged(/\(error 671\)/);
  assert.equal([level, code], ['warn', 671]);
});

test('a stranger that is no ODETTE-FTP client is told apart by its address', async () => {
  const hub = await Hub.start();
  const peer = await RawPeer.connect(hub.serving.port);
  await peer.expect('SSRM');
  peer.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await peer.expectEsid(1, 2, 6, 7);
  const { address } = await hub.serving.logged(/does not speak OFTP/);
  assert.is(address, `127.0.0.1:${peer.localPort}`);
});

test('a client that is refused is one line of the log', async () => {
  const hub = await Hub.start();
  const peer = await RawPeer.connect(hub.serving.port);
  await peer.expect('SSRM');
  peer.send(ssid({ code: 'O0013NOBODY' }));
  await peer.expectEsid(3);
  await hub.serving.logged(/refused O0013NOBODY/);
  await hub.serving.stop();
  const warnings = hub.serving.log.filter(({ connection }) => connection === 1);
  assert.equal(
    warnings.map(({ ssid: code, reason }) => [code, reason]),
    [['O0013NOBODY', 3]],
  );
});

test('a client that AllowedClients does not name is logged', async () => {
  const hub = await Hub.start(configText('', "settings: { AllowedClients: '10.9.9.9' }"));
  const peer = await RawPeer.connect(hub.serving.port);
  await peer.expectClose();
  await hub.serving.logged(/refused 127\.0\.0\.1: AllowedClients and BlockedClients do not let it in/);
});

test('a configuration without partners starts and warns', async () => {
  const hub = await Hub.start('identity: { ssid: A }\nstatePath: null\n');
  assert.is((await hub.serving.logged(/nobody is let in/)).level, 'warn');
});

test('--log-level debug adds the commands, but not each exchange buffer of data', async () => {
  const hub = await Hub.start(configText(), {}, ['--log-level', 'debug']);
  const { peer } = await hub.serving.session();
  await transfer(peer, sample(300));
  await hub.serving.logged(/#1 received SFID dsn=TESTFILE/);
  assert.not.match(hub.serving.child.output, /received DATA/);
});

test('a peer cannot put control characters into lines of text', async () => {
  const hub = await Hub.start(configText(), {}, ['--log-format', 'text']);
  const { peer } = await hub.serving.session();
  peer.send(sfid(5, { dsn: 'A\x1b[2J\nB' }));
  await peer.expectOneOf('SFPA', 'SFNA', 'ESID');
  peer.end();
  await hub.serving.child.waitForOutput(/session closed|error 671/);
  assert.not.ok(hub.serving.child.output.includes('\x1b'));
});

test('a received certificate is a line with what it says of itself, and cannot steer a terminal', async () => {
  const hub = await Hub.start(configText(), {}, ['--log-format', 'text']);
  const { peer } = await hub.serving.session();
  const subject = ['-utf8', '-subj', '/CN=Bob\x1b[31m'];
  const key = ['-key', keyPath('bob')];
  const octets = openssl(['req', '-x509', '-new', '-days', '30', '-outform', 'DER', ...key, ...subject]);
  await transfer(peer, octets, { dsn: 'ODETTE_CERTIFICATE_DELIVER' });
  const name = 'ODETTE_CERTIFICATE_DELIVER_O0013PARTNER_202402291234560001.cer';
  const line = new RegExp(
    `certificate of O0013PARTNER received \\(deliver\\): CN=Bob.*, as ${hub.path(`inbox/${name}`)}`,
  );
  await hub.serving.child.waitForOutput(line);
  assert.not.ok(hub.serving.child.output.includes('\x1b'));
});

test('what a client calls itself cannot steer a terminal', async () => {
  const hub = await Hub.start(configText(), {}, ['--log-format', 'text']);
  const peer = await RawPeer.connect(hub.serving.port);
  await peer.expect('SSRM');
  peer.send(ssid({ code: 'X\x1b[31m' }));
  await peer.expectEsid(3, 6);
  peer.end();
  await hub.serving.stop();
  assert.not.ok(hub.serving.child.output.includes('\x1b'));
});

test.run();

/** `oftp bench` before a real server and a scripted one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certificatePath, keyPath } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawResponder } from '../support/peer.js';
import { keyPem, knownTls, pem, startTlsServer } from '../support/tls.js';
import { esid, sfna, ssid, ssrm } from '../support/wire.js';
import { AS_PARTNER, configText, Hub, oftp, PARTNER_ENV, startOftp, stderrOf } from './oftp.js';

test.after.each(cleanUp);

/** The result as `--json` writes it. */
function resultIn(folder: string): Record<string, number> {
  return JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as Record<string, number>;
}

const PHASE = (name: string) => new RegExp(`^${name} +(\\d+\\.\\d\\d +){4}\\d+\\.\\d\\d$`, 'm');

test('sessions, files and end responses are counted on both sides, and each phase has its percentiles', async () => {
  const hub = await Hub.start();
  const load = ['--sessions', '5', '--concurrency', '2', '--files', '3', '--size', '1K', '--json', 'result.json'];
  const { code, output, stdout } = await oftp(['bench', hub.serving.address, ...AS_PARTNER, ...load], {
    cwd: hub.folder,
    env: PARTNER_ENV,
  });
  assert.is(code, 0, output);
  assert.match(stdout, /^5 sessions in .*; 0 failed\n15 files, .*; 0 not taken; 15 end responses, 0 negative\n/);
  for (const phase of ['open', 'file', 'receipt', 'session']) assert.match(stdout, PHASE(phase));
  const { sessions, files, octets, receipts, failedSessions } = resultIn(hub.folder);
  assert.equal(
    { sessions, files, octets, receipts, failedSessions },
    { sessions: 5, files: 15, octets: 15 * 1024, receipts: 15, failedSessions: 0 },
  );
  const received = hub.names('inbox').filter((name) => name.startsWith('LOAD.'));
  assert.is(received.length, 15);
  for (const name of received) assert.is(readFileSync(join(hub.path('inbox'), name)).length, 1024);
});

test('a --json that cannot be written is told before the load', async () => {
  const json = join(folderWith({}), 'none', 'result.json');
  const result = await oftp(['bench', '127.0.0.1:1', ...AS_PARTNER, '--json', json], { env: PARTNER_ENV });
  assert.is(result.code, 2);
  assert.is(result.stdout, '');
  assert.match(stderrOf(result), `oftp: --json ${json} cannot be written: ENOENT`);
});

test('--stations gives each of the sessions side by side a code of its own', async () => {
  const text = configText().replace(`code: ${PARTNER.code}`, `code: ${PARTNER.code}2`);
  const hub = await Hub.start(text);
  const load = ['--sessions', '2', '--concurrency', '2', '--stations', '2', '--files', '1', '--no-receipts'];
  const result = await oftp(['bench', hub.serving.address, ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  // Only the second of the two codes is known.
  assert.is(result.code, 1, result.output);
  assert.match(result.stdout, /^1 session in .*; 1 failed\n1 file,/);
  await hub.serving.logged(new RegExp(`refused ${PARTNER.code}1 from`));
});

test('--file sends that file; --rate starts sessions by the clock', async () => {
  const hub = await Hub.start();
  const folder = folderWith({ 'orders.edi': 'UNH+1' });
  const load = ['--sessions', '3', '--rate', '1000', '--file', join(folder, 'orders.edi')];
  const { code, output } = await oftp(['bench', hub.serving.address, ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  assert.is(code, 0, output);
  const received = hub.names('inbox').filter((name) => name.startsWith('LOAD.'));
  assert.is(received.length, 3);
  for (const name of received) assert.is(readFileSync(join(hub.path('inbox'), name), 'utf8'), 'UNH+1');
});

test('sessions that the server refuses are counted by their reason; exit code 1', async () => {
  const hub = await Hub.start();
  const args = ['bench', hub.serving.address, '--ssid', PARTNER.code, '--password', 'WRONG', '--sessions', '3'];
  const result = await oftp(args);
  assert.is(result.code, 1);
  assert.match(result.stdout, /^0 sessions in .*; 3 failed\n0 files/);
  assert.match(stderrOf(result), /^3 times: .*reason 4/);
  assert.not.match(result.output, /WRONG/);
});

test('files are protected and receipts signed, over TLS with certificates at both ends', async () => {
  const securities: unknown[] = [];
  const hub = await startTlsServer({
    settings: {
      sslAuthenticateClients: true,
      sslBindClientCertificate: true,
      trustedCertificates: [knownTls('root')],
      certificate: own('alice'),
      receivedFileNameFormat: '%VirtualFileName%',
    },
    on: {
      acceptConnection: ({ connection }) => {
        connection.recipientCertificate = known('bob');
        connection.recipientCertificates.tls = knownTls('client');
      },
      acceptFile: ({ connection }) => {
        securities.push(connection.incoming?.security);
      },
    },
  });
  const bob = readFileSync(keyPath('bob'), 'utf8') + readFileSync(certificatePath('bob'), 'utf8');
  const content = "UNH+1+DELFOR'";
  const folder = folderWith({
    'ca.pem': pem('root'),
    'own.pem': `${keyPem('client')}${pem('client')}${pem('issuing')}`,
    'bob.pem': bob,
    content,
  });
  const path = (name: string) => join(folder, name);
  const load = [
    ...['--tls-ca', path('ca.pem'), '--tls-cert', path('own.pem'), '--sessions', '3', '--files', '2'],
    ...['--file', path('content'), '--security', 'encryptedAndSigned', '--compress', '--signed-receipt'],
    ...['--own-certificate', path('bob.pem'), '--recipient-certificate', certificatePath('alice')],
  ];
  const address = `127.0.0.1:${hub.server.localPort}`;
  const { code, output, stdout } = await oftp(['bench', address, ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  assert.is(code, 0, output);
  assert.match(stdout, /^3 sessions in .*; 0 failed\n6 files, .*; 0 not taken; 6 end responses, 0 negative\n/);
  const received = readdirSync(hub.inbox).filter((name) => name.startsWith('LOAD.'));
  assert.is(received.length, 6);
  assert.equal(
    securities,
    Array.from({ length: 6 }, () => 'encryptedAndSigned'),
  );
  for (const name of received) assert.is(readFileSync(join(hub.inbox, name), 'utf8'), content);
});

test('when none of many sessions opens, the rest is not tried', async () => {
  const load = ['--sessions', '1000', '--concurrency', '5'];
  const result = await oftp(['bench', '127.0.0.1:1', ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  assert.is(result.code, 1);
  assert.match(result.stdout, /^0 sessions in .*; (1[5-9]) failed\n/);
  const failed = Number(/; (\d+) failed/.exec(result.stdout)?.[1]);
  assert.match(stderrOf(result), new RegExp(`^${failed} times: .*ECONNREFUSED`));
  assert.match(stderrOf(result), `\n${1000 - failed} sessions not tried: none would open any more`);
});

test('a second signal ends the load at once, and its folder does not stay', async () => {
  const responder = await RawResponder.listen();
  const temporary = folderWith({});
  const child = startOftp(['bench', `127.0.0.1:${responder.port}`, ...AS_PARTNER, '--size', '1M'], {
    env: { ...PARTNER_ENV, TMPDIR: temporary },
  });
  const peer = await responder.accept();
  peer.send(ssrm());
  await peer.expect('SSID');
  assert.is(readdirSync(temporary).length, 1);
  child.signal('SIGINT');
  await child.waitForOutput(/stopped by a signal/);
  child.signal('SIGINT');
  assert.is((await child.finished).code, 130);
  assert.equal(readdirSync(temporary), []);
});

test('a file that is refused is counted, and the session goes on', async () => {
  const responder = await RawResponder.listen();
  const args = [
    'bench',
    `127.0.0.1:${responder.port}`,
    ...AS_PARTNER,
    '--files',
    '2',
    '--sessions',
    '1',
    '--no-receipts',
  ];
  const child = startOftp(args, { env: PARTNER_ENV });
  const peer = await responder.accept();
  peer.send(ssrm());
  await peer.expect('SSID');
  peer.send(ssid({ code: HUB.code }));
  for (let file = 0; file < 2; file += 1) {
    await peer.expect('SFID');
    peer.send(sfna(5, 6));
  }
  await peer.expect('CD');
  // A side that has nothing to send ends the session; CD straight after CD is a violation (RFC 5024 §9.12).
  peer.send(esid(5, 0));
  await peer.expectClose();
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(result.stdout, /^1 session in .*; 0 failed\n0 files, .*; 2 not taken/);
  assert.match(stderrOf(result), /^2 times: a file was not taken: .*6/);
});

test('a signal ends the sessions under way, and what was measured is told', async () => {
  const responder = await RawResponder.listen();
  const child = startOftp(['bench', `127.0.0.1:${responder.port}`, ...AS_PARTNER, '--sessions', '1000'], {
    env: PARTNER_ENV,
  });
  const peer = await responder.accept();
  peer.send(ssrm());
  await peer.expect('SSID');
  peer.send(ssid({ code: HUB.code }));
  await peer.expect('SFID');
  child.signal('SIGINT');
  await peer.expectEsid(5);
  const result = await child.finished;
  assert.is(result.code, 130);
  assert.match(result.stdout, /^0 sessions in .*; 1 failed\n/);
});

test.run();

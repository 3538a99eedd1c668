/** `oftp bench` before a real server and a scripted one. */
import { readdirSync, readFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
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

/** Waits until the command has made its own folder there. */
async function folderIn(temporary: string): Promise<void> {
  for await (const { filename } of watch(temporary, { signal: AbortSignal.timeout(10_000) })) {
    if (filename?.startsWith('oftp-bench-')) return;
  }
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

test('100 sessions that connect in one moment all open', async () => {
  const hub = await Hub.start();
  // Where the system loses one, that session waits in vain until its time is up.
  const crowd = ['--sessions', '100', '--concurrency', '100', '--files', '0', '--timeout', '20'];
  const { code, stdout, output } = await oftp(['bench', hub.serving.address, ...AS_PARTNER, ...crowd], {
    cwd: hub.folder,
    env: PARTNER_ENV,
  });
  assert.is(code, 0, output);
  assert.match(stdout, /^100 sessions in .*; 0 failed\n/);
});

test('a --json that cannot be written is told before the load', async () => {
  const json = join(folderWith({}), 'none', 'result.json');
  const result = await oftp(['bench', '127.0.0.1:1', ...AS_PARTNER, '--json', json], { env: PARTNER_ENV });
  assert.is(result.code, 2);
  assert.is(result.stdout, '');
  assert.match(stderrOf(result), `oftp: --json ${json} cannot be written: ENOENT`);
});

test('--stations gives each of the sessions side by side a code of its own', async () => {
  const text = configText().replace(`code: ${PARTNER.code}`, `code: ${PARTNER.code}1`);
  const hub = await Hub.start(text);
  const load = ['--sessions', '2', '--concurrency', '2', '--stations', '2', '--files', '1', '--no-receipts'];
  const result = await oftp(['bench', hub.serving.address, ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  // Only the first of the two codes is known.
  assert.is(result.code, 1, result.output);
  assert.match(result.stdout, /^1 session in .*; 1 failed\n1 file,/);
  await hub.serving.logged(new RegExp(`refused ${PARTNER.code}2 from`));
});

test('--warm-up sessions reach the server, and are counted apart', async () => {
  const hub = await Hub.start();
  const load = ['--warm-up', '2', '--sessions', '3', '--rate', '1000', '--oftp', '1.4', '--json', 'result.json'];
  const { code, output, stdout } = await oftp(['bench', hub.serving.address, ...AS_PARTNER, ...load], {
    cwd: hub.folder,
    env: PARTNER_ENV,
  });
  assert.is(code, 0, output);
  assert.match(
    stdout,
    /^3 sessions in .*\n3 files, .*; 3 end responses, 0 negative\nbefore them.*: 2 sessions, 2 files\n/,
  );
  assert.match(stdout, /\nOFTP 1\.4, buffers of \d+ octets, credit \d+\n/);
  assert.is(hub.names('inbox').filter((name) => name.startsWith('LOAD.')).length, 5);
  const { warmUp, agreed, load: asked, milliseconds } = resultIn(hub.folder);
  assert.equal(warmUp, { sessions: 2, files: 2, octets: 2 * 4096 });
  assert.is((agreed as unknown as { version: string }).version, '1.4');
  assert.is((asked as unknown as { rate: number }).rate, 1000);
  const counts = Object.entries(milliseconds as unknown as Record<string, { count: number }>);
  assert.equal(
    counts.map(([phase, { count }]) => [phase, count]),
    ['wait', 'open', 'file', 'receipt', 'session'].map((phase) => [phase, 3]),
  );
});

test('--duration ends a load that has no number of sessions', async () => {
  const hub = await Hub.start();
  const load = ['--duration', '1', '--concurrency', '2', '--json', 'result.json'];
  const { code, output } = await oftp(['bench', hub.serving.address, ...AS_PARTNER, ...load], {
    cwd: hub.folder,
    env: PARTNER_ENV,
  });
  assert.is(code, 0, output);
  const { files, sessions } = resultIn(hub.folder);
  assert.is(files, sessions);
  assert.is(hub.names('inbox').filter((name) => name.startsWith('LOAD.')).length, files);
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

test('a wrong password is told once, by its reason, and the others are not tried; exit code 1', async () => {
  const hub = await Hub.start();
  const load = ['--sessions', '30', '--concurrency', '10'];
  const args = ['bench', hub.serving.address, '--ssid', PARTNER.code, '--password', 'WRONG', ...load];
  const result = await oftp(args);
  assert.is(result.code, 1);
  assert.match(result.stdout, /^0 sessions in .*; 1 failed\n0 files/);
  assert.match(stderrOf(result), /^1 time: the server does not accept the password of O0013PARTNER \(ESID 04\)/);
  assert.match(stderrOf(result), /\n29 sessions not tried: the first one did not open/);
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

test('when nobody listens, one session finds out', async () => {
  const load = ['--sessions', '1000', '--concurrency', '5'];
  const result = await oftp(['bench', '127.0.0.1:1', ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  assert.is(result.code, 1);
  assert.match(result.stdout, /^0 sessions in .*; 1 failed\n/);
  assert.match(stderrOf(result), /^1 time: nobody listens at 127\.0\.0\.1:1: /);
  assert.match(stderrOf(result), /\n999 sessions not tried: the first one did not open/);
});

test('a server that says nothing costs one timeout', async () => {
  const responder = await RawResponder.listen();
  const load = ['--sessions', '1000', '--concurrency', '5', '--timeout', '1'];
  const child = startOftp(['bench', `127.0.0.1:${responder.port}`, ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  await responder.accept();
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(result.stdout, /^0 sessions in .*; 1 failed\n/);
  assert.match(stderrOf(result), /\n999 sessions not tried: the first one did not open/);
});

test('a server that closes in the middle of each session is left alone after eleven in a row', async () => {
  const responder = await RawResponder.listen();
  const args = ['bench', `127.0.0.1:${responder.port}`, ...AS_PARTNER, '--sessions', '1000'];
  const child = startOftp(args, { env: PARTNER_ENV });
  for (let session = 0; session < 11; session += 1) {
    const peer = await responder.accept();
    peer.send(ssrm());
    await peer.expect('SSID');
    peer.send(ssid({ code: HUB.code }));
    await peer.expect('SFID');
    peer.reset();
  }
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(result.stdout, /^0 sessions in .*; 11 failed\n/);
  assert.match(stderrOf(result), /^11 times: .*\n989 sessions not tried: too many in a row have failed/);
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

test('a signal while the file to send is made ends the command before any session', async () => {
  const temporary = folderWith({});
  const load = ['--size', '4G', '--sessions', '9', '--concurrency', '3', '--json', 'result.json'];
  const child = startOftp(['bench', '127.0.0.1:1', ...AS_PARTNER, ...load], {
    cwd: temporary,
    env: { ...PARTNER_ENV, TMPDIR: temporary },
  });
  await folderIn(temporary);
  child.signal('SIGINT');
  const result = await child.finished;
  assert.is(result.code, 130);
  assert.match(result.stdout, /^0 sessions in .*; 0 failed\n/);
  assert.is(resultIn(temporary)['sessions'], 0);
  assert.equal(readdirSync(temporary), ['result.json']);
});

test('more stations than run side by side are refused', async () => {
  const result = await oftp(['bench', '127.0.0.1:1', ...AS_PARTNER, '--stations', '3', '--concurrency', '2']);
  assert.is(result.code, 2);
  assert.match(stderrOf(result), /--stations 3 needs --concurrency 3: only 2 run side by side/);
});

test('a signal while the first session has not opened ends those that wait for it as well', async () => {
  const responder = await RawResponder.listen();
  const load = ['--sessions', '9', '--concurrency', '3', '--rate', '1'];
  const child = startOftp(['bench', `127.0.0.1:${responder.port}`, ...AS_PARTNER, ...load], { env: PARTNER_ENV });
  await responder.accept();
  child.signal('SIGTERM');
  const result = await child.finished;
  assert.is(result.code, 143);
  assert.match(result.stdout, /^0 sessions in .*; 1 failed\n/);
  assert.not.match(result.output, /not tried/);
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

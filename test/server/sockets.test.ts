/**
 * Settings of sockets, and those that a platform may not obey, through the public API:
 * rows B-331 to B-334, B-342, B-344, B-349, B-384, B-385.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer, type ServerOptions } from '../../src/index.js';
import { runChild } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { PROJECT_ROOT } from '../support/project.js';
import { refusal } from '../support/refusal.js';
import { TestServer } from '../support/server.js';

test.after.each(cleanUp);

/** What a server that starts says by `log` about settings without effect. */
async function told(settings: Partial<ServerOptions>): Promise<{ host: TestServer; messages: string[] }> {
  const host = await TestServer.start();
  await host.server.stopListening();
  const messages: string[] = [];
  host.server.on('log', ({ message }) => messages.push(message));
  Object.assign(host.server, settings);
  await host.server.startListening();
  return { host, messages };
}

test('B-331 B-342 InBufferSize and OutBufferSize: what was set reads back, and as 0 while the server listens', async () => {
  const { host, messages } = await told({ inBufferSize: 65_536, outBufferSize: 32_768 });
  assert.is(host.server.config('InBufferSize'), '0');
  assert.is(host.server.config('OutBufferSize'), '0');
  assert.match(messages[0] ?? '', /^InBufferSize is set to 65536, which has no effect: Node\.js cannot/);
  assert.match(messages[1] ?? '', /^OutBufferSize is set to 32768, /);
  await host.server.stopListening();
  assert.equal([host.server.inBufferSize, host.server.outBufferSize], [65_536, 32_768]);
});

test('a setting without effect is said once, however often the server starts', async () => {
  const { host, messages } = await told({ useIocp: true });
  await host.server.stopListening();
  await host.server.startListening();
  assert.is(messages.filter((message) => message.startsWith('UseIOCP')).length, 1);
});

// covers: ProcessIdleEvents
test('a setting without effect is said when it changes while the server listens', async () => {
  const { host, messages } = await told({});
  assert.equal(messages, []);
  host.server.config('ProcessIdleEvents=False');
  assert.match(messages.join(), /^ProcessIdleEvents is set to false, which has no effect/);
});

test('B-332 B-334 KeepAliveInterval and KeepAliveRetryCount: 1 s and 9 probes, others are kept', () => {
  const server = new OFTPServer();
  assert.equal([server.config('KeepAliveInterval'), server.config('KeepAliveRetryCount')], ['1000', '9']);
  server.config('KeepAliveInterval=3000');
  server.config('KeepAliveRetryCount=3');
  assert.equal([server.keepAliveInterval, server.keepAliveRetryCount], [3000, 3]);
});

test('B-333 setting KeepAliveRetryCount switches KeepAlive on, be it to what it was', () => {
  const server = new OFTPServer();
  assert.is(server.config('KeepAlive'), 'False');
  server.config('KeepAliveRetryCount=9');
  assert.is(server.config('KeepAlive'), 'True');
});

test('B-344 B-349 UseWindowsMessages is True, and False as soon as UseIOCP is True', () => {
  const server = new OFTPServer();
  assert.equal([server.config('UseIOCP'), server.config('UseWindowsMessages')], ['False', 'True']);
  server.config('UseIOCP=False');
  assert.is(server.config('UseWindowsMessages'), 'True');
  server.config('UseIOCP=True');
  assert.is(server.config('UseWindowsMessages'), 'False');
});

test('B-344 UseIOCP, UseWindowsMessages and BindExclusively cannot change while the server listens', async () => {
  const { server } = await TestServer.start();
  for (const text of ['UseIOCP=True', 'UseWindowsMessages=False', 'BindExclusively=False']) {
    refusal(() => server.config(text), 104, text.slice(0, text.indexOf('=')));
  }
});

test('B-385 UseInternalSecurityAPI is True on Linux and macOS, False on Windows', () => {
  assert.is(new OFTPServer().config('UseInternalSecurityAPI'), process.platform === 'win32' ? 'False' : 'True');
});

/** Run apart: the switch is one of the process. */
const FIPS = `
  const { OFTPServer, OFTPClient } = await import('./dist/src/index.js');
  const { createHash, getFips } = await import('node:crypto');
  const server = new OFTPServer();
  const client = new OFTPClient({ host: 'localhost', clientSsidCode: 'X' });
  const before = server.config('UseFIPSCompliantAPI');
  let error;
  try { server.config('UseFIPSCompliantAPI=True'); } catch (thrown) { error = thrown; }
  const after = [server, client].map((each) => each.config('UseFIPSCompliantAPI'));
  console.log(JSON.stringify({ before, after, fips: getFips(), code: error?.code, message: error?.message,
    hash: createHash('sha256').update('').digest('hex').slice(0, 8) }));
`;

test('B-384 UseFIPSCompliantAPI holds for the process, or is refused and changes nothing', async () => {
  const args = ['--input-type=module', '-e', FIPS];
  const { stdout } = await runChild(process.execPath, args, { limitMs: 20_000, cwd: PROJECT_ROOT });
  const { before, after, fips, code, message, hash } = JSON.parse(stdout);
  assert.is(before, 'False');
  assert.is(hash, 'e3b0c442');
  if (code === undefined) {
    assert.equal([after, fips], [['True', 'True'], 1]);
  } else {
    assert.equal([after, fips, code], [['False', 'False'], 0, 10022]);
    assert.match(message, 'FIPS provider');
  }
});

test.run();

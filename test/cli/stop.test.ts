/** How `oftp serve` ends, and what it needs to start. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { RawPeer } from '../support/peer.js';
import { open, sample, transfer } from '../support/scenario.js';
import { data } from '../support/wire.js';
import { configText, Hub, oftp, stderrOf } from './oftp.js';

test.after.each(cleanUp);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} without a session: exit code 0`, async () => {
    const hub = await Hub.start();
    const { code, output } = await hub.serving.stop(signal);
    assert.is(code, 0, output);
    assert.match(output, /"msg":"stopping, 0 connections open"[\s\S]*"msg":"stopped"\}\n$/);
  });
}

test('SIGTERM during an idle session: ESID 05, exit code 0', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  hub.serving.child.signal('SIGTERM');
  await peer.expectEsid(5);
  assert.is((await hub.serving.child.finished).code, 0);
});

test('SIGTERM during a running transfer: ESID 05, exit code 0, and nothing half in the inbox', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  await open(peer, { fsiz: 100 });
  peer.send(data(sample(2000)));
  await hub.serving.logged(/receiving TESTFILE/);
  hub.serving.child.signal('SIGTERM');
  await peer.expectEsid(5);
  const { code, output } = await hub.serving.child.finished;
  assert.is(code, 0, output);
  assert.match(output, /TESTFILE was not received: reason 99/);
  assert.equal(
    hub.names('inbox').filter((name) => !name.startsWith('.')),
    [],
  );
});

test('SIGTERM straight after a file was acknowledged: the file is there', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  await transfer(peer, sample(100_000));
  hub.serving.child.signal('SIGTERM');
  await peer.expectEsid(5);
  assert.is((await hub.serving.child.finished).code, 0);
  const [name = ''] = hub.names('inbox');
  assert.ok(readFileSync(hub.path(`inbox/${name}`)).equals(sample(100_000)));
});

test('a partner that does not hang up after ESID is cut off when --grace is over: exit code 1', async () => {
  const hub = await Hub.start(configText(), {}, ['--grace', '1']);
  const { peer } = await hub.serving.session();
  hub.serving.child.signal('SIGTERM');
  await peer.expect('ESID', { reas: '05' });
  const { code, output } = await hub.serving.child.finished;
  assert.is(code, 1);
  assert.match(output, /stopped by force: there was still something open after 1 s/);
});

test('the second signal ends the process at once: exit code 1', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  hub.serving.child.signal('SIGTERM');
  await peer.expect('ESID', { reas: '05' });
  hub.serving.child.signal('SIGINT');
  const { code, output } = await hub.serving.child.finished;
  assert.is(code, 1);
  assert.match(output, /stopped by force: a second signal came/);
});

test('a new client is refused as soon as the server is stopping', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  hub.serving.child.signal('SIGTERM');
  await peer.expect('ESID');
  const outcome = await RawPeer.connect(hub.serving.port).then(
    () => 'connected',
    (error: NodeJS.ErrnoException) => error.code,
  );
  assert.is(outcome, 'ECONNREFUSED');
});

test('a port in use: exit code 1, and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onCleanUp(() => {
    other.close();
  });
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const hub = await Hub.start();
  const result = await oftp(['serve', '--config', 'oftp.yaml', '--port', String(port)], { cwd: hub.folder });
  assert.is(result.code, 1);
  assert.match(
    stderrOf(result),
    new RegExp(`^oftp: listening on 127\\.0\\.0\\.1 port ${port}: .*EADDRINUSE.*--port\n$`),
  );
});

test.run();

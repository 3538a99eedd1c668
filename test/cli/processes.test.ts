/** `oftp serve` with several processes: one port, one state, one log. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { sample, transfer } from '../support/scenario.js';
import { configText, Hub, oftp, stderrOf, takeAll } from './oftp.js';

test.after.each(cleanUp);

const TWO = configText('', 'processes: 2');

/** A hub with two processes that both listen. */
async function hubOfTwo(text = TWO, files: Readonly<Record<string, string>> = {}): Promise<Hub> {
  const hub = await Hub.start(text, files);
  await hub.serving.child.waitForOutput(/(?:"listening on [\s\S]*?){2}/);
  return hub;
}

const listening = (hub: Hub): unknown[] =>
  hub.serving.log.filter(({ msg }) => msg.startsWith('listening on')).map((line) => line['process']);

test('processes: 2: two processes listen on the same address', async () => {
  const hub = await hubOfTwo();
  const [one, other] = listening(hub);
  assert.is.not(one, other);
  const addresses = hub.serving.log.filter(({ msg }) => msg.startsWith('listening on')).map((line) => line['address']);
  assert.equal(addresses, [hub.serving.address, hub.serving.address]);
});

test('an outbox of 12 files and two sessions at a time: each file goes out once', async () => {
  const names = Array.from({ length: 12 }, (_, count) => `F${String(count).padStart(2, '0')}`);
  const hub = await hubOfTwo(TWO, Object.fromEntries(names.map((name) => [`outbox/${name}`, name])));
  const sessions = [await hub.serving.session(), await hub.serving.session()];
  const taken = await Promise.all(sessions.map(({ peer }) => takeAll(peer)));
  assert.equal(taken.flat().sort(), names);
  assert.equal(hub.names('outbox'), ['failed']);
});

test('a process that is killed: the log says so, another one takes its place, files arrive', async () => {
  const hub = await hubOfTwo();
  const [pid] = listening(hub);
  process.kill(Number(pid), 'SIGKILL');
  await hub.serving.logged(/has ended \(SIGKILL\): another one starts in 1 s/);
  await hub.serving.child.waitForOutput(/(?:"listening on [\s\S]*?){3}/);
  const { peer } = await hub.serving.session();
  await transfer(peer, sample(10));
  assert.equal(hub.names('inbox').length, 1);
});

test('SIGTERM: both processes end their sessions with ESID 05, exit code 0', async () => {
  const hub = await hubOfTwo();
  const sessions = [await hub.serving.session(), await hub.serving.session()];
  hub.serving.child.signal('SIGTERM');
  for (const { peer } of sessions) await peer.expectEsid(5);
  const { code, output } = await hub.serving.child.finished;
  assert.is(code, 0, output);
  assert.match(output, /"msg":"all processes have stopped"\}\n$/);
});

test('SIGHUP: both processes read the configuration again', async () => {
  const hub = await hubOfTwo();
  writeFileSync(hub.path('oftp.yaml'), TWO.replace('password: PARTPW', 'password: OTHER'));
  hub.serving.child.signal('SIGHUP');
  await hub.serving.child.waitForOutput(/(?:"reloaded [\s\S]*?){2}/);
});

test('a port that is in use: exit code 1, and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onCleanUp(async () => {
    other.close();
  });
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const result = await oftp(['serve', '--processes', '2', '--port', String(port)], { cwd: temporaryFolder() });
  assert.is(result.code, 1, result.output);
  assert.match(stderrOf(result), /another program listens there/);
});

test('--processes 0: exit code 2', async () => {
  const result = await oftp(['serve', '--processes', '0']);
  assert.is(result.code, 2, result.output);
  assert.match(stderrOf(result), /'0' is not a whole number from 1 to 64/);
});

test.run();

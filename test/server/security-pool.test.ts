/** Sessions whose work finds the worker threads full, or whose connection goes while a thread is at work. */
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IncomingFile } from '../../src/files/incoming.js';
import { TASK_MODULES, type TaskName } from '../../src/pool/tasks.js';
import { WorkerPool, WorkerPoolError } from '../../src/pool/worker-pool.js';
import { text } from '../security/support.js';
import { own } from '../support/certificates.js';
import { until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { open, transfer } from '../support/scenario.js';
import { expectBob, made } from '../support/secured.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, dataBuffers, efid, rtr, secd } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(20_000);
const SIGNED = { sec: 2, ciph: 4, env: 1 } as const;

async function hub(options: TestServerOptions = {}): Promise<TestServer> {
  const host = await TestServer.start({ ...options, on: { acceptConnection: expectBob } });
  host.server.certificate = own('alice');
  return host;
}

/** Lets the pool refuse so many tasks of this name, as it does when its queue is full. */
function fullFor(name: TaskName, times: number): void {
  const { run } = WorkerPool.prototype;
  let left = times;
  WorkerPool.prototype.run = async function refusing(this: WorkerPool, ...args: Parameters<typeof run>) {
    if (args[0] === name && left > 0) {
      left -= 1;
      throw new WorkerPoolError('QUEUE_FULL', 'All threads are busy and 1000 tasks wait already');
    }
    return run.apply(this, args);
  } as typeof run;
  onCleanUp(() => {
    WorkerPool.prototype.run = run;
  });
}

test('the pool is full when files are to be unwrapped: they wait, and the same session answers', async () => {
  const host = await hub();
  fullFor('unwrapFile', 3);
  const { peer } = await host.session();
  const octets = await made(CONTENT, { signer: 'bob' });
  for (const dsn of ['ONE', 'TWO', 'THREE']) await transfer(peer, octets, { ...SIGNED, dsn });
  await until(() => host.events.named('endTransfer').length === 3, 'three endTransfer');
  peer.send(cd());
  for (const _ of [1, 2, 3]) {
    await peer.expect('EERP');
    peer.send(rtr());
  }
  await peer.expect('CD');
  assert.equal(readdirSync(host.inbox).sort(), ['ONE', 'THREE', 'TWO']);
  assert.equal(
    host.events.named('error').map(({ errorCode }) => errorCode),
    [684],
  );
});

test('the pool is full when a challenge is to be made: ESID 08, resources not available', async () => {
  const host = await hub();
  fullFor('createChallenge', 1);
  const { peer } = await host.session({ auth: 'Y' });
  peer.send(secd());
  await peer.expectEsid(8);
  assert.is(host.events.named('error')[0]?.errorCode, 684);
});

/** A file that is unwrapped before its acknowledgement; its thread works until it is told to stop. */
async function atWork(): Promise<{ host: TestServer; peer: RawPeer }> {
  const modules = TASK_MODULES as Record<TaskName, string>;
  const before = modules.unwrapFile;
  modules.unwrapFile = new URL('../pool/waiting-task.js', import.meta.url).href;
  onCleanUp(() => {
    modules.unwrapFile = before;
  });
  const host = await hub({ config: ['UnwrapInSession=1000000'] });
  const { peer } = await host.session();
  await offered(peer);
  await until(() => readdirSync(host.inbox).some((name) => name.endsWith('.content.part')), 'the thread at work');
  return { host, peer };
}

async function offered(peer: RawPeer): Promise<void> {
  const octets = await made(CONTENT, { signer: 'bob' });
  await open(peer, SIGNED);
  peer.send(...dataBuffers(octets), efid(5, { ucnt: octets.length }));
}

test('a connection that this end closes while its file is unwrapped: the thread stops, nothing is left', async () => {
  const { host, peer } = await atWork();
  const closed = [...host.server.connections.values()][0]?.disconnect();
  peer.reset();
  await closed;
  await until(() => readdirSync(host.inbox).length === 0, 'an empty inbox');
});

test('a connection that the peer resets while its file is unwrapped: the thread stops, nothing is left', async () => {
  const { host, peer } = await atWork();
  peer.reset();
  await until(() => readdirSync(host.inbox).length === 0, 'an empty inbox');
});

test('a connection that the peer resets while its file is synced: it is not unwrapped, nothing is left', async () => {
  const host = await hub({ config: ['UnwrapInSession=1000000'] });
  const { peer } = await host.session();
  const { commit } = IncomingFile.prototype;
  onCleanUp(() => {
    IncomingFile.prototype.commit = commit;
  });
  IncomingFile.prototype.commit = async function slow(this: IncomingFile, ...args: Parameters<typeof commit>) {
    const result = await commit.apply(this, args);
    peer.reset();
    await host.events.next('disconnected');
    return result;
  };
  await offered(peer);
  assert.is.not((await host.events.next('endTransfer')).reasonCode, 0);
  assert.equal(readdirSync(host.inbox), []);
});

test.run();

/** The owner of a shared state and its workers, over a channel that the test holds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LOCK_NAME_MAX } from '../../src/locks/locks.js';
import { OFTPError } from '../../src/settings/errors.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { eerp, identity, outgoing, PARTNER, received, rejection, STAMP } from '../store/support.js';
import { estateOf, remote, Worker } from './channel.js';

/** Two workers of one owner. */
function two(): readonly [Worker, Worker] {
  const estate = estateOf(new MemoryStore());
  return [new Worker(estate), new Worker(estate)];
}

const turns = async (): Promise<void> => {
  for (let count = 0; count < 20; count += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('a lock of one worker is refused to another one until it is released', async () => {
  const [one, other] = two();
  assert.is(await one.link.call('take', 'path:/in/A'), true);
  assert.is(await other.link.call('take', 'path:/in/A'), false);
  one.link.tell('release', 'path:/in/A');
  await turns();
  assert.is(await other.link.call('take', 'path:/in/A'), true);
});

test('a lock whose holder is leaving: the other worker waits for it', async () => {
  const [one, other] = two();
  await one.link.call('take', 'L');
  one.link.tell('leave', 'L');
  await turns();
  let taken: boolean | undefined;
  void other.link.call('take', 'L').then((result) => {
    taken = result;
  });
  await turns();
  assert.is(taken, undefined);
  one.link.tell('release', 'L');
  await turns();
  assert.is(taken, true);
});

test('a worker releases only what it has', async () => {
  const [one, other] = two();
  await one.link.call('take', 'L');
  other.link.tell('release', 'L');
  await turns();
  assert.is(await other.link.call('take', 'L'), false);
});

test('a worker that ends: its locks and places are free, and what it waited for is not given to it', async () => {
  const estate = estateOf(new MemoryStore(), 1);
  const [one, other, third] = [new Worker(estate), new Worker(estate), new Worker(estate)];
  await one.link.call('take', 'MINE');
  assert.is(await one.link.call('enter'), 'session');
  await other.link.call('take', 'L');
  other.link.tell('leave', 'L');
  await turns();
  void one.link.call('take', 'L');
  await turns();
  assert.is(await third.link.call('enter'), 'reserve');
  const left = one.desk.leave();
  assert.is(await third.link.call('enter'), 'session');
  other.link.tell('release', 'L');
  await left;
  assert.is(await third.link.call('take', 'MINE'), true);
  assert.is(await third.link.call('take', 'L'), true);
});

test('a worker that ends while its request is carried out: its locks are free only afterwards', async () => {
  const store = new MemoryStore();
  const estate = estateOf(store);
  const [one, other] = [new Worker(estate), new Worker(estate)];
  let finish = (): void => {};
  store.confirmResponse = () => new Promise((resolve) => (finish = resolve));
  await one.link.call('take', 'response:1');
  void one.store.confirmResponse(1);
  await turns();
  const left = one.desk.leave();
  await turns();
  assert.is(await other.link.call('take', 'response:1'), false);
  finish();
  await left;
  assert.is(await other.link.call('take', 'response:1'), true);
});

test('a worker gives back no more places than it has', async () => {
  const estate = estateOf(new MemoryStore(), 1);
  const [one, other] = [new Worker(estate), new Worker(estate)];
  await one.link.call('enter');
  other.link.tell('giveBack', 'session');
  await turns();
  assert.is(await other.link.call('enter'), 'reserve');
});

test('a primary that goes away: calls under way and later ones fail with 10058', async () => {
  const worker = remote(new MemoryStore());
  const underWay = rejection(worker.store.findReceived(identity('A')));
  worker.cutOff();
  assert.is((await underWay).code, 10058);
  assert.is((await rejection(worker.store.findReceived(identity('A')))).code, 10058);
  await worker.store.close();
});

test('a state that was closed: calls fail with 10058', async () => {
  const worker = remote(new MemoryStore());
  worker.closed = true;
  assert.match((await rejection(worker.store.findReceived(identity('A')))).message, 'the primary has closed it');
});

test('an error of the store keeps its code, message and the name of the system error', async () => {
  const store = new MemoryStore();
  const cause = Object.assign(new Error('full'), { code: 'ENOSPC' });
  store.acknowledge = () => Promise.reject(new OFTPError(10055, 'the disk is full', { cause }));
  const error = await rejection(remote(store).store.acknowledge(received('A')));
  assert.is(error.code, 10055);
  assert.is(error.message, 'the disk is full');
  assert.is((error.cause as NodeJS.ErrnoException).code, 'ENOSPC');
});

test('450 unfinished files come in parts, in their order', async () => {
  const store = new MemoryStore();
  for (let count = 0; count < 450; count += 1) await store.acknowledge(received(`F${count}`));
  const files = await remote(store).store.unfinished(PARTNER);
  assert.equal(
    files.map(({ name }) => name),
    Array.from({ length: 450 }, (_, count) => `F${count}`),
  );
});

test('calls of one turn, and those made while a message is on its way, go together', async () => {
  const worker = remote(new MemoryStore());
  worker.stalled = true;
  await Promise.all([worker.store.findReceived(identity('A')), worker.store.findReceived(identity('B'))]);
  assert.is(worker.sent.length, 1);
  void worker.store.findReceived(identity('C'));
  await turns();
  assert.is(worker.sent.length, 1, 'the channel has not taken the first one');
});

test('100,000 calls that wait are the most: the next one fails with 10055', async () => {
  const worker = remote(new MemoryStore());
  worker.desk.hear = () => true;
  for (let count = 0; count < 100_000; count += 1) void worker.link.call('endOutgoing', count).catch(() => {});
  assert.is((await rejection(worker.link.call('endOutgoing', 0))).code, 10055);
  worker.cutOff();
});

test('a worker that asks for ever more without taking the answers is told from others', async () => {
  const store = new MemoryStore();
  store.endOutgoing = () => new Promise(() => {});
  const worker = remote(store);
  const items = Array.from({ length: 200_001 }, (_, id) => ({ id, name: 'endOutgoing', args: [1] }));
  assert.is(worker.desk.hear({ kind: 'oftp state 1', items: items.slice(1) }, false), true);
  assert.is(worker.desk.hear({ kind: 'oftp state 1', items: items.slice(0, 1) }, false), false);
});

/** What a worker that is out of order may send. None of it reaches the store. */
const WRONG: Readonly<Record<string, readonly [name: unknown, args: unknown]>> = {
  'an operation that does not exist': ['dropAll', []],
  'a property that every object has': ['toString', []],
  'no arguments': ['findReceived', undefined],
  'too many arguments': ['endOutgoing', [1, 2]],
  'a text for a number': ['endOutgoing', ['1']],
  'a number below 0': ['endOutgoing', [-1]],
  'a number that is not whole': ['endOutgoing', [1.5]],
  'an identity without a date': ['findReceived', [{ ...identity('A'), date: undefined }]],
  'an identity with a field too many': ['findReceived', [{ ...identity('A'), more: 1 }]],
  'a list for an identity': ['findReceived', [[]]],
  'null for an identity': ['findReceived', [null]],
  'a phase that does not exist': ['outgoingPhase', [1, 'lost']],
  'a page that is too long': ['pendingResponses', [PARTNER, 0, 501]],
  'a page of nothing': ['pendingResponses', [PARTNER, 0, 0]],
  'a response with octets as a list': ['queueResponse', [{ ...eerp('A'), hash: [1], signature: '' }]],
  'a key without a path': ['beginOutgoing', [{ ...outgoing('A'), path: 1 }, STAMP]],
  'a lock with a name that is too long': ['take', ['x'.repeat(LOCK_NAME_MAX + 1)]],
  'a seat that does not exist': ['giveBack', ['throne']],
};

for (const [what, [name, args]] of Object.entries(WRONG)) {
  test(`from a worker: ${what}: error 10058, and nothing is done`, async () => {
    const worker = remote(new MemoryStore());
    const call = worker.link.call as (...all: unknown[]) => Promise<unknown>;
    const all = Array.isArray(args) ? (args as unknown[]) : [];
    assert.is((await rejection(call.call(worker.link, name, ...all))).code, 10058);
  });
}

test('from a worker: messages of the application, and items that are none, are passed over', async () => {
  const worker = remote(new MemoryStore());
  for (const message of [
    null,
    1,
    'text',
    {},
    { kind: 'oftp state 1' },
    { kind: 'oftp state 1', items: [null, 1, {}] },
  ]) {
    assert.is(worker.desk.hear(message, false), true);
  }
  assert.is(await worker.link.call('take', 'L'), true);
});

test.run();

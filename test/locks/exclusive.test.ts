import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Exclusive } from '../../src/locks/exclusive.js';
import { LockHolder, LockTable } from '../../src/locks/lock-table.js';
import type { Locks } from '../../src/locks/locks.js';

/** The locks of one of several processes. */
function processOf(table: LockTable): Locks {
  const holder = new LockHolder();
  return {
    shared: true,
    take: (name) => table.take(name, holder),
    leave: (name) => table.leave(name, holder),
    release: (name) => table.release(name, holder),
  };
}

function twoProcesses(): [Exclusive, Exclusive] {
  const table = new LockTable();
  return [new Exclusive('file', processOf(table)), new Exclusive('file', processOf(table))];
}

test('a thing is for one session of a process at a time', async () => {
  const things = new Exclusive('file');
  const release = await things.take('A');
  assert.is(await things.take('A'), undefined);
  assert.ok(await things.take('B'));
  assert.equal(things.keys, ['A', 'B']);
  release?.();
  assert.ok(await things.take('A'));
});

test('and for one process at a time', async () => {
  const [one, other] = twoProcesses();
  const release = await one.take('A');
  assert.is(await other.take('A'), undefined);
  assert.equal(other.keys, []);
  release?.();
  assert.ok(await other.take('A'));
  assert.is(await one.take('A'), undefined);
});

test('things of another kind are others, also where their names are the same', async () => {
  const locks = processOf(new LockTable());
  assert.ok(await new Exclusive('file', locks).take('A'));
  assert.ok(await new Exclusive('response', processOf(new LockTable())).take('A'));
  assert.ok(await new Exclusive('response', locks).take('A'));
});

test('giving back twice does not take from whoever has it since', async () => {
  const [one, other] = twoProcesses();
  const release = await one.take('A');
  release?.();
  await one.take('A');
  release?.();
  assert.is(await one.take('A'), undefined);
  assert.is(await other.take('A'), undefined);
});

test('what another process is done with already is not taken, and not kept from anybody', async () => {
  const [one, other] = twoProcesses();
  assert.is(await one.take('A', async () => false), undefined);
  assert.equal(one.keys, []);
  assert.ok(await other.take('A', async () => true));
});

test('where it cannot be found out whether there is something left, nothing is taken', async () => {
  const [one, other] = twoProcesses();
  const failing = one.take('A', () => Promise.reject(new Error('the store is gone')));
  await failing.then(
    () => assert.unreachable('it was taken'),
    ({ message }) => assert.is(message, 'the store is gone'),
  );
  assert.ok(await other.take('A'));
});

test('where the locks cannot be asked, nothing is taken, and it can be tried again', async () => {
  let gone = true;
  const things = new Exclusive('file', {
    ...processOf(new LockTable()),
    take: () => (gone ? Promise.reject(new Error('the primary is gone')) : Promise.resolve(true)),
  });
  await things.take('A').then(
    () => assert.unreachable('it was taken'),
    ({ message }) => assert.is(message, 'the primary is gone'),
  );
  gone = false;
  assert.ok(await things.take('A'));
});

test('released settles when all that is held at that moment is given back', async () => {
  const things = new Exclusive('file');
  const [a, b] = [await things.take('A'), await things.take('B')];
  let settled = false;
  const released = things.released.then(() => {
    settled = true;
  });
  a?.();
  await Promise.resolve();
  await things.take('C');
  assert.is(settled, false);
  b?.();
  await released;
  assert.equal(things.keys, ['C']);
});

test.run();

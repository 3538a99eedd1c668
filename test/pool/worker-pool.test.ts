// The pool: every task in a thread, errors that keep their codes, a bounded queue, abort, and a lost thread.
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TASK_MODULES, type TaskName } from '../../src/pool/tasks.js';
import { WorkerPool, type WorkerPoolError } from '../../src/pool/worker-pool.js';
import { pair, rejection, sample, text, withFolder } from '../security/support.js';

const alice = pair('alice');
const bob = pair('bob');
// A task has to notice by itself that it is aborted: its thread is not ended while a test waits.
const pool = new WorkerPool({ threads: 2, queueLengthMax: 8, abortGraceMs: 1_000_000 });

test.after(() => pool.close());

test('every task of the table has its module', () => {
  for (const name of Object.keys(TASK_MODULES) as TaskName[]) {
    assert.ok(existsSync(new URL(`../../workers/${TASK_MODULES[name]}`, import.meta.url)), name);
  }
});

test('a file is protected, hashed and unwrapped in threads', () =>
  withFolder(async (folder) => {
    const [source, sent, target] = ['original', 'sent', 'received'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(source, text(300_000));
    const result = await pool.run('protectFile', {
      source,
      target: sent,
      sign: { hash: 'sha256', signers: [alice] },
      compress: true,
      encrypt: { encryption: 'aes256', recipients: [bob.certificate] },
      hash: 'sha256',
    });
    assert.equal(await pool.run('hashFile', { path: sent, hash: 'sha256' }), result.hash);
    const services = { encrypted: true, signed: true, compressed: true };
    const options = { source: sent, target, ...services, keys: [bob], trusted: [alice.certificate] };
    assert.ok((await pool.run('unwrapFile', options)).ok);
    assert.equal(readFileSync(target), text(300_000));
    const refused = await pool.run('unwrapFile', { ...options, trusted: [] });
    assert.is(!refused.ok && refused.reasonCode, 31);
  }));

test('end responses and challenges in threads', async () => {
  const fields = text(114);
  const signature = await pool.run('signEndResponse', { fields, signer: alice, hash: 'sha512' });
  const certificates = [alice.certificate];
  assert.ok((await pool.run('verifyEndResponse', { signature, expected: [fields], certificates })).valid);
  const challenge = await pool.run('createChallenge', { certificate: bob.certificate, encryption: '3des' });
  const answer = await pool.run('answerChallenge', { envelope: challenge.envelope, keys: [bob] });
  assert.equal(answer.answered && answer.response, challenge.response);
});

test('system errors keep code, errno and path', async () => {
  const error = (await rejection(
    pool.run('hashFile', { path: '/none/at/all', hash: 'sha1' }),
  )) as NodeJS.ErrnoException;
  assert.instance(error, Error);
  assert.equal([error.code, error.errno, error.path], ['ENOENT', -2, '/none/at/all']);
});

/** A file that takes 3DES minutes, without taking disk. */
function largeFile(folder: string): string {
  const path = join(folder, 'large');
  writeFileSync(path, '');
  truncateSync(path, 8 * 1_073_741_824);
  return path;
}

const slow = (folder: string, name: string) =>
  ({
    source: largeFile(folder),
    target: join(folder, name),
    encrypt: { encryption: '3des', recipients: [bob.certificate] },
  }) as const;

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

test("a running task ends at its signal with the signal's reason and leaves nothing behind", () =>
  withFolder(async (folder) => {
    const abort = new AbortController();
    const running = pool.run('protectFile', slow(folder, 'sent'), abort.signal);
    await until(() => existsSync(join(folder, 'sent.part')));
    abort.abort(new Error('connection gone'));
    assert.is((await rejection(running)).message, 'connection gone');
    assert.equal(readdirSync(folder), ['large']);
    assert.is(pool.pending, 0);
  }));

test('a full queue refuses, a waiting task can be aborted, closing rejects the rest', () =>
  withFolder(async (folder) => {
    const small = new WorkerPool({ threads: 1, queueLengthMax: 1 });
    const running = rejection(small.run('protectFile', slow(folder, 'first')));
    await until(() => existsSync(join(folder, 'first.part')));
    const abort = new AbortController();
    const waiting = rejection(small.run('protectFile', slow(folder, 'second'), abort.signal));
    const refused = (await rejection(small.run('hashFile', { path: folder, hash: 'sha1' }))) as WorkerPoolError;
    assert.is(refused.code, 'QUEUE_FULL');
    abort.abort(new Error('no longer needed'));
    assert.is((await waiting).message, 'no longer needed');
    const waitingAtTheEnd = rejection(small.run('hashFile', { path: folder, hash: 'sha1' }));
    await small.close();
    assert.is(((await waitingAtTheEnd) as WorkerPoolError).code, 'CLOSED');
    assert.is(((await running) as WorkerPoolError).code, 'CLOSED');
    assert.is(
      ((await rejection(small.run('hashFile', { path: folder, hash: 'sha1' }))) as WorkerPoolError).code,
      'CLOSED',
    );
    assert.equal(readdirSync(folder), ['large']);
  }));

test('a task that is asked for just before the pool is closed is rejected, and starts no threads', () =>
  withFolder(async (folder) => {
    const early = new WorkerPool({ threads: 1 });
    writeFileSync(join(folder, 'file'), sample(10));
    const asked = rejection(early.run('hashFile', { path: join(folder, 'file'), hash: 'sha1' }));
    await early.close();
    assert.is(((await asked) as WorkerPoolError).code, 'CLOSED');
  }));

test('1000 tasks over files wait, the next is refused; short tasks are still taken, and go first', () =>
  withFolder(async (folder) => {
    await using one = new WorkerPool({ threads: 1 });
    writeFileSync(join(folder, 'file'), sample(10));
    const stop = new AbortController();
    const running = rejection(one.run('protectFile', slow(folder, 'sent'), stop.signal));
    await until(() => existsSync(join(folder, 'sent.part')));
    const order: string[] = [];
    const hash = async (): Promise<void> => {
      await one.run('hashFile', { path: join(folder, 'file'), hash: 'sha1' });
      order.push('file');
    };
    const waiting = Array.from({ length: 1000 }, hash);
    assert.is(one.pending, 1001);
    assert.is(one.hasRoom, false);
    const refused = (await rejection(hash())) as WorkerPoolError;
    assert.is(refused.code, 'QUEUE_FULL');
    assert.match(refused.message, '1000 tasks wait already');
    const challenge = { certificate: bob.certificate, encryption: 'aes256' } as const;
    const short = [1, 2].map(() => one.run('createChallenge', challenge).then(() => order.push('short')));
    stop.abort(new Error('enough'));
    assert.is((await running).message, 'enough');
    await Promise.all([...waiting, ...short]);
    assert.equal(order.slice(0, 3), ['short', 'short', 'file']);
    assert.is(one.pending, 0);
    assert.is(one.hasRoom, true);
  }));

test('short tasks have an end too', () =>
  withFolder(async (folder) => {
    await using one = new WorkerPool({ threads: 1, queueLengthMax: 1 });
    const stop = new AbortController();
    const running = rejection(one.run('protectFile', slow(folder, 'sent'), stop.signal));
    await until(() => existsSync(join(folder, 'sent.part')));
    const challenge = () => one.run('createChallenge', { certificate: bob.certificate, encryption: 'aes256' });
    const waiting = [challenge(), challenge()];
    assert.is(((await rejection(challenge())) as WorkerPoolError).code, 'QUEUE_FULL');
    stop.abort(new Error('enough'));
    await Promise.all([running, ...waiting]);
  }));

test('an aborted signal starts nothing', async () => {
  const signal = AbortSignal.abort(new Error('gone'));
  assert.is((await rejection(pool.run('hashFile', { path: '/', hash: 'sha1' }, signal))).message, 'gone');
});

test('a thread that dies fails its own task only, and its part file is removed', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), sample(10));
    const modules = TASK_MODULES as Record<TaskName, string>;
    const module = modules.protectFile;
    modules.protectFile = new URL('./crashing-task.js', import.meta.url).href;
    try {
      const crashing = rejection(pool.run('protectFile', { source: '', target: join(folder, 'sent') }));
      const others = [1, 2, 3].map(() => pool.run('hashFile', { path: join(folder, 'file'), hash: 'sha256' }));
      assert.is(((await crashing) as WorkerPoolError).code, 'WORKER_LOST');
      for (const other of others) assert.is((await other).length, 32);
      assert.equal(readdirSync(folder), ['file']);
    } finally {
      modules.protectFile = module;
    }
    assert.is((await pool.run('hashFile', { path: join(folder, 'file'), hash: 'sha1' })).length, 20);
  }));

test('settings out of range are refused', () => {
  for (const threads of [0, 1.5, 257, Number.NaN]) assert.throws(() => new WorkerPool({ threads }), RangeError);
  assert.throws(() => new WorkerPool({ queueLengthMax: -1 }), RangeError);
});

test.run();

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DiskThread } from '../../src/files/disk-thread.js';
import { type FileSystem, moved, nodeFileSystem, OPEN } from '../../src/files/filesystem.js';
import { GatheredCalls, sharedFileSystem } from '../../src/files/gathered-calls.js';
import { PLACES } from '../../src/files/thread/call-memory.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';

test.after.each(cleanUp);

/** More than can be under way, and more than a turn is likely to have. */
const MANY_CALLS = 600;
const LONGEST_WAIT_MS = 10_000;
/** Enough for a thread to be given the processor, on a machine that is busy. */
const PATIENCE_MS = 1000;

/** In the year 2286: its nanoseconds are more than 2^63. */
const LATE_SECONDS = 1e10;

/** A pool that counts the calls which the thread did not get. */
function counted(): { readonly pool: FileSystem; calls: number } {
  const seen = { calls: 0, pool: nodeFileSystem };
  const pool = { ...nodeFileSystem } as Record<string, unknown>;
  for (const [name, call] of Object.entries(nodeFileSystem)) {
    pool[name] = (...given: unknown[]): unknown => {
      seen.calls += 1;
      return (call as (...given: unknown[]) => unknown)(...given);
    };
  }
  seen.pool = pool as unknown as FileSystem;
  return seen;
}

/** A file system whose thread gets every call, once it runs; and the pool beside it. */
async function onThread(
  thread = new DiskThread(undefined, LONGEST_WAIT_MS),
): Promise<{ calls: GatheredCalls; seen: { calls: number } }> {
  const seen = counted();
  const deadline = performance.now() + LONGEST_WAIT_MS;
  while (thread.room === 0) {
    assert.ok(performance.now() < deadline, 'the thread does not start');
    await new Promise(setImmediate);
  }
  return { calls: new GatheredCalls({ pool: seen.pool, many: 1, turnsBefore: 1, start: () => thread }), seen };
}

type Step = (fileSystem: FileSystem, folder: string) => Promise<unknown>;

async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    const { message, code, errno, syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
    return { message, code, errno, syscall, path, dest };
  }
}

const STEPS: Readonly<Record<string, Step>> = {
  'a file is made, written, read, looked at and closed': async (fileSystem, folder) => {
    const fd = await fileSystem.open(join(folder, 'new-\u00e4\u20ac'), OPEN.createOwn, 0o600);
    const from = Buffer.from('..octets..');
    const written = await moved((done) => fileSystem.write(fd, from, 2, 6, 3, done));
    const into = Buffer.alloc(20, '-');
    const read = await moved((done) => fileSystem.read(fd, into, 1, 15, 2, done));
    const { size, nlink } = await fileSystem.fstat(fd);
    await fileSystem.close(fd);
    return { written, read, into: into.toString('latin1'), size, nlink, names: readdirSync(folder) };
  },
  entries: async (fileSystem, folder) => {
    const path = join(folder, 'file');
    writeFileSync(path, 'content');
    symlinkSync('nowhere', join(folder, 'symbolic'));
    mkdirSync(join(folder, 'folder'));
    const found = [];
    for (const name of ['file', 'symbolic', 'folder']) {
      const entry = await fileSystem.lstat(join(folder, name));
      const same = await nodeFileSystem.lstat(join(folder, name));
      const { dev, ino, nlink, size, mtimeMs, mtimeNs } = entry;
      assert.equal(
        [dev, ino, nlink, size, mtimeMs, mtimeNs],
        [same.dev, same.ino, same.nlink, same.size, same.mtimeMs, same.mtimeNs],
      );
      found.push([entry.isFile(), entry.isDirectory()]);
    }
    return found;
  },
  'a time whose nanoseconds are more than 64 bits': async (fileSystem, folder) => {
    const path = join(folder, 'late');
    writeFileSync(path, '');
    utimesSync(path, LATE_SECONDS, LATE_SECONDS);
    const { mtimeMs, mtimeNs } = await fileSystem.lstat(path);
    return { mtimeMs, mtimeNs };
  },
  'names are given and taken': async (fileSystem, folder) => {
    const path = (name: string) => join(folder, name);
    writeFileSync(path('one'), 'content');
    await fileSystem.link(path('one'), path('two'));
    await fileSystem.rename(path('one'), path('three'));
    await fileSystem.unlink(path('two'));
    return [readdirSync(folder), readFileSync(path('three'), 'latin1')];
  },
  'a file that is not there': (fileSystem) => fileSystem.open('/nowhere/at/all', OPEN.read),
  'a name that is taken': async (fileSystem, folder) => {
    writeFileSync(join(folder, 'file'), '');
    process.chdir(folder);
    return fileSystem.link('file', 'file');
  },
  'a path that is empty': (fileSystem) => fileSystem.lstat(''),
  'a descriptor that is none': (fileSystem) => fileSystem.close(1_000_000),
  'a descriptor that cannot be': (fileSystem) => fileSystem.fstat(-5).catch((error) => error.code),
  'a path with a zero in it': (fileSystem) => fileSystem.unlink('a\0b').catch((error) => error.code),
  'octets that cannot be, behind the end of what was given': async (fileSystem, folder) => {
    const path = join(folder, 'short');
    const fd = await fileSystem.open(path, OPEN.createOwn);
    const given = Buffer.from('given');
    const refused = [
      await outcome(moved((done) => fileSystem.write(fd, given, 2, 4, 0, done))),
      await outcome(moved((done) => fileSystem.read(fd, given, 2, 4, 0, done))),
    ];
    await fileSystem.close(fd);
    return [refused, readFileSync(path, 'latin1')];
  },
  'a read from a folder': async (fileSystem, folder) => {
    const fd = await fileSystem.open(folder, OPEN.directory);
    const failed = await outcome(moved((done) => fileSystem.read(fd, Buffer.alloc(10), 0, 10, 0, done)));
    await fileSystem.close(fd);
    return failed;
  },
};

for (const [name, step] of Object.entries(STEPS)) {
  test(`the thread and the pool of Node.js agree: ${name}`, async () => {
    const here = process.cwd();
    try {
      const { calls, seen } = await onThread();
      const expected = await outcome(step(nodeFileSystem, temporaryFolder()));
      assert.equal(await outcome(step(calls, temporaryFolder())), expected);
      // What the thread could not even try, the pool has to refuse.
      assert.is(seen.calls > 0, name.includes('cannot be') || name.includes('a zero'));
    } finally {
      process.chdir(here);
    }
  });
}

test('more calls in one turn than there are places are all made, by whoever has room', async () => {
  const folder = temporaryFolder();
  const { calls, seen } = await onThread();
  const names = Array.from({ length: MANY_CALLS }, (_, index) => `file-${String(index).padStart(4, '0')}`);
  const opened = await Promise.all(names.map((name) => calls.open(join(folder, name), OPEN.createOwn)));
  await Promise.all(
    opened.map((fd, index) => moved((done) => calls.write(fd, Buffer.from(names[index]!), 0, 9, 0, done))),
  );
  await Promise.all(opened.map((fd) => calls.close(fd)));
  assert.equal(readdirSync(folder).sort(), names);
  for (const name of names) assert.is(readFileSync(join(folder, name), 'latin1'), name);
  assert.ok(seen.calls >= MANY_CALLS - PLACES, `the pool has made ${seen.calls} calls`);
});

test('content and paths that are too long for a place go by the pool', async () => {
  const folder = temporaryFolder();
  const { calls, seen } = await onThread();
  const fd = await calls.open(join(folder, 'big'), OPEN.createOwn);
  assert.is(await moved((done) => calls.write(fd, Buffer.alloc(8193, 'x'), 0, 8193, 0, done)), 8193);
  assert.is(await moved((done) => calls.read(fd, Buffer.alloc(8193), 0, 8193, 0, done)), 8193);
  assert.is(seen.calls, 2);
  await calls.close(fd);
  const long = `${folder}/${'./'.repeat(1400)}big`;
  assert.is((await calls.lstat(long)).size, 8193n);
  assert.is(seen.calls, 3);
});

test('a call that hangs holds up no other: those behind it are taken back, and the thread is spared', async () => {
  const folder = temporaryFolder();
  const pipe = join(folder, 'pipe');
  assert.is(spawnSync('mkfifo', [pipe]).status, 0, 'mkfifo is needed');
  const { calls, seen } = await onThread(new DiskThread(undefined, PATIENCE_MS));
  // Opening a pipe for reading waits for somebody who writes to it.
  const hanging = calls.open(pipe, constants.O_RDONLY);
  const behind = Array.from({ length: 20 }, (_, index) => calls.open(join(folder, String(index)), OPEN.createOwn));
  const opened = await Promise.all(behind);
  assert.is(seen.calls, 20);
  await Promise.all(opened.map((fd) => calls.close(fd)));
  assert.is(seen.calls, 40);
  const writer = openSync(pipe, constants.O_WRONLY);
  await calls.close(await hanging);
  await calls.close(writer);
});

test('when the thread ends, the call that it had begun fails, and all others are made by the pool', async () => {
  const folder = temporaryFolder();
  const { calls, seen } = await onThread(
    new DiskThread(new URL('./ending-thread.js', import.meta.url), LONGEST_WAIT_MS),
  );
  const [first, ...others] = await Promise.allSettled(
    ['a', 'b', 'c'].map((name) => calls.open(join(folder, name), OPEN.createOwn)),
  );
  assert.is(first?.status, 'rejected');
  assert.is((first as PromiseRejectedResult).reason.code, 'EIO');
  assert.equal(readdirSync(folder).sort(), ['b', 'c']);
  for (const other of others) await calls.close((other as PromiseFulfilledResult<number>).value);
  assert.is(seen.calls, 4);
});

test('where the thread cannot be started, the pool makes all calls', async () => {
  const folder = temporaryFolder();
  const seen = counted();
  const start = (): DiskThread => {
    throw new Error('no program');
  };
  const calls = new GatheredCalls({ pool: seen.pool, many: 1, turnsBefore: 1, start });
  for (let turn = 1; turn <= 3; turn += 1) {
    assert.is((await calls.lstat(folder)).isDirectory(), true);
    assert.is(seen.calls, turn);
  }
});

test('a worker thread of the application has no disk thread, as its end would close descriptors of others', async () => {
  const module = (name: string) => JSON.stringify(new URL(`../../src/files/${name}`, import.meta.url).href);
  const program = `
    const { parentPort } = await import('node:worker_threads');
    const { sharedFileSystem } = await import(${module('gathered-calls.js')});
    const { nodeFileSystem } = await import(${module('filesystem.js')});
    parentPort.postMessage(sharedFileSystem === nodeFileSystem);`;
  const path = join(temporaryFolder(), 'program.mjs');
  writeFileSync(path, program);
  const worker = new Worker(path);
  try {
    const said = once(worker, 'message', { signal: AbortSignal.timeout(LONGEST_WAIT_MS) });
    assert.equal(await said, [true]);
    assert.is(sharedFileSystem === nodeFileSystem, false);
  } finally {
    await worker.terminate();
  }
});

test('the thread keeps no process alive, and what is under way does', () => {
  const folder = temporaryFolder();
  const module = (name: string) => JSON.stringify(new URL(`../../src/files/${name}`, import.meta.url).href);
  const program = `
    const { DiskThread } = await import(${module('disk-thread.js')});
    const { GatheredCalls } = await import(${module('gathered-calls.js')});
    const thread = new DiskThread();
    const calls = new GatheredCalls({ many: 1, turnsBefore: 1, start: () => thread });
    while (thread.room === 0) await new Promise(setImmediate);
    calls.open(${JSON.stringify(join(folder, 'file'))}, 0o102, 0o600).then(() => console.log('opened'));`;
  const path = join(folder, 'program.mjs');
  writeFileSync(path, program);
  const { stdout, status } = spawnSync(process.execPath, [path], { encoding: 'utf8', timeout: LONGEST_WAIT_MS });
  assert.equal({ stdout, status }, { stdout: 'opened\n', status: 0 });
});

test.run();

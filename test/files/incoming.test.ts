import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IncomingFile } from '../../src/files/incoming.js';
import { partNames } from '../../src/files/part-names.js';
import { TargetName } from '../../src/files/publish.js';
import { refusalFor } from '../../src/files/refusal.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import {
  errno,
  hidden,
  IDENTITY,
  intercepted,
  interrupted,
  open,
  receive,
  rejection,
  sample,
  write,
} from './support.js';

test.after.each(cleanUp);

test('a file is published whole under its final name, and nothing else stays', async () => {
  const directory = temporaryFolder();
  const content = sample(200_000);
  const path = join(directory, 'ORDERS');
  await receive({ directory, path, content });
  assert.equal(readdirSync(directory), ['ORDERS']);
  assert.ok(readFileSync(path).equals(content));
});

test('an empty file is published', async () => {
  const directory = temporaryFolder();
  await receive({ directory, path: join(directory, 'EMPTY'), content: new Uint8Array() });
  assert.is(readFileSync(join(directory, 'EMPTY')).length, 0);
});

test('until commit the final name does not exist and the part file is hidden', async () => {
  const directory = temporaryFolder();
  const file = await open(directory);
  await file.truncateTo(0);
  await write(file, sample(5_000));
  assert.is(readdirSync(directory).length, 1);
  assert.match(readdirSync(directory)[0]!, /^\.oftp-[0-9a-f]{64}\.part$/);
  assert.is(file.length, 5_000);
  await file.discard();
  assert.equal(readdirSync(directory), []);
});

test('files are readable by owner and group at most, less the umask', async () => {
  const directory = temporaryFolder();
  const umask = process.umask(0o027);
  try {
    await receive({ directory, path: join(directory, 'A'), content: sample(10) });
    process.umask(0o077);
    await receive({ directory, path: join(directory, 'B'), content: sample(10) });
    process.umask(0);
    await receive({ directory, path: join(directory, 'C'), content: sample(10) });
  } finally {
    process.umask(umask);
  }
  assert.equal(
    ['A', 'B', 'C'].map((name) => (statSync(join(directory, name)).mode & 0o777).toString(8)),
    ['640', '600', '640'],
  );
});

test('the order of commit: content, name, folder, record, and only then the hidden names', async () => {
  const directory = temporaryFolder();
  const calls: string[] = [];
  const fileSystem = intercepted(({ text }) => void calls.push(text));
  const path = join(directory, 'ORDERS');
  const recorded = async () => void calls.push('recorded');
  await receive({ directory, path, content: sample(3_000), fileSystem, recorded });
  assert.equal(calls.slice(calls.indexOf('write part')), [
    'write part',
    'fsync part',
    'close part',
    'lstat part',
    'link ORDERS',
    'open folder',
    'fsync folder',
    'close folder',
    'recorded',
    // Of a file that came in one go there are no others.
    'unlink part',
  ]);
  assert.is(fileSystem.descriptors.size, 0);
});

test('with sync off nothing waits for the disk', async () => {
  const directory = temporaryFolder();
  const calls: string[] = [];
  const fileSystem = intercepted(({ text }) => void calls.push(text));
  await receive({ directory, path: join(directory, 'ORDERS'), content: sample(3_000), fileSystem, sync: false });
  assert.equal(
    calls.filter((text) => text.startsWith('fsync')),
    [],
  );
});

test('a write that the system takes in pieces is completed', async () => {
  const directory = temporaryFolder();
  const content = sample(10_000);
  const real = intercepted(() => {});
  const fileSystem: typeof real = {
    ...real,
    write: (fd, from, start, length, position, moved) =>
      real.write(fd, from, start, Math.min(length, 999), position, moved),
  };
  await receive({ directory, path: join(directory, 'ORDERS'), content, fileSystem });
  assert.ok(readFileSync(join(directory, 'ORDERS')).equals(content));
});

test('a disk that takes nothing without an error is an error, not an endless loop', async () => {
  const directory = temporaryFolder();
  const real = intercepted(() => {});
  const fileSystem: typeof real = { ...real, write: (_fd, _from, _start, _length, _position, moved) => moved(null, 0) };
  const error = await rejection(receive({ directory, path: join(directory, 'X'), content: sample(10), fileSystem }));
  assert.is(error.code, 'EIO');
  assert.equal(readdirSync(directory), []);
});

test('after a failed write the file takes no more and cannot be committed', async () => {
  const directory = temporaryFolder();
  let failing = true;
  const fileSystem = intercepted(({ name }) => {
    if (name === 'write' && failing) throw errno('ENOSPC');
  });
  const file = await IncomingFile.open({ directory, identity: IDENTITY, fileSystem });
  await file.truncateTo(0);
  assert.is((await rejection(write(file, sample(10)))).code, 'ENOSPC');
  failing = false;
  assert.is((await rejection(write(file, sample(10)))).code, 'ENOSPC', 'or there would be a hole');
  assert.is(file.length, 0);
  const target = await TargetName.reserve(join(directory, 'ORDERS'), { identity: IDENTITY });
  assert.is((await rejection(file.commit(target))).code, 'ENOSPC');
  await file.discard();
  target.release();
  assert.equal(readdirSync(directory), []);
});

test('the same virtual file on a second connection is refused while the first receives it', async () => {
  const directory = temporaryFolder();
  const file = await open(directory);
  const error = await rejection(open(join(directory, '.')));
  assert.is(error.code, 'EBUSY');
  assert.match(error.message, /another transfer/);
  assert.equal(refusalFor(error), { reason: 12, retry: true });
  await file.discard();
  await (await open(directory)).discard();
});

test('park and discard while commit is under way wait for it, and leave the published file alone', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const held = gate();
  const file = await open(directory);
  await file.truncateTo(0);
  await write(file, sample(3_000));
  const target = await TargetName.reserve(path, { identity: IDENTITY });
  const committed = file.commit(target, { recorded: () => held.opened });
  const ended = [file.park(), file.discard()];
  held.open();
  await Promise.all([committed, ...ended]);
  target.release();
  assert.equal(readdirSync(directory), ['ORDERS']);
  // Nothing of the file is held any more.
  await (await open(directory)).discard();
});

test('discard after a successful commit leaves the next transfer of the same virtual file alone', async () => {
  const directory = temporaryFolder();
  const target = await TargetName.reserve(join(directory, 'ORDERS'), { identity: IDENTITY });
  const first = await open(directory);
  await first.truncateTo(0);
  await first.commit(target);
  target.release();
  const next = await open(directory);
  await first.discard();
  assert.is(hidden(directory).length, 1);
  assert.is((await rejection(open(directory))).code, 'EBUSY', 'the next one still holds its part file');
  await next.discard();
});

test('a symbolic link under the name of the part file is refused, and its target is not touched', async () => {
  const directory = temporaryFolder();
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, partNames(directory, IDENTITY).part);
  assert.is((await rejection(open(directory))).code, 'ELOOP');
  assert.is(readFileSync(victim, 'latin1'), 'precious');
});

test('a dangling symbolic link under the name of the part file creates nothing', async () => {
  const directory = temporaryFolder();
  symlinkSync(join(directory, 'created'), partNames(directory, IDENTITY).part);
  assert.is((await rejection(open(directory))).code, 'ELOOP');
  assert.not.ok(readdirSync(directory).includes('created'));
});

test('a symbolic link under the name of the sidecar is refused', async () => {
  const directory = temporaryFolder();
  const { sidecar } = partNames(directory, IDENTITY);
  await interrupted(directory, sample(5_000));
  unlinkSync(sidecar);
  writeFileSync(join(directory, 'planted'), '{"synced":5000}');
  symlinkSync(join(directory, 'planted'), sidecar);
  assert.is((await rejection(open(directory))).code, 'ELOOP');
});

test('a symbolic link under the name of the next sidecar is removed, not followed', async () => {
  const directory = temporaryFolder();
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, partNames(directory, IDENTITY).sidecarNew);
  await interrupted(directory, sample(5_000));
  assert.is(readFileSync(victim, 'latin1'), 'precious');
  const file = await open(directory);
  assert.is(file.restartPosition, 4);
  await file.discard();
});

test('something that is no file under the name of the part file is refused', async () => {
  const directory = temporaryFolder();
  mkdirSync(partNames(directory, IDENTITY).part);
  assert.is((await rejection(open(directory))).code, 'EISDIR');
});

test('a folder that does not exist is an error that the peer may try again', async () => {
  const error = await rejection(open(join(temporaryFolder(), 'missing')));
  assert.is(error.code, 'ENOENT');
  assert.equal(refusalFor(error), { reason: 12, retry: true });
});

test('calls out of order are refused before they do harm', async () => {
  const directory = temporaryFolder();
  const file = await open(directory);
  assert.throws(() => file.write(sample(1), 0, 1, () => {}), /truncateTo/);
  assert.match((await rejection(file.truncateTo(1))).message, /1 is not in 0\.\.0/);
  assert.match((await rejection(file.truncateTo(-1))).message, /-1 is not in/);
  assert.match((await rejection(file.truncateTo(0.5))).message, /0\.5 is not in/);
  await file.truncateTo(0);
  assert.match((await rejection(file.truncateTo(0))).message, /already/);
  assert.throws(() => file.write(sample(4), 2, 5, () => {}), /not in a buffer of 4/);
  assert.throws(() => file.write(sample(4), 3, 2, () => {}), /not in a buffer of 4/);
  const written = write(file, sample(4));
  assert.throws(() => file.write(sample(4), 0, 4, () => {}), /still under way/);
  await written;
  await file.discard();
  await file.discard();
  await file.sync();
});

test.run();

import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IncomingFile } from '../../src/files/incoming.js';
import { partNames } from '../../src/files/part-names.js';
import { TargetName } from '../../src/files/publish.js';
import { refusalFor } from '../../src/files/refusal.js';
import { OFTPError } from '../../src/settings/errors.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import { errno, hidden, IDENTITY, intercepted, receive, rejection, sample, withoutLinks, write } from './support.js';

test.after.each(cleanUp);

const CONTENT = sample(3_000);
const OTHER = { ...IDENTITY, stamp: { date: '20240301', time: '0000000001' } };

/** The file system of a FAT volume. */
function content(path: string): string {
  return readFileSync(path, 'latin1');
}

test('B-184: an existing file is not overwritten: error 681, SFNA 13 without retry', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  writeFileSync(path, 'old');
  const error = await rejection(receive({ directory, path, content: CONTENT }));
  assert.instance(error, OFTPError);
  assert.is(error.code as unknown, 681);
  assert.match(error.message, /ORDERS exists: set overwrite, choose another name, or move it away/);
  assert.equal(refusalFor(error), { reason: 13, retry: false });
  assert.is(content(path), 'old');
  assert.equal(readdirSync(directory), ['ORDERS']);
});

test('B-185: with overwrite an existing file is replaced', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  writeFileSync(path, 'old');
  await receive({ directory, path, content: CONTENT, overwrite: true });
  assert.ok(readFileSync(path).equals(CONTENT));
  assert.equal(readdirSync(directory), ['ORDERS']);
});

test('with overwrite the old file is there, whole, until the new one is', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  writeFileSync(path, 'old');
  const seen: string[] = [];
  const fileSystem = intercepted(() => void seen.push(content(path).slice(0, 3)));
  await receive({ directory, path, content: CONTENT, overwrite: true, fileSystem });
  assert.equal([...new Set(seen)], ['old', String.fromCharCode(...CONTENT.subarray(0, 3))]);
});

test('two connections cannot receive into one final name at once', async () => {
  const path = join(temporaryFolder(), 'ORDERS');
  const first = await TargetName.reserve(path, { identity: IDENTITY });
  const error = await rejection(TargetName.reserve(path, { identity: OTHER, overwrite: true }));
  assert.is(error.code, 'EBUSY');
  assert.equal(refusalFor(error), { reason: 12, retry: true });
  first.release();
  first.release();
  const second = await TargetName.reserve(path, { identity: OTHER });
  first.release();
  assert.is(
    (await rejection(TargetName.reserve(path, { identity: IDENTITY }))).code,
    'EBUSY',
    'the second still holds it',
  );
  second.release();
});

test('who asks for a name that is about to be released waits for it', async () => {
  const path = join(temporaryFolder(), 'ORDERS');
  const first = await TargetName.reserve(path, { identity: IDENTITY });
  first.leave();
  const second = TargetName.reserve(path, { identity: IDENTITY });
  first.release();
  (await second).release();
});

test('of two concurrent receivers of one final name one publishes and the other is refused', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const results = await Promise.allSettled([
    receive({ directory, path, content: CONTENT }),
    receive({ directory, path, content: sample(9_000), identity: OTHER }),
  ]);
  assert.equal(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(readdirSync(directory), ['ORDERS']);
  assert.is(statSync(path).size, results[0].status === 'fulfilled' ? 3_000 : 9_000);
});

for (const links of ['with', 'without']) {
  const fileSystem = () => (links === 'with' ? intercepted(() => {}) : withoutLinks());

  test(`${links} hard links: a file that appears during the transfer is not overwritten`, async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'ORDERS');
    const target = await TargetName.reserve(path, { identity: IDENTITY, fileSystem: fileSystem() });
    const file = await IncomingFile.open({ directory, identity: IDENTITY });
    await file.truncateTo(0);
    await write(file, CONTENT);
    writeFileSync(path, 'other');
    assert.is((await rejection(file.commit(target))).code as unknown, 681);
    await file.discard();
    target.release();
    assert.is(content(path), 'other');
    assert.equal(readdirSync(directory), ['ORDERS']);
  });

  test(`${links} hard links: a symbolic link that appears under the final name is not followed`, async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'ORDERS');
    const target = await TargetName.reserve(path, { identity: IDENTITY, fileSystem: fileSystem() });
    const file = await IncomingFile.open({ directory, identity: IDENTITY });
    await file.truncateTo(0);
    await write(file, CONTENT);
    symlinkSync(join(directory, 'elsewhere'), path);
    assert.is((await rejection(file.commit(target))).code as unknown, 681);
    await file.discard();
    target.release();
    assert.equal(readdirSync(directory), ['ORDERS']);
  });

  test(`${links} hard links: what cannot be recorded is withdrawn, and the next attempt succeeds`, async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'ORDERS');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const recorded = async () => {
        assert.ok(readFileSync(path).equals(CONTENT));
        throw errno('ENOSPC');
      };
      const error = await rejection(receive({ directory, path, content: CONTENT, fileSystem: fileSystem(), recorded }));
      assert.is(error.code, 'ENOSPC');
      assert.not.ok(readdirSync(directory).includes('ORDERS'), `attempt ${attempt}`);
    }
    await receive({ directory, path, content: CONTENT, fileSystem: fileSystem() });
    assert.equal(readdirSync(directory), ['ORDERS']);
    assert.ok(readFileSync(path).equals(CONTENT));
  });
}

for (const code of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR']) {
  test(`a file system that answers ${code} to a hard link gets a rename`, async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'ORDERS');
    await receive({ directory, path, content: CONTENT, fileSystem: withoutLinks(code) });
    assert.equal(readdirSync(directory), ['ORDERS']);
    assert.ok(readFileSync(path).equals(CONTENT));
  });
}

test('another failure of the hard link is an error, and no rename is tried', async () => {
  const directory = temporaryFolder();
  const fileSystem = withoutLinks('EIO');
  const error = await rejection(receive({ directory, path: join(directory, 'ORDERS'), content: CONTENT, fileSystem }));
  assert.is(error.code, 'EIO');
  assert.not.ok(readdirSync(directory).includes('ORDERS'));
});

test('a withdrawn name is left alone when someone else put a file there meanwhile', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const recorded = async () => {
    renameSync(path, join(directory, 'taken away'));
    writeFileSync(path, 'other');
    throw errno('EIO');
  };
  await rejection(receive({ directory, path, content: CONTENT, recorded }));
  assert.is(content(path), 'other');
  assert.ok(readFileSync(join(directory, 'taken away')).equals(CONTENT));
});

test('a symbolic link under the final name: refused, or with overwrite replaced and not followed', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, path);
  const error = await rejection(receive({ directory, path, content: CONTENT }));
  assert.is(error.code, 'EACCES');
  assert.equal(
    refusalFor(error),
    { reason: 12, retry: true },
    'not SFNA 13, which would tell the peer that we have the file',
  );
  assert.is(readlinkSync(path), victim);
  await receive({ directory, path, content: CONTENT, overwrite: true });
  assert.is(content(victim), 'precious');
  assert.ok(lstatSync(path).isFile());
});

test('a dangling symbolic link under the final name is refused and creates nothing', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  symlinkSync(join(directory, 'created'), path);
  assert.is((await rejection(receive({ directory, path, content: CONTENT }))).code, 'EACCES');
  assert.equal(readdirSync(directory), ['ORDERS']);
});

test('a folder under the final name is refused, with overwrite as well', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  mkdirSync(path);
  for (const overwrite of [false, true]) {
    const error = await rejection(receive({ directory, path, content: CONTENT, overwrite }));
    assert.is(error.code, 'EISDIR');
    assert.equal(refusalFor(error), { reason: 12, retry: true });
  }
});

test('a final name that is too long is SFNA 01', async () => {
  const directory = temporaryFolder();
  const error = await rejection(receive({ directory, path: join(directory, 'x'.repeat(300)), content: CONTENT }));
  assert.equal(refusalFor(error), { reason: 1, retry: false });
});

test('a file published before a crash, but not recorded, is replaced when the peer sends it again', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const { part } = partNames(directory, IDENTITY);
  writeFileSync(part, 'first attempt');
  linkSync(part, path); // what a kill between the name and the record leaves
  await receive({ directory, path, content: CONTENT });
  assert.ok(readFileSync(path).equals(CONTENT));
  assert.equal(readdirSync(directory), ['ORDERS']);
});

test('the published file is not written to when the peer sends it again, and stays until then', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const { part } = partNames(directory, IDENTITY);
  writeFileSync(part, 'first attempt');
  linkSync(part, path);
  const target = await TargetName.reserve(path, { identity: IDENTITY });
  const file = await IncomingFile.open({ directory, identity: IDENTITY });
  assert.is(file.restartPosition, 0);
  await file.truncateTo(0);
  await write(file, CONTENT);
  assert.is(content(path), 'first attempt');
  // The attempt breaks, and the one after it still knows its own file.
  await file.park();
  target.release();
  await receive({ directory, path, content: CONTENT });
  assert.ok(readFileSync(path).equals(CONTENT));
  assert.equal(readdirSync(directory), ['ORDERS']);
});

test('a published file that the application took away before the crash is not touched there', async () => {
  const directory = temporaryFolder();
  const { part } = partNames(directory, IDENTITY);
  writeFileSync(part, 'first attempt');
  linkSync(part, join(directory, 'processed'));
  await receive({ directory, path: join(directory, 'ORDERS'), content: CONTENT });
  assert.is(content(join(directory, 'processed')), 'first attempt');
  assert.ok(readFileSync(join(directory, 'ORDERS')).equals(CONTENT));
  assert.equal(hidden(directory), []);
});

test('an unacknowledged file of another identity is someone else’s', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const { part } = partNames(directory, OTHER);
  writeFileSync(part, 'other');
  linkSync(part, path);
  assert.is((await rejection(receive({ directory, path, content: CONTENT }))).code as unknown, 681);
  assert.is(content(path), 'other');
});

test('a publication that finds its own file under the final name has nothing to do', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const target = await TargetName.reserve(path, { identity: IDENTITY });
  const output = join(directory, '.unwrapped');
  writeFileSync(output, 'plain');
  linkSync(output, path);
  await target.publish(output);
  unlinkSync(output);
  target.release();
  assert.is(content(path), 'plain');
});

test('what is no regular file is not published', async () => {
  const directory = temporaryFolder();
  const target = await TargetName.reserve(join(directory, 'ORDERS'), { identity: IDENTITY });
  symlinkSync('/etc/hostname', join(directory, 'link'));
  assert.is((await rejection(target.publish(join(directory, 'link')))).code, 'EACCES');
  target.release();
  assert.equal(readdirSync(directory), ['link']);
});

test('a file system that cannot sync folders is taken as it is', async () => {
  for (const code of ['EINVAL', 'ENOTSUP']) {
    const directory = temporaryFolder();
    const fileSystem = intercepted(({ text }) => {
      if (text === 'fsync folder') throw errno(code);
    });
    await receive({ directory, path: join(directory, 'ORDERS'), content: CONTENT, fileSystem });
    assert.equal(readdirSync(directory), ['ORDERS']);
    assert.is(fileSystem.descriptors.size, 0);
  }
});

test('a name is free again after a refused or failed transfer', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'ORDERS');
  const held = gate();
  const stopped = intercepted(({ text }) => (text === 'lstat ORDERS' ? held.opened : undefined));
  const waiting = rejection(TargetName.reserve(path, { identity: IDENTITY, fileSystem: stopped }));
  writeFileSync(path, 'old');
  held.open();
  await waiting;
  unlinkSync(path);
  (await TargetName.reserve(path, { identity: IDENTITY })).release();
});

test.run();

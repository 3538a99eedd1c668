import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileSystem } from '../../src/files/filesystem.js';
import { OutgoingFile } from '../../src/files/outgoing.js';
import { OFTPError } from '../../src/settings/errors.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import { errno, intercepted, rejection, sample } from './support.js';

test.after.each(cleanUp);

function file(content: Uint8Array | string): string {
  const path = join(temporaryFolder(), 'out.dat');
  writeFileSync(path, content);
  return path;
}

function read(from: OutgoingFile, into: Uint8Array, start: number, end: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    from.read(into, start, end, position, (error, octets) => (error ? reject(error) : resolve(octets)));
  });
}

async function refused(promise: Promise<unknown>, message: RegExp): Promise<OFTPError> {
  const error = (await rejection(promise)) as unknown;
  assert.instance(error, OFTPError);
  assert.is((error as OFTPError).code, 679);
  assert.match((error as OFTPError).message, message);
  return error as OFTPError;
}

test('octets are read from any position into any part of a buffer, and less only at the end', async () => {
  const content = sample(10_000);
  const out = await OutgoingFile.open(file(content));
  assert.is(out.size, 10_000);
  const into = new Uint8Array(5_000);
  assert.is(await read(out, into, 100, 4_100, 2_048), 4_000);
  assert.equal(into.subarray(100, 4_100), content.subarray(2_048, 6_048));
  assert.equal(into.subarray(0, 100), new Uint8Array(100));
  assert.equal(into.subarray(4_100), new Uint8Array(900));
  assert.is(await read(out, into, 0, 5_000, 8_000), 2_000);
  assert.equal(into.subarray(0, 2_000), content.subarray(8_000));
  assert.is(await read(out, into, 0, 5_000, 10_000), 0);
  assert.is(await read(out, into, 0, 5_000, 99_999), 0);
  assert.is(await read(out, into, 7, 7, 0), 0);
  await out.close();
  await out.close();
});

test('a read that the system answers in pieces is completed', async () => {
  const content = sample(10_000);
  const real = intercepted(() => {});
  const fileSystem: FileSystem = {
    ...real,
    read: (fd, into, start, length, position, moved) =>
      real.read(fd, into, start, Math.min(length, 777), position, moved),
  };
  const out = await OutgoingFile.open(file(content), { fileSystem });
  const into = new Uint8Array(10_000);
  assert.is(await read(out, into, 0, 10_000, 0), 10_000);
  assert.equal(into, content);
  await out.close();
});

test('B-156: a missing file is error 679 with its path and cause', async () => {
  const path = join(temporaryFolder(), 'missing.dat');
  const error = await refused(
    OutgoingFile.open(path),
    /Cannot send the file .*missing\.dat: ENOENT.*Check that the path/,
  );
  assert.is((error.cause as NodeJS.ErrnoException).code, 'ENOENT');
});

test('only a regular file can be sent; a symbolic link to one is one', async () => {
  const directory = temporaryFolder();
  mkdirSync(join(directory, 'folder'));
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  const fileSystem = intercepted(() => {});
  for (const name of ['folder', 'pipe']) {
    await refused(OutgoingFile.open(join(directory, name), { fileSystem }), /not a regular file/);
  }
  assert.is(fileSystem.descriptors.size, 0);
  writeFileSync(join(directory, 'real'), 'content');
  symlinkSync(join(directory, 'real'), join(directory, 'link'));
  const out = await OutgoingFile.open(join(directory, 'link'));
  assert.is(out.size, 7);
  await out.close();
});

test('a file that became shorter while it is sent is an error, not an endless read', async () => {
  const path = file(sample(10_000));
  const out = await OutgoingFile.open(path);
  truncateSync(path, 5_000);
  await refused(read(out, new Uint8Array(8_192), 0, 8_192, 0), /changed while it was being sent/);
  await refused(out.checkUnchanged(), /changed while/);
  await out.close();
});

test('a file that was written to is noticed before its end is announced; new octets are not sent', async () => {
  const path = file(sample(1_000));
  const out = await OutgoingFile.open(path);
  await out.checkUnchanged();
  appendFileSync(path, 'more');
  assert.is(await read(out, new Uint8Array(8_192), 0, 8_192, 0), 1_000);
  await refused(out.checkUnchanged(), /changed while/);
  await out.close();
});

test('an attempt after the first one insists on the same file', async () => {
  const path = file(sample(1_000));
  const first = await OutgoingFile.open(path);
  await first.close();
  const second = await OutgoingFile.open(path, { version: first.version });
  await second.close();
  utimesSync(path, 1, 1);
  await refused(
    OutgoingFile.open(path, { version: first.version }),
    /changed since it was first offered.*stamp of its own/,
  );
});

test('a file that was replaced by one of the same size and time is another one', async () => {
  const path = file(sample(1_000));
  utimesSync(path, 1, 1);
  const first = await OutgoingFile.open(path);
  await first.close();
  writeFileSync(`${path}.new`, sample(1_000));
  utimesSync(`${path}.new`, 1, 1);
  renameSync(`${path}.new`, path);
  await refused(OutgoingFile.open(path, { version: first.version }), /changed since/);
});

test('errors of the disk are 679 with their cause, and nothing stays open', async () => {
  const path = file(sample(1_000));
  for (const failing of ['open', 'fstat', 'read'] as const) {
    const fileSystem = intercepted(({ name }) => {
      if (name === failing) throw errno('EIO');
    });
    const attempt = async () => {
      const out = await OutgoingFile.open(path, { fileSystem });
      await read(out, new Uint8Array(10), 0, 10, 0).finally(() => out.close());
    };
    const error = await refused(attempt(), /EIO/);
    assert.is((error.cause as NodeJS.ErrnoException).code, 'EIO', failing);
    assert.is(fileSystem.descriptors.size, 0, failing);
  }
});

test('close waits for the read under way; one read at a time', async () => {
  const held = gate();
  const fileSystem = intercepted(({ name }) => (name === 'read' ? held.opened : undefined));
  const out = await OutgoingFile.open(file(sample(100)), { fileSystem });
  const reading = read(out, new Uint8Array(100), 0, 100, 0);
  assert.throws(() => out.read(new Uint8Array(1), 0, 1, 0, () => {}), /still under way/);
  const closed = out.close();
  assert.is(fileSystem.descriptors.size, 1);
  held.open();
  assert.is(await reading, 100);
  await closed;
  assert.is(fileSystem.descriptors.size, 0);
  assert.throws(() => out.read(new Uint8Array(1), 0, 1, 0, () => {}), /closed/);
  assert.match((await rejection(out.checkUnchanged())).message, /closed/);
});

test('a read outside its buffer is refused', async () => {
  const out = await OutgoingFile.open(file(sample(100)));
  for (const [start, end, position] of [
    [-1, 1, 0],
    [2, 1, 0],
    [0, 5, 0],
    [0, 1, -1],
  ] as const) {
    assert.throws(() => out.read(new Uint8Array(4), start, end, position, () => {}), /do not exist/);
  }
  await out.close();
});

const line = (length: number) => 'x'.repeat(length);

const TEXTS: readonly (readonly [string, string, number | undefined])[] = [
  ['nothing', '', undefined],
  ['lines of 2048 characters', `${line(2048)}\r\n${line(2048)}\r\n`, undefined],
  ['a last line of 2048 without an end', `a\r\n${line(2048)}`, undefined],
  ['a line of 2049', `${line(2049)}\r\n`, 1],
  ['a second line of 2049', `a\r\n${line(2049)}\r\n`, 2],
  ['a last line of 2049 without an end', `a\r\nb\r\n${line(2049)}`, 3],
  ['lines that end with LF alone', `${line(2048)}\n${line(2048)}\n`, undefined],
  ['2048 characters and a CR that no LF follows', `${line(2048)}\r`, 1],
  ['2047 characters and a CR that no LF follows', `${line(2047)}\r`, undefined],
  ['2048 characters with a CR among them', `${line(1000)}\r${line(1047)}\r\n`, undefined],
  ['2049 characters with a CR among them', `${line(1000)}\r${line(1048)}\r\n`, 1],
  ['2048 characters and CR CR LF', `${line(2048)}\r\r\n`, 1],
  ['many lines, the long one far behind', `${`${line(98)}\r\n`.repeat(5_000)}${line(2049)}\r\n`, 5_001],
  ['a long line across the pieces that are read', `${line(98)}\r\n`.repeat(655) + line(2049), 656],
  [
    'a line of 2048 whose CR is the last octet of a piece',
    `${`${line(98)}\r\n`.repeat(634)}${line(85)}\r\n${line(2048)}\r\nend`,
    undefined,
  ],
];

for (const [name, text, tooLong] of TEXTS) {
  test(`B-111: ${name}: ${tooLong === undefined ? 'can be sent as text' : `line ${tooLong} is an error`}`, async () => {
    const out = await OutgoingFile.open(file(text));
    if (tooLong === undefined) await out.checkTextLines();
    else await refused(out.checkTextLines(), new RegExp(`: line ${tooLong} is longer than the 2048 characters`));
    await out.close();
  });
}

test.run();

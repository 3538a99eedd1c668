import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileSystem, moved, nodeFileSystem } from '../../src/files/filesystem.js';
import { temporaryFolder } from '../support/folder.js';

/** More than the pool of Node.js has threads; as many big files could be under way. */
const LONG_CALLS = 24;
const LONG = 64 * 1024 + 1;
/** Instead of a position in the file: where it stands, as a pipe wants it. */
const NOWHERE = -1;
const LIMIT_MS = 10_000;

/** Long calls on a pipe that nobody serves, until `ends` is called. */
function hanging(call: 'read' | 'write', mode: number): { ended: Promise<unknown>; end(): void } {
  const pipe = join(temporaryFolder(), 'pipe');
  assert.is(spawnSync('mkfifo', [pipe]).status, 0, 'mkfifo is needed');
  const otherEnd = openSync(pipe, constants.O_RDWR);
  const fd = openSync(pipe, mode);
  const octets = Buffer.alloc(LONG);
  const calls = Array.from({ length: LONG_CALLS }, () =>
    moved((done) => nodeFileSystem[call](fd, octets, 0, LONG, NOWHERE, done)),
  );
  return {
    ended: Promise.allSettled(calls).then(() => closeSync(fd)),
    end: () => closeSync(otherEnd),
  };
}

for (const [call, mode] of [
  ['read', constants.O_RDONLY],
  ['write', constants.O_WRONLY],
] as const) {
  test(`long calls to ${call} that hang leave room for short ones, which need not wait for them`, async () => {
    const folder = temporaryFolder();
    const long = hanging(call, mode);
    const short = (fileSystem: FileSystem) => fileSystem.lstat(folder).then((entry) => entry.isDirectory());
    const answer = await Promise.race([short(nodeFileSystem), delay(LIMIT_MS, 'nothing', { ref: false })]);
    long.end();
    await long.ended;
    assert.is(answer, true);
  });
}

test.run();

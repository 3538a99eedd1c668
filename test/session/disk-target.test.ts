/** What a received file leaves when neither its receipt can be recorded nor its name be taken back. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileSystem, nodeFileSystem } from '../../src/files/filesystem.js';
import { OCTET_LAYOUT } from '../../src/files/part-layout.js';
import { DiskTarget } from '../../src/session/disk-target.js';
import { errno, IDENTITY, intercepted, rejection } from '../files/support.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';

const CONTENT = Buffer.from('UNH+1+ORDERS:D:96A:UN');

async function receive(path: string, fileSystem: FileSystem, recorded: () => Promise<void>): Promise<void> {
  const options = {
    path,
    overwrite: false,
    identity: IDENTITY,
    layout: OCTET_LAYOUT,
    fileSystem,
    isLeaving: () => false,
  };
  const target = await DiskTarget.open(options);
  try {
    await target.resume(0n);
    await target.write(CONTENT);
    await target.commit({ recorded });
  } catch (error) {
    await target.discard();
    throw error;
  }
}

test('a file whose name could not be withdrawn is taken as the same one when it is offered again', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'ORDERS');
  const stubborn = intercepted(({ text }) => {
    if (text === 'unlink ORDERS') throw errno('EIO');
  });
  const error = await rejection(receive(path, stubborn, () => Promise.reject(errno('ENOSPC'))));
  assert.match(error.message, /ENOSPC/);
  assert.ok(readdirSync(folder).includes('ORDERS'), 'the name stands');

  let records = 0;
  await receive(path, nodeFileSystem, async () => {
    records += 1;
  });
  assert.is(records, 1);
  assert.equal(readFileSync(path), CONTENT);
  assert.equal(readdirSync(folder), ['ORDERS']);
});

test.after.each(cleanUp);
test.run();

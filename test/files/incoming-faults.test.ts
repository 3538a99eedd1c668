/** Every call to the file system fails once: nothing may be lost, left open or half published. */

import { existsSync, linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileSystem } from '../../src/files/filesystem.js';
import { IncomingFile } from '../../src/files/incoming.js';
import { OCTET_LAYOUT } from '../../src/files/part-layout.js';
import { partNames } from '../../src/files/part-names.js';
import { TargetName } from '../../src/files/publish.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { errno, IDENTITY, intercepted, MARKED, sample, write } from './support.js';

test.after.each(cleanUp);

const CONTENT = sample(9_000);

/** A transfer that syncs on its way and goes on one block, or one record, before what is kept. */
async function transfer(
  directory: string,
  { overwrite = false, records = false }: Pick<Situation, 'overwrite' | 'records'>,
  fileSystem: FileSystem,
): Promise<void> {
  const { identity, content, layout } = records
    ? MARKED
    : { identity: IDENTITY, content: CONTENT, layout: () => OCTET_LAYOUT };
  const target = await TargetName.reserve(join(directory, 'ORDERS'), { identity, overwrite, fileSystem });
  try {
    const { conversion, resume } = layout();
    const file = await IncomingFile.open({ directory, identity, conversion, fileSystem });
    try {
      await resume(file, BigInt(Math.max(0, file.restartPosition - 1)));
      await write(file, content.subarray(file.length, 6_000));
      await file.sync();
      await write(file, content.subarray(6_000));
      await file.commit(target, { recorded: async () => {} });
    } catch (error) {
      await file.park().catch(() => {});
      throw error;
    }
  } finally {
    target.release();
  }
}

interface Situation {
  readonly name: string;
  readonly overwrite?: boolean;
  readonly links?: boolean;
  /** The content is records, which are delivered as lines. */
  readonly records?: boolean;
  prepare(directory: string): void | Promise<void>;
}

const SITUATIONS: readonly Situation[] = [
  { name: 'a new file', prepare: () => {} },
  { name: 'a new file without hard links', links: false, prepare: () => {} },
  {
    name: 'a restart',
    async prepare(directory) {
      const file = await IncomingFile.open({ directory, identity: IDENTITY });
      await file.truncateTo(0);
      await write(file, CONTENT.subarray(0, 5_000));
      await file.park();
    },
  },
  {
    name: 'an overwritten file',
    overwrite: true,
    prepare: (directory) => writeFileSync(join(directory, 'ORDERS'), 'old'),
  },
  {
    name: 'a file published but not recorded',
    prepare(directory) {
      writeFileSync(partNames(directory, IDENTITY).part, 'first attempt');
      linkSync(partNames(directory, IDENTITY).part, join(directory, 'ORDERS'));
    },
  },
  { name: 'a new file of records', records: true, prepare: () => {} },
  { name: 'a new file of records without hard links', records: true, links: false, prepare: () => {} },
  {
    name: 'an overwritten file of records',
    records: true,
    overwrite: true,
    prepare: (directory) => writeFileSync(join(directory, 'ORDERS'), 'old'),
  },
  {
    name: 'a file of records published but not recorded',
    records: true,
    async prepare(directory) {
      const { conversion, resume } = MARKED.layout();
      const file = await IncomingFile.open({ directory, identity: MARKED.identity, conversion });
      await resume(file, 0n);
      await write(file, MARKED.content);
      await file.park();
      writeFileSync(partNames(directory, MARKED.identity).converted, MARKED.delivered);
      linkSync(partNames(directory, MARKED.identity).converted, join(directory, 'ORDERS'));
    },
  },
];

/** The n-th call fails with `code`; without a code none does. Collects the calls. */
function failing(calls: string[], links: boolean, nth = -1, code = '') {
  return intercepted(({ name, text }) => {
    calls.push(text);
    if (calls.length - 1 === nth) throw errno(code);
    if (name === 'link' && !links) throw errno('EPERM');
  });
}

async function check(situation: Situation, nth: number, code: string): Promise<void> {
  const { links = true, records = false } = situation;
  const delivered = records ? MARKED.delivered : CONTENT;
  const directory = temporaryFolder();
  await situation.prepare(directory);
  const path = join(directory, 'ORDERS');
  const before = existsSync(path) ? readFileSync(path) : undefined;
  const calls: string[] = [];
  const fileSystem = failing(calls, links, nth, code);
  const error = await transfer(directory, situation, fileSystem).then(
    () => undefined,
    (reason: NodeJS.ErrnoException) => reason,
  );
  const where = `${situation.name}: ${code} at ${nth}, ${calls[nth]}`;
  const now = existsSync(path) ? readFileSync(path) : undefined;
  const whole = now?.equals(delivered) ?? false;
  assert.is(fileSystem.descriptors.size, 0, `${where}: all descriptors closed`);
  if (!error) {
    // The removal of a hidden name failed after the file was received: that is nobody's business but the clean-up's.
    assert.ok(whole && /^unlink (part|json|tmp|done|moved|new)$/.test(calls[nth] ?? ''), `${where} went unnoticed`);
    return;
  }
  assert.is(error.code, code, where);
  assert.ok(
    whole || now === undefined || now.equals(before ?? delivered),
    `${where}: nothing, the old or the whole file`,
  );
  await transfer(directory, situation, failing([], links));
  assert.ok(readFileSync(path).equals(delivered), `${where}: the next attempt succeeds`);
  assert.equal(readdirSync(directory), ['ORDERS'], `${where}: nothing stays`);
}

for (const situation of SITUATIONS) {
  for (const code of ['ENOSPC', 'EIO']) {
    test(`${situation.name}: ${code} at every call`, async () => {
      const directory = temporaryFolder();
      await situation.prepare(directory);
      const calls: string[] = [];
      await transfer(directory, situation, failing(calls, situation.links ?? true));
      assert.ok(calls.length > 15, `${calls.length} calls`);
      for (let nth = 0; nth < calls.length; nth += 1) await check(situation, nth, code);
    });
  }
}

test.run();

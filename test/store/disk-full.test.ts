/** A disk without room: operations fail by an OFTPError, the process lives, and what was settled stays. */

import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { identity, openSqlStore, received } from './support.js';

test.after.each(cleanUp);

const PROGRAM = fileURLToPath(new URL('./write-and-report.js', import.meta.url));

/**
 * No file may become longer than 2 or 4 MiB, depending on the shell; the signal that says so is ignored. To SQLite this
 * is an input/output error, because only ENOSPC is a full disk.
 */
const LIMITED = 'trap "" XFSZ; ulimit -f 4096; exec "$@"';

test('no room for the files of the store: operations fail, reads go on, and nothing settled is lost', async () => {
  const folder = temporaryFolder();
  const { NODE_V8_COVERAGE: _, ...env } = process.env;
  const args = ['-c', LIMITED, 'sh', process.execPath, PROGRAM, folder, 'F', '20000'];
  const { code, stdout, output } = await runChild('sh', args, { limitMs: 30_000, env });
  assert.is(code, 0, output);
  const reports = stdout.trimEnd().split('\n').slice(1);
  const [failed, found] = reports.splice(-2);
  assert.is(failed, 'failed 10022');
  assert.is(found, 'found');
  assert.ok(reports.length > 50, `${reports.length} reports`);
  const store = await openSqlStore({ folder });
  for (const report of reports.filter((line) => line.startsWith('finished '))) {
    const file = await store.findReceived(identity(report.split(' ')[1]!));
    assert.is(file?.finished, true, report);
  }
  await store.acknowledge(received('WITH ROOM'));
});

test.run();

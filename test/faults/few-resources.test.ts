/** A process that may open few files, or write short ones only: RFC 5024 §5.3.5 and §5.3.10, reasons 06 and 12. */
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';

test.after.each(cleanUp);

const PROGRAM = fileURLToPath(new URL('./few-resources.js', import.meta.url));

/** Runs a scene of `few-resources.ts` under limits of the shell. The signal that a file is too long is ignored. */
async function play(scene: string, limits: string): Promise<void> {
  const { NODE_V8_COVERAGE: _, ...env } = process.env;
  const args = ['-c', `trap "" XFSZ; ${limits}; exec "$@"`, 'sh', process.execPath, PROGRAM, scene];
  const { code, stdout, output } = await runChild('sh', args, { limitMs: 30_000, env });
  assert.is(code, 0, output);
  assert.match(stdout, `${scene}: done`);
}

test('too many open files: SFNA 12 with retry Y, a file under way is taken; the session goes on', () =>
  play('descriptors', 'ulimit -n 200'));

// 100 or 200 KiB, depending on the shell.
test('a limit for the length of files: EFNA 06 for a longer one, the next ones are taken', () =>
  play('length', 'ulimit -f 200'));

test.run();

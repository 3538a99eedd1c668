/** A short version of the long run of bench/soak: what one side counts, the other must have. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from '../support/child.js';
import { PROJECT_ROOT } from '../support/project.js';

const LIMIT_MS = 120_000;

test('mixed traffic with sessions cut off: every file once, every end response, no descriptor left open', async () => {
  const program = join(PROJECT_ROOT, 'dist', 'bench', 'soak.js');
  const args = [program, '--minutes', '0.15', '--stations', '4'];
  const { code, output } = await runChild(process.execPath, args, { limitMs: LIMIT_MS });
  assert.is(code, 0, output);
  const [, received = '0', sent = '0'] = /(\d+) files received, (\d+) sent/.exec(output) ?? [];
  assert.ok(Number(received) > 0 && Number(sent) > 0, output);
});

test.run();

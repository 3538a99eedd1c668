import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { showProgress } from '../../src/cli/progress.js';
import { cleanUp } from '../support/cleanup.js';
import { sample } from '../support/scenario.js';
import { AS_PARTNER, Hub, oftp, PARTNER_ENV } from './oftp.js';

test.after.each(cleanUp);

/** What is drawn of a transfer of 1000 octets. */
function drawn(isTTY: boolean): string {
  const client = new EventEmitter();
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 100 });
  showProgress(client as unknown as Parameters<typeof showProgress>[0], () => 1000, stream);
  for (const bytesTransferred of [0, 500, 1000]) {
    client.emit('transfer', { virtualFileName: 'OR\x1bDERS', bytesTransferred });
  }
  client.emit('endTransfer', {});
  return String(stream.read() ?? '');
}

test('on a terminal a transfer is shown as a bar with its name, which cannot steer the terminal', () => {
  const text = drawn(true);
  assert.match(text, /OR\uFFFDDERS \[-+\] 0 % of 1000 octets/);
  assert.match(text, /OR\uFFFDDERS \[=+\] 100 % of 1000 octets/);
});

test('the bar is wiped when the transfer has ended, and the cursor is back', () => {
  assert.ok(drawn(true).endsWith('\x1b[?25h\x1b[?7h\x1b8\x1b[1G\x1b[2K'));
});

test('without a terminal nothing is drawn, and nothing listens, which would cost a copy of each block', () => {
  assert.is(drawn(false), '');
  const client = new EventEmitter();
  showProgress(client as unknown as Parameters<typeof showProgress>[0], () => 1000, { isTTY: false });
  assert.is(client.listenerCount('transfer'), 0);
});

test('oftp send into a pipe prints its result lines and nothing else', async () => {
  const hub = await Hub.start();
  writeFileSync(hub.path('big.edi'), sample(2_000_000));
  const args = ['send', 'big.edi', '--to', hub.serving.address, ...AS_PARTNER];
  const { code, output } = await oftp(args, { cwd: hub.folder, env: PARTNER_ENV });
  assert.is(code, 0);
  assert.is(output, 'big.edi: sent as BIG.EDI, 2000000 octets\nbig.edi: delivered (EERP)\n');
  assert.is(hub.names('inbox').length, 1);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { assertDelivered, assertNothingHalf, atEachStep, FILES, stage, start } from './stage.js';

test.after.each(cleanUp);

/** One run of sending with a kill before one step. */
async function killedWhileSending(at: number): Promise<boolean> {
  const { folder, outbox, inbox } = stage();
  const received: string[] = [];
  const server = new OFTPServer({
    serverSsidCode: 'O0013HUB',
    serverSfidCode: 'O0013HUB',
    localHost: '127.0.0.1',
    localPort: 0,
    statePath: null,
    downloadDirectory: inbox,
  });
  server.on('acceptConnection', () => {});
  server.on('endTransfer', ({ virtualFileName, reasonCode }) => {
    if (reasonCode === 0) received.push(virtualFileName);
  });
  onCleanUp(() => server.shutdown());
  await server.startListening();
  const args = [folder, String(server.localPort)];
  const first = await start('sender', args, { at, folder: outbox }).finished;
  assertNothingHalf(inbox);
  const killed = first.signal === 'SIGKILL';
  if (killed) {
    const second = await start('sender', args, { at: 0, folder: outbox }).finished;
    assert.is(second.code, 0, `step ${at}: the second attempt failed\n${first.output}\n${second.output}`);
  } else {
    assert.is(first.code, 0, `step ${at}\n${first.output}`);
  }
  assertDelivered(inbox);
  assert.equal(received.sort(), Object.keys(FILES).sort(), `step ${at}: delivered other than once`);
  await server.shutdown();
  return killed;
}

test('a client killed before each step of sending delivers each file once', () => atEachStep(killedWhileSending));

test.run();

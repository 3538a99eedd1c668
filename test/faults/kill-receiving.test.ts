import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { assertDelivered, assertNothingHalf, atEachStep, FILES, portOf, stage, start } from './stage.js';

test.after.each(cleanUp);

const ATTEMPTS_MAX = 5;

/** Sends what is not acknowledged yet, as a partner would: until it is, or the server is gone. */
async function sendRest(client: OFTPClient, outbox: string, acknowledged: Set<string>): Promise<void> {
  await client.connect();
  for (const name of Object.keys(FILES).filter((file) => !acknowledged.has(file))) {
    await client.sendFile({ path: join(outbox, name), virtualFileName: name });
    acknowledged.add(name);
  }
  await client.receiveFiles();
  await client.logoff();
}

/** One run of receiving with a kill before one step. False when the run had no such step. */
async function killedWhileReceiving(at: number): Promise<boolean> {
  const { folder, outbox, inbox } = stage();
  const acknowledged = new Set<string>();
  const answered = new Map<string, number>();
  let server = start('receiver', [folder, '0'], { at, folder: inbox });
  onCleanUp(() => void server.stop(0));
  let port = await portOf(server);
  let killed = false;
  const statePath = join(folder, 'sender');
  const client = new OFTPClient({ host: '127.0.0.1', port, clientSsidCode: 'O0013SENDER', statePath });
  client.on('endResponse', ({ virtualFileName, reasonCode }) => {
    assert.is(reasonCode, 0);
    answered.set(virtualFileName, (answered.get(virtualFileName) ?? 0) + 1);
  });
  for (let attempt = 1; answered.size < Object.keys(FILES).length; attempt += 1) {
    assert.ok(attempt <= ATTEMPTS_MAX, `step ${at}: not done after ${attempt} attempts\n${server.output}`);
    const outcome = await sendRest(client, outbox, acknowledged).catch((error: Error) => error);
    if (outcome === undefined) continue;
    const { signal } = await server.finished;
    assert.is(signal, 'SIGKILL', `step ${at}: ${outcome.message}\n${server.output}`);
    killed = true;
    assertNothingHalf(inbox);
    await client.shutdown();
    server = start('receiver', [folder, String(port)], { at: 0, folder: inbox });
    port = await portOf(server);
  }
  assertDelivered(inbox);
  await client.shutdown();
  await server.stop();
  return killed;
}

test('a server killed before each step of receiving loses no acknowledged file and publishes no half one', () =>
  atEachStep(killedWhileReceiving));

test.run();

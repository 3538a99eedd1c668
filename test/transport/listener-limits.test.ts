/** How many clients a listener lets in (setting MaxConnections), and how it stops. */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Arrival } from '../../src/transport/arrival.js';
import { READ_WAYS, Recorder, turnOfEventLoop, until } from '../support/channels.js';
import { cleanUp } from '../support/cleanup.js';
import { dialSeveral, refusal, startListener } from '../support/listeners.js';

test.after.each(cleanUp);

test('B-338 MaxConnections 2: the third client is over the limit, the fourth is closed at once', async () => {
  const made = await startListener({ maxConnections: 2 });
  const clients = await dialSeveral(made, 4);
  assert.equal(
    made.arrivals.map(({ overLimit }) => overLimit),
    [false, false, true],
  );
  assert.equal(made.turnedAway, ['127.0.0.1 connections']);
  clients[3]?.resume();
  await once(clients[3] as Socket, 'end');
});

test('the reserve is a tenth of MaxConnections', async () => {
  const made = await startListener({ maxConnections: 20 });
  await dialSeveral(made, 24);
  assert.is(made.arrivals.filter(({ overLimit }) => !overLimit).length, 20);
  assert.is(made.arrivals.filter(({ overLimit }) => overLimit).length, 2);
  assert.is(made.turnedAway.length, 2);
});

for (const directReads of READ_WAYS) {
  test(`a place becomes free when its connection closes, however it does (direct: ${directReads})`, async () => {
    const made = await startListener({ maxConnections: 4 }, directReads);
    const clients = await dialSeveral(made, 4);
    const [refused, opened, reset, kept] = made.arrivals as [Arrival, Arrival, Arrival, Arrival];
    refused.refuse();
    const heard = new Recorder(made.transport.memory);
    opened.openPlain().start(heard);
    opened.socket.destroy();
    const resetHeard = new Recorder(made.transport.memory);
    reset.openPlain().start(resetHeard);
    clients[2]?.resetAndDestroy();
    await Promise.all([heard.untilClosed(), resetHeard.untilClosed(), until(() => refused.socket.closed, 'refusal')]);
    await turnOfEventLoop();
    await dialSeveral(made, 4);
    assert.equal(
      made.arrivals.slice(4).map(({ overLimit }) => overLimit),
      [false, false, false, true],
    );
    kept.openPlain();
  });
}

test('opening a channel gives no place back', async () => {
  const made = await startListener({ maxConnections: 1 });
  await dialSeveral(made, 1);
  made.arrivals[0]?.openPlain();
  await turnOfEventLoop();
  await turnOfEventLoop();
  await dialSeveral(made, 1);
  assert.is(made.arrivals[1]?.overLimit, true);
});

test('stop refuses new clients and leaves those who are there; start takes clients again', async () => {
  const made = await startListener({ maxConnections: 1 });
  const { listener, transport, arrivals } = made;
  const port = listener.localPort;
  const [client] = (await dialSeveral(made, 1)) as [Socket];
  const heard = new Recorder(transport.memory);
  arrivals[0]?.openPlain().start(heard);
  await listener.stop();
  assert.is(await refusal(port, '127.0.0.1'), 'ECONNREFUSED');
  client.write('still here');
  await heard.untilLength(10);
  await listener.start();
  await dialSeveral(made, 1);
  assert.is(arrivals[1]?.overLimit, true);
});

test.run();

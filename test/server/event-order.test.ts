/** The order of the events of a session, together with the commands on the wire. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { receive, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, esid, type Level, rtr } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 5] as Level[]) {
  test(`B-158 B-210 level ${level}: the events of a session come in the order of the protocol`, async () => {
    const order: string[] = [];
    const host = await TestServer.start({
      on: {
        readyToSend: async ({ connection }) => {
          order.push('readyToSend');
          await connection.sendFile({ path: host.outgoing('OUT', 'x') });
        },
      },
    });
    const names = ['connectionRequest', 'connected', 'acceptConnection', 'acceptFile'] as const;
    for (const name of names) host.server.on(name, () => void order.push(name));
    for (const name of ['startTransfer', 'transfer', 'endTransfer', 'endResponse'] as const) {
      host.server.on(name, ({ direction }: { direction: string }) => void order.push(`${name} ${direction}`));
    }
    // What carries the file runs ahead of the events about it.
    host.server.on('piTrail', ({ commandDescription }) => {
      const name = commandDescription.split(' ')[0] ?? '';
      if (name !== 'DATA' && name !== 'EFID') order.push(name);
    });
    host.server.on('disconnected', () => void order.push('disconnected'));
    await play(host, level);
    await host.events.next('disconnected');
    assert.equal(order, SEQUENCE);
  });
}

/** The client sends a file, takes the response and a file of the server, and ends the session. */
async function play(host: TestServer, level: Level): Promise<void> {
  const { peer } = await host.session({ level });
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await receive(peer);
  await peer.expect('CD');
  peer.send(esid(level, 0));
  await peer.expectClose();
}

const SEQUENCE = [
  'connectionRequest',
  'connected',
  'SSRM',
  'SSID',
  'acceptConnection',
  'SSID',
  'SFID',
  'acceptFile',
  'startTransfer received',
  'SFPA',
  'transfer received',
  'EFPA',
  'endTransfer received',
  'CD',
  'EERP',
  'RTR',
  'endResponse sent',
  'readyToSend',
  'startTransfer sent',
  'SFID',
  'SFPA',
  'transfer sent',
  'EFPA',
  'endTransfer sent',
  'CD',
  'ESID',
  'disconnected',
];

test.run();

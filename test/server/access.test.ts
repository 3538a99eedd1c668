/** AllowedClients and BlockedClients through the public API: rows B-195 to B-197, B-322 to B-324, B-326, C-29. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConnectionRequestEvent, ServerOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { RawPeer } from '../support/peer.js';
import { refusal } from '../support/refusal.js';
import { TestServer } from '../support/server.js';

test.after.each(cleanUp);

interface Case {
  readonly row: string;
  readonly settings: Partial<ServerOptions>;
  readonly host?: string;
  readonly admitted: boolean;
}

const CASES: readonly Case[] = [
  { row: 'B-322', settings: {}, admitted: true },
  { row: 'B-323', settings: { allowedClients: '10.0.0.1' }, admitted: false },
  { row: 'B-323', settings: { allowedClients: '10.0.0.1, 127.0.0.1' }, admitted: true },
  { row: 'B-324', settings: { allowedClients: '127.*' }, admitted: true },
  { row: 'B-324', settings: { allowedClients: '10.*' }, admitted: false },
  { row: 'B-323 by name', settings: { allowedClients: 'localhost' }, admitted: true },
  { row: 'B-326', settings: { blockedClients: '127.0.0.1' }, admitted: false },
  { row: 'B-326', settings: { allowedClients: '127.0.0.1', blockedClients: '127.*' }, admitted: false },
  { row: 'B-326', settings: { blockedClients: '10.0.0.1' }, admitted: true },
  { row: 'C-29 mapped', settings: { useIpv6: 'both', localHost: '', allowedClients: '127.0.0.1' }, admitted: true },
  { row: 'C-29 mapped', settings: { useIpv6: 'both', localHost: '', blockedClients: '127.0.0.1' }, admitted: false },
  {
    row: 'C-29',
    settings: { useIpv6: 'ipv6', localHost: '::1', allowedClients: '0:0::1' },
    host: '::1',
    admitted: true,
  },
  { row: 'C-29', settings: { useIpv6: 'ipv6', localHost: '::1', allowedClients: '::*' }, host: '::1', admitted: true },
  { row: 'C-29', settings: { useIpv6: 'ipv6', localHost: '::1', blockedClients: '::1' }, host: '::1', admitted: false },
  {
    row: 'C-29',
    settings: { useIpv6: 'ipv6', localHost: '::1', allowedClients: 'fe80::*' },
    host: '::1',
    admitted: false,
  },
];

for (const { row, settings, host: address = '127.0.0.1', admitted } of CASES) {
  test(`${row} ${JSON.stringify(settings)}: a client from ${address} ${admitted ? 'is let in' : 'is dropped'}`, async () => {
    const presets: boolean[] = [];
    const host = await TestServer.start({
      settings,
      on: { connectionRequest: ({ accept }) => void presets.push(accept) },
    });
    const peer = await RawPeer.connect(host.server.localPort, address);
    if (admitted) await peer.expect('SSRM');
    else await peer.expectClose();
    assert.equal(presets, [admitted]);
    assert.is(host.events.named('connected').length, admitted ? 1 : 0);
  });
}

test('B-323 a handler of connectionRequest lets in who is not listed, and B-196 knows address and port', async () => {
  const host = await TestServer.start({ settings: { allowedClients: '10.0.0.1' } });
  let asked: ConnectionRequestEvent | undefined;
  host.server.on('connectionRequest', (event) => {
    asked = event;
    event.accept = true;
  });
  await host.ready();
  const { connection } = await host.events.next('connected');
  assert.equal([asked?.address, asked?.port], [connection.remoteHost, connection.remotePort]);
});

test('B-197 a handler of connectionRequest turns away who is allowed: no ready message, no connected', async () => {
  const host = await TestServer.start({
    on: {
      connectionRequest: (event) => {
        event.accept = false;
      },
    },
  });
  const peer = await host.connect();
  await peer.expectClose();
  assert.equal(host.events.named('connected'), []);
});

test('the lists can change while the server listens: the next client is judged by the new ones', async () => {
  const host = await TestServer.start();
  await host.ready();
  host.server.config('BlockedClients=127.0.0.1');
  const peer = await host.connect();
  await peer.expectClose();
});

test('an entry that is no address, network, name or pattern is refused instead of matching nobody', async () => {
  const { server } = await TestServer.start();
  for (const list of ['10.0.0.300', '10.0.0.0/33', '127.0.0.1;127.0.0.2']) {
    refusal(() => server.config(`AllowedClients=${list}`), 10022, 'separated by commas');
    refusal(() => server.config(`BlockedClients=${list}`), 10022, 'none of these');
  }
});

test.run();

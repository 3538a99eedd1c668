/** Handshakes that go wrong: slow, cut, garbage, never finished (B-329); a peer that vanishes in mid-transfer. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { outcomeOf, within } from '../support/outcome.js';
import { PARTNER } from '../support/parties.js';
import type { TestServer } from '../support/server.js';
import { knownTls, startTlsServer, tlsPeer } from '../support/tls.js';
import { ssid } from '../support/wire.js';

test.after.each(cleanUp);

async function open({ server }: TestServer): Promise<Socket> {
  const socket = connect({ port: server.localPort, host: '127.0.0.1' });
  socket.on('error', () => {}).resume();
  onCleanUp(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Closed, be it by FIN or by RST: what the server has not read when it closes decides between the two. */
const gone = (socket: Socket) => within(new Promise<unknown>((resolve) => socket.once('close', resolve)));

/** The ClientHello of Node.js, as it goes out. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => {},
      write: (octets: Buffer, _encoding, done) => {
        resolve(octets);
        done();
      },
    });
    connectTls({ socket: wire }).on('error', () => {});
  });
}

const served = async ({ server }: TestServer) => {
  const peer = await tlsPeer(server.localPort);
  await peer.expect('SSRM');
  peer.send(ssid({ code: PARTNER.code, password: PARTNER.password }));
  await peer.expect('SSID');
};

test('every cut of a ClientHello, by FIN and by RST: an error each, and the next client is served', async () => {
  const tls = await startTlsServer();
  const hello = await clientHello();
  const cuts = [0, 1, 4, 5, 6, 9, 50, hello.length - 1, hello.length];
  for (const [index, cut] of cuts.entries()) {
    const socket = await open(tls);
    socket.write(hello.subarray(0, cut));
    if (index % 2 === 0) socket.end();
    else socket.resetAndDestroy();
    await gone(socket);
    assert.ok([671, 10054].includes((await tls.events.next('error')).errorCode), `cut at ${cut}`);
  }
  await served(tls);
  assert.is(tls.events.named('disconnected').length, 0, 'none of them was ever connected');
});

test('garbage of many kinds: closed, an error in words, and the next client is served', async () => {
  const tls = await startTlsServer();
  const hello = await clientHello();
  const damaged = Buffer.from(hello);
  damaged[43] = 0xff;
  const garbage = [
    Buffer.alloc(5000, 0),
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.from([22, 3, 1, 0xff, 0xff, ...Buffer.alloc(70_000, 1)]),
    Buffer.from([23, 3, 3, 0, 2, 1, 1]),
    Buffer.from([21, 3, 3, 0, 2, 2, 40]),
    damaged,
  ];
  for (const octets of garbage) {
    const socket = await open(tls);
    socket.write(octets);
    socket.end();
    await gone(socket);
    const { description } = await tls.events.next('error');
    assert.match(description, /^TLS handshake with 127\.0\.0\.1/);
    assert.not.match(description, /\.c:\d+/);
  }
  await served(tls);
});

test('B-329 DefaultConnectionTimeout drops a silent client', async () => {
  const tls = await startTlsServer({ config: ['DefaultConnectionTimeout=1'] });
  await gone(await open(tls));
  const { errorCode, description } = await tls.events.next('error');
  assert.is(errorCode, 10060);
  assert.match(description, 'nothing was heard for 1 s (DefaultConnectionTimeout)');
});

test('B-330 a drip of octets meets the limit for the whole handshake', async () => {
  const tls = await startTlsServer({ settings: { defaultTimeout: 2 }, config: ['DefaultConnectionTimeout=1'] });
  const hello = await clientHello();
  const socket = await open(tls);
  let sent = 0;
  const drip = setInterval(() => socket.write(hello.subarray(sent, ++sent)), 100);
  await gone(socket);
  clearInterval(drip);
  assert.match((await tls.events.next('error')).description, 'not done after 2 s');
});

test('half-open handshakes up to MaxConnections and beyond make room for a partner', async () => {
  const tls = await startTlsServer({ settings: { maxConnections: 20, connectionBacklog: 100 } });
  const sockets: Socket[] = [];
  for (let count = 0; count < 60; count += 1) sockets.push(await open(tls));
  // A handshake that has just begun may be that of a partner: only older ones give way.
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { error } = await outcomeOf(served(tls));
    if (error === undefined) break;
    assert.ok(Date.now() < deadline, error.message);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.is(tls.server.connections.size > 0, true);
});

test('a client that vanishes in mid-transfer: 10054, nothing delivered, and the file comes whole later', async () => {
  const tls = await startTlsServer();
  const octets = Buffer.alloc(20_000_000, 'x');
  const path = tls.outgoing('big', octets);
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: tls.server.localPort,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    useSsl: true,
    linger: false,
    trustedCertificates: [knownTls('root')],
  });
  onCleanUp(() => within(client.shutdown()));
  await client.connect();
  const started = tls.events.next('startTransfer');
  const sending = outcomeOf(client.sendFile({ path, virtualFileName: 'BIG' }));
  await started;
  void client.connection?.disconnect();
  assert.ok((await sending).error);
  await tls.events.next('disconnected');
  assert.equal(tls.delivered(), []);
  await client.connect();
  await client.sendFile({ path, virtualFileName: 'BIG' });
  await client.logoff();
  assert.equal(tls.content('BIG'), octets);
});

test.run();

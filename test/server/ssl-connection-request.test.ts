/** sslConnectionRequest: the hello of a client is seen, and the certificate for it chosen (B-231 to B-234). */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPServerOptions, SslConnectionRequestEvent } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { openssl } from '../support/openssl.js';
import { within } from '../support/outcome.js';
import { RawPeer } from '../support/peer.js';
import type { TestServer } from '../support/server.js';
import { keyPem, knownTls, ownTls, pem, startTlsServer, tlsClient, tlsFixture, tlsPeer } from '../support/tls.js';

test.after.each(cleanUp);

const RSA_ONLY: ConnectionOptions = { sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256' };
const ANY: ConnectionOptions = { sigalgs: 'ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:rsa_pkcs1_sha256' };

type Choice = (event: SslConnectionRequestEvent) => void | Promise<void>;

/** A server with the RSA certificate and a handler that may choose another one; what the handler was told. */
async function choosing(
  choice: Choice,
  settings: OFTPServerOptions = {},
): Promise<{ host: TestServer; told: SslConnectionRequestEvent[] }> {
  const told: SslConnectionRequestEvent[] = [];
  const host = await startTlsServer({ settings });
  host.server.on('sslConnectionRequest', (event) => {
    told.push(event);
    return choice(event);
  });
  return { host, told };
}

/** The kind of key in the certificate that a client gets to see. */
async function keyFor(port: number, options: ConnectionOptions = {}): Promise<string | undefined> {
  const socket = await tlsClient(port, options);
  return socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType;
}

const ecdsaIfUnderstood: Choice = (event) => {
  if (event.supportedSignatureAlgs.includes('ecdsa_')) event.certificate = ownTls('server-ecdsa');
};

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`B-231 ${version}: ECDSA for clients that verify it, RSA for the others, and sessions with both`, async () => {
    const { host } = await choosing(ecdsaIfUnderstood);
    const versions = { minVersion: version, maxVersion: version };
    assert.is(await keyFor(host.server.localPort, { ...versions, ...ANY }), 'ec');
    assert.is(await keyFor(host.server.localPort, { ...versions, ...RSA_ONLY }), 'rsa');
    const peer = await tlsPeer(host.server.localPort, { ...versions, ...ANY });
    await peer.expect('SSRM');
  });
}

// covers: sslConnectionRequest.connectionId
test('B-232 B-233 suites, algorithms and name are those of the client, in its order', async () => {
  const { host, told } = await choosing(() => {});
  await tlsClient(host.server.localPort, {
    ...ANY,
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256',
    servername: 'localhost',
    checkServerIdentity: () => undefined,
  });
  const [event] = told;
  const suites = 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
  assert.is(event?.supportedCipherSuites, suites);
  assert.is(event?.supportedSignatureAlgs, 'ecdsa_secp256r1_sha256,rsa_pss_rsae_sha256,rsa_pkcs1_sha256');
  assert.is(event?.serverName, 'localhost');
  assert.is(event?.connectionId, event?.connection.id);
});

test('B-234 the four fields of a store choose as well; "*" is its first certificate', async () => {
  const { host, told } = await choosing((event) => {
    event.certStoreType = 'pemKeyBlob';
    event.certStore = `${keyPem('server-ecdsa')}${pem('server-ecdsa')}${pem('issuing')}`;
  });
  assert.is(await keyFor(host.server.localPort), 'ec');
  assert.is(told[0]?.certSubject, '*');
});

// covers: sslConnectionRequest.certPassword, sslConnectionRequest.certSubject
for (const [certPassword, kind, errors] of [
  ['secret', 'ec', []],
  ['wrong', 'rsa', [690]],
] as const) {
  test(`the password "${certPassword}" for a PFX with the ECDSA certificate: ${kind}`, async () => {
    const pair = ['-in', tlsFixture('server-ecdsa.cert.pem'), '-inkey', tlsFixture('server-ecdsa.key.pem')];
    const certStore = openssl(['pkcs12', '-export', '-passout', 'pass:secret', ...pair]);
    const { host } = await choosing((event) => {
      Object.assign(event, { certStoreType: 'pfxBlob', certStore, certPassword });
      event.certSubject = knownTls('server-ecdsa').subject;
    });
    assert.is(await keyFor(host.server.localPort, { rejectUnauthorized: false }), kind);
    assert.equal(
      host.events.named('error').map(({ errorCode }) => errorCode),
      errors,
    );
  });
}

const FAILING: readonly [string, Choice, number][] = [
  [
    'throws',
    () => {
      throw new Error('no directory');
    },
    671,
  ],
  ['rejects', () => Promise.reject(new Error('no directory')), 671],
  ['never settles', () => new Promise(() => {}), 671],
  [
    'chooses a store that is not there',
    (event) => {
      event.certStore = '/nowhere/hub.pfx';
    },
    690,
  ],
  [
    'chooses a certificate without its private key',
    (event) => {
      event.certStore = tlsFixture('server-ecdsa.cert.pem');
    },
    690,
  ],
  [
    'chooses what is no certificate',
    (event) => {
      event.certificate = {} as never;
    },
    690,
  ],
];
for (const [what, choice, code] of FAILING) {
  test(`a handler that ${what}: sslCertificate, and error ${code}`, async () => {
    const { host } = await choosing(choice, { defaultTimeout: 1 });
    assert.is(await keyFor(host.server.localPort), 'rsa');
    assert.is((await host.events.next('error')).errorCode, code);
  });
}

test('a session is resumed with the chosen certificate: its context is made once', async () => {
  const { host } = await choosing(ecdsaIfUnderstood);
  const options = { ...ANY, maxVersion: 'TLSv1.2' } as const;
  const first = await tlsClient(host.server.localPort, options);
  const session = first.getSession();
  const second = await tlsClient(host.server.localPort, { ...options, session });
  assert.ok(second.isSessionReused());
});

test('LogSSLPackets shows the hello that has been read before the handshake', async () => {
  const host = await startTlsServer({ config: ['LogSSLPackets=True'] });
  host.server.on('sslConnectionRequest', ecdsaIfUnderstood);
  const peer = await tlsPeer(host.server.localPort, ANY);
  await peer.expect('SSRM');
  assert.ok(host.events.named('sslStatus').some(({ message }) => message.startsWith('received handshake')));
});

/** The same octets of a hello in records of another length. */
function inRecords(hello: Buffer, length: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += length) {
    const fragment = message.subarray(at, at + length);
    records.push(Buffer.from([22, 3, 1, fragment.length >> 8, fragment.length & 0xff]), fragment);
  }
  return Buffer.concat(records);
}

/** Sends octets in segments of this length. */
async function inSegments(socket: Socket, octets: Buffer, length: number): Promise<void> {
  for (let at = 0; at < octets.length; at += length) {
    const segment = octets.subarray(at, at + length);
    await new Promise<void>((resolve) => socket.write(segment, () => setImmediate(resolve)));
  }
}

/** A relay that changes what the first octets of a client look like on the wire; gives its port. */
async function relay(port: number, first: (server: Socket, hello: Buffer) => Promise<void>): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.once('data', async (hello: Buffer) => {
      client.pause();
      await first(upstream, hello);
      client.pipe(upstream);
    });
    upstream.pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanUp(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  for (const [records, segments] of [
    [16_384, 1],
    [1, 16_384],
    [7, 3],
    [100, 100],
  ] as const) {
    test(`${version}: a hello in records of ${records} and segments of ${segments} octets chooses`, async () => {
      const { host, told } = await choosing(ecdsaIfUnderstood);
      const port = await relay(host.server.localPort, (server, hello) =>
        inSegments(server, inRecords(hello, records), segments),
      );
      assert.is(await keyFor(port, { ...ANY, minVersion: version, maxVersion: version }), 'ec');
      assert.is(told.length, 1);
    });
  }
}

/** A raw connection on which nothing has been said yet. */
async function raw(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  onCleanUp(() => void socket.destroy());
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  return socket;
}

const closed = (socket: Socket): Promise<unknown> => within(once(socket, 'close'));

const GARBAGE: readonly [string, Buffer][] = [
  ['an SSID', Buffer.from('100000411X5', 'latin1')],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a hello with a session id of 255 octets', Buffer.from(`16030100280100002403${'03'.repeat(33)}ff0000`, 'hex')],
  ['a hello that announces 16 MiB', Buffer.from('160301000401ffffff', 'hex')],
];
for (const [what, octets] of GARBAGE) {
  test(`${what} is closed by the handshake, and sslConnectionRequest hears nothing of it`, async () => {
    const { host, told } = await choosing(() => {});
    const socket = await raw(host.server.localPort);
    // What never becomes a whole record ends with the connection, as without the event.
    socket.end(octets);
    await closed(socket);
    assert.ok([671, 10054].includes((await host.events.next('error')).errorCode));
    assert.equal(told, []);
    const peer = await tlsPeer(host.server.localPort);
    await peer.expect('SSRM');
  });
}

test('a hello that stops in the middle is cut off by DefaultConnectionTimeout', async () => {
  const { host, told } = await choosing(() => {}, { defaultConnectionTimeout: 1 });
  const socket = await raw(host.server.localPort);
  socket.write(Buffer.from('16030100c4010000c00303', 'hex'));
  await closed(socket);
  assert.is((await host.events.next('connected')).statusCode, 10060);
  assert.equal(told, []);
});

test('a hello that comes drop by drop is cut off by the deadline of the handshake', async () => {
  const { host } = await choosing(() => {}, { defaultTimeout: 1 });
  const socket = await raw(host.server.localPort);
  const dripping = setInterval(() => socket.write(Uint8Array.of(22, 3, 1, 0, 1, 1)), 100);
  onCleanUp(() => clearInterval(dripping));
  await closed(socket);
  assert.is((await host.events.next('connected')).statusCode, 10060);
});

test('a client that leaves in the middle of its hello is error 10054', async () => {
  const { host } = await choosing(() => {});
  const socket = await raw(host.server.localPort);
  socket.end(Buffer.from('16030100c4', 'hex'));
  await closed(socket);
  assert.is((await host.events.next('connected')).statusCode, 10054);
});

test('a client that leaves while the handler decides is gone; nothing waits for it', async () => {
  const [asked, decision] = [gate(), gate()];
  const { host } = await choosing(() => {
    asked.open();
    return decision.opened;
  });
  const port = await relay(host.server.localPort, async (server, hello) => {
    server.write(hello);
    await within(asked.opened);
    server.resetAndDestroy();
    decision.open();
  });
  const left = await tlsClient(port).catch(() => undefined);
  assert.is(left, undefined);
  assert.ok([671, 10054].includes((await host.events.next('error')).errorCode));
});

test('stopListening ends what has not said its hello yet', async () => {
  const { host } = await choosing(() => {});
  const socket = await raw(host.server.localPort);
  await host.events.next('connectionRequest');
  await host.server.stopListening();
  await closed(socket);
});

test('hundreds of clients that say nothing do not keep one with a hello waiting', async () => {
  const { host } = await choosing(ecdsaIfUnderstood);
  const silent = await Promise.all(Array.from({ length: 300 }, () => raw(host.server.localPort)));
  assert.is(await keyFor(host.server.localPort, ANY), 'ec');
  assert.ok(silent.every((socket) => !socket.destroyed));
  const peer = new RawPeer(await tlsClient(host.server.localPort, ANY));
  await peer.expect('SSRM');
});

test.run();

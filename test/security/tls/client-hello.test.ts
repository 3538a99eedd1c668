/** The ClientHello as clients send it (RFC 8446 §4.1.2, §5.1), and as they should not. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect, DEFAULT_CIPHERS } from 'node:tls';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ClientHello,
  ClientHelloReader,
  HELLO_LENGTH_MAX,
  HELLO_OCTETS_MAX,
} from '../../../src/security/tls/client-hello.js';
import { cipherSuiteList, signatureAlgorithmList } from '../../../src/security/tls/names.js';
import { within } from '../../support/outcome.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

/** The ClientHello of RFC 8448 §3, in its record. */
const RFC_8448 = hex(`16 03 01 00 c4  01 00 00 c0 03 03
  cb 34 ec b1 e7 81 63 ba 1c 38 c6 da cb 19 6a 6d ff a2 1a 8d 99 12 ec 18 a2 ef 62 83 02 4d ec e7
  00  00 06 13 01 13 03 13 02  01 00  00 91
  00 00 00 0b 00 09 00 00 06 73 65 72 76 65 72  ff 01 00 01 00
  00 0a 00 14 00 12 00 1d 00 17 00 18 00 19 01 00 01 01 01 02 01 03 01 04  00 23 00 00
  00 33 00 26 00 24 00 1d 00 20 99 38 1d e5 60 e4 bd 43 d2 3d 8e 43 5a 7d ba fe b3 c0 6e 51 c1 3c ae 4d 54 13 69 1e
  52 9a af 2c  00 2b 00 03 02 03 04
  00 0d 00 20 00 1e 04 03 05 03 06 03 02 03 08 04 08 05 08 06 04 01 05 01 06 01 02 01 04 02 05 02 06 02 02 02
  00 2d 00 02 01 01  00 1c 00 02 40 01`);

const EXPECTED: ClientHello = {
  cipherSuites: [0x1301, 0x1303, 0x1302],
  signatureAlgorithms: [
    0x0403, 0x0503, 0x0603, 0x0203, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201, 0x0402, 0x0502, 0x0602,
    0x0202,
  ],
  serverName: 'server',
};

const read = (...chunks: readonly Uint8Array[]): ClientHello | 'more' | 'malformed' => {
  const reader = new ClientHelloReader();
  for (const chunk of chunks) {
    const result = reader.push(chunk);
    if (result !== 'more') return result;
  }
  return 'more';
};

const octetwise = (octets: Uint8Array): Uint8Array[] => Array.from(octets, (octet) => Uint8Array.of(octet));

const record = (fragment: Uint8Array, type = 22, version = 0x0301): Buffer => {
  const header = Buffer.from([type, version >> 8, version & 0xff, fragment.length >> 8, fragment.length & 0xff]);
  return Buffer.concat([header, fragment]);
};

const message = (body: Uint8Array, type = 1): Buffer =>
  Buffer.concat([Buffer.from([type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff]), body]);

/** The fields of a hello around these suites and extensions. */
const body = (suites: string, extensions?: string, { sessionId = '00', compression = '0100' } = {}): Buffer => {
  const sized = (octets: Buffer): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(octets.length);
    return Buffer.concat([length, octets]);
  };
  const start = [hex('0303'), Buffer.alloc(32, 7), hex(sessionId), sized(hex(suites)), hex(compression)];
  return Buffer.concat([...start, ...(extensions === undefined ? [] : [sized(hex(extensions))])]);
};

const inRecords = (octets: Uint8Array, length: number): Buffer => {
  const records: Buffer[] = [];
  for (let at = 0; at < octets.length; at += length) records.push(record(octets.subarray(at, at + length)));
  return Buffer.concat(records);
};

test('the hello of RFC 8448 §3 is read, in the order of the client', () => {
  assert.is(RFC_8448.length, 201);
  assert.equal(read(RFC_8448), EXPECTED);
  const suites = 'TLS_AES_128_GCM_SHA256,TLS_CHACHA20_POLY1305_SHA256,TLS_AES_256_GCM_SHA384';
  assert.is(cipherSuiteList(EXPECTED.cipherSuites), suites);
  assert.is(
    signatureAlgorithmList(EXPECTED.signatureAlgorithms.slice(0, 5)),
    'ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ecdsa_secp521r1_sha512,ecdsa_sha1,rsa_pss_rsae_sha256',
  );
});

test('RFC 5246 §7.4.1.2 a hello of TLS 1.0 without extensions is read; it tells no algorithms', () => {
  const old = hex(`16 03 01 00 2f 01 00 00 2b 03 01 ${'00'.repeat(32)} 00 00 04 00 2f 00 0a 01 00`);
  assert.equal(read(old), { cipherSuites: [0x2f, 0x0a], signatureAlgorithms: [], serverName: '' });
});

test('every prefix of a hello needs more, and every split of it into two or single octets is the same hello', () => {
  for (let at = 0; at < RFC_8448.length; at++) {
    assert.is(read(RFC_8448.subarray(0, at)), 'more', `${at} octets`);
    assert.equal(read(RFC_8448.subarray(0, at), RFC_8448.subarray(at)), EXPECTED, `split at ${at}`);
  }
  assert.equal(read(...octetwise(RFC_8448)), EXPECTED);
});

for (const length of [1, 2, 3, 4, 5, 64, 195]) {
  test(`RFC 8446 §5.1 a hello spread over records of ${length} octets is read, also octet by octet`, () => {
    const spread = inRecords(RFC_8448.subarray(5), length);
    assert.equal(read(spread), EXPECTED);
    assert.equal(read(...octetwise(spread)), EXPECTED);
    for (let at = 1; at < spread.length; at++) assert.is(read(spread.subarray(0, at)), 'more', `${at} octets`);
  });
}

test('what follows the hello, such as early data, is kept with it and not looked at', () => {
  const early = Buffer.concat([RFC_8448, hex('17 03 03 ff ff 00')]);
  const reader = new ClientHelloReader();
  assert.equal(reader.push(early), EXPECTED);
  assert.equal(Buffer.from(reader.octets), early);
});

const MALFORMED: readonly [string, Buffer][] = [
  ['an exchange buffer of OFTP', hex('10 00 00 17 49')],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['a hello of SSL 2', hex('80 2e 01 03 01')],
  ['an alert', record(hex('02 28'), 21)],
  ['a record of version 2', record(message(body('1301')), 22, 0x0200)],
  ['a record without octets', hex('16 03 01 00 00')],
  ['a record of 16385 octets', hex('16 03 01 40 01')],
  ['a ServerHello', record(message(body('1301'), 2))],
  ['a message without octets', record(hex('01 00 00 00'))],
  ['a message of 16385 octets', record(hex('01 00 40 01'))],
  ['a message of 16 MiB', record(hex('01 ff ff ff'))],
  ['a message that ends inside the random', record(message(Buffer.alloc(20, 3)))],
  ['a session id of 33 octets', record(message(body('1301', undefined, { sessionId: `21${'00'.repeat(33)}` })))],
  ['no cipher suite', record(message(body('')))],
  ['half a cipher suite', record(message(body('13 01 13')))],
  ['no compression', record(message(body('1301', undefined, { compression: '00' })))],
  ['octets behind the extensions', record(message(Buffer.concat([body('1301', ''), hex('00')])))],
  ['half an extension', record(message(body('1301', '00 0d 00 04 00 02 04')))],
  ['an extension twice', record(message(body('1301', '00 17 00 00 00 17 00 00')))],
  ['signature algorithms without any', record(message(body('1301', '00 0d 00 02 00 00')))],
  ['half a signature algorithm', record(message(body('1301', '00 0d 00 05 00 03 04 03 05')))],
  ['octets behind the signature algorithms', record(message(body('1301', '00 0d 00 05 00 02 04 03 00')))],
  ['a server name without octets', record(message(body('1301', '00 00 00 05 00 03 00 00 00')))],
  ['a server name with a line end', record(message(body('1301', '00 00 00 07 00 05 00 00 02 61 0a')))],
  ['a second record that is an alert', Buffer.concat([record(RFC_8448.subarray(5, 50)), record(hex('02 28'), 21)])],
];
for (const [what, octets] of MALFORMED) {
  test(`${what} is malformed, in one piece and octet by octet`, () => {
    assert.is(read(octets), 'malformed');
    assert.is(read(...octetwise(octets)), 'malformed');
  });
}

test('the longest message is read, one of an octet more is not', () => {
  // 2 + 32 + 1 + 2 + 2 + 2 + 2 octets are not of the extension's content; 4 are its type and length.
  const filled = (length: number): Buffer => {
    const content = length - 43 - 4;
    return message(body('1301', `0015${content.toString(16).padStart(4, '0')}${'00'.repeat(content)}`));
  };
  assert.is(filled(HELLO_LENGTH_MAX).length, HELLO_LENGTH_MAX + 4);
  const expected: ClientHello = { cipherSuites: [0x1301], signatureAlgorithms: [], serverName: '' };
  assert.equal(read(inRecords(filled(HELLO_LENGTH_MAX), 16_384)), expected);
  assert.is(read(inRecords(filled(HELLO_LENGTH_MAX + 1), 16_384)), 'malformed');
});

test('records of one octet each do not make it take more than the limit', () => {
  const reader = new ClientHelloReader();
  const endless = inRecords(message(Buffer.alloc(HELLO_LENGTH_MAX, 3)), 1);
  let result: unknown = 'more';
  for (let at = 0; result === 'more'; at += 100) result = reader.push(endless.subarray(at, at + 100));
  assert.is(result, 'malformed');
  assert.ok(reader.octets.length <= HELLO_OCTETS_MAX + 100, String(reader.octets.length));
});

test('every change of one octet gives a hello, malformed, or a wait for more; nothing is thrown', () => {
  for (let at = 0; at < RFC_8448.length; at++) {
    for (let value = 0; value < 256; value++) {
      const octets = Buffer.from(RFC_8448);
      octets[at] = value;
      const result = read(octets);
      assert.ok(result === 'more' || result === 'malformed' || typeof result === 'object', `${at}: ${value}`);
    }
  }
});

test('any octets behind a plausible start give one of the three results, the same in any pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (octets, length) => {
      for (const whole of [Buffer.from(octets), record(octets), record(message(octets)), inRecords(octets, length)]) {
        const result = read(whole);
        assert.ok(['more', 'malformed'].includes(result as string) || typeof result === 'object');
        assert.equal(read(...octetwise(whole)), result);
      }
    }),
    { numRuns: 500 },
  );
});

test('RFC 8701 GREASE and the signals of RFC 5746 and RFC 7507 are no suites; unknown numbers are shown', () => {
  assert.is(
    cipherSuiteList([0x0a0a, 0xfafa, 0x00ff, 0x5600, 0xc0a8, 0xc02b]),
    '0xc0a8,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  );
  assert.is(signatureAlgorithmList([0x2a2a, 0x0807, 0xfe00]), 'ed25519,0xfe00');
  assert.is(cipherSuiteList([]), '');
});

/** What a real client sends first. */
async function firstOctets(start: (port: number) => () => void): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = start((server.address() as AddressInfo).port);
  const [socket] = (await within(once(server, 'connection'))) as [Socket];
  const [octets] = (await within(once(socket, 'data'))) as [Buffer];
  socket.on('error', () => {}).destroy();
  server.close();
  stop();
  return octets;
}

const byOpenssl = (options: readonly string[]): Promise<Buffer> =>
  firstOctets((port) => {
    const child = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...options]);
    child.on('error', () => {});
    return () => child.kill();
  });

const byNode = (options: ConnectionOptions): Promise<Buffer> =>
  firstOctets((port) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    socket.on('error', () => {});
    return () => socket.destroy();
  });

const helloOf = (octets: Uint8Array): ClientHello => {
  const hello = read(octets);
  if (typeof hello !== 'object') throw new Error(`${hello}: ${Buffer.from(octets).toString('hex')}`);
  return hello;
};

test('B-232 B-233 OpenSSL with TLS 1.3: the suites and algorithms that it was told, and the name', async () => {
  const suites = ['-ciphersuites', 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256'];
  const sigalgs = ['-sigalgs', 'ECDSA+SHA256:RSA-PSS+SHA256'];
  const hello = helloOf(await byOpenssl(['-tls1_3', ...suites, ...sigalgs, '-servername', 'hub.example.com']));
  assert.is(cipherSuiteList(hello.cipherSuites), 'TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256');
  assert.is(signatureAlgorithmList(hello.signatureAlgorithms), 'ecdsa_secp256r1_sha256,rsa_pss_rsae_sha256');
  assert.is(hello.serverName, 'hub.example.com');
});

test('B-232 OpenSSL with TLS 1.2 and two suites', async () => {
  const suites = 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384';
  const hello = helloOf(await byOpenssl(['-tls1_2', '-cipher', suites, '-noservername']));
  const expected = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
  assert.is(cipherSuiteList(hello.cipherSuites), expected);
  assert.is(hello.serverName, '');
});

for (const version of ['-tls1', '-tls1_1']) {
  test(`OpenSSL ${version}: suites, and no algorithms`, async () => {
    const hello = helloOf(await byOpenssl([version, '-cipher', 'AES128-SHA:@SECLEVEL=0']));
    assert.is(cipherSuiteList(hello.cipherSuites), 'TLS_RSA_WITH_AES_128_CBC_SHA');
    assert.equal(hello.signatureAlgorithms, []);
  });
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`Node.js with ${version} and everything it has`, async () => {
    const options = { minVersion: version, maxVersion: version, servername: 'localhost', ciphers: DEFAULT_CIPHERS };
    const hello = helloOf(await byNode(options));
    assert.ok(hello.cipherSuites.length >= 3);
    assert.ok(signatureAlgorithmList(hello.signatureAlgorithms).includes('ecdsa_secp256r1_sha256'));
    assert.is(hello.serverName, 'localhost');
  });
}

test.run();

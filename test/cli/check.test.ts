/** `oftp check` and who is let in. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawResponder } from '../support/peer.js';
import { transfer } from '../support/scenario.js';
import { cd, esid, ssid, ssrm } from '../support/wire.js';
import { AS_PARTNER, configText, Hub, oftp, PARTNER_ENV, startOftp, stderrOf, writeSettled } from './oftp.js';

test.after.each(cleanUp);

test('a server that lets the station in: each step with its time, what was agreed, 0, and no file moves', async () => {
  const hub = await Hub.start(configText(), { 'outbox/reply.edi': 'stays' });
  const { code, stdout, output } = await oftp(['check', hub.serving.address, ...AS_PARTNER], { env: PARTNER_ENV });
  assert.is(code, 0, output);
  const steps = stdout.replace(/\d+\.\d ms/g, 'TIME');
  assert.is(
    steps,
    [
      'connected        TIME',
      'ready message    TIME',
      'identified       TIME',
      `  server         ${HUB.code}`,
      '  version        2.0',
      '  buffer         2048 octets, credit 99',
      '  compression    no',
      '  restart        yes',
      'ended            TIME',
      '',
    ].join('\n'),
  );
  assert.ok(hub.names('outbox').includes('reply.edi'));
  await hub.serving.logged(/session closed, 0 received, 0 sent/);
});

test('options reach the SSID: version, buffer size, credit', async () => {
  const hub = await Hub.start();
  const options = ['--oftp', '1.3', '--buffer', '512', '--credit', '7'];
  const { stdout } = await oftp(['check', hub.serving.address, ...AS_PARTNER, ...options], { env: PARTNER_ENV });
  assert.match(stdout, /version +1\.3\n +buffer +512 octets, credit 7\n/);
});

test('an end response that waits at the server is not consumed by a check', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  await transfer(peer, Buffer.from('x'));
  peer.send(esid(5, 5));
  await peer.expectClose();
  await hub.serving.logged(/session closed, 1 received/);
  const { code } = await oftp(['check', hub.serving.address, ...AS_PARTNER], { env: PARTNER_ENV });
  assert.is(code, 0);
  const { peer: next } = await hub.serving.session();
  next.send(cd());
  await next.expect('EERP', { dsn: 'TESTFILE'.padEnd(26) });
});

const REFUSED: readonly (readonly [what: string, args: readonly string[], words: RegExp, logged: RegExp])[] = [
  [
    'an unknown code',
    ['--ssid', 'O0013NOBODY', '--password', 'X'],
    /^oftp: the server does not know the code O0013NOBODY \(ESID 03\).*\(error 675\)\n$/,
    /refused O0013NOBODY from 127\.0\.0\.1:\d+: no partner has this code \(ESID 03\)/,
  ],
  [
    'a wrong password',
    ['--ssid', PARTNER.code, '--password', 'WRONG'],
    /^oftp: the server does not accept the password of O0013PARTNER \(ESID 04\): check it.*\(error 677\)\n$/,
    /refused O0013PARTNER from 127\.0\.0\.1:\d+: the password is wrong \(ESID 04\)/,
  ],
  [
    'no password',
    ['--ssid', PARTNER.code],
    /\(ESID 04\): none was given, see --password-file \(error 677\)\n$/,
    /the password is wrong/,
  ],
  [
    'a version below the minimum',
    [...AS_PARTNER, '--oftp', '1.3'],
    /^oftp: .*reason 10\b/,
    /refused O0013PARTNER from \S+: version 1\.3 is below its minimum of 1\.4 \(ESID 10\)/,
  ],
  [
    'another server than expected',
    [...AS_PARTNER, '--server-code', 'O0013OTHER'],
    /SSIDCODE is 'O0013HUB', expected was 'O0013OTHER'/,
    /O0013PARTNER: session closed/,
  ],
];

for (const [what, args, words, logged] of REFUSED) {
  test(`${what}: exit code 1, in words, and in words in the log of the server`, async () => {
    const hub = await Hub.start(configText('minimumVersion: 1.4'));
    const result = await oftp(['check', hub.serving.address, ...args], { env: PARTNER_ENV });
    assert.is(result.code, 1);
    assert.match(stderrOf(result), words);
    await hub.serving.logged(logged);
    assert.not.match(hub.serving.child.output, /WRONG|PARTPW|HUBPW/);
  });
}

test('a disabled partner is refused as an unknown one', async () => {
  const hub = await Hub.start(configText('enabled: false'));
  const result = await oftp(['check', hub.serving.address, ...AS_PARTNER], { env: PARTNER_ENV });
  assert.match(stderrOf(result), /\(ESID 03\)/);
  await hub.serving.logged(/refused O0013PARTNER from \S+: the partner is disabled/);
});

/** The address of something that is no ODETTE-FTP server. */
async function stranger(greet: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onCleanUp(() => {
      socket.destroy();
    });
    greet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanUp(() => {
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const STRANGERS: readonly (readonly [what: string, greet: (socket: Socket) => void])[] = [
  ['a web server', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['one that says nothing', () => {}],
  ['one that hangs up', (socket) => void socket.end()],
];

for (const [what, greet] of STRANGERS) {
  test(`${what} is told apart from a server that refuses`, async () => {
    const address = await stranger(greet);
    const result = await oftp(['check', address, '--ssid', 'A', '--timeout', '1']);
    assert.is(result.code, 1);
    assert.match(result.stdout, /^connected +\S+ ms\n$/);
    assert.match(stderrOf(result), `oftp: ${address} does not answer as an ODETTE-FTP server (a port for TLS`);
  });
}

test('an address where nobody listens: exit code 1', async () => {
  const responder = createServer().listen(0, '127.0.0.1');
  await once(responder, 'listening');
  const { port } = responder.address() as AddressInfo;
  responder.close();
  await once(responder, 'close');
  const result = await oftp(['check', `127.0.0.1:${port}`, '--ssid', 'A']);
  assert.is(result.code, 1);
  assert.is(
    result.output,
    `oftp: nobody listens at 127.0.0.1:${port}: check address and port, and whether the server runs (error 10061)\n`,
  );
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while the server keeps the session waiting: ESID 05, exit code ${code}`, async () => {
    const responder = await RawResponder.listen();
    const child = startOftp(['receive', '--from', `127.0.0.1:${responder.port}`, '--into', 'in', ...AS_PARTNER], {
      cwd: folderWith({}),
      env: PARTNER_ENV,
    });
    const peer = await responder.accept();
    peer.send(ssrm());
    await peer.expect('SSID');
    peer.send(ssid({ code: HUB.code }));
    await peer.expect('CD');
    child.signal(signal);
    await peer.expectEsid(5);
    assert.is((await child.finished).code, code);
  });
}

for (const [source, args, env] of [
  ['--password-file', ['--password-file', 'secret'], {}],
  ['OFTP_PASSWORD', [], { OFTP_PASSWORD: PARTNER.password }],
  ['--password, which wins over OFTP_PASSWORD', ['--password', PARTNER.password], { OFTP_PASSWORD: 'WRONG' }],
] as const) {
  test(`the password comes from ${source}`, async () => {
    const hub = await Hub.start();
    writeSettled(hub.path('secret'), `${PARTNER.password}\n`);
    const words = ['check', hub.serving.address, '--ssid', PARTNER.code, ...args];
    assert.is((await oftp(words, { cwd: hub.folder, env })).code, 0);
  });
}

test.run();

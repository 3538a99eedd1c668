/**
 * The events log and piTrail, what is masked in them, and the channels for diagnostics: rows B-204, B-205, B-221 to
 * B-226, B-281, B-285, B-286, B-291, B-382.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogEvent, PiTrailEvent, ServerOptions } from '../../src/index.js';
import { certificatePath, keyPath, opensslCms, sample } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { open, transfer } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { auch, aurp, cd, data, eerp, efid, esid, nerp, rtr, secd, sfid, sfna, ssid, ssrm } from '../support/wire.js';

test.after.each(cleanUp);

interface Watched {
  readonly host: TestServer;
  readonly logs: LogEvent[];
  readonly trails: PiTrailEvent[];
}

async function watched(settings: Partial<ServerOptions>, options: TestServerOptions = {}): Promise<Watched> {
  const [logs, trails]: [LogEvent[], PiTrailEvent[]] = [[], []];
  const host = await TestServer.start({ ...options, settings });
  host.server.on('log', (event) => void logs.push(event));
  host.server.on('piTrail', (event) => void trails.push(event));
  return { host, logs, trails };
}

/** A session with one file received: 13 commands and two exchange buffers with DATA. */
async function plainSession(host: TestServer): Promise<void> {
  const { peer } = await host.session();
  await transfer(peer, sample(3000));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  await host.events.next('disconnected');
}

const COMMANDS = ['SSRM', 'SSID', 'SSID', 'SFID', 'SFPA', 'EFID', 'EFPA', 'CD', 'EERP', 'RTR', 'CD', 'ESID'];

const commandsIn = (logs: readonly LogEvent[]): string[] => logs.map(({ message }) => message.split(' ')[1] ?? '');

test('B-291 B-221 LogLevel=0: no message at all', async () => {
  const { host, logs } = await watched({ logLevel: 'none' });
  await plainSession(host);
  assert.equal(logs, []);
});

test('B-222 B-223 LogLevel=1, the default: one message for each command, in its order', async () => {
  const { host, logs } = await watched({});
  assert.is(host.server.config('LogLevel'), '1');
  await plainSession(host);
  assert.equal(commandsIn(logs), COMMANDS);
  for (const { logType, logLevel, connectionId } of logs)
    assert.equal([logType, logLevel, connectionId], ['OFTP', 1, 1]);
});

test('B-221 B-291 LogLevel=2: each exchange buffer with DATA as well', async () => {
  const { host, logs } = await watched({ logLevel: 'verbose' });
  await plainSession(host);
  assert.is(logs.filter(({ logLevel }) => logLevel === 1).length, COMMANDS.length);
  const packets = logs.filter(({ logLevel }) => logLevel === 2);
  assert.equal(commandsIn(packets), ['DATA', 'DATA']);
});

test('B-221 B-291 LogLevel=3: the octets of each exchange buffer as well', async () => {
  const { host, logs } = await watched({ logLevel: 'debug' });
  await plainSession(host);
  const octets = logs.filter(({ logLevel }) => logLevel === 3);
  assert.is(octets.length, COMMANDS.length + 2);
  assert.match(octets[0]?.message ?? '', Buffer.from('IODETTE FTP READY \r').toString('hex'));
  assert.match(octets.map(({ message }) => message).join('\n'), sample(3000).subarray(0, 40).toString('hex'));
});

test('LogLevel takes effect in the middle of a session', async () => {
  const { host, logs } = await watched({ logLevel: 'none' });
  const { peer } = await host.session();
  host.server.config('LogLevel=1');
  await open(peer);
  assert.equal(commandsIn(logs), ['SFID', 'SFPA']);
});

test('B-223 what is no command has the type Info', async () => {
  const { host, logs } = await watched(
    {},
    { on: { acceptFile: (event) => void Object.assign(event, { accept: false }) } },
  );
  const { peer } = await host.session();
  peer.send(sfid(5));
  await peer.expect('SFNA');
  const [info] = logs.filter(({ logType }) => logType === 'Info');
  assert.match(info?.message ?? '', 'TESTFILE');
});

/** RFC 5024 §5.2 and the table of the reference: direction as seen from the server. */
const TRAIL: readonly (readonly [direction: 'received' | 'sent', id: number, description: string])[] = [
  ['sent', 73, 'SSRM (Start Session Ready Message)'],
  ['received', 88, 'SSID (Start Session)'],
  ['sent', 88, 'SSID (Start Session)'],
  ['received', 74, 'SECD (Security Change Direction)'],
  ['sent', 65, 'AUCH (Authentication Challenge)'],
  ['received', 83, 'AURP (Authentication Response)'],
  ['sent', 74, 'SECD (Security Change Direction)'],
  ['received', 65, 'AUCH (Authentication Challenge)'],
  ['sent', 83, 'AURP (Authentication Response)'],
  ['received', 72, 'SFID (Start File)'],
  ['sent', 50, 'SFPA (Start File Positive Answer)'],
  ['received', 68, 'DATA (Data Exchange Buffer)'],
  ['sent', 67, 'CDT (Set Credit)'],
  ['received', 84, 'EFID (End File)'],
  ['sent', 53, 'EFNA (End File Negative Answer)'],
  ['received', 72, 'SFID (Start File)'],
  ['sent', 51, 'SFNA (Start File Negative Answer)'],
  ['received', 69, 'EERP (End to End Response)'],
  ['sent', 80, 'RTR (Ready To Receive)'],
  ['received', 78, 'NERP (Negative End Response)'],
  ['sent', 80, 'RTR (Ready To Receive)'],
  ['received', 72, 'SFID (Start File)'],
  ['sent', 50, 'SFPA (Start File Positive Answer)'],
  ['received', 84, 'EFID (End File)'],
  ['sent', 52, 'EFPA (End File Positive Answer)'],
  ['received', 82, 'CD (Change Direction)'],
];

interface Authenticated {
  readonly peer: RawPeer;
  /** Both envelopes and what is in them. */
  readonly secrets: readonly Buffer[];
}

/** Both sides prove who they are: alice is called by bob. */
async function authenticate(host: TestServer): Promise<Authenticated> {
  const { peer } = await host.session({ auth: 'Y', cred: 1 });
  peer.send(secd());
  const challenge = Buffer.from((await peer.expect('AUCH')).octets).subarray(3);
  const bob = ['-inkey', keyPath('bob'), '-recip', certificatePath('bob')];
  const response = opensslCms(['-decrypt', '-inform', 'DER', ...bob], challenge);
  peer.send(aurp(response));
  await peer.expect('SECD');
  const nonce = sample(20);
  const envelope = opensslCms(['-encrypt', '-outform', 'DER', '-aes-256-cbc', certificatePath('alice')], nonce);
  peer.send(auch(envelope));
  await peer.expect('AURP');
  return { peer, secrets: [challenge, response, envelope, nonce] };
}

async function authenticatedServer(settings: Partial<ServerOptions>): Promise<Watched> {
  const made = await watched(settings, {
    on: {
      acceptConnection: ({ connection }) => {
        connection.recipientCertificate = known('bob');
      },
      acceptFile: (event) => {
        event.accept = event.virtualFileName !== 'REFUSED';
      },
    },
  });
  made.host.server.certificate = own('alice');
  return made;
}

test('B-224 B-225 piTrail knows all 18 commands, their direction and their names', async () => {
  const { host, trails } = await authenticatedServer({});
  const { peer } = await authenticate(host);
  await open(peer);
  peer.send(data(sample(10)));
  await peer.expect('CDT');
  peer.send(efid(5, { ucnt: 11 }));
  await peer.expect('EFNA');
  peer.send(sfid(5, { dsn: 'REFUSED' }));
  await peer.expect('SFNA');
  peer.send(eerp(5));
  await peer.expect('RTR');
  peer.send(nerp(5));
  await peer.expect('RTR');
  await open(peer, { dsn: 'EMPTY', fsiz: 0 });
  peer.send(efid(5, { ucnt: 0 }));
  await peer.expect('EFPA');
  peer.send(cd());
  await peer.expect('EERP');
  const seen = trails.map(({ direction, commandId, commandDescription }) => [direction, commandId, commandDescription]);
  assert.equal(seen.slice(0, TRAIL.length), TRAIL);
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  await host.events.next('disconnected');
  assert.is(trails.at(-1)?.commandDescription, 'ESID (End Session)');
  assert.is(new Set(trails.map(({ commandId }) => commandId)).size, 18);
});

test('B-285 FriendlyLogFormat, the default: data is one printable line, raw has the octets', async () => {
  const { host, trails } = await watched({});
  await plainSession(host);
  for (const { data: line, raw, commandId } of trails) {
    assert.match(line.toString(), /^[\x20-\x7e]+$/);
    assert.is(raw[0], commandId);
  }
  assert.match(trails[3]?.data.toString() ?? '', /^SFID dsn=TESTFILE date=20240229 time=1234560001 /);
});

test('B-226 B-286 FriendlyLogFormat=False: data is the exchange buffer as it travels', async () => {
  const { host, trails } = await watched({ friendlyLogFormat: false });
  await plainSession(host);
  assert.equal(trails[0]?.data, Buffer.from('IODETTE FTP READY \r'));
  assert.equal(trails[3]?.data, sfid(5).subarray(4));
  for (const { data: octets, raw } of trails) assert.equal(octets, raw);
});

/** Everything that was said, in the forms in which a secret may stand in it. */
const said = ({ logs, trails }: Watched): string =>
  [
    ...logs.map(({ message }) => message),
    ...trails.flatMap(({ data: line, raw }) =>
      [line, raw].map((octets) => `${octets.toString('latin1')} ${octets.toString('hex')}`),
    ),
  ].join('\n');

const forms = (secret: Buffer): string[] => [
  secret.toString('latin1'),
  secret.toString('hex'),
  secret.toString('base64'),
];

for (const friendlyLogFormat of [true, false]) {
  test(`B-382 passwords, challenges and responses are in no log or trail, FriendlyLogFormat=${friendlyLogFormat}`, async () => {
    const made = await authenticatedServer({ logLevel: 'debug', friendlyLogFormat });
    const { secrets } = await authenticate(made.host);
    const everything = said(made);
    assert.match(everything, 'AURP');
    for (const secret of [...secrets, Buffer.from(HUB.password), Buffer.from(PARTNER.password)]) {
      for (const form of forms(secret)) assert.not.ok(everything.includes(form), form);
    }
  });
}

test('B-382 MaskSensitive=False shows them', async () => {
  const made = await authenticatedServer({ logLevel: 'debug', maskSensitive: false });
  const { secrets } = await authenticate(made.host);
  const everything = said(made);
  for (const secret of secrets) assert.ok(everything.includes(secret.toString('hex')));
  assert.ok(everything.includes(HUB.password) && everything.includes(PARTNER.password));
});

test('B-382 a client masks its password and that of its server as well', async () => {
  const made = await TestClient.create({ settings: { logLevel: 'debug' } });
  const lines: string[] = [];
  made.client.on('log', ({ message }) => void lines.push(message));
  await made.session();
  const everything = lines.join('\n');
  assert.match(everything, 'SSID');
  for (const { password } of [HUB, PARTNER]) {
    for (const form of forms(Buffer.from(password))) assert.not.ok(everything.includes(form), form);
  }
});

test('a password with octets that are none of it, or in a command that is cut, is in no message either', async () => {
  const secret = 'S3CR\x01T';
  for (const octets of [ssid({ password: secret }), ssid({ password: secret, cred: 'abc' }), ssrm()]) {
    const made = await watched({ logLevel: 'debug' });
    const peer = await made.host.ready();
    peer.send(octets);
    await peer.expectEsidOrClose(1, 2, 3, 4, 6, 10, 11, 99);
    const errors = made.host.events.named('error').map(({ description }) => description);
    const everything = said(made) + errors.join('\n');
    for (const form of ['S3CR', Buffer.from('S3CR').toString('hex')]) assert.not.ok(everything.includes(form), form);
  }
});

test('B-204 B-205 B-281 FireEndResponseOnSend: sent end responses raise endResponse with direction sent, or none', async () => {
  for (const [value, directions] of [
    ['True', ['sent', 'received']],
    ['False', ['received']],
  ] as const) {
    const host = await TestServer.start({ config: [`FireEndResponseOnSend=${value}`] });
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    peer.send(cd());
    await peer.expect('EERP');
    peer.send(rtr());
    await peer.expect('CD');
    peer.send(eerp(5));
    await peer.expect('RTR');
    assert.equal(
      host.events.named('endResponse').map(({ direction }) => direction),
      directions,
    );
  }
});

interface Message {
  readonly name: string;
  readonly message: Record<string, unknown>;
}

function listenTo(...names: string[]): Message[] {
  const messages: Message[] = [];
  for (const name of names) {
    const take = (message: unknown) => void messages.push({ name, message: message as Record<string, unknown> });
    subscribe(name, take);
    onCleanUp(() => void unsubscribe(name, take));
  }
  return messages;
}

test('diagnostics channels tell of sessions, transfers and errors, without a listener of any event', async () => {
  const messages = listenTo('oftp:session', 'oftp:transfer', 'oftp:error');
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(sfna(5, 1));
  await peer.expectEsid(2);
  await host.events.next('disconnected');
  assert.equal(
    messages.map(({ name, message }) => [name, message['state'] ?? message['virtualFileName'] ?? 'error']),
    [
      ['oftp:session', 'open'],
      ['oftp:transfer', 'TESTFILE'],
      ['oftp:error', 'error'],
      ['oftp:session', 'closed'],
    ],
  );
});

test('what the channels and events carry shows no password when it is printed, whole and as JSON', async () => {
  const messages = listenTo('oftp:session', 'oftp:transfer');
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connection }) => {
        connection.serverPassword = 'OWNPW';
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  const [{ connection } = host.events.all[0]!.event] = host.events.named('connected');
  const printed = [host.server, connection, ...messages.map(({ message }) => message)].flatMap((each) => [
    inspect(each, { depth: 20, showHidden: true }),
    JSON.stringify(each, (_key, value) => (typeof value === 'bigint' ? String(value) : value)),
  ]);
  assert.match(printed.join('\n'), PARTNER.code);
  for (const secret of ['OWNPW', HUB.password, PARTNER.password]) {
    assert.not.ok(
      printed.some((text) => text.includes(secret)),
      secret,
    );
  }
});

test.run();

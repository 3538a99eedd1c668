/** `sendFile` with a stream instead of a path. */
import { readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient, type SendFileOptions, type SentFile } from '../../src/index.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import { type Outcome, outcomeOf, within } from '../support/outcome.js';
import { PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf } from '../support/received.js';
import { receive, sample } from '../support/scenario.js';
import { decryptBy, expectBob } from '../support/secured.js';
import { TestServer } from '../support/server.js';
import { cd, esid, sfna } from '../support/wire.js';

test.after.each(cleanUp);

interface Sending {
  readonly host: TestServer;
  /** The folder that streams go through. */
  readonly tempPath: string;
  /** How the calls ended. */
  readonly outcomes: Promise<readonly Outcome<SentFile>[]>;
}

/** A server that makes these `sendFile` calls in its turn, without waiting between them. */
async function sends(...calls: readonly SendFileOptions[]): Promise<Sending> {
  const tempPath = temporaryFolder();
  const turn = gate();
  let outcomes: readonly Outcome<SentFile>[] = [];
  const host = await TestServer.start({
    settings: { tempPath },
    on: {
      acceptConnection: expectBob,
      readyToSend: async ({ connection }) => {
        outcomes = await Promise.all(calls.map((call) => outcomeOf(connection.sendFile(call))));
        turn.open();
      },
    },
  });
  host.server.certificate = own('alice');
  return { host, tempPath, outcomes: within(turn.opened).then(() => outcomes) };
}

/** Files below a folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());

const ORDERS = { virtualFileName: 'ORDERS' };

test('a stream is sent as a file of its octets, and nothing of it stays behind', async () => {
  const octets = sample(300_000);
  const { host, tempPath, outcomes } = await sends({ stream: Readable.from([octets]), ...ORDERS });
  const { peer } = await host.session();
  peer.send(cd());
  const file = await receive(peer);
  assert.is(file.sfid.fields['dsn'], 'ORDERS'.padEnd(26));
  assert.is(file.sfid.fields['fsiz'], String(Math.ceil(octets.length / 1024)).padStart(13, '0'));
  assert.equal(contentOf(file.data), octets);
  const [outcome] = await outcomes;
  assert.is(outcome?.value?.fileSize, octets.length);
  assert.equal(filesIn(tempPath), []);
});

test('calls keep their order, whether they give a path or a stream', async () => {
  const slow = new PassThrough();
  const path = join(temporaryFolder(), 'second');
  writeFileSync(path, 'second');
  const { host } = await sends(
    { stream: slow, virtualFileName: 'FIRST' },
    { path },
    { stream: Readable.from(['third']), virtualFileName: 'THIRD' },
  );
  const { peer } = await host.session();
  peer.send(cd());
  slow.write('fir');
  setImmediate(() => slow.end('st'));
  for (const name of ['first', 'second', 'third']) {
    const file = await receive(peer);
    assert.is(file.sfid.fields['dsn'], name.toUpperCase().padEnd(26));
    assert.is(contentOf(file.data).toString(), name);
  }
});

test('an empty stream is a file of 0 octets', async () => {
  const { host, outcomes } = await sends({ stream: Readable.from([]), ...ORDERS });
  const { peer } = await host.session();
  peer.send(cd());
  const file = await receive(peer);
  assert.is(contentOf(file.data).length, 0);
  assert.is((await outcomes)[0]?.value?.fileSize, 0);
});

test('a stream is encrypted as a file is', async () => {
  const octets = sample(5000);
  const { host, tempPath, outcomes } = await sends({
    stream: Readable.from([octets]),
    ...ORDERS,
    security: 'encrypted',
  });
  const { peer } = await host.session();
  peer.send(cd());
  const file = await receive(peer);
  assert.equal(decryptBy('bob', contentOf(file.data)), octets);
  assert.is((await outcomes)[0]?.value?.fileSize, octets.length);
  // What was transmitted is kept until its end response; the stream itself is not.
  assert.equal(
    filesIn(tempPath).map((name) => name.endsWith('.cms')),
    [true],
  );
});

test('a stream that fails: 679 with its reason, nothing is offered, the session goes on with the next file', async () => {
  const broken = new Readable({
    read() {
      this.push('half of it');
      this.destroy(new Error('the source is gone'));
    },
  });
  const { host, tempPath, outcomes } = await sends(
    { stream: broken, ...ORDERS },
    { stream: Readable.from(['next']), virtualFileName: 'NEXT' },
  );
  const { peer } = await host.session();
  peer.send(cd());
  const file = await receive(peer);
  assert.is(file.sfid.fields['dsn'], 'NEXT'.padEnd(26));
  const [failed, sent] = await outcomes;
  assert.is(failed?.error?.code, 679);
  assert.match(failed?.error?.message ?? '', /ORDERS cannot be sent: .*the source is gone/);
  assert.is(sent?.value?.virtualFileName, 'NEXT');
  assert.equal(filesIn(tempPath), []);
});

test('no folder for the octets of a stream: 679, the stream is closed, the session goes on', async () => {
  const stream = Readable.from(['octets']);
  const { host, tempPath, outcomes } = await sends({ stream, ...ORDERS });
  rmdirSync(tempPath);
  writeFileSync(tempPath, 'no folder');
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.is((await outcomes)[0]?.error?.code, 679);
  assert.ok(stream.destroyed);
});

test('a stream that fails before its turn has come does so when it has', async () => {
  const asked = gate();
  const slow = new Readable({ read: asked.open });
  const broken = new PassThrough();
  const { host, outcomes } = await sends({ stream: slow, virtualFileName: 'SLOW' }, { stream: broken, ...ORDERS });
  const { peer } = await host.session();
  peer.send(cd());
  await within(asked.opened);
  broken.destroy(new Error('the source is gone'));
  slow.push(null);
  assert.is((await receive(peer)).sfid.fields['dsn'], 'SLOW'.padEnd(26));
  const [, failed] = await outcomes;
  assert.is(failed?.error?.code, 679);
  assert.match(failed?.error?.message ?? '', /the source is gone/);
});

test('a refused stream leaves nothing behind: 687 with the reason of the peer', async () => {
  const { host, tempPath, outcomes } = await sends({ stream: Readable.from(['x']), ...ORDERS });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfna(5, 6, 'Y'));
  const [outcome] = await outcomes;
  assert.is(outcome?.error?.code, 687);
  assert.is(outcome?.error?.reasonCode, 6);
  assert.equal(filesIn(tempPath), []);
});

test('a stream that never ends is given up when the connection is lost', async () => {
  const asked = gate();
  const endless = new Readable({ read: asked.open });
  const { host, tempPath, outcomes } = await sends({ stream: endless, ...ORDERS });
  const { peer } = await host.session();
  peer.send(cd());
  await within(asked.opened);
  peer.reset();
  assert.is((await outcomes)[0]?.error?.code, 687);
  assert.ok(endless.destroyed);
  assert.equal(filesIn(tempPath), []);
});

const WRONG: readonly (readonly [what: string, call: () => SendFileOptions, words: RegExp])[] = [
  ['neither path nor stream', () => ORDERS, /either a path or a stream/],
  ['both', () => ({ path: 'a', stream: Readable.from([]), ...ORDERS }), /either a path or a stream/],
  ['a stream without a virtual file name', () => ({ stream: Readable.from([]) }), /virtualFileName is empty/],
  ['a stream that is destroyed', () => ({ stream: Readable.from([]).destroy(), ...ORDERS }), /not readable/],
];

for (const [what, call, words] of WRONG) {
  test(`${what}: 10022, before anything is sent`, async () => {
    const { host, outcomes } = await sends(call());
    const { peer } = await host.session();
    peer.send(cd());
    const [outcome] = await outcomes;
    assert.is(outcome?.error?.code, 10022);
    assert.match(outcome?.error?.message ?? '', words);
    await peer.expect('ESID', { reas: '00' });
  });
}

for (const [what, end] of [
  ['the connection is lost', ({ peer }) => peer.reset()],
  ['the peer ends the session', ({ peer }) => peer.send(esid(5, 0))],
  ['the server shuts down', ({ host }) => void host.server.shutdown()],
  ['its connection is closed', ({ host }) => void [...host.server.connections.values()][0]?.disconnect()],
] satisfies [string, (session: { host: TestServer; peer: RawPeer }) => void][]) {
  test(`a stream whose turn never comes is closed: ${what}`, async () => {
    const stream = new PassThrough();
    const path = join(temporaryFolder(), 'FIRST');
    writeFileSync(path, 'first');
    const { host, outcomes } = await sends({ path }, { stream, ...ORDERS });
    const { peer } = await host.session();
    peer.send(cd());
    await peer.expect('SFID');
    end({ host, peer });
    assert.is((await outcomes)[1]?.error?.code, 687);
    assert.ok(stream.destroyed);
  });
}

for (const [what, options, code] of [
  ['the peer has the turn', {}, 687],
  ['an option is wrong', { format: 'fixed' }, 10022],
] as const) {
  test(`a stream that cannot be sent is closed: ${what}`, async () => {
    const host = await TestServer.start();
    await host.session();
    const { connection } = await host.events.next('acceptConnection');
    const stream = new PassThrough();
    const { error } = await outcomeOf(connection.sendFile({ stream, ...ORDERS, ...options }));
    assert.is(error?.code, code);
    assert.ok(stream.destroyed);
  });
}

test('a stream that a client cannot send because it is not connected is closed', async () => {
  const client = new OFTPClient({ host: '127.0.0.1', clientSsidCode: PARTNER.code });
  const stream = new PassThrough();
  assert.is((await outcomeOf(client.sendFile({ stream, ...ORDERS }))).error?.code, 10057);
  assert.ok(stream.destroyed);
});

test.run();

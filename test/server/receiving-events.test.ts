/** The events of received files: acceptFile, startTransfer, transfer, endTransfer, and what they decide. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AcceptFileEvent, EndTransferEvent, StartTransferEvent, TransferEvent } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { HUB, PARTNER } from '../support/parties.js';
import { open, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const STAMP = 'yyyyMMddHHmmssffff';

interface Seen {
  readonly accept: AcceptFileEvent[];
  readonly start: StartTransferEvent[];
  readonly progress: TransferEvent[];
  readonly end: EndTransferEvent[];
}

/** Keeps the events of files as their handlers got them. */
function watch({ server }: TestServer): Seen {
  const seen: Seen = { accept: [], start: [], progress: [], end: [] };
  server.on('acceptFile', (event) => void seen.accept.push({ ...event }));
  server.on('startTransfer', (event) => void seen.start.push({ ...event }));
  server.on('transfer', (event) => void seen.progress.push(event));
  server.on('endTransfer', (event) => void seen.end.push({ ...event }));
  return seen;
}

// covers: acceptFile.connectionId, startTransfer.connectionId, transfer.connectionId, endTransfer.connectionId
// covers: startTransfer.virtualFileName, startTransfer.destination, startTransfer.originator
// covers: transfer.virtualFileName, transfer.virtualFileDate, transfer.destination, transfer.originator
// covers: transfer.localFile, endTransfer.reasonText
test('B-178 B-182 B-201 B-210 B-211 B-216 B-236 B-238 B-241 one file, as each event tells of it', async () => {
  const host = await TestServer.start({ config: [`VirtualFileDateFormat=${STAMP}`] });
  const seen = watch(host);
  const { peer } = await host.session();
  await transfer(peer, sample(3000), { dsn: 'ORDERS', orig: 'O0013BRANCH' });
  const { connection, connectionId } = await host.events.next('endTransfer');
  const about = {
    connectionId,
    connection,
    virtualFileName: 'ORDERS',
    virtualFileDate: '202402291234560001',
    destination: HUB.code,
    originator: 'O0013BRANCH',
  };
  const localFile = join(host.inbox, 'ORDERS');
  const moving = { ...about, direction: 'received', localFile };
  const decision = { accept: true, overwrite: false, stream: undefined, errorCode: 99, errorDescription: '' };
  assert.equal(seen.accept, [{ ...about, ...decision, filename: localFile }]);
  assert.equal(seen.start, [moving]);
  for (const { bytesTransferred, text, ...rest } of seen.progress) assert.equal(rest, moving);
  const end = { fileSize: 3000, fileHash: '', reasonCode: 0, reasonText: '', replayed: false, sendEndResponse: true };
  assert.equal(seen.end, [{ ...moving, ...end }]);
});

test('B-239 B-240 transfer: the octets in order, counted from the start of the file', async () => {
  const host = await TestServer.start();
  const { progress } = watch(host);
  const { peer } = await host.session();
  const octets = sample(300_000);
  await transfer(peer, octets);
  assert.equal(Buffer.concat(progress.map(({ text }) => text)), octets);
  const counts = progress.map(({ bytesTransferred }) => bytesTransferred);
  assert.equal(
    counts,
    [...counts].sort((a, b) => a - b),
  );
  assert.is(counts.at(-1), 300_000);
});

test('B-010 acceptFile once for each file that is offered', async () => {
  const host = await TestServer.start();
  const { accept } = watch(host);
  const { peer } = await host.session();
  for (const dsn of ['FIRST', 'SECOND', 'THIRD']) await transfer(peer, sample(10), { dsn });
  assert.equal(
    accept.map(({ virtualFileName }) => virtualFileName),
    ['FIRST', 'SECOND', 'THIRD'],
  );
});

test('B-011 B-183 acceptFile.filename says where the file goes, in another folder as well', async () => {
  const host = await TestServer.start();
  host.server.on('acceptFile', (event) => {
    event.filename = join(host.inbox, '..', 'elsewhere.dat');
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  assert.equal(readFileSync(join(host.inbox, '..', 'elsewhere.dat')), sample(10));
  assert.equal(host.delivered(), []);
});

test('B-185 B-237 overwrite, and localFile of startTransfer, which has the last word', async () => {
  const host = await TestServer.start();
  host.server.on('acceptFile', (event) => {
    event.overwrite = true;
  });
  host.server.on('startTransfer', (event) => {
    if (event.virtualFileName === 'MOVED') event.localFile = join(host.inbox, 'REDIRECTED');
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'MOVED' });
  await transfer(peer, sample(20), { dsn: 'MOVED', time: '1234560002' });
  assert.equal(host.delivered(), ['REDIRECTED']);
  assert.equal(host.content('REDIRECTED'), sample(20));
  assert.is((await host.events.next('endTransfer')).localFile, join(host.inbox, 'REDIRECTED'));
});

test('acceptFile.stream takes the file instead of the disk; localFile is empty then', async () => {
  const host = await TestServer.start();
  const stream = new PassThrough();
  const read = buffer(stream);
  host.server.on('acceptFile', (event) => {
    event.stream = stream;
  });
  const { peer } = await host.session();
  await transfer(peer, sample(5000));
  assert.equal(await read, sample(5000));
  assert.equal(host.delivered(), []);
  assert.is((await host.events.next('endTransfer')).localFile, '');
});

test('B-181 a file for one of the own codes is taken without a handler, one for others is not', async () => {
  const host = await TestServer.start({ settings: { serverSfidCodes: ['O0013PLANT'] } });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'ONE' });
  await transfer(peer, sample(10), { dsn: 'TWO', dest: 'O0013PLANT' });
  peer.send(sfid(5, { dsn: 'THREE', dest: 'O0013STRANGER' }));
  await peer.expect('SFNA', { reas: '02' });
  assert.equal(host.delivered(), ['ONE', 'TWO']);
});

// covers: acceptFile.accept
for (const [code, word] of [
  [1, 'file name'],
  [2, 'destination'],
  [3, 'originator'],
  [4, 'record format'],
  [5, 'record length'],
  [6, 'too big'],
  [10, 'record count'],
  [11, 'octet count'],
  [12, 'access'],
  [13, 'duplicate'],
  [14, 'direction'],
  [15, 'cipher suite'],
  [16, 'encrypted'],
  [17, 'unencrypted'],
  [18, 'compressed'],
  [19, 'signed'],
  [20, 'unsigned'],
  [99, 'unspecified'],
] as const) {
  test(`B-187 B-188 acceptFile refuses with ${code}: SFNA ${code}, and a text that says ${word}`, async () => {
    const host = await TestServer.start();
    host.server.on('acceptFile', (event) => {
      event.accept = false;
      event.errorCode = code;
    });
    const { peer } = await host.session();
    peer.send(sfid(5));
    const { fields } = await peer.expect('SFNA', { reas: String(code).padStart(2, '0'), rrtr: 'N' });
    assert.match(fields['text'] ?? '', word);
  });
}

for (const [level, code, reas] of [
  [1, 13, '13'],
  [1, 14, '99'],
  [2, 14, '99'],
  [4, 14, '14'],
  [4, 15, '99'],
  [4, 20, '99'],
] as const) {
  test(`B-188 R-28 level ${level}: acceptFile refuses with ${code}, SFNA says ${reas}`, async () => {
    const host = await TestServer.start();
    host.server.on('acceptFile', (event) => {
      event.accept = false;
      event.errorCode = code;
    });
    const { peer } = await host.session({ level });
    peer.send(sfid(level));
    const { octets } = await peer.expect('SFNA', { reas, rrtr: 'N' });
    assert.is(octets.length, 4);
  });
}

test('B-186 B-243 accept = false and nothing else is SFNA 99, retry N; errorDescription is its text', async () => {
  const host = await TestServer.start();
  host.server.on('acceptFile', (event) => {
    event.accept = false;
    if (event.virtualFileName === 'TOLD') event.errorDescription = 'after five o’clock';
  });
  const { peer } = await host.session();
  peer.send(sfid(5));
  await peer.expect('SFNA', { reas: '99', rrtr: 'N' });
  peer.send(sfid(5, { dsn: 'TOLD' }));
  await peer.expect('SFNA', { reas: '99', text: 'after five o’clock' });
});

test('B-242 AllowRetry[id] in acceptFile is retry Y, for that file only', async () => {
  const host = await TestServer.start();
  host.server.on('acceptFile', (event) => {
    event.accept = false;
    if (event.virtualFileName === 'LATER') host.server.config(`AllowRetry[${event.connectionId}]=True`);
  });
  const { peer } = await host.session();
  for (const [dsn, rrtr] of [
    ['LATER', 'Y'],
    ['NEVER', 'N'],
  ] as const) {
    peer.send(sfid(5, { dsn }));
    await peer.expect('SFNA', { reas: '99', rrtr });
  }
});

test('B-394 a file that exists already is SFNA 13, and error 681 tells its path', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(sfid(5, { time: '1234560002' }));
  await peer.expect('SFNA', { reas: '13' });
  const { errorCode, description } = await host.events.next('error');
  assert.is(errorCode, 681);
  assert.match(description, join(host.inbox, 'TESTFILE'));
});

test('B-293 B-294 B-295 B-296 B-314 what the settings of the connection tell of the file, when they are asked', async () => {
  const host = await TestServer.start({ settings: { serverSfidCodes: ['O0013PLANT'] } });
  const told: string[][] = [];
  const ask = ({ connectionId }: { connectionId: number }) => {
    const names = ['DateTime', 'Description', 'EncryptionAlg', 'Name'].map((name) => `ReceivedFile${name}`);
    told.push([...names, 'ServerSFIDCode'].map((name) => host.server.config(`${name}[${connectionId}]`)));
  };
  host.server.on('acceptFile', ask);
  host.server.on('endTransfer', ask);
  const { peer } = await host.session();
  await transfer(peer, sample(10), { desc: 'Bücher für März', dest: 'O0013PLANT' });
  const early = ['02/29/2024 12:34:56', 'Bücher für März', '', '', 'O0013PLANT'];
  assert.equal(told, [early, [...early.slice(0, 3), join(host.inbox, 'TESTFILE'), 'O0013PLANT']]);
});

test('B-060 a relayed file: accepted by the handler, its octets stay as they are, no response by itself', async () => {
  const host = await TestServer.start();
  const presets: (boolean | number)[] = [];
  host.server.on('acceptFile', (event) => {
    presets.push(event.accept, event.errorCode);
    event.accept = true;
  });
  const { peer } = await host.session();
  await transfer(peer, sample(3000), { dest: 'O0013STRANGER' });
  assert.equal(host.content('TESTFILE'), sample(3000));
  assert.equal(presets, [false, 2]);
  peer.send(cd());
  await peer.expectEsid(0);
});

test('B-110 an unstructured file is octets without records, whatever they are', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const octets = Buffer.from('\r\n\0\xff\r\n\x1a', 'latin1');
  await transfer(peer, octets);
  assert.equal(host.content('TESTFILE'), octets);
  assert.is((await host.events.next('endTransfer')).fileSize, octets.length);
});

test('B-215 fileHash is empty for a file that asks for no signed receipt', async () => {
  const host = await TestServer.start();
  const { end } = watch(host);
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  assert.is(end[0]?.fileHash, '');
});

test('B-217 a file whose counts do not fit ends with the reason of its EFNA', async () => {
  const host = await TestServer.start();
  const { end } = watch(host);
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 2 }));
  await peer.expect('EFNA', { reas: '11' });
  assert.equal(
    end.map(({ reasonCode, direction }) => [reasonCode, direction]),
    [[11, 'received']],
  );
  assert.not(existsSync(join(host.inbox, 'TESTFILE')));
});

for (const name of ['acceptFile', 'startTransfer'] as const) {
  test(`a handler of ${name} that throws is SFNA 99, retry N; one that does not settle in time retry Y`, async () => {
    const held = gate();
    let failure: 'throws' | 'sleeps' = 'throws';
    const host = await TestServer.start({ settings: { defaultTimeout: 1 } });
    host.server.on(name, () => {
      if (failure === 'throws') throw new Error('disk gone');
      return held.opened;
    });
    const { peer } = await host.session();
    peer.send(sfid(5));
    await peer.expect('SFNA', { reas: '99', rrtr: 'N' });
    assert.match((await host.events.next('error')).description, /disk gone/);
    failure = 'sleeps';
    peer.send(sfid(5));
    await peer.expect('SFNA', { reas: '99', rrtr: 'Y' });
    assert.match((await host.events.next('error')).description, /defaultTimeout/);
    held.open();
    assert.equal(host.delivered(), []);
  });
}

test('acceptFile answered when the client has gone leaves nothing behind', async () => {
  const decided = gate();
  const host = await TestServer.start();
  host.server.on('acceptFile', () => decided.opened);
  const { peer } = await host.session();
  peer.send(sfid(5));
  await host.events.next('acceptFile');
  peer.reset();
  await host.events.next('disconnected');
  decided.open();
  await host.server.shutdown();
  assert.equal(host.delivered(), []);
});

test('a slow handler of acceptFile delays its own connection only, and strictly', async () => {
  const decided = gate();
  const host = await TestServer.start();
  host.server.on('acceptFile', ({ virtualFileName }) => (virtualFileName === 'SLOW' ? decided.opened : undefined));
  const slow = await host.session();
  slow.peer.send(sfid(5, { dsn: 'SLOW' }));
  const quick = await host.session();
  await transfer(quick.peer, sample(10), { dsn: 'QUICK' });
  await slow.peer.expectSilence();
  decided.open();
  await slow.peer.expect('SFPA');
  assert.equal(host.delivered(), ['QUICK']);
});

test('what a handler changes after its answer has been taken comes too late', async () => {
  const host = await TestServer.start();
  const kept: AcceptFileEvent[] = [];
  host.server.on('acceptFile', (event) => void kept.push(event));
  const { peer } = await host.session();
  await open(peer, { orig: PARTNER.code });
  const [event] = kept;
  assert.ok(event);
  event.accept = false;
  event.filename = join(host.inbox, 'LATE');
  peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 1 }));
  await peer.expect('EFPA');
  assert.equal(host.delivered(), ['TESTFILE']);
});

test.run();

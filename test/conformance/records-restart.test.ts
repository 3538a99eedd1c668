/** Restart of files of format F and V that are received: RFC 5024 §1.5.2, §1.5.4, §5.3.3, §5.3.4, §5.3.8. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Child } from '../support/child.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { RawPeer } from '../support/peer.js';
import { PROJECT_ROOT } from '../support/project.js';
import { dataOf, lines, type RecordList, recordBuffers, subrecordsFor, unitCount } from '../support/records.js';
import { TestServer } from '../support/server.js';
import { efid, type Level, rawData, type SfidFields, type SsidFields, sfid, ssid } from '../support/wire.js';

test.after.each(cleanUp);

const RECORDS = ['first', '', 'third', 'the fourth', 'fifth'];
const V: SfidFields = { fmt: 'V', lrecl: 10 };
const FIXED = RECORDS.map((record) => record.padEnd(10, '.'));
const F: SfidFields = { fmt: 'F', lrecl: 10 };
const LIMIT_MS = 20_000;

/** DATA up to the middle of a record: the records before it, and a part of it. */
function cutAfter(records: RecordList, part: string): Buffer[] {
  const subrecords = records.flatMap((record) => subrecordsFor(record));
  return dataOf([...subrecords, ...subrecordsFor(part, { ends: false })]);
}

async function session(host: TestServer, fields: SsidFields = {}): Promise<RawPeer> {
  return (await host.session({ rest: 'Y', ...fields })).peer;
}

/** Offers a file; the restart position that the server answers. */
async function offer(peer: RawPeer, fields: SfidFields): Promise<number> {
  peer.send(sfid(peer.level, fields));
  const { fields: answer } = await peer.expect('SFPA');
  return Number(answer['acnt']);
}

/** Sends DATA and breaks the connection when the server has it. */
async function breakOff(host: TestServer, peer: RawPeer, buffers: readonly Buffer[]): Promise<void> {
  peer.send(...buffers);
  peer.end();
  const { reasonCode } = await host.events.next('endTransfer');
  assert.is.not(reasonCode, 0);
}

for (const level of [1, 2, 4, 5] as Level[]) {
  for (const [file, records] of [
    [V, RECORDS],
    [F, FIXED],
  ] as const) {
    test(`C-140 C-142 level ${level}: a break in record 4 of ${file.fmt}, restart with record 4`, async () => {
      const host = await TestServer.start();
      const first = await session(host, { level });
      assert.is(await offer(first, file), 0);
      await breakOff(host, first, cutAfter(records.slice(0, 3), 'the f'));
      const second = await session(host, { level });
      assert.is(await offer(second, { ...file, rest: 3 }), 3);
      second.send(...recordBuffers(records.slice(3)), efid(level, { rcnt: 5, ucnt: unitCount(records) }));
      await second.expect('EFPA');
      assert.ok(host.content('TESTFILE').equals(lines(records)));
      assert.is((await host.events.next('endTransfer')).fileSize, unitCount(records));
    });
  }
}

for (const [rest, answer] of [
  [0, 0],
  [2, 2],
  [9, 3],
  ['9'.repeat(17), 3],
] as const) {
  test(`C-140 a break in the middle of record 4, and REST ${rest} is offered: SFPA ${answer}`, async () => {
    const host = await TestServer.start();
    const first = await session(host);
    await offer(first, V);
    await breakOff(host, first, cutAfter(RECORDS.slice(0, 3), 'the f'));
    const second = await session(host);
    assert.is(await offer(second, { ...V, rest }), answer);
    second.send(...recordBuffers(RECORDS.slice(answer)), efid(5, { rcnt: 5, ucnt: unitCount(RECORDS) }));
    await second.expect('EFPA');
    assert.ok(host.content('TESTFILE').equals(lines(RECORDS)));
  });
}

for (const [what, counts, reason] of [
  ['records', { rcnt: 2, ucnt: 25 }, '10'],
  ['octets', { rcnt: 5, ucnt: 15 }, '11'],
] as const) {
  test(`C-142 after a restart, ${what} of the new part alone are EFNA ${reason}`, async () => {
    const host = await TestServer.start();
    const first = await session(host);
    await offer(first, V);
    await breakOff(host, first, cutAfter(RECORDS.slice(0, 3), 'the f'));
    const second = await session(host);
    await offer(second, { ...V, rest: 3 });
    second.send(...recordBuffers(RECORDS.slice(3)), efid(5, counts));
    await second.expect('EFNA', { reas: reason });
    assert.equal(readdirSync(host.inbox), []);
  });
}

test('C-143 records that came compressed count as what they hold', async () => {
  const host = await TestServer.start();
  const first = await session(host);
  const spaces = ' '.repeat(63);
  await offer(first, { fmt: 'V', lrecl: 80 });
  await breakOff(host, first, [rawData(Buffer.from('ff20ff204178', 'hex'))]);
  const second = await session(host);
  assert.is(await offer(second, { fmt: 'V', lrecl: 80, rest: 2 }), 2);
  second.send(rawData(Buffer.from('c378', 'hex')), efid(5, { rcnt: 3, ucnt: 129 }));
  await second.expect('EFPA');
  assert.ok(host.content('TESTFILE').equals(lines([spaces, spaces, 'xxx'])));
});

for (const [what, other] of [
  ['stamp', { time: '2359590001' }],
  ['format', { fmt: 'F' }],
  ['record length', { lrecl: 11 }],
] as const) {
  test(`C-144 what is kept of a file is not resumed for another ${what}`, async () => {
    const host = await TestServer.start();
    const first = await session(host);
    await offer(first, V);
    await breakOff(host, first, cutAfter(RECORDS.slice(0, 3), 'the f'));
    assert.is(await offer(await session(host), { ...V, ...other, rest: 3 }), 0);
  });
}

test('a record too long behind the restart has the number that it has in the whole file', async () => {
  const host = await TestServer.start();
  const first = await session(host);
  await offer(first, V);
  await breakOff(host, first, cutAfter(RECORDS.slice(0, 3), ''));
  const second = await session(host);
  await offer(second, { ...V, rest: 3 });
  second.send(...recordBuffers(['x'.repeat(11)]), efid(5, { rcnt: 4, ucnt: 21 }));
  const { fields } = await second.expect('EFNA', { reas: '05' });
  assert.match(fields['text'] ?? '', /^record 4 /);
});

/** A session with a server in a process of its own. */
async function connected(server: Child): Promise<RawPeer> {
  const [, port] = await server.waitForOutput(/listening on \S+:(\d+)/);
  const peer = await RawPeer.connect(Number(port));
  await peer.expect('SSRM');
  peer.send(ssid({ rest: 'Y' }));
  await peer.expect('SSID');
  return peer;
}

async function receiver(folder: string): Promise<{ server: Child; peer: RawPeer }> {
  const program = join(PROJECT_ROOT, 'dist/test/faults/receiver.js');
  const server = new Child(process.execPath, [program, folder, '0'], { limitMs: LIMIT_MS });
  onCleanUp(() => void server.stop(0));
  return { server, peer: await connected(server) };
}

test('C-140 a break in record 4, and then a process killed in record 5: three are kept', async () => {
  const folder = temporaryFolder();
  const inbox = join(folder, 'inbox');
  mkdirSync(inbox);
  const { server, peer: first } = await receiver(folder);
  await offer(first, V);
  first.send(...cutAfter(RECORDS.slice(0, 3), 'the f'));
  first.end();
  const second = await connected(server);
  assert.is(await offer(second, { ...V, rest: 9 }), 3);
  second.send(...cutAfter(RECORDS.slice(3, 4), 'fif'));
  server.signal('SIGKILL');
  await server.finished;
  // Record 4 may have been written, but nothing had put it on the disk.
  const { peer: third } = await receiver(folder);
  assert.is(await offer(third, { ...V, rest: 9 }), 3);
  third.send(...recordBuffers(RECORDS.slice(3)), efid(5, { rcnt: 5, ucnt: unitCount(RECORDS) }));
  await third.expect('EFPA');
  assert.equal(readdirSync(inbox), ['TESTFILE']);
  assert.ok(readFileSync(join(inbox, 'TESTFILE')).equals(lines(RECORDS)));
});

test.run();

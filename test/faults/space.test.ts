/**
 * Disks that are full, read-only or gone, as they are in reality: RFC 5024 §5.3.5 and §5.3.10, reasons 06 and 12. The
 * session and its neighbours go on, and so does everything as soon as there is room again.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import type { RawPeer } from '../support/peer.js';
import { sendBuffers } from '../support/records.js';
import { open, sample, transfer } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, dataBuffers, efid, rtr, sfid } from '../support/wire.js';
import { assertNothingHidden } from './failing-disk.js';
import { canMount, TinyDisk } from './tiny-disk.js';

test.after.each(cleanUp);

const diskTest = canMount() ? test : test.skip;
await cleanUp();

const CONTENT = sample(100_000);

/** A server that receives into a folder, and two sessions with it. */
async function receivingInto(folder: string, options: TestServerOptions = {}) {
  const host = await TestServer.start({
    ...options,
    on: {
      acceptConnection: ({ connection }) => {
        connection.downloadDirectory = folder;
      },
      ...options.on,
    },
  });
  const { peer } = await host.session({ rest: 'Y' });
  const { peer: other } = await host.session();
  return { host, peer, other };
}

/** Sends a file that does not arrive; the reason of the EFNA. */
async function refusedAtItsEnd(peer: RawPeer, dsn: string, meanwhile = () => {}): Promise<string | undefined> {
  await open(peer, { dsn });
  meanwhile();
  peer.send(...dataBuffers(CONTENT), efid(5, { ucnt: CONTENT.length }));
  return (await peer.expect('EFNA')).fields['reas'];
}

const visible = (folder: string): string[] => readdirSync(folder).filter((name) => !name.startsWith('.'));

diskTest(
  'a full disk: EFNA 06, nothing is left of the file, others arrive, and it does when there is room',
  async () => {
    const disk = TinyDisk.mount(256)!;
    const { host, peer, other } = await receivingInto(disk.path);
    await transfer(peer, CONTENT, { dsn: 'FIRST' });
    disk.fill();
    assert.is(await refusedAtItsEnd(peer, 'SECOND'), '06');
    assert.match((await host.events.next('error')).description, 'ENOSPC');
    assert.is((await host.events.next('endTransfer')).virtualFileName, 'FIRST');
    assert.is((await host.events.next('endTransfer')).reasonCode, 6);
    assert.equal(visible(disk.path), ['FIRST']);
    disk.free();
    assertNothingHidden(disk.path, 'after EFNA');
    await transfer(other, CONTENT.subarray(0, 10), { dsn: 'THIRD' });
    await transfer(peer, CONTENT, { dsn: 'SECOND' });
    assert.equal(visible(disk.path), ['FIRST', 'SECOND', 'THIRD']);
  },
);

diskTest(
  'a disk that is full when the connection is lost: the restart goes on where the disk really has it',
  async () => {
    const disk = TinyDisk.mount(1024)!;
    const { host, peer, other } = await receivingInto(disk.path);
    const content = sample(400_000);
    await open(peer, { dsn: 'ORDERS' });
    await sendBuffers(peer, dataBuffers(content).slice(0, 180));
    disk.fill();
    peer.reset();
    const { virtualFileName, reasonCode } = await host.events.next('endTransfer');
    assert.equal([virtualFileName, reasonCode], ['ORDERS', 99]);
    await transfer(other, CONTENT.subarray(0, 0), { dsn: 'EMPTY' });
    disk.free();
    const { peer: next } = await host.session({ rest: 'Y' });
    next.send(sfid(5, { dsn: 'ORDERS', rest: 350 }));
    const start = Number((await next.expect('SFPA')).fields['acnt']) * 1024;
    await sendBuffers(next, dataBuffers(content.subarray(start)));
    next.send(efid(5, { ucnt: content.length }));
    await next.expect('EFPA');
    assert.ok(readFileSync(join(disk.path, 'ORDERS')).equals(content));
    assertNothingHidden(disk.path, 'after EFPA');
  },
);

/** Makes a folder one that nobody can write to, and undoes it. */
function lock(disk: TinyDisk | undefined, folder: string): () => void {
  if (disk !== undefined) {
    disk.setWritable(false);
    return () => disk.setWritable(true);
  }
  chmodSync(folder, 0o555);
  return () => chmodSync(folder, 0o755);
}

// A superuser writes to any folder, but not to a read-only file system.
const canLock = canMount() || process.getuid?.() !== 0 ? test : test.skip;
await cleanUp();

canLock('C-151 a read-only folder: SFNA 12 with retry Y, and the file is taken when it can be written to', async () => {
  const disk = TinyDisk.mount(256);
  const folder = disk?.path ?? temporaryFolder();
  const { host, peer, other } = await receivingInto(folder);
  const unlock = lock(disk, folder);
  for (const one of [peer, other]) {
    one.send(sfid(5));
    await one.expect('SFNA', { reas: '12', rrtr: 'Y' });
  }
  assert.match((await host.events.next('error')).description, /EROFS|EACCES/);
  unlock();
  await transfer(peer, CONTENT);
  assert.equal(visible(folder), ['TESTFILE']);
});

const gone = (folder: string): void => rmSync(folder, { recursive: true });

test('a folder that vanished before SFID: SFNA 12 with retry Y, and the file is taken when it is back', async () => {
  const folder = join(temporaryFolder(), 'inbox');
  mkdirSync(folder);
  const { host, peer, other } = await receivingInto(folder);
  gone(folder);
  for (const one of [peer, other]) {
    one.send(sfid(5));
    await one.expect('SFNA', { reas: '12', rrtr: 'Y' });
  }
  assert.match((await host.events.next('error')).description, 'ENOENT');
  mkdirSync(folder);
  await transfer(peer, CONTENT);
  assert.equal(visible(folder), ['TESTFILE']);
});

for (const [fmt, fields] of [
  ['U', {}],
  ['F', { fmt: 'F', lrecl: 50 }],
] as const) {
  test(`a folder that vanishes in the middle of a file of format ${fmt}: EFNA 12, and the session goes on`, async () => {
    const folder = join(temporaryFolder(), 'inbox');
    mkdirSync(folder);
    const { host, peer } = await receivingInto(folder);
    await open(peer, { dsn: 'ORDERS', ...fields });
    gone(folder);
    const record = Buffer.alloc(50, 'x');
    peer.send(...dataBuffers(record), efid(5, { ucnt: 50, rcnt: fmt === 'F' ? 1 : 0 }));
    await peer.expect('EFNA', { reas: '12' });
    assert.match((await host.events.next('error')).description, 'ENOENT');
    mkdirSync(folder);
    await transfer(peer, CONTENT, { dsn: 'NEXT' });
    assert.equal(readdirSync(folder), ['NEXT']);
  });
}

test('a folder that vanishes before the connection does: endTransfer tells the failure, the server goes on', async () => {
  const folder = join(temporaryFolder(), 'inbox');
  mkdirSync(folder);
  const { host, peer, other } = await receivingInto(folder);
  await open(peer, { dsn: 'ORDERS' });
  peer.send(...dataBuffers(CONTENT).slice(0, 20));
  gone(folder);
  peer.end();
  const { virtualFileName, reasonCode } = await host.events.next('endTransfer');
  assert.equal([virtualFileName, reasonCode], ['ORDERS', 99]);
  mkdirSync(folder);
  await transfer(other, CONTENT, { dsn: 'NEXT' });
});

test('C-116 MaxFileSize: more is announced: SFNA 06, retry N; more comes: EFNA 06, and nothing of it is kept', async () => {
  const folder = temporaryFolder();
  const { host, peer } = await receivingInto(folder, { settings: { maxFileSize: 50_000 } });
  peer.send(sfid(5, { dsn: 'ANNOUNCED', fsiz: 50 }));
  await peer.expect('SFNA', { reas: '06', rrtr: 'N' });
  assert.is(await refusedAtItsEnd(peer, 'LONGER'), '06');
  assert.match((await host.events.next('error')).description, 'larger than');
  assert.equal(readdirSync(folder), []);
  await transfer(peer, CONTENT.subarray(0, 50_000), { dsn: 'EXACT', fsiz: 49 });
  peer.send(cd());
  await peer.expect('EERP', { dsn: 'EXACT'.padEnd(26) });
  peer.send(rtr());
  await peer.expect('CD');
});

test('C-116 MaxFileSize counts what an earlier attempt has left', async () => {
  const folder = temporaryFolder();
  const { host, peer } = await receivingInto(folder, { settings: { maxFileSize: 50_000 } });
  await open(peer, { dsn: 'ORDERS' });
  peer.send(...dataBuffers(CONTENT).slice(0, 20));
  peer.end();
  await host.events.next('endTransfer');
  const { peer: next } = await host.session({ rest: 'Y' });
  next.send(sfid(5, { dsn: 'ORDERS', rest: 99 }));
  const { fields } = await next.expect('SFPA');
  const start = Number(fields['acnt']) * 1024;
  assert.ok(start > 30_000, `${start} octets were kept`);
  next.send(...dataBuffers(CONTENT.subarray(start, start + 25_000)), efid(5, { ucnt: start + 25_000 }));
  await next.expect('EFNA', { reas: '06' });
  assert.equal(readdirSync(folder), []);
});

test.run();

import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IncomingFile } from '../../src/files/incoming.js';
import { type FileIdentity, partNames } from '../../src/files/part-names.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import {
  errno,
  hidden,
  IDENTITY,
  intercepted,
  interrupted,
  open,
  receive,
  rejection,
  sample,
  write,
} from './support.js';

test.after.each(cleanUp);

test('C-139: after a break at 2500 octets two blocks are kept, and the finished file is identical', async () => {
  const directory = temporaryFolder();
  const content = sample(10_000);
  await interrupted(directory, content.subarray(0, 2_500));
  const { restartPosition } = await receive({ directory, path: join(directory, 'ORDERS'), content });
  assert.is(restartPosition, 2);
  assert.ok(readFileSync(join(directory, 'ORDERS')).equals(content));
  assert.equal(readdirSync(directory), ['ORDERS']);
});

test('C-135: the peer may restart earlier than what is kept, and then the rest is written anew', async () => {
  const directory = temporaryFolder();
  const content = sample(10_000);
  await interrupted(directory, sample(5_000).fill(0xee, 1_024));
  const file = await open(directory);
  assert.is(file.restartPosition, 4);
  await file.truncateTo(1);
  assert.is(file.length, 1_024);
  await write(file, content.subarray(1_024, 2_000));
  await file.park();
  await receive({ directory, path: join(directory, 'ORDERS'), content });
  assert.ok(readFileSync(join(directory, 'ORDERS')).equals(content));
});

test('C-138: nothing is kept of a file that is not known', async () => {
  const file = await open(temporaryFolder());
  assert.is(file.restartPosition, 0);
  await file.discard();
});

const OTHERS: readonly Partial<FileIdentity>[] = [
  { ssid: 'O0013OTHER' },
  { name: 'ORDER' },
  { stamp: { date: '20240229', time: '2359590002' } },
  { stamp: { date: '20240301', time: '2359590001' } },
  { originator: 'O0013X' },
  { destination: 'O0013X' },
  { format: 'T' },
  { recordLength: 80 },
  { security: 2 },
  { cipherSuite: 4 },
  { compression: 1 },
  { envelope: 1 },
];

for (const other of OTHERS) {
  test(`C-144: a part file is not resumed for another ${Object.keys(other)}`, async () => {
    const directory = temporaryFolder();
    await interrupted(directory, sample(5_000));
    const file = await open(directory, { ...IDENTITY, ...other });
    assert.is(file.restartPosition, 0);
    await file.discard();
    assert.is(hidden(directory).length, 2, 'the other part file and its sidecar stay');
  });
}

test('C-144: identities whose fields only join to the same text have different part files', () => {
  const one = partNames('/x', { ...IDENTITY, originator: 'AB', destination: 'C' });
  const other = partNames('/x', { ...IDENTITY, originator: 'A', destination: 'BC' });
  assert.is.not(one.part, other.part);
});

test('a part file of less than one block is not kept', async () => {
  const directory = temporaryFolder();
  await interrupted(directory, sample(1_023));
  assert.equal(readdirSync(directory), []);
});

test('a part file whose sidecar is damaged vouches for nothing', async () => {
  const directory = temporaryFolder();
  const { sidecar } = partNames(directory, IDENTITY);
  for (const text of [
    '',
    '{"synced":',
    '{"synced":-1}',
    '{"synced":99999999999999999}',
    '{"synced":"4096"}',
    'x'.repeat(500),
  ]) {
    await interrupted(directory, sample(5_000));
    writeFileSync(sidecar, text);
    const file = await open(directory);
    assert.is(file.restartPosition, 0, text);
    await file.discard();
  }
});

test('after a kill only what the sidecar says is kept: later octets may never have reached the disk', async () => {
  const directory = temporaryFolder();
  const { part, sidecar } = partNames(directory, IDENTITY);
  await interrupted(directory, sample(5_000));
  writeFileSync(sidecar, '{"synced":3000}');
  writeFileSync(part, sample(50_000));
  const file = await open(directory);
  assert.is(file.restartPosition, 2);
  await file.truncateTo(2);
  assert.is(statSync(part).size, 2_048);
  await file.discard();
});

test('a part file shorter than its sidecar says counts for what is there; the sidecar is lowered', async () => {
  const directory = temporaryFolder();
  const { part, sidecar } = partNames(directory, IDENTITY);
  await interrupted(directory, sample(9_000));
  truncateSync(part, 3_000);
  const file = await open(directory);
  assert.is(file.restartPosition, 2);
  await file.truncateTo(2);
  assert.is(readFileSync(sidecar, 'latin1'), '{"synced":2048}', 'more would vouch for what is written next');
  await file.discard();
});

test('sync notes what is on the disk, for a restart without park', async () => {
  const directory = temporaryFolder();
  const { sidecar } = partNames(directory, IDENTITY);
  const file = await open(directory);
  await file.truncateTo(0);
  await write(file, sample(4_000));
  await Promise.all([file.sync(), file.sync()]);
  assert.is(readFileSync(sidecar, 'latin1'), '{"synced":4000}');
  await write(file, sample(1_000));
  assert.is(readFileSync(sidecar, 'latin1'), '{"synced":4000}');
  await file.sync();
  assert.is(readFileSync(sidecar, 'latin1'), '{"synced":5000}');
  await file.discard();
});

test('before octets are overwritten, the sidecar does not vouch for them any more, durably', async () => {
  const directory = temporaryFolder();
  await interrupted(directory, sample(5_000));
  const calls: string[] = [];
  const fileSystem = intercepted(({ text }) => void calls.push(text));
  const file = await IncomingFile.open({ directory, identity: IDENTITY, fileSystem });
  calls.length = 0;
  await file.truncateTo(1);
  const written = ['unlink tmp', 'open tmp', 'write tmp', 'fsync tmp', 'close tmp', 'rename json'];
  assert.equal(calls, [...written, 'open folder', 'fsync folder', 'close folder', 'ftruncate part']);
  assert.is(readFileSync(partNames(directory, IDENTITY).sidecar, 'latin1'), '{"synced":1024}');
  await file.discard();
});

test('a restart from the beginning withdraws the sidecar, durably', async () => {
  const directory = temporaryFolder();
  await interrupted(directory, sample(5_000));
  const calls: string[] = [];
  const fileSystem = intercepted(({ text }) => void calls.push(text));
  const file = await IncomingFile.open({ directory, identity: IDENTITY, fileSystem });
  calls.length = 0;
  await file.truncateTo(0);
  assert.equal(calls, ['unlink json', 'open folder', 'fsync folder', 'close folder', 'ftruncate part']);
  await file.discard();
});

test('a second attempt that is killed leaves the third what the first one had, up to the second restart', async () => {
  const directory = temporaryFolder();
  await interrupted(directory, sample(5_000));
  const fileSystem = intercepted(() => {});
  const second = await IncomingFile.open({ directory, identity: IDENTITY, fileSystem });
  await second.truncateTo(3);
  await write(second, sample(500));
  // What a kill leaves, in a folder of its own: the claim of the second attempt stands in this process only.
  const copy = temporaryFolder();
  cpSync(directory, copy, { recursive: true });
  const third = await open(copy);
  assert.is(third.restartPosition, 3);
  await third.discard();
  await second.discard();
});

test('a failed fsync is never forgotten: the octets before it are not vouched for', async () => {
  const directory = temporaryFolder();
  let failing = true;
  const fileSystem = intercepted(({ text }) => {
    if (text === 'fsync part' && failing) throw errno('EIO');
  });
  const file = await IncomingFile.open({ directory, identity: IDENTITY, fileSystem });
  await file.truncateTo(0);
  await write(file, sample(5_000));
  assert.is((await rejection(file.sync())).code, 'EIO');
  failing = false;
  assert.is((await rejection(file.park())).code, 'EIO');
  assert.is(fileSystem.descriptors.size, 0);
  const next = await open(directory);
  assert.is(next.restartPosition, 0);
  await next.discard();
});

test('a connection that comes back while the earlier one is being parked waits, and finds all of it', async () => {
  const directory = temporaryFolder();
  const held = gate();
  const fileSystem = intercepted(({ text }) => (text === 'fsync part' ? held.opened : undefined));
  const file = await IncomingFile.open({ directory, identity: IDENTITY, fileSystem });
  await file.truncateTo(0);
  await write(file, sample(5_000));
  const parked = file.park();
  const resumed = open(directory);
  held.open();
  await parked;
  assert.is((await resumed).restartPosition, 4);
  await (await resumed).discard();
});

test('of two connections that wait for the parked file one gets it and the other is refused', async () => {
  const directory = temporaryFolder();
  const file = await open(directory);
  await file.truncateTo(0);
  await write(file, sample(5_000));
  const [, ...offers] = await Promise.allSettled([file.park(), open(directory), open(directory)]);
  assert.equal(offers.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  for (const offer of offers) {
    if (offer.status === 'fulfilled') await offer.value.discard();
    else assert.is(offer.reason.code, 'EBUSY');
  }
});

test('park waits for the write under way', async () => {
  const directory = temporaryFolder();
  const held = gate();
  const fileSystem = intercepted(({ name }) => (name === 'write' ? held.opened : undefined));
  const file = await IncomingFile.open({ directory, identity: IDENTITY, fileSystem });
  await file.truncateTo(0);
  const written = write(file, sample(3_000));
  const parked = file.park();
  assert.throws(() => file.write(sample(1), 0, 1, () => {}), /the end of the part file/);
  held.open();
  await written;
  await parked;
  const resumed = await open(directory);
  assert.is(resumed.restartPosition, 2);
  await resumed.discard();
});

test('a sidecar without its part file is removed before a new part file is made', async () => {
  const directory = temporaryFolder();
  const { part, sidecar } = partNames(directory, IDENTITY);
  writeFileSync(sidecar, '{"synced":4096}');
  const file = await open(directory);
  assert.equal(hidden(directory), [basename(part)]);
  await file.discard();
});

test('whatever the breaks and restarts, the published file is the one that was sent', async () => {
  const step = fc.record({
    octets: fc.integer({ min: 0, max: 5_000 }),
    give: fc.integer({ min: 0, max: 5 }),
    sync: fc.boolean(),
  });
  const content = sample(16_000);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
      const directory = temporaryFolder();
      for (const { octets, give, sync } of steps) {
        const file = await open(directory);
        await file.truncateTo(Math.min(give, file.restartPosition));
        await write(file, content.subarray(file.length, file.length + octets));
        if (sync) await file.sync();
        await file.park();
      }
      await receive({ directory, path: join(directory, 'ORDERS'), content });
      assert.ok(readFileSync(join(directory, 'ORDERS')).equals(content));
      assert.equal(readdirSync(directory), ['ORDERS']);
    }),
    { numRuns: 25 },
  );
});

test.run();

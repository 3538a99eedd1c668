import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PartFileKeeper } from '../../src/server/housekeeping.js';
import { until } from '../support/channels.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';

test.after.each(cleanUp);

const HOUR_MS = 3_600_000;
const NOW = Date.now();

function partFile(folder: string, digit: string, ageHours: number): string {
  const path = join(folder, `.oftp-${digit.repeat(64)}.part`);
  writeFileSync(path, 'x');
  const time = (NOW - ageHours * HOUR_MS) / 1000;
  utimesSync(path, time, time);
  return path;
}

test('part files older than the limit go, younger ones and other files stay', async () => {
  const folder = temporaryFolder();
  const [old, young] = [partFile(folder, 'a', 11), partFile(folder, 'b', 9)];
  writeFileSync(join(folder, 'ORDERS'), 'x');
  await new PartFileKeeper().visit(folder, 10, NOW);
  assert.equal([old, young, join(folder, 'ORDERS')].map(existsSync), [false, true, true]);
});

test('a limit of 0 keeps all', async () => {
  const folder = temporaryFolder();
  const old = partFile(folder, 'a', 1000);
  await new PartFileKeeper().visit(folder, 0, NOW);
  assert.ok(existsSync(old));
});

test('a folder is looked through again no sooner than an hour later', async () => {
  const folder = temporaryFolder();
  const keeper = new PartFileKeeper();
  await keeper.visit(folder, 10, NOW);
  const old = partFile(folder, 'a', 11);
  await keeper.visit(folder, 10, NOW + HOUR_MS - 1);
  assert.ok(existsSync(old));
  await keeper.visit(folder, 10, NOW + HOUR_MS);
  assert.not(existsSync(old));
});

for (const [config, kept] of [
  ['PartFileMaxAge=10', false],
  ['PartFileMaxAge=12', true],
] as const) {
  test(`${config}: a part file of eleven hours ${kept ? 'stays' : 'goes'} when its partner opens a session`, async () => {
    const host = await TestServer.start({ config: [config] });
    const [old, older] = [partFile(host.inbox, 'a', 11), partFile(host.inbox, 'b', 13)];
    const { peer } = await host.session();
    await until(() => !existsSync(older) && existsSync(old) === kept, 'the old part files to go');
    await transfer(peer, Buffer.from('octets'));
    assert.is(existsSync(old), kept);
  });
}

test.run();

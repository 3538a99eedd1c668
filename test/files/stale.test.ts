import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IncomingFile } from '../../src/files/incoming.js';
import { type PartNames, partNames } from '../../src/files/part-names.js';
import { preparedName, removeStalePartFiles, removeStalePrepared } from '../../src/files/stale.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { errno, IDENTITY, intercepted, rejection, sample, write } from './support.js';

test.after.each(cleanUp);

const NOW = Date.parse('2024-03-01T00:00:00Z');
const DAY = 86_400_000;

function place(path: string, ageDays: number): void {
  writeFileSync(path, 'x');
  const time = (NOW - ageDays * DAY) / 1000;
  utimesSync(path, time, time);
}

function namesOf(directory: string, name: string): PartNames {
  return partNames(directory, { ...IDENTITY, name });
}

const clear = (directory: string) => removeStalePartFiles(directory, 30 * DAY, { now: NOW });

test('hidden files older than the limit go, younger ones stay', async () => {
  const directory = temporaryFolder();
  const [old, young] = [namesOf(directory, 'OLD'), namesOf(directory, 'YOUNG')];
  for (const path of Object.values(old)) place(path, 31);
  place(young.part, 29);
  assert.is(await clear(directory), 6);
  assert.equal(
    readdirSync(directory).map((name) => join(directory, name)),
    [young.part],
  );
});

test('files of other names stay, however old', async () => {
  const directory = temporaryFolder();
  const { part } = namesOf(directory, 'X');
  const others = ['ORDERS', '.hidden', '.oftp-0123.part', `${basename(part)}.bak`, basename(part).toUpperCase()];
  for (const name of others) place(join(directory, name), 1_000);
  assert.is(await clear(directory), 0);
  assert.equal(readdirSync(directory).sort(), others.sort());
});

test('a sidecar is as old as its part file: together they are resumed or removed', async () => {
  const directory = temporaryFolder();
  const names = namesOf(directory, 'X');
  place(names.sidecar, 40);
  place(names.part, 2);
  assert.is(await clear(directory), 0);
  assert.ok(existsSync(names.sidecar));
});

test('a file that is being received stays, and is free again after the look at it', async () => {
  const directory = temporaryFolder();
  const file = await IncomingFile.open({ directory, identity: IDENTITY });
  await file.truncateTo(0);
  await write(file, sample(5_000));
  await file.sync();
  const far = { now: Date.now() + 400 * DAY };
  assert.is(await removeStalePartFiles(directory, DAY, far), 0);
  await file.park();
  assert.is(await removeStalePartFiles(directory, DAY, far), 2);
  assert.equal(readdirSync(directory), []);
  await (await IncomingFile.open({ directory, identity: IDENTITY })).discard();
});

test('an offer that comes during the removal waits for it instead of losing its part file', async () => {
  const directory = temporaryFolder();
  const { part } = partNames(directory, IDENTITY);
  place(part, 31);
  let offer: Promise<IncomingFile> | undefined;
  const fileSystem = intercepted(({ text }) => {
    if (text === 'unlink part') offer ??= IncomingFile.open({ directory, identity: IDENTITY });
  });
  assert.is(await removeStalePartFiles(directory, 30 * DAY, { now: NOW, fileSystem }), 1);
  const file = await offer!;
  assert.ok(existsSync(part), 'the new part file');
  await file.discard();
});

test('what is no regular file is left alone', async () => {
  const directory = temporaryFolder();
  const [folder, link] = [namesOf(directory, 'A').part, namesOf(directory, 'B').part];
  mkdirSync(folder);
  symlinkSync('/etc/hostname', link);
  assert.is(await removeStalePartFiles(directory, 0, { now: Date.now() + DAY }), 0);
  assert.is(readdirSync(directory).length, 2);
});

test('a folder that does not exist holds nothing stale; other errors are told', async () => {
  assert.is(await clear(join(temporaryFolder(), 'missing')), 0);
  const fileSystem = intercepted(({ name }) => {
    if (name === 'names') throw errno('EACCES');
  });
  assert.is((await rejection(removeStalePartFiles(temporaryFolder(), 0, { fileSystem }))).code, 'EACCES');
});

test('files prepared to be sent: those older than the limit go, complete or not; young ones and other files stay', async () => {
  const directory = temporaryFolder();
  const [old, part, young] = [preparedName(), `${preparedName()}.part`, preparedName()];
  place(join(directory, old), 31);
  place(join(directory, part), 31);
  place(join(directory, young), 29);
  const others = ['ORDERS.cms', '.oftp-1.cms', basename(namesOf(directory, 'X').part)];
  for (const name of others) place(join(directory, name), 1_000);
  mkdirSync(join(directory, preparedName()));
  const folder = readdirSync(directory).filter((name) => ![old, part, young, ...others].includes(name));
  await removeStalePrepared(directory, 30 * DAY, { now: NOW });
  assert.equal(readdirSync(directory).sort(), [young, ...others, ...folder].sort());
  await removeStalePrepared(join(directory, 'nowhere'), 30 * DAY, { now: NOW });
});

test.run();

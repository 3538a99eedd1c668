/** What a killed process leaves under TempPath is removed by the next one, and nothing that may be anybody else's. */
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer } from '../../src/index.js';
import { Child } from '../support/child.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { within } from '../support/outcome.js';
import { RawPeer } from '../support/peer.js';
import { PROJECT_ROOT } from '../support/project.js';
import { cd, ssid } from '../support/wire.js';

test.after.each(cleanUp);

/** oftp-HOST-BOOT-NAMESPACES-PID-STARTED-RANDOM. */
const NAME = /^oftp-([0-9a-f]{16})-([0-9a-f]{32})-(\d+\.\d+)-(\d+)-(\d+)-(\w{6})$/;

/** A process in the middle of a transfer, with the one folder that it has under TempPath. */
async function sender(tempPath: string): Promise<{ child: Child; folder: string; parts: string[] }> {
  const program = join(PROJECT_ROOT, 'dist/test/server/scratch-child.js');
  const before = new Set(readdirSync(tempPath));
  const child = new Child(process.execPath, [program, tempPath], { limitMs: 30_000 });
  onCleanUp(() => void child.stop(0));
  const [, port] = await child.waitForOutput(/listening on (\d+)/);
  const peer = await RawPeer.connect(Number(port));
  await peer.expect('SSRM');
  peer.send(ssid());
  await peer.expect('SSID');
  peer.send(cd());
  await peer.expect('SFID');
  const [name = '', ...more] = readdirSync(tempPath).filter((entry) => !before.has(entry));
  assert.equal(more, []);
  const [, ...parts] = NAME.exec(name) ?? [];
  assert.is(parts.length, 6, name);
  return { child, folder: join(tempPath, name), parts };
}

async function kill(child: Child): Promise<void> {
  child.signal('SIGKILL');
  await child.finished;
}

/** A server starts, and has had its look around when it has shut down. */
async function startAndStop(tempPath: string): Promise<string[]> {
  const messages: string[] = [];
  const server = new OFTPServer({
    localHost: '127.0.0.1',
    localPort: 0,
    serverSsidCode: 'O0013HUB',
    serverSfidCode: 'O0013HUB',
    statePath: null,
    tempPath,
  });
  server.on('log', ({ message }) => void messages.push(message));
  server.on('error', ({ description }) => void messages.push(description));
  onCleanUp(() => server.shutdown());
  await server.startListening();
  await within(server.shutdown());
  return messages;
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('the folder of a killed process is removed at the next start, with what is in it', async () => {
  const tempPath = temporaryFolder();
  const { child, folder, parts } = await sender(tempPath);
  assert.is(readdirSync(folder).length, 1, 'the stream is kept there');
  assert.is(parts[3], /^\d+/.exec(readFileSync(`/proc/${parts[3]}/stat`, 'utf8'))?.[0]);
  await kill(child);
  assert.ok(existsSync(folder), 'it is left behind');
  assert.equal(await startAndStop(tempPath), []);
  assert.equal(readdirSync(tempPath), []);
});

onLinux('the folder of a process that lives stays, with what is in it', async () => {
  const tempPath = temporaryFolder();
  const [living, killed] = [await sender(tempPath), await sender(tempPath)];
  await kill(killed.child);
  await startAndStop(tempPath);
  assert.equal(
    [living, killed].map(({ folder }) => existsSync(folder)),
    [true, false],
  );
  assert.is(readdirSync(living.folder).length, 1);
});

/** The name of a killed process's folder with other parts, and whether that is proof enough that nobody needs it. */
const VARIANTS: readonly [what: string, change: (parts: string[]) => void, goes: boolean][] = [
  ['of another container of this machine', (parts) => set(parts, 2, '4026539999.4026531834'), false],
  ['of another machine', (parts) => set(parts, 0, 'f'.repeat(16), 1, 'e'.repeat(32)), false],
  ['of a machine without an id, started again', (parts) => set(parts, 0, '0'.repeat(16), 1, 'e'.repeat(32)), false],
  ['of this machine before it was started again', (parts) => set(parts, 1, 'e'.repeat(32)), hasMachineId()],
  ['of a process whose number a living one has now', (parts) => set(parts, 3, String(process.pid)), true],
  ['of a living process', (parts) => set(parts, 3, String(process.pid), 4, startOf(process.pid)), false],
  ['of process 1, which is not the own user’s for most', (parts) => set(parts, 3, '1', 4, startOf(1)), false],
  ['with a number that no process can have', (parts) => set(parts, 3, '99999999'), false],
  ['with process number 0', (parts) => set(parts, 3, '0'), false],
];

function set(parts: string[], ...changes: (number | string)[]): void {
  for (let at = 0; at < changes.length; at += 2) parts[Number(changes[at])] = String(changes[at + 1]);
}

function hasMachineId(): boolean {
  return existsSync('/etc/machine-id') && /^[0-9a-f]{32}$/.test(readFileSync('/etc/machine-id', 'utf8').trim());
}

function startOf(pid: number): string {
  if (process.platform !== 'linux') return '';
  return (
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19] ?? ''
  );
}

onLinux('of folders with other names only those go whose process is gone for certain', async () => {
  const tempPath = temporaryFolder();
  const { child, parts } = await sender(tempPath);
  await kill(child);
  const made = VARIANTS.map(([what, change, goes]) => {
    const changed = [...parts];
    change(changed);
    const folder = join(tempPath, `oftp-${changed.join('-')}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'content.out'), 'content');
    return { what, folder, goes };
  });
  await startAndStop(tempPath);
  for (const { what, folder, goes } of made) assert.is(existsSync(folder), !goes, what);
});

onLinux('links, files and folders that only look like one stay, and a link is not followed', async () => {
  const [tempPath, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const { child, parts } = await sender(tempPath);
  await kill(child);
  writeFileSync(join(elsewhere, 'precious'), 'content');
  const named = (ending: string) => join(tempPath, `oftp-${[...parts.slice(0, 5), ending].join('-')}`);
  symlinkSync(elsewhere, named('LINKED'));
  writeFileSync(named('aaFILE'), 'content');
  const strange = [
    'oftp-AbCdEf',
    'oftp-bench-AbCdEf',
    `${named('AbCdEf')}g`,
    `${named('AbCdEf')}.old`,
    'x-oftp-AbCdEf',
  ];
  for (const name of strange) mkdirSync(join(tempPath, name.slice(name.lastIndexOf('/') + 1)));
  const left = readdirSync(tempPath).filter((name) => !name.endsWith(parts[5] ?? ''));
  await startAndStop(tempPath);
  assert.equal(readdirSync(tempPath).sort(), left.sort());
  assert.is(readFileSync(join(elsewhere, 'precious'), 'utf8'), 'content');
});

onLinux('a link inside such a folder goes, what it leads to stays', async () => {
  const [tempPath, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const { child, folder } = await sender(tempPath);
  await kill(child);
  writeFileSync(join(elsewhere, 'precious'), 'content');
  symlinkSync(elsewhere, join(folder, 'link'));
  await startAndStop(tempPath);
  assert.equal([existsSync(folder), readdirSync(elsewhere)], [false, ['precious']]);
});

const asRoot = process.geteuid?.() === 0 ? onLinux : test.skip;

asRoot('the folder of another user stays, even for root', async () => {
  const tempPath = temporaryFolder();
  const { child, folder } = await sender(tempPath);
  await kill(child);
  chownSync(folder, 65_534, 65_534);
  await startAndStop(tempPath);
  assert.ok(existsSync(folder));
});

onLinux('two that start at the same time do not get in each other’s way', async () => {
  const tempPath = temporaryFolder();
  const { child } = await sender(tempPath);
  await kill(child);
  assert.equal(await Promise.all([startAndStop(tempPath), startAndStop(tempPath)]), [[], []]);
  assert.equal(readdirSync(tempPath), []);
});

test('a TempPath that is not there yet is nothing to look at, and no error', async () => {
  const tempPath = join(temporaryFolder(), 'later');
  assert.equal(await startAndStop(tempPath), []);
  assert.not(existsSync(tempPath));
});

test('a TempPath that cannot be looked at is told by log, and the server starts', async () => {
  const tempPath = join(temporaryFolder(), 'file');
  writeFileSync(tempPath, '');
  const [message = '', ...more] = await startAndStop(tempPath);
  assert.match(message, /^temporary files of killed processes could not be looked for: ENOTDIR/);
  assert.equal(more, []);
});

test.run();

/** What the tests of this folder share: an identity, a file system that obeys the test, and transfers in one call. */

import { readdirSync } from 'node:fs';
import { type FileSystem, nodeFileSystem } from '../../src/files/filesystem.js';
import { IncomingFile } from '../../src/files/incoming.js';
import { OCTET_LAYOUT, type PartLayout, recordLayout } from '../../src/files/part-layout.js';
import type { FileIdentity } from '../../src/files/part-names.js';
import { type PublishOptions, TargetName } from '../../src/files/publish.js';

export const IDENTITY: FileIdentity = {
  ssid: 'O0013PARTNER',
  name: 'ORDERS',
  stamp: { date: '20240229', time: '2359590001' },
  originator: 'O0013PARTNER',
  destination: 'O0013HUB',
  format: 'U',
  recordLength: 0,
  security: 0,
  cipherSuite: 0,
  compression: 0,
  envelope: 0,
};

const RECORD = 'record of forty octets '.padEnd(40, '.');
const RECORD_COUNT = 205;
const MARK = '\x80\0\0\x28';

/** A file of 205 records of 40 octets: 9,020 octets in the part file. */
export const MARKED = {
  identity: { ...IDENTITY, format: 'F', recordLength: 40 },
  content: Buffer.from(`${MARK}${RECORD}`.repeat(RECORD_COUNT), 'latin1'),
  delivered: Buffer.from(`${RECORD}\r\n`.repeat(RECORD_COUNT)),
  layout: () => recordLayout('crlf'),
};

/** One call to the file system, before it is made. `text` says what and on what: `fsync part`, `link ORDERS`. */
export interface Call {
  readonly name: keyof FileSystem;
  readonly text: string;
}

/** May throw to make the call fail, or never settle to hold it. */
export type Intercept = (call: Call) => void | Promise<void>;

/**
 * The real file system, except that `intercept` is asked before each call, and that nothing waits for the disk: no
 * test can cut the power.
 */
export function intercepted(intercept: Intercept): FileSystem & { readonly descriptors: ReadonlyMap<number, string> } {
  const descriptors = new Map<number, string>();
  const ask = async (name: keyof FileSystem, on: string | number) => {
    const path = typeof on === 'number' ? (descriptors.get(on) ?? 'unknown descriptor') : on;
    await intercept({ name, text: `${name} ${label(path)}` });
  };
  return {
    descriptors,
    read(fd, into, start, length, position, moved) {
      ask('read', fd).then(
        () => nodeFileSystem.read(fd, into, start, length, position, moved),
        (error: NodeJS.ErrnoException) => moved(error, 0),
      );
    },
    write(fd, from, start, length, position, moved) {
      ask('write', fd).then(
        () => nodeFileSystem.write(fd, from, start, length, position, moved),
        (error: NodeJS.ErrnoException) => moved(error, 0),
      );
    },
    async open(path, flags, mode) {
      await ask('open', path);
      const fd = await nodeFileSystem.open(path, flags, mode);
      descriptors.set(fd, path);
      return fd;
    },
    async close(fd) {
      // Closes in any case, as the system does: a failing close reports an error of earlier writes.
      const failure = await ask('close', fd).catch((error: unknown) => error);
      descriptors.delete(fd);
      await nodeFileSystem.close(fd);
      if (failure) throw failure;
    },
    fstat: (fd) => ask('fstat', fd).then(() => nodeFileSystem.fstat(fd)),
    lstat: (path) => ask('lstat', path).then(() => nodeFileSystem.lstat(path)),
    fsync: (fd) => ask('fsync', fd),
    ftruncate: (fd, length) => ask('ftruncate', fd).then(() => nodeFileSystem.ftruncate(fd, length)),
    link: (existing, added) => ask('link', added).then(() => nodeFileSystem.link(existing, added)),
    rename: (from, to) => ask('rename', to).then(() => nodeFileSystem.rename(from, to)),
    unlink: (path) => ask('unlink', path).then(() => nodeFileSystem.unlink(path)),
    async *names(directory) {
      await ask('names', directory);
      yield* nodeFileSystem.names(directory);
    },
  };
}

/** `part`, `json`, `tmp` or `done` for our hidden files, `folder` for the folder, else the name itself. */
function label(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('oftp-test-')) return 'folder';
  return /^\.oftp-[0-9a-f]{64}\.(\w+)$/.exec(name)?.[1] ?? name;
}

export function errno(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}

export function write(file: IncomingFile, octets: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    file.write(octets, 0, octets.length, (error) => (error ? reject(error) : resolve()));
  });
}

export function open(directory: string, identity: FileIdentity = IDENTITY): Promise<IncomingFile> {
  return IncomingFile.open({ directory, identity });
}

/** Leaves a part file with so many octets, parked as after a lost connection. */
export async function interrupted(directory: string, content: Uint8Array): Promise<void> {
  const file = await open(directory);
  await file.truncateTo(0);
  await write(file, content);
  await file.park();
}

export interface ReceiveOptions extends PublishOptions {
  readonly path: string;
  readonly directory: string;
  readonly content: Uint8Array;
  readonly overwrite?: boolean;
  readonly identity?: FileIdentity;
  readonly layout?: PartLayout;
  readonly fileSystem?: FileSystem;
}

/** A whole transfer, from the offer to the published file, going on where an earlier attempt ended. */
export async function receive(options: ReceiveOptions): Promise<{ restartPosition: number }> {
  const { path, directory, content, overwrite = false } = options;
  const { identity = IDENTITY, layout = OCTET_LAYOUT, fileSystem = nodeFileSystem } = options;
  const target = await TargetName.reserve(path, { overwrite, identity, fileSystem });
  try {
    const file = await IncomingFile.open({ directory, identity, conversion: layout.conversion, fileSystem });
    try {
      const { position: restartPosition } = await layout.resume(file, 99_999n);
      await write(file, content.subarray(file.length));
      await file.commit(target, options);
      return { restartPosition };
    } finally {
      await file.park();
    }
  } finally {
    target.release();
  }
}

/** The hidden files in a folder. */
export function hidden(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('.'));
}

/** Octets that differ from place to place. */
export function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

/** The error of a promise that must reject. */
export async function rejection(promise: Promise<unknown>): Promise<NodeJS.ErrnoException> {
  try {
    await promise;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('resolved, although it had to reject');
}

/** A file system that answers this error to every hard link. */
export const withoutLinks = (code = 'EPERM') =>
  intercepted(({ name }) => {
    if (name === 'link') throw errno(code);
  });

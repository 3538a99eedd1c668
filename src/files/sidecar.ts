/**
 * A small file beside a part file that says how many of its octets are known to be on the disk. After a crash the
 * length of the part file alone proves nothing: its last pages may never have been written.
 */
import { dirname } from 'node:path';
import { errnoError, type FileSystem, hasErrno, moved, OPEN, removeIfThere } from './filesystem.js';
import type { PartNames } from './part-names.js';
import { syncDirectory } from './sync-directory.js';

/** A sidecar is shorter; what is longer is not ours. */
const LENGTH_MAX = 64;

const SIDECAR = /^\{"synced":(\d{1,16})\}$/;

/**
 * The number of octets that the sidecar vouches for; 0 where there is none, or none of ours. That one cannot be read
 * is an error and not 0, because it would go on vouching for octets that are overwritten from now on.
 */
export async function readSidecar(fileSystem: FileSystem, { sidecar }: PartNames): Promise<number> {
  let fd: number;
  try {
    fd = await fileSystem.open(sidecar, OPEN.readOwn);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return 0;
    throw error;
  }
  const octets = new Uint8Array(LENGTH_MAX);
  try {
    const length = await moved((done) => fileSystem.read(fd, octets, 0, LENGTH_MAX, 0, done));
    const synced = Number(SIDECAR.exec(String.fromCharCode(...octets.subarray(0, length)))?.[1] ?? 0);
    return Number.isSafeInteger(synced) ? synced : 0;
  } finally {
    await fileSystem.close(fd);
  }
}

/** Writes the sidecar so that at any time either the old one or the new one stands there, whole. */
export async function writeSidecar(fileSystem: FileSystem, names: PartNames, synced: number): Promise<void> {
  await removeIfThere(fileSystem, names.sidecarNew);
  const fd = await fileSystem.open(names.sidecarNew, OPEN.createOwn, 0o600);
  try {
    const octets = Buffer.from(`{"synced":${synced}}`);
    const length = await moved((done) => fileSystem.write(fd, octets, 0, octets.length, 0, done));
    // No second attempt for the rest: a disk that does not take 30 octets at once is full.
    if (length !== octets.length) throw errnoError('ENOSPC', names.sidecarNew, 'no space left for all of the sidecar');
    await fileSystem.fsync(fd);
  } finally {
    await fileSystem.close(fd);
  }
  await fileSystem.rename(names.sidecarNew, names.sidecar);
}

/** Makes the sidecar vouch for fewer octets, durably, before those that it no longer vouches for are overwritten. */
export async function lowerSidecar(fileSystem: FileSystem, names: PartNames, synced: number): Promise<void> {
  if (synced === 0) return removeSidecar(fileSystem, names);
  await writeSidecar(fileSystem, names, synced);
  await syncDirectory(fileSystem, dirname(names.sidecar));
}

/** Withdraws what the sidecar says, durably. */
export async function removeSidecar(fileSystem: FileSystem, { sidecar }: PartNames): Promise<void> {
  if (await removeIfThere(fileSystem, sidecar)) await syncDirectory(fileSystem, dirname(sidecar));
}

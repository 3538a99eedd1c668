/**
 * A small file beside a part file that says how many of its octets are known to be on the disk. After a crash the
 * length of the part file alone proves nothing: its last pages may never have been written.
 */
import { dirname } from 'node:path';
import { type FileSystem, removeIfThere } from './filesystem.js';
import type { PartNames } from './part-names.js';
import { readSmallFile, writeSmallFile } from './small-file.js';
import { syncDirectory } from './sync-directory.js';

const SIDECAR = /^\{"synced":(\d{1,16})\}$/;

/** The number of octets that the sidecar vouches for; 0 where there is none, or none of ours. */
export async function readSidecar(fileSystem: FileSystem, { sidecar }: PartNames): Promise<number> {
  const synced = Number(SIDECAR.exec(await readSmallFile(fileSystem, sidecar))?.[1] ?? 0);
  return Number.isSafeInteger(synced) ? synced : 0;
}

/** Writes the sidecar so that at any time either the old one or the new one stands there, whole. */
export async function writeSidecar(fileSystem: FileSystem, names: PartNames, synced: number): Promise<void> {
  await writeSmallFile(fileSystem, names.sidecarNew, `{"synced":${synced}}`);
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

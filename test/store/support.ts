/** What the tests of this folder share: records, stores, and a promise that must reject. */

import type { OFTPError } from '../../src/settings/errors.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { SqlStore, type SqlStoreOptions } from '../../src/store/sql-store.js';
import type { EndResponse, FileIdentity, OutgoingKey, ReceivedFile, Store } from '../../src/store/store.js';
import { remote } from '../cluster/channel.js';
import { onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';

export const PARTNER = 'O0013PARTNER';
export const STAMP = { date: '20240229', time: '2359590001' };

/** What makes a virtual file the same one. */
export const IDENTITY_PARTS = ['partner', 'name', 'date', 'time', 'destination', 'originator'] as const;

export function identity(name: string, partner = PARTNER): FileIdentity {
  return { partner, name, ...STAMP, destination: 'O0013HUB', originator: partner };
}

export function received(name: string, partner = PARTNER): ReceivedFile {
  return {
    ...identity(name, partner),
    localFile: `/inbox/${name}`,
    size: 1024,
    level: 5,
    userData: 'USERDATA',
    description: 'an order',
    attributes: '{"fmt":"U"}',
  };
}

export function eerp(name: string, partner = PARTNER): EndResponse {
  const file = identity(name, partner);
  return {
    name: 'EERP',
    file,
    userData: 'USERDATA',
    destination: file.originator,
    originator: file.destination,
    creator: '',
    reasonCode: 0,
    reasonText: '',
    hash: Uint8Array.of(1, 2, 3),
    signature: Uint8Array.of(0, 255, 128),
  };
}

export function outgoing(name: string, partner = PARTNER): OutgoingKey {
  const parties = { destination: partner, originator: 'O0013HUB' };
  return { partner, name, ...parties, path: `/outbox/${name}`, version: '1' };
}

/** A durable store in a folder of its own, or in that one; closed after the test. */
export async function openSqlStore(options: SqlStoreOptions & { folder?: string } = {}): Promise<SqlStore> {
  const store = await SqlStore.open(options.folder ?? temporaryFolder(), options);
  onCleanUp(() => store.close());
  return store;
}

/** Every kind of store: the same tests hold for all of them. */
export const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  'memory store': async () => new MemoryStore(),
  'SQL store': openSqlStore,
  'memory store of another process': async () => remote(new MemoryStore()).store,
  'SQL store of another process': async () => remote(await openSqlStore()).store,
};

/** The names of the files whose responses are pending, in order. */
export async function pendingNames(store: Store, partner = PARTNER): Promise<string[]> {
  return (await store.pendingResponses(partner)).map(({ file }) => file.name);
}

/** Acknowledges a file, finishes it with an EERP and has that confirmed. */
export async function exchange(store: Store, name: string): Promise<void> {
  const { id } = await store.acknowledge(received(name));
  await store.finish(id, eerp(name));
  const pending = await store.pendingResponses(PARTNER);
  for (const response of pending) if (response.file.name === name) await store.confirmResponse(response.id);
}

/** The error of a promise that must reject. */
export async function rejection(promise: Promise<unknown>): Promise<OFTPError> {
  try {
    await promise;
  } catch (error) {
    return error as OFTPError;
  }
  throw new Error('resolved, although it had to reject');
}

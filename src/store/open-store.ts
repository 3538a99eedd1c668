import { MemoryStore } from './memory-store.js';
import { SqlStore, type SqlStoreOptions } from './sql-store.js';
import type { Store } from './store.js';

/**
 * The store for a setting of `statePath`.
 * @param statePath the folder of the durable store; null for one that ends with the process
 * @throws OFTPError where the folder cannot be used; see `SqlStore.open`
 */
export async function openStore(statePath: string | null, options: SqlStoreOptions = {}): Promise<Store> {
  return statePath === null ? new MemoryStore() : SqlStore.open(statePath, options);
}

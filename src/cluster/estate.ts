import type { StampCounter } from '../files/stamp.js';
import type { LockTable } from '../locks/lock-table.js';
import type { Store } from '../store/store.js';
import type { Admission } from '../transport/admission.js';
import type { SharedSettings } from './calls.js';

/** All that the primary owns and its workers use. */
export interface Estate {
  readonly settings: SharedSettings;
  readonly store: Store;
  readonly locks: LockTable;
  /** Counts the clients of all workers. */
  readonly places: Admission;
  readonly stamps: StampCounter;
}

/** A worker's access to what the primary of its cluster owns. */
import cluster from 'node:cluster';
import { shareClaims } from '../files/claims.js';
import type { Stamps } from '../files/stamp.js';
import type { Locks } from '../locks/locks.js';
import { OFTPError } from '../settings/errors.js';
import type { Store } from '../store/store.js';
import type { Places } from '../transport/admission.js';
import type { SharedSettings } from './calls.js';
import { type Channel, Link } from './link.js';
import { RemoteStore } from './remote-store.js';

/** How long the primary may take for its first answer, in milliseconds. */
const JOIN_MS = 30_000;

/** What sessions use instead of what a process has for itself. */
export interface JoinedState {
  readonly settings: SharedSettings;
  readonly store: Store;
  readonly locks: Locks;
  readonly places: Places;
  readonly stamps: Stamps;
}

const TO_PRIMARY: Channel = {
  get connected() {
    return process.connected;
  },
  send(message, sent) {
    if (process.connected) process.send?.(message, undefined, undefined, () => sent());
  },
  onMessage(hear) {
    process.on('message', hear);
  },
  onClose(closed) {
    process.once('disconnect', closed);
  },
};

let joined: Promise<JoinedState> | undefined;

/**
 * The state that the primary shares; the same for all servers of this process.
 * @throws OFTPError 10022 outside a worker of a cluster, 10060 when the primary does not answer, 10058 when it is gone
 */
export function joinState(): Promise<JoinedState> {
  joined ??= join().catch((error: unknown) => {
    joined = undefined;
    throw error;
  });
  return joined;
}

async function join(): Promise<JoinedState> {
  if (!cluster.isWorker) {
    throw new OFTPError(10022, 'sharedState is for the workers of a cluster: start this process by cluster.fork()');
  }
  const link = new Link(TO_PRIMARY);
  const settings = await answerInTime(link.call('join'));
  const locks: Locks = {
    shared: true,
    take: (name) => link.call('take', name),
    leave: (name) => link.tell('leave', name),
    release: (name) => link.tell('release', name),
  };
  shareClaims(locks);
  return {
    settings,
    store: new RemoteStore(link),
    locks,
    places: {
      enter: async () => (await link.call('enter')) ?? undefined,
      leave: (seat) => link.tell('giveBack', seat),
    },
    stamps: {
      next: () => link.call('nextStamp', false),
      nextSecond: () => link.call('nextStamp', true),
    },
  };
}

async function answerInTime<Result>(answer: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const advice = 'call shareState there before the workers are forked';
      reject(new OFTPError(10060, `the primary of the cluster shares no state: ${advice}`));
    }, JOIN_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

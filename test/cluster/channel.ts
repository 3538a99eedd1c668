/** Both ends of the channel between a primary and a worker in one process: messages pass as JSON, as between two. */
import type { SharedSettings } from '../../src/cluster/calls.js';
import { Desk } from '../../src/cluster/desk.js';
import type { Estate } from '../../src/cluster/estate.js';
import { Link } from '../../src/cluster/link.js';
import { RemoteStore } from '../../src/cluster/remote-store.js';
import { StampCounter } from '../../src/files/stamp.js';
import { LockTable } from '../../src/locks/lock-table.js';
import type { Store } from '../../src/store/store.js';
import { Admission } from '../../src/transport/admission.js';

const SETTINGS: SharedSettings = { statePath: null, keepStampsDays: 30, maxConnections: 10 };

export function estateOf(store: Store, maxConnections = 10): Estate {
  const places = new Admission(maxConnections);
  return { settings: SETTINGS, store, locks: new LockTable(), places, stamps: new StampCounter() };
}

/** A worker of that owner. */
export class Worker {
  readonly desk: Desk;
  readonly link: Link;
  readonly store: RemoteStore;
  /** The messages that the worker has sent. */
  readonly sent: object[] = [];
  /** The owner has closed the state. */
  closed = false;
  connected = true;
  /** Keeps the channel from taking more of the worker's messages. */
  stalled = false;
  #closeLink = (): void => {};
  #hearLink: (message: unknown) => void = () => {};

  constructor(estate: Estate) {
    const worker = this;
    this.desk = new Desk(estate, (message, sent) => {
      this.#hearLink(copy(message));
      setImmediate(sent);
    });
    this.link = new Link({
      get connected() {
        return worker.connected;
      },
      send: (message, sent) => {
        this.sent.push(message);
        this.desk.hear(copy(message), this.closed);
        if (!this.stalled) setImmediate(sent);
      },
      onMessage: (hear) => {
        this.#hearLink = hear;
      },
      onClose: (closed) => {
        this.#closeLink = closed;
      },
    });
    this.store = new RemoteStore(this.link);
  }

  /** The primary is gone. */
  cutOff(): void {
    this.connected = false;
    this.#closeLink();
  }
}

export function remote(store: Store): Worker {
  return new Worker(estateOf(store));
}

const copy = (message: object): unknown => JSON.parse(JSON.stringify(message));

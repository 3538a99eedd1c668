/** The simulation must notice what it is for: here one party is spoiled, and must be found out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Life } from './life.js';
import { newEquipment, play } from './play.js';

/** Scenarios within which every sabotage must show. */
const SCENARIOS_MAX = 60;

const equipment = newEquipment();

/** What is done to each process of the called party, and how the simulation complains. */
const SABOTAGES: Readonly<Record<string, { readonly spoil: (life: Life) => void; readonly complaint: RegExp }>> = {
  'a store that forgets files while it says that they are safe': {
    spoil: ({ environment: { store } }) => {
      store.acknowledge = async (file) => ({ ...file, id: 0, finished: false });
    },
    complaint: /was acknowledged, but the receiver has no record of it|was processed before it was recorded/,
  },
  'a store that does not know what it has received': {
    spoil: ({ environment: { store } }) => {
      store.findReceived = async () => undefined;
    },
    complaint: /EFNA 12|cannot be stored|not settled/,
  },
  'a store that loses end responses': {
    spoil: ({ environment: { store } }) => {
      const { finish } = store;
      store.finish = (id) => finish.call(store, id, undefined);
    },
    complaint: /not settled .* is not answered/,
  },
  'a store that forgets a file whose EERP has come, but not its EFPA': {
    spoil: ({ environment: { store } }) => {
      const { outgoingPhase } = store;
      store.outgoingPhase = (id, phase) =>
        phase === 'answered' ? store.endOutgoing(id) : outgoingPhase.call(store, id, phase);
    },
    complaint: /was delivered as/,
  },
  'a store that does not note what was confirmed': {
    spoil: ({ environment: { store } }) => {
      store.confirmResponse = async () => {};
    },
    complaint: /was confirmed and sent again/,
  },
  'a disk that only pretends to sync': {
    spoil: ({ files }) => {
      files.fsync = async () => {};
    },
    complaint: /is gone|not the file's/,
  },
  'a disk that loses the last octet of a write': {
    spoil: ({ files }) => {
      const { write } = files;
      files.write = (fd, from, start, length, position, moved) =>
        write.call(files, fd, from, start, length - 1, position, (error, octets) => moved(error, octets + 1));
    },
    complaint: /not the file's|not what was sent/,
  },
  'memory that is not given back': {
    spoil: ({ environment: { memory } }) => {
      memory.slabs.tryLease({ yieldSlab() {} });
    },
    complaint: /holds 1 slabs/,
  },
  'a clock that goes on when there is nothing to wait for': {
    spoil: ({ environment: { clock } }) => {
      clock.schedule(1_000_000, () => {});
    },
    complaint: /something goes on although no session is open/,
  },
  'a rejection that nobody handles': {
    spoil: ({ environment: { store } }) => {
      const { pendingResponses } = store;
      store.pendingResponses = (...args) => {
        void Promise.reject(new Error('nobody handles this'));
        return pendingResponses.apply(store, args);
      };
    },
    complaint: /nobody handles this/,
  },
};

for (const [what, { spoil, complaint }] of Object.entries(SABOTAGES)) {
  test(`${what} is found out`, async () => {
    for (let seed = 1; seed <= SCENARIOS_MAX; seed += 1) {
      const { error } = await play(seed, equipment, { sabotage: spoil });
      if (error === undefined) continue;
      assert.match(error.message, complaint, `found out by: ${error.message}`);
      return;
    }
    assert.unreachable(`not found out in ${SCENARIOS_MAX} scenarios`);
  });
}

test.run();

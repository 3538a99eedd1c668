import type { CoarseClock } from './clock.js';
import { Fairness, type TurnSource } from './fairness.js';
import { canTakeOver } from './internals.js';
import type { TransferMemory } from './memory.js';

export interface TransportOptions {
  readonly memory: TransferMemory;
  readonly clock: CoarseClock;
  /** Setting MaxReadTime: milliseconds of reading for one connection in a turn of the event loop. 0 means no limit. */
  readonly maxReadTime: number;
  /** False reads with `data` events and a copy even where sockets could read into the memory directly. Default true. */
  readonly directReads?: boolean;
  /** Where fairness learns that a turn has ended; from the event loop by default. */
  readonly turns?: TurnSource;
}

/** What all connections of one thread share. */
export class Transport {
  readonly memory: TransferMemory;
  readonly clock: CoarseClock;
  readonly fairness: Fairness;
  /** Whether sockets read straight into the memory's read area. */
  readonly directReads: boolean;
  /** The read area as the one buffer of all sockets that read directly. */
  readonly readArea: Uint8Array;
  /** True while a handler looks at the read area: nothing else may be put there. */
  readAreaInUse = false;

  /** Use {@link createTransport}, which finds out whether direct reads work here. */
  constructor({ memory, clock, maxReadTime, directReads = false, turns }: TransportOptions) {
    this.memory = memory;
    this.clock = clock;
    this.fairness = new Fairness(maxReadTime, turns);
    this.directReads = directReads;
    this.readArea = memory.bytes.subarray(memory.readStart, memory.readEnd);
  }
}

export async function createTransport(options: TransportOptions): Promise<Transport> {
  const directReads = options.directReads !== false && (await canTakeOver());
  return new Transport({ ...options, directReads });
}

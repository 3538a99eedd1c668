import type { TimeSource } from '../../src/transport/clock.js';
import type { Random } from './random.js';

/** A process, as what it calls knows it. */
export interface Caller {
  readonly random: Random;
  /** Calls back after so many milliseconds, unless the process is dead by then. */
  later(delay: number, action: () => void): void;
}

interface Event {
  readonly time: number;
  readonly sequence: number;
  readonly action: () => void;
}

/** Events after which a simulation is believed to go round in circles. */
const EVENTS_MAX = 300_000;

/**
 * Time and order of a simulation. Everything that takes time in reality is an event here; between two events all
 * promises settle and all streams do what they put off, as between two turns of the event loop.
 */
export class World {
  /** Milliseconds. */
  now = 1_000_000;
  /** Stamps that were given to virtual files. */
  stamps = 0;
  /** What happened, for people; kept only if somebody is to read it. */
  readonly story: string[] | undefined;
  readonly #heap: Event[] = [];
  #sequence = 0;
  #failure: Error | undefined;

  constructor(told = false) {
    this.story = told ? [] : undefined;
  }

  tell(line: () => string): void {
    this.story?.push(`${String(this.now - 1_000_000).padStart(8)} ${line()}`);
  }

  at(delay: number, action: () => void): void {
    this.#sequence += 1;
    this.#push({ time: this.now + delay, sequence: this.#sequence, action });
  }

  wait(delay: number): Promise<void> {
    return new Promise((resolve) => this.at(delay, resolve));
  }

  /** Ends the simulation as failed, at the next event. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Time as the intervals of one process see it: they stop with it. */
  timeOf(process: { readonly dead: boolean }, intervals: Set<object>): TimeSource {
    return {
      now: () => this.now,
      every: (ms, tick) => {
        const interval = {};
        intervals.add(interval);
        const turn = () => {
          if (process.dead || !intervals.has(interval)) return;
          tick();
          this.at(ms, turn);
        };
        this.at(ms, turn);
        return () => intervals.delete(interval);
      },
    };
  }

  /**
   * Lets things happen until a condition holds, or nothing more is to happen. Resolves to whether it holds.
   * @throws what `fail` was told, what an event threw, or that there is no end of events
   */
  async run(done: () => boolean): Promise<boolean> {
    for (let events = 0; ; events += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#failure !== undefined) throw this.#failure;
      if (done()) return true;
      const event = this.#pop();
      if (event === undefined) return false;
      if (events === EVENTS_MAX) throw new Error(`${EVENTS_MAX} events and no end`);
      this.now = event.time;
      event.action();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.time < other.time || (one.time === other.time && one.sequence < other.sequence);
}

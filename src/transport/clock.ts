import { Linked } from './linked.js';

/** Milliseconds between two looks at the wheel: how late a timer may be. Deadlines are seconds. */
const GRANULARITY_MS = 250;

/** Slots of the wheel: one turn takes 128 s; a timer that is further away stays in its slot for more turns. */
const SLOT_COUNT = 512;

/** Where the clock gets the time from. Tests bring their own. */
export interface TimeSource {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `tick` about every `ms` milliseconds until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
}

/** The time of the process. Does not keep the process alive. */
const SYSTEM_TIME: TimeSource = {
  now: () => performance.now(),
  every(ms, tick) {
    // After a long stall, timers come before the sockets in a turn of the event loop. The detour lets octets that wait
    // in the kernel count before a deadline is judged.
    const interval = setInterval(() => setImmediate(tick), ms).unref();
    return () => clearInterval(interval);
  },
};

/** One deadline in the wheel. `cancel` and `reschedule` take the same short time however many there are. */
export class Timer extends Linked {
  readonly #clock: CoarseClock;
  readonly #callback: () => void;
  #dueTick = 0;

  /** Use {@link CoarseClock.schedule}. */
  constructor(clock: CoarseClock, callback: () => void) {
    super();
    this.#clock = clock;
    this.#callback = callback;
  }

  /** Whether the callback is still to come. */
  get pending(): boolean {
    return this.linked;
  }

  /** Calls back `ms` milliseconds from now instead of whenever it was, also when it has already called back. */
  reschedule(ms: number): void {
    this.#dueTick = this.#clock.enter(this, ms);
  }

  cancel(): void {
    this.unlink();
  }

  isDue(tick: number): boolean {
    return this.#dueTick <= tick;
  }

  expire(): void {
    this.unlink();
    this.#callback();
  }
}

/**
 * A timer wheel for thousands of deadlines of seconds: one interval of the system whatever their number, and none at
 * all while nothing is scheduled. A timer is never early and up to a quarter of a second late.
 */
export class CoarseClock {
  readonly #source: TimeSource;
  readonly #failed: (error: unknown) => void;
  readonly #slots: readonly Linked[] = Array.from({ length: SLOT_COUNT }, () => new Linked());
  readonly #due = new Linked();
  /** The last tick whose slot has been looked at. */
  #tick = 0;
  #stop: (() => void) | undefined;

  /**
   * @param failed gets what a callback throws, after which the others are called as usual. By default it is thrown
   *   again on its own, where it reaches `uncaughtException`: a callback that throws is a programming error.
   */
  constructor(source: TimeSource = SYSTEM_TIME, failed: (error: unknown) => void = throwLater) {
    this.#source = source;
    this.#failed = failed;
  }

  /** Monotonic milliseconds since some fixed moment. */
  now(): number {
    return this.#source.now();
  }

  /** Calls back once, `ms` milliseconds from now. */
  schedule(ms: number, callback: () => void): Timer {
    const timer = new Timer(this, callback);
    timer.reschedule(ms);
    return timer;
  }

  /** Puts a timer into the slot of its due tick and returns that tick. For {@link Timer} only. */
  enter(timer: Timer, ms: number): number {
    if (!(ms >= 0)) throw new RangeError(`a timer in ${ms} ms: 0 or more is needed`);
    const now = this.now();
    if (this.#stop === undefined) {
      this.#tick = Math.floor(now / GRANULARITY_MS);
      this.#stop = this.#source.every(GRANULARITY_MS, () => this.#turn());
    }
    // At least the next tick: a callback that schedules anew with 0 must not keep the wheel in the same one.
    const dueTick = Math.max(Math.ceil((now + ms) / GRANULARITY_MS), this.#tick + 1);
    // An infinite wait has no slot of its own; any will do, it is never due there.
    const slot = Number.isFinite(dueTick) ? dueTick % SLOT_COUNT : 0;
    timer.append(this.#slots[slot] as Linked);
    return dueTick;
  }

  #turn(): void {
    const tick = Math.floor(this.now() / GRANULARITY_MS);
    // After a stall of more than a whole turn every slot is looked at once.
    const first = Math.max(this.#tick + 1, tick - SLOT_COUNT + 1);
    this.#tick = Math.max(this.#tick, tick);
    for (let at = first; at <= tick; at += 1) this.#collect(at % SLOT_COUNT, tick);
    // One after the other from a list of their own, so that a callback may cancel or reschedule any of them.
    for (let timer = this.#due.after; timer instanceof Timer; timer = this.#due.after) {
      try {
        timer.expire();
      } catch (error) {
        this.#failed(error);
      }
    }
    if (!this.#slots.some((slot) => slot.linked)) {
      this.#stop?.();
      this.#stop = undefined;
    }
  }

  #collect(slot: number, tick: number): void {
    const head = this.#slots[slot] as Linked;
    for (let timer = head.after; timer instanceof Timer; ) {
      const next = timer.after;
      if (timer.isDue(tick)) timer.append(this.#due);
      timer = next;
    }
  }
}

function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** A connection as the scheduler of reading sees it. The two numbers belong to the scheduler. */
export interface Reader {
  /** The turn of the event loop that `readMs` is about. */
  readTurn: number;
  /** Milliseconds of reading in that turn. */
  readMs: number;
  /** Stops reading until `release`. */
  hold(): void;
  release(): void;
}

/** What fairness takes from the event loop. Tests bring their own. */
export interface TurnSource {
  /** Calls `end` once, when the present turn of the event loop ends. */
  endOfTurn(end: () => void): void;
}

const EVENT_LOOP: TurnSource = {
  endOfTurn(end) {
    setImmediate(end);
  },
};

/**
 * Keeps one busy connection from starving the others (setting MaxReadTime): a connection whose reading takes longer
 * than the budget in one turn of the event loop is held and goes to the back of a queue, and each turn the first of the
 * queue is released. However many are busy, the others wait for one budget, not for all of them.
 */
export class Fairness {
  /** Milliseconds of reading for a connection in one turn; 0 means no limit. */
  budgetMs: number;
  readonly #loop: TurnSource;
  /** The connections held, each once, the next one to be released first. */
  readonly #queue = new Set<Reader>();
  #turn = 1;
  #endAwaited = false;

  constructor(budgetMs: number, loop: TurnSource = EVENT_LOOP) {
    this.budgetMs = budgetMs;
    this.#loop = loop;
  }

  /** Adds the time that one read callback of a connection took. */
  charge(reader: Reader, ms: number): void {
    if (this.budgetMs <= 0) return;
    if (reader.readTurn !== this.#turn) {
      reader.readTurn = this.#turn;
      reader.readMs = 0;
    }
    reader.readMs += ms;
    this.#awaitEnd();
    if (reader.readMs < this.budgetMs || this.#queue.has(reader)) return;
    this.#queue.add(reader);
    reader.hold();
  }

  /** Takes a connection that has gone away out of the queue. */
  forget(reader: Reader): void {
    this.#queue.delete(reader);
  }

  #awaitEnd(): void {
    if (this.#endAwaited) return;
    this.#endAwaited = true;
    this.#loop.endOfTurn(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#endAwaited = false;
    this.#turn += 1;
    const [first] = this.#queue;
    if (first === undefined) return;
    this.#queue.delete(first);
    if (this.#queue.size > 0) this.#awaitEnd();
    first.release();
  }
}

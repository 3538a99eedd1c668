// Who may run now, and in which order the others wait.

/** `short`: a task over a few octets, which an open session waits for. `file`: one over a whole file. */
export type TaskKind = 'short' | 'file';

/**
 * Lets a number of tasks pass at a time. Of those that wait, the short ones go first: a challenge or a signature must
 * not wait for a thousand files. A task that runs is never interrupted.
 *
 * The queue of Piscina knows no such order: tasks that can be aborted go past any queue it is given.
 */
export class Turnstile {
  readonly #waiting: Readonly<Record<TaskKind, Set<Waiting>>> = { short: new Set(), file: new Set() };
  #free: number;

  /** `places`: tasks that run at the same time. */
  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Settles when the task may run; it has to `leave` afterwards.
   *
   * @throws the signal's reason, or that of `close`: the task does not wait any longer
   */
  async enter(kind: TaskKind, signal?: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const queue = this.#waiting[kind];
    const { promise, waiting } = place();
    const giveUp = (): void => waiting.giveUp(signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    queue.add(waiting);
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      queue.delete(waiting);
    }
  }

  /** Gives the place to the next task. */
  leave(): void {
    for (const queue of [this.#waiting.short, this.#waiting.file]) {
      const [next] = queue;
      if (next === undefined) continue;
      queue.delete(next);
      next.pass();
      return;
    }
    this.#free += 1;
  }

  /** Turns away all that wait. */
  close(reason: Error): void {
    for (const queue of Object.values(this.#waiting)) {
      for (const { giveUp } of queue) giveUp(reason);
    }
  }
}

interface Waiting {
  readonly pass: () => void;
  readonly giveUp: (reason: unknown) => void;
}

function place(): { promise: Promise<void>; waiting: Waiting } {
  let pass: Waiting['pass'] = () => {};
  let giveUp: Waiting['giveUp'] = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    pass = resolve;
    giveUp = reject;
  });
  return { promise, waiting: { pass, giveUp } };
}

import { EventEmitter } from 'node:events';
import type { CoarseClock } from '../transport/clock.js';
import type { EventMap, EventName } from './events.js';

/** A decision that its handlers did not take in time. */
export class DecisionTimeout extends Error {
  override readonly name = 'DecisionTimeout';
}

type Handler<N extends EventName> = (event: EventMap[N][0]) => unknown;

/**
 * Typed events whose handlers may be asynchronous. A decision is awaited, handler after handler in the order of their
 * registration; other events only inform, and what their handlers do wrong never reaches the one who emits.
 */
export class DecisionEmitter extends EventEmitter<EventMap> {
  /** Who waits for an event of any name. */
  readonly #waiting = new Set<() => void>();

  /** Settles at the next event of any name, at the latest after so many milliseconds. */
  protected nextEvent(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve();
      };
      const timer = setTimeout(settle, patienceMs);
      this.#waiting.add(settle);
    });
  }

  /**
   * Asks the handlers of a decision; the answer is in the event object when this settles. Rejects as the first failing
   * handler does.
   */
  async decide<N extends EventName>(
    name: N,
    event: EventMap[N][0],
    timeoutMs: number,
    clock: CoarseClock,
  ): Promise<void> {
    this.#tellWaiting();
    for (const handler of this.rawListeners(name) as Handler<N>[]) {
      const result = handler.call(this, event);
      if (isPromise(result)) await (timeoutMs > 0 ? within(result, name, timeoutMs, clock) : result);
    }
  }

  /**
   * Tells the handlers of an event; their failures are raised as `error` events, those of `error` itself are dropped.
   */
  inform<N extends EventName>(name: N, event: EventMap[N][0], failed: (error: unknown) => void): void {
    this.#tellWaiting();
    for (const handler of this.rawListeners(name) as Handler<N>[]) {
      try {
        const result = handler.call(this, event);
        if (isPromise(result)) result.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  #tellWaiting(): void {
    for (const settle of this.#waiting) settle();
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

function within(promise: Promise<unknown>, name: string, timeoutMs: number, clock: CoarseClock): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(timeoutMs, () =>
      reject(
        new DecisionTimeout(`the handler of ${name} has not settled within ${timeoutMs / 1000} s (defaultTimeout)`),
      ),
    );
    promise.then(
      () => {
        timer.cancel();
        resolve();
      },
      (error) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}

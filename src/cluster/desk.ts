import { OFTPError } from '../settings/errors.js';
import type { OperationName } from './calls.js';
import type { Estate } from './estate.js';
import { Member } from './member.js';
import { type Answer, failureFrom, itemsOf } from './messages.js';
import { carryOut, requestProblem } from './operations.js';
import { Pipe } from './pipe.js';

/** Requests and answers of one worker at a time; one that keeps the rules has half as many at most. */
const UNDER_WAY_MAX = 200_000;

/** Entries of a list in one message. A signed end response takes up to 200 KiB of one. */
const PART_LENGTH = 100;

/** The owner's end of the channel to one worker: carries out what it asks for. */
export class Desk {
  readonly #estate: Estate;
  readonly #member = new Member();
  readonly #pipe: Pipe;
  readonly #underWay = new Set<Promise<void>>();

  /** @param send as of `Pipe` */
  constructor(estate: Estate, send: (message: object, sent: () => void) => void) {
    this.#estate = estate;
    this.#pipe = new Pipe(send);
  }

  /**
   * A message has come from the worker; one of somebody else is passed over.
   *
   * @param closed the state is not there any more: whatever is asked for fails
   * @returns false when the worker asks for more and more and does not take its answers
   */
  hear(message: unknown, closed: boolean): boolean {
    for (const item of itemsOf(message) ?? []) {
      if (this.#underWay.size + this.#pipe.length >= UNDER_WAY_MAX) return false;
      this.#serve(item, closed);
    }
    return true;
  }

  /** The worker has ended: its places are free at once, its locks when its last requests have been carried out. */
  async leave(): Promise<void> {
    const { locks, places } = this.#estate;
    this.#member.holder.gone = true;
    this.#member.leaveAll(places);
    await Promise.all(this.#underWay);
    locks.releaseAll(this.#member.holder);
  }

  #serve(item: unknown, closed: boolean): void {
    const { id, name, args } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    const problem = closed ? 'the primary has closed it' : requestProblem(name, args);
    const request =
      problem === undefined
        ? carryOut(this.#estate, this.#member, name as OperationName, args as unknown[])
        : Promise.reject(new OFTPError(10058, `the shared state cannot do what was asked for: ${problem}`));
    const answered: Promise<void> = request
      .then((value) => this.#answer(id, value))
      .catch((error: unknown) => this.#reply(id, { failure: failureFrom(error) }))
      .finally(() => this.#underWay.delete(answered));
    this.#underWay.add(answered);
  }

  #answer(id: unknown, value: unknown): void {
    let rest = value;
    while (Array.isArray(rest) && rest.length > PART_LENGTH) {
      this.#reply(id, { part: rest.slice(0, PART_LENGTH) });
      rest = rest.slice(PART_LENGTH);
    }
    this.#reply(id, { value: rest });
  }

  #reply(id: unknown, answer: Omit<Answer, 'id'>): void {
    // Who only tells something has no id, and waits for nothing.
    if (Number.isSafeInteger(id) && !this.#member.holder.gone) this.#pipe.push({ id, ...answer });
  }
}

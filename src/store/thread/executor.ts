import type { Database } from './engine.js';
import { failureOf } from './failure.js';
import { type Call, type Operations, type Outcome, READS } from './operations.js';

/**
 * Runs calls in groups, each group in one transaction: one wait for the disk serves all of them. Inside it every call
 * has a savepoint of its own, so that one that fails leaves no trace and takes no other with it.
 */
export class Executor {
  readonly #database: Database;
  readonly #operations: Operations;

  constructor(database: Database, operations: Operations) {
    this.#database = database;
    this.#operations = operations;
  }

  /** Never throws: what came of each call, in their order. What is not a failure is on the disk when this returns. */
  run(calls: readonly Call[]): readonly Outcome[] {
    const changing = calls.some(({ name }) => !READS.has(name));
    const together = changing && calls.length > 1 ? this.#runTogether(calls) : undefined;
    return together ?? calls.map((call) => this.#runAlone(call));
  }

  /** Nothing where the transaction as a whole failed, as it does when the disk is full; then nothing has changed. */
  #runTogether(calls: readonly Call[]): Outcome[] | undefined {
    const outcomes: Outcome[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const call of calls) {
        outcomes.push(READS.has(call.name) ? this.#attempt(call) : this.#runInSavepoint(call));
        // Some errors make SQLite roll back everything.
        if (!this.#database.isTransaction) return undefined;
      }
      this.#database.exec('COMMIT');
      return outcomes;
    } catch {
      // Each call is run again, alone, and finds out for itself what is wrong.
      this.#rollBack();
      return undefined;
    }
  }

  #runInSavepoint(call: Call): Outcome {
    this.#database.exec('SAVEPOINT call');
    const outcome = this.#attempt(call);
    if (!this.#database.isTransaction) return outcome;
    this.#database.exec('failure' in outcome ? 'ROLLBACK TO call; RELEASE call' : 'RELEASE call');
    return outcome;
  }

  #runAlone(call: Call): Outcome {
    if (READS.has(call.name)) return this.#attempt(call);
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const outcome = this.#attempt(call);
      if ('failure' in outcome) this.#rollBack();
      else this.#database.exec('COMMIT');
      return outcome;
    } catch (error) {
      this.#rollBack();
      return { failure: failureOf(error) };
    }
  }

  #attempt({ name, args }: Call): Outcome {
    try {
      const operation = this.#operations[name] as (...values: readonly unknown[]) => unknown;
      return { value: operation.apply(this.#operations, args) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  #rollBack(): void {
    if (!this.#database.isTransaction) return;
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // The next BEGIN says what is wrong, if it still is.
    }
  }
}

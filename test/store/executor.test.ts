/** One transaction for a group of calls, a savepoint for each, and what remains when the disk is full. */

import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDatabase } from '../../src/store/thread/database.js';
import type { Database } from '../../src/store/thread/engine.js';
import { Executor } from '../../src/store/thread/executor.js';
import type { Failure } from '../../src/store/thread/failure.js';
import type { Call, Outcome } from '../../src/store/thread/operations.js';
import { Statements } from '../../src/store/thread/statements.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { identity, received } from './support.js';

test.after.each(cleanUp);

const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;

interface Setup {
  readonly database: Database;
  readonly executor: Executor;
  /** The transaction statements that were executed. */
  readonly executed: string[];
}

/** An executor over a database in a file, whose transaction statements are recorded, and fail where `fails` says so. */
async function setUp(fails: (sql: string) => boolean = () => false): Promise<Setup> {
  const database = await openDatabase({ path: join(temporaryFolder(), 'state.db'), used: false });
  onCleanUp(() => database.close());
  const executed: string[] = [];
  const observed = {
    exec(sql: string) {
      executed.push(sql);
      if (fails(sql)) throw Object.assign(new Error('made by the test'), { errcode: SQLITE_IOERR });
      database.exec(sql);
    },
    get isTransaction() {
      return database.isTransaction;
    },
  };
  const executor = new Executor(observed as Database, new Statements(database));
  return { database, executor, executed };
}

function acknowledge(name: string, description = ''): Call {
  return { name: 'acknowledge', args: [{ ...received(name), description }, 0] };
}

function find(name: string): Call {
  return { name: 'findReceived', args: [identity(name)] };
}

function states(outcomes: readonly Outcome[]): string[] {
  return outcomes.map((outcome) => ('failure' in outcome ? outcome.failure.kind : 'done'));
}

/** Which of these files are recorded. */
function recorded({ executor }: Setup, names: readonly string[]): string[] {
  return names.filter((name) => (executor.run([find(name)])[0] as { value?: unknown }).value !== undefined);
}

const NAMES = Array.from({ length: 30 }, (_, index) => `F${index}`);

test('30 calls take one commit', async () => {
  const { executor, executed } = await setUp();
  assert.equal(states(executor.run(NAMES.map((name) => acknowledge(name)))), Array(30).fill('done'));
  assert.is(executed.filter((sql) => sql === 'COMMIT').length, 1);
  assert.is(executed.filter((sql) => sql === 'SAVEPOINT call').length, 30);
});

test('calls that only read take no transaction; beside others they see what comes before them', async () => {
  const { executor, executed } = await setUp();
  executor.run([find('A'), find('B')]);
  executor.run([find('A')]);
  assert.equal(executed, []);
  const outcomes = executor.run([find('A'), acknowledge('A'), find('A')]);
  const [before, , behind] = outcomes as readonly { readonly value: { readonly name: string } | undefined }[];
  assert.is(before?.value, undefined);
  assert.is(behind?.value?.name, 'A');
});

test('a failing call is rolled back to its savepoint, the others are committed', async () => {
  const setup = await setUp();
  const outcomes = setup.executor.run([acknowledge('A'), acknowledge('A', 'again'), acknowledge('B')]);
  assert.equal(states(outcomes), ['done', 'duplicate', 'done']);
  assert.equal(recorded(setup, ['A', 'B']), ['A', 'B']);
  assert.is(setup.executed.filter((sql) => sql.startsWith('ROLLBACK TO')).length, 1);
});

test('a failing call alone is rolled back', async () => {
  const { executor, executed } = await setUp();
  executor.run([acknowledge('A')]);
  executed.length = 0;
  assert.equal(states(executor.run([acknowledge('A')])), ['duplicate']);
  assert.equal(executed, ['BEGIN IMMEDIATE', 'ROLLBACK']);
});

test('a commit of a group that fails: nothing of it stays, and each call is run again by itself', async () => {
  let failures = 1;
  const setup = await setUp((sql) => sql === 'COMMIT' && failures-- > 0);
  const outcomes = setup.executor.run(NAMES.map((name) => acknowledge(name)));
  assert.equal(states(outcomes), Array(30).fill('done'));
  assert.equal(recorded(setup, NAMES), NAMES);
});

test('commits that fail: every call fails with the cause, reads go on, and later everything works', async () => {
  let broken = true;
  const setup = await setUp((sql) => broken && sql === 'COMMIT');
  const outcomes = setup.executor.run([acknowledge('A'), find('A'), acknowledge('B')]);
  assert.equal(states(outcomes), ['sqlite', 'done', 'sqlite']);
  assert.equal(outcomes[0], { failure: { kind: 'sqlite', message: 'made by the test', resultCode: SQLITE_IOERR } });
  assert.is((outcomes[1] as { value: unknown }).value, undefined);
  broken = false;
  assert.equal(recorded(setup, ['A', 'B']), []);
  assert.equal(states(setup.executor.run([acknowledge('A'), acknowledge('B')])), ['done', 'done']);
});

test('a full disk: what does not fit fails, what fits is recorded, and with space everything works again', async () => {
  const setup = await setUp();
  const { database, executor } = setup;
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  database.exec(`PRAGMA max_page_count = ${pages + 10}`);
  const large = 'x'.repeat(100_000);
  const outcomes = executor.run([acknowledge('SMALL'), acknowledge('LARGE', large), acknowledge('LAST')]);
  assert.equal(states(outcomes), ['done', 'sqlite', 'done']);
  const [, failed] = outcomes as readonly { readonly failure: Failure }[];
  assert.is(failed?.failure.resultCode, SQLITE_FULL);
  assert.equal(recorded(setup, ['SMALL', 'LARGE', 'LAST']), ['SMALL', 'LAST']);
  assert.equal(states(executor.run([acknowledge('LARGE', large)])), ['sqlite']);
  database.exec('PRAGMA max_page_count = 100000');
  assert.equal(states(executor.run([acknowledge('LARGE', large)])), ['done']);
});

test('an operation that does not exist is a failure, not a crash', async () => {
  const { executor } = await setUp();
  const call = { name: 'nonsense', args: [] } as unknown as Call;
  assert.equal(states(executor.run([call])), ['defect']);
  assert.equal(states(executor.run([acknowledge('A'), call, acknowledge('B')])), ['done', 'defect', 'done']);
});

test.run();

/** The thread of the durable store: the only one that touches the database, so that nobody else waits for the disk. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../src/store/thread/database.js';
import { Executor } from '../src/store/thread/executor.js';
import { failureOf } from '../src/store/thread/failure.js';
import type { FromThread, ThreadStart, ToThread } from '../src/store/thread/operations.js';
import { Statements } from '../src/store/thread/statements.js';

async function serve(port: MessagePort, start: ThreadStart): Promise<void> {
  const say = (message: FromThread) => port.postMessage(message);
  try {
    const database = await openDatabase(start);
    const statements = new Statements(database);
    const executor = new Executor(database, statements);
    port.on('message', (message: ToThread) => {
      if (message.kind === 'run') {
        say({ kind: 'done', outcomes: executor.run(message.calls) });
        return;
      }
      database.close();
      port.close();
    });
    say({ kind: 'opened', leftovers: statements.leftovers() });
  } catch (error) {
    say({ kind: 'refused', failure: failureOf(error) });
  }
}

if (parentPort !== null) await serve(parentPort, workerData);

/**
 * How many operations of the durable store settle in a second, as a ratio to one fsync for each operation: a loop in
 * the same run, on the same disk, that appends a record to a file and waits for it. With one caller every operation
 * waits for a commit of its own; 64 callers share commits.
 *
 *     node dist/bench/store.js [--json file] [--dir folder]
 */

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { SqlStore } from '../src/store/sql-store.js';
import type { EndResponse, FileIdentity } from '../src/store/store.js';
import { scratchFolder } from './support/folder.js';
import { type Row, report } from './support/report.js';

const TIME_MS = 1000;
const WARMUP_MS = 200;
const CALLERS = [1, 64];

/** The octets that a small record takes in a database. */
const RECORD_LENGTH = 512;

const { values } = parseArgs({ options: { json: { type: 'string' }, dir: { type: 'string' } } });
const root = scratchFolder(values.dir);

let files = 0;
let groups = 0;
const store = await SqlStore.open(join(root, 'state'), {
  onGroup: () => {
    groups += 1;
  },
});

function nextFile(): FileIdentity {
  files += 1;
  const parties = { partner: 'O0013PARTNER', destination: 'O0013HUB', originator: 'O0013PARTNER' };
  return { ...parties, name: `FILE${files}`, date: '20260101', time: '1200000001' };
}

function acknowledge(): Promise<unknown> {
  const content = { localFile: '/inbox/file', size: 4096, level: 5, userData: '', description: '', attributes: '{}' };
  return store.acknowledge({ ...nextFile(), ...content });
}

function queueResponse(): Promise<unknown> {
  const file = nextFile();
  const response: EndResponse = {
    name: 'EERP',
    file,
    userData: '',
    destination: file.originator,
    originator: file.destination,
    creator: '',
    reasonCode: 0,
    reasonText: '',
    hash: new Uint8Array(32),
    signature: new Uint8Array(256),
  };
  return store.queueResponse(response);
}

const OPERATIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  acknowledge,
  queueResponse,
  findReceived: () => store.findReceived(nextFile()),
  'pendingResponses, none': () => store.pendingResponses('O0013NOBODY'),
};

interface Measurement {
  readonly operation: string;
  readonly callers: number;
  readonly rate: number;
  readonly group: number;
}

/** Operations a second, and how many of them shared a commit on average. */
async function measure(operation: string, callers: number, call: () => Promise<unknown>): Promise<Measurement> {
  const bench = new Bench({ time: TIME_MS, warmupTime: WARMUP_MS, throws: true });
  let calls = 0;
  bench.add(operation, async () => {
    calls += callers;
    await Promise.all(Array.from({ length: callers }, call));
  });
  groups = 0;
  const [task] = await bench.run();
  if (task?.result.state !== 'completed') throw new Error(`${operation} ended as ${task?.result.state}`);
  const rate = (callers * 1000) / task.result.latency.mean;
  return { operation, callers, rate, group: groups === 0 ? 0 : calls / groups };
}

const file = await open(join(root, 'log'), 'w');
const record = Buffer.alloc(RECORD_LENGTH, 'x');

async function appendAndSync(): Promise<void> {
  await file.write(record);
  await file.sync();
}

try {
  const rows: Row[] = [];
  for (const [operation, call] of Object.entries(OPERATIONS)) {
    for (const callers of CALLERS) {
      // Right before, because what else uses the disk changes its speed from second to second.
      const limit = await measure('fsync', 1, appendAndSync);
      const { rate, group } = await measure(operation, callers, call);
      rows.push({
        operation,
        callers: String(callers),
        'operations/s': Math.round(rate),
        'fsync/s': Math.round(limit.rate),
        'of one fsync each': Number((rate / limit.rate).toFixed(2)),
        'operations a commit': Number(group.toFixed(1)),
      });
    }
  }
  report('Store: operations that have settled, a second', rows);
} finally {
  await file.close();
  await store.close();
}

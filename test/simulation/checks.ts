import { removeStalePartFiles } from '../../src/files/stale.js';
import { inboxName } from './ledger.js';
import type { Station } from './station.js';
import type { World } from './world.js';

/** Milliseconds in which everything that a closed session has begun must have ended. */
const SETTLING_MS = 120_000;

/** After the last session: nothing runs any more, and nothing is held. */
export async function checkQuiet(world: World, stations: readonly Station[]): Promise<void> {
  const limit = world.now + SETTLING_MS;
  if (await world.run(() => world.now > limit)) throw new Error('something goes on although no session is open');
  for (const { code, life } of stations) {
    if (life.dead) continue;
    const { memory, processing } = life.environment;
    const { free, total } = memory.slabs;
    if (free !== total) throw new Error(`${code} holds ${total - free} slabs`);
    if (life.intervals.size > 0) throw new Error(`${code} has timers`);
    if (life.files.descriptors > 0) throw new Error(`${code} has ${life.files.descriptors} files open`);
    if (processing.keys.length > 0) throw new Error(`${code} still processes ${processing.keys}`);
  }
}

/** What is still to be done, in words. */
export async function unsettled(stations: readonly Station[]): Promise<string[]> {
  const left: string[] = [];
  for (const { jobs, owed, sent, store, partner } of stations) {
    for (const { name, state } of jobs) if (state !== 'done' && state !== 'given up') left.push(`${name} is ${state}`);
    for (const { file } of owed.keys()) left.push(`${file.name} is owed a response`);
    for (const { name, stored, acknowledged, answer, heard } of sent.files) {
      if (stored && !acknowledged) left.push(`${name} is received, but not acknowledged`);
      if (answer !== undefined && answer !== 'none' && heard === 0) left.push(`${name} is not answered`);
    }
    for (const { file } of await store.pendingResponses(partner.code)) left.push(`no RTR for ${file.name}`);
    for (const { name } of await store.unfinished(partner.code)) left.push(`${name} is not finished`);
  }
  return left;
}

/** When all is settled: every file is where it belongs, and nothing else is left of it. */
export async function checkEnd(world: World, station: Station): Promise<void> {
  const { code, store, partner, received, sent, jobs, heeds, storeFailures } = station;
  received.checkDisk();
  await checkHidden(world, station);
  for (const { name, overtaken } of jobs) {
    // What was asked for once too often may be there twice, or wait for its turn.
    if (overtaken) continue;
    const copies = sent.files.filter((facts) => facts.name === name);
    const delivered = copies.filter(({ stored }) => stored);
    if (delivered.length > 1) throw new Error(`${name} was delivered as ${delivered.map(inboxName)}`);
    for (const facts of copies) {
      const parties = { partner: partner.code, destination: partner.code, originator: code };
      const record = await store.findOutgoing({ ...facts, ...parties });
      // Nobody has asked for it again.
      if (record?.phase === 'answered' && heeds) continue;
      if (record !== undefined && facts.answer !== 'none' && storeFailures === 0) {
        throw new Error(`${code} still has a record of ${inboxName(facts)}, ${record.phase}`);
      }
    }
  }
}

/** Hidden files are left only where a process died or the disk failed, and go when they are stale. */
async function checkHidden(world: World, { code, disk, life }: Station): Promise<void> {
  const hidden = () => disk.inbox.names().filter((name) => name.startsWith('.'));
  if (hidden().length > 0 && disk.mishaps === 0) throw new Error(`${code} has hidden files left: ${hidden()}`);
  let cleared = false;
  removeStalePartFiles(`${life.root}/inbox`, 0, {
    now: world.now,
    fileSystem: life.files,
  }).then(
    () => {
      cleared = true;
    },
    (error: Error) => world.fail(error),
  );
  if (!(await world.run(() => cleared))) throw new Error('stale files are not cleared away');
  if (hidden().length > 0) throw new Error(`${code} has hidden files that are not stale: ${hidden()}`);
}

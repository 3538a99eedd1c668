/** What a worker may ask of the owner of the state: one table, with what each argument may be. */
import { LOCK_NAME_MAX } from '../locks/locks.js';
import { RESPONSES_PAGE, type Stamp } from '../store/store.js';
import type { OperationName, Operations } from './calls.js';
import {
  type Check,
  FLAG,
  IDENTITY,
  NAMED,
  name,
  OUTGOING_KEY,
  oneOf,
  orNull,
  PHASE,
  RECEIVED_FILE,
  RESPONSE,
  STAMP,
  WHOLE,
} from './checks.js';
import type { Estate } from './estate.js';
import type { Member } from './member.js';
import { spelled, unspelled } from './spelling.js';

type Arguments<Name extends OperationName> = Parameters<Operations[Name]>;

type Checks<Values extends readonly unknown[]> = { readonly [Index in keyof Values]: Check };

interface Operation<Name extends OperationName> {
  readonly checks: Checks<Arguments<Name>>;
  run(
    estate: Estate,
    member: Member,
    ...args: Arguments<Name>
  ): ReturnType<Operations[Name]> | Promise<ReturnType<Operations[Name]>>;
}

const TEXT = name(1024 * 1024);
const LOCK = name(LOCK_NAME_MAX);
const PAGE: Check = (value) => WHOLE(value) && Number(value) >= 1 && Number(value) <= RESPONSES_PAGE;

/** There is no earlier attempt, and the worker has not said what the stamp of a new one is. */
class NoStamp extends Error {}

const OPERATIONS: { readonly [Name in OperationName]: Operation<Name> } = {
  join: { checks: [], run: ({ settings }) => settings },
  take: { checks: [LOCK], run: ({ locks }, { holder }, lock) => locks.take(lock, holder) },
  leave: { checks: [LOCK], run: ({ locks }, { holder }, lock) => locks.leave(lock, holder) },
  release: { checks: [LOCK], run: ({ locks }, { holder }, lock) => locks.release(lock, holder) },
  enter: { checks: [], run: ({ places }, member) => member.enter(places) },
  giveBack: { checks: [oneOf('session', 'reserve')], run: ({ places }, member, seat) => member.giveBack(places, seat) },
  nextStamp: {
    checks: [FLAG],
    run: ({ stamps }, _member, wholeSecond) => stamps[wholeSecond ? 'nextSecond' : 'next'](new Date()),
  },
  findReceived: {
    checks: [IDENTITY],
    run: async ({ store }, _member, identity) => (await store.findReceived(identity)) ?? null,
  },
  receivedStamps: { checks: [NAMED], run: ({ store }, _member, file) => store.receivedStamps(file) },
  acknowledge: { checks: [RECEIVED_FILE], run: ({ store }, _member, file) => store.acknowledge(file) },
  noteAttributes: { checks: [WHOLE, TEXT], run: ({ store }, _member, id, text) => store.noteAttributes(id, text) },
  finish: {
    checks: [WHOLE, orNull(RESPONSE)],
    run: ({ store }, _member, id, response) => store.finish(id, response === null ? undefined : unspelled(response)),
  },
  unfinished: { checks: [TEXT], run: ({ store }, _member, partner) => store.unfinished(partner) },
  queueResponse: {
    checks: [RESPONSE],
    run: ({ store }, _member, response) => store.queueResponse(unspelled(response)),
  },
  pendingResponses: {
    checks: [TEXT, WHOLE, PAGE],
    run: async ({ store }, _member, partner, after, limit) =>
      (await store.pendingResponses(partner, after, limit)).map((response) => spelled(response)),
  },
  confirmResponse: { checks: [WHOLE], run: ({ store }, _member, id) => store.confirmResponse(id) },
  repeatResponse: { checks: [IDENTITY], run: ({ store }, _member, identity) => store.repeatResponse(identity) },
  beginOutgoing: {
    checks: [OUTGOING_KEY, orNull(STAMP)],
    run: async ({ store }, _member, key, stamp) => {
      const made = (): Stamp => {
        if (stamp === null) throw new NoStamp();
        return stamp;
      };
      return store.beginOutgoing(key, made).catch((error: unknown) => {
        if (error instanceof NoStamp) return null;
        throw error;
      });
    },
  },
  outgoingPhase: { checks: [WHOLE, PHASE], run: ({ store }, _member, id, phase) => store.outgoingPhase(id, phase) },
  outgoingReached: {
    checks: [WHOLE, WHOLE],
    run: ({ store }, _member, id, reached) => store.outgoingReached(id, reached),
  },
  outgoingPrepared: {
    checks: [WHOLE, TEXT],
    run: ({ store }, _member, id, attributes) => store.outgoingPrepared(id, attributes),
  },
  endOutgoing: { checks: [WHOLE], run: ({ store }, _member, id) => store.endOutgoing(id) },
  findOutgoing: {
    checks: [IDENTITY],
    run: async ({ store }, _member, identity) => (await store.findOutgoing(identity)) ?? null,
  },
};

/** What is wrong with a request, for the message of an error; undefined for one that can be carried out. */
export function requestProblem(operation: unknown, args: unknown): string | undefined {
  if (typeof operation !== 'string' || !Object.hasOwn(OPERATIONS, operation)) return 'there is no such operation';
  const checks = OPERATIONS[operation as OperationName].checks as readonly Check[];
  if (!Array.isArray(args) || args.length !== checks.length) return `${operation} takes ${checks.length} arguments`;
  const wrong = checks.findIndex((check, index) => !check(args[index]));
  return wrong === -1 ? undefined : `argument ${wrong + 1} of ${operation} is not what it takes`;
}

/** Carries out a request that `requestProblem` has passed. What it changes has begun when this returns. */
export async function carryOut(
  estate: Estate,
  member: Member,
  operation: OperationName,
  args: readonly unknown[],
): Promise<unknown> {
  const { run } = OPERATIONS[operation] as unknown as Operation<'take'>;
  return run(estate, member, ...(args as Arguments<'take'>));
}

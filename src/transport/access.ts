import { lookup, Resolver } from 'node:dns/promises';
import { type AccessList, parseAddress } from './access-list.js';
import type { CoarseClock } from './clock.js';

/** Milliseconds that an answer of the name service is used, and after which a failed question is asked again. */
const FRESH_MS = 60_000;
const RETRY_MS = 5_000;

/** Milliseconds after which names count as not matching. A slow name service must not keep clients waiting. */
const ANSWER_LIMIT_MS = 10_000;

/** Names and addresses remembered. The oldest is forgotten first. */
const CACHE_SIZE = 1000;

/** Where names come from. Rejects when it does not know. Tests bring their own. */
export interface NameService {
  addressesOf(name: string): Promise<readonly string[]>;
  namesOf(address: string): Promise<readonly string[]>;
}

/** The configuration of the system, including its hosts file. */
function systemNames(): NameService {
  let resolver: Resolver | undefined;
  return {
    addressesOf: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
    namesOf: (address) => {
      resolver ??= new Resolver({ timeout: 2000, tries: 2 });
      return resolver.reverse(address);
    },
  };
}

/** Decides about clients by AllowedClients and BlockedClients, asking for names where a list has any. */
export class AccessControl {
  readonly #clock: CoarseClock;
  readonly #addressesOf: NameCache;
  readonly #namesOf: NameCache;

  constructor(clock: CoarseClock, { addressesOf, namesOf }: NameService = systemNames()) {
    this.#clock = clock;
    // One at a time: these questions occupy a thread of the pool that files need too.
    this.#addressesOf = new NameCache(clock, oneAtATime(addressesOf));
    this.#namesOf = new NameCache(clock, namesOf);
  }

  /**
   * Whether a client with this address is allowed and not blocked. Never rejects: a name nobody knows matches nobody.
   */
  async admits(address: string, allowed: AccessList, blocked: AccessList): Promise<boolean> {
    return (await this.#matches(allowed, address)) && !(await this.#matches(blocked, address));
  }

  async #matches(list: AccessList, address: string): Promise<boolean> {
    if (list.matchesAddress(address)) return true;
    const [plain] = parseAddress(address)?.forms ?? [];
    if (plain === undefined || (list.names.length === 0 && !list.hasNamePatterns)) return false;
    return await this.#inTime(this.#matchesByName(list, plain));
  }

  async #matchesByName(list: AccessList, address: string): Promise<boolean> {
    for (const name of list.names) {
      if (await this.#leadsTo(name, address)) return true;
    }
    if (!list.hasNamePatterns) return false;
    for (const name of await this.#namesOf.get(address)) {
      // Whoever owns an address may give it any name; only the owner of the name can point it back at the address.
      if (list.matchesName(name) && (await this.#leadsTo(name, address))) return true;
    }
    return false;
  }

  async #leadsTo(name: string, address: string): Promise<boolean> {
    const addresses = await this.#addressesOf.get(name);
    return addresses.some((candidate) => parseAddress(candidate)?.forms[0] === address);
  }

  #inTime(answer: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const limit = this.#clock.schedule(ANSWER_LIMIT_MS, () => resolve(false));
      answer.then(resolve, reject).finally(() => limit.cancel());
    });
  }
}

const NOBODY: Promise<readonly string[]> = Promise.resolve([]);

/** The name service has answered, and there is no such name or address. */
const UNKNOWN: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA']);

type Question = (key: string) => Promise<readonly string[]>;

function oneAtATime(ask: Question): Question {
  let last: Promise<unknown> = Promise.resolve();
  return (key) => {
    const answer = last.then(() => ask(key));
    last = answer.catch(() => {});
    return answer;
  };
}

interface Entry {
  answer: Promise<readonly string[]>;
  /** Time of the clock up to which the answer is used; infinite while it is awaited. */
  freshUntil: number;
}

/** Answers of the name service, each asked for once at a time. */
class NameCache {
  readonly #clock: CoarseClock;
  readonly #ask: Question;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: CoarseClock, ask: Question) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Never rejects. Where the name service fails for the moment, its answer is the one before. */
  get(key: string): Promise<readonly string[]> {
    const before = this.#entries.get(key);
    if (before !== undefined && this.#clock.now() < before.freshUntil) return before.answer;
    const entry: Entry = { answer: NOBODY, freshUntil: Number.POSITIVE_INFINITY };
    entry.answer = this.#answer(key, entry, before?.answer ?? NOBODY);
    // Deleted first, so that it joins the end of the order.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > CACHE_SIZE && oldest !== undefined) this.#entries.delete(oldest);
    return entry.answer;
  }

  async #answer(key: string, entry: Entry, before: Promise<readonly string[]>): Promise<readonly string[]> {
    try {
      const answer = await this.#ask(key);
      entry.freshUntil = this.#clock.now() + FRESH_MS;
      return answer;
    } catch (error) {
      entry.freshUntil = this.#clock.now() + RETRY_MS;
      return UNKNOWN.has((error as NodeJS.ErrnoException).code) ? await NOBODY : await before;
    }
  }
}

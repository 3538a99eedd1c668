import type { SFID } from '../../src/protocol/commands/codec.js';
import type { Level } from '../../src/protocol/commands/version.js';
import { responseTo } from '../../src/session/end-responses.js';
import type { EndResponseDecision } from '../../src/session/monitor.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { EndResponse, FileIdentity } from '../../src/store/store.js';
import { Disk } from './disk.js';
import type { Job } from './jobs.js';
import { Ledger } from './ledger.js';
import { type Hardware, Life, type LifeTemper } from './life.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** NERPREAS of applications that do not like a file: 34, processing failed. */
const NOT_LIKED = 34;

/** One party: what lasts as long as its machine, and the process that runs on it at the moment. */
export class Station {
  readonly code: string;
  readonly disk = new Disk();
  readonly store = new MemoryStore();
  readonly jobs: Job[] = [];
  /**
   * End responses that the application gives later, by itself. It remembers them across crashes.
   * With the process that is just queueing them.
   */
  readonly owed = new Map<EndResponse, Life | undefined>();
  /** What this party receives. */
  readonly received: Ledger;
  /** Whether the application takes files out of the inbox. */
  readonly takes: boolean;
  /** Whether an EERP is enough for the application to take a file for sent: it does not send that again. */
  readonly heeds: boolean;
  partner!: Station;
  /** Changes that the store did not make, for no fault of theirs: it may tell less than is true. */
  storeFailures = 0;
  /** Told when something has become durable. */
  onChange: () => void = () => {};
  life!: Life;
  readonly #world: World;
  readonly #random: Random;
  readonly #hardware: Hardware;

  constructor(code: string, world: World, random: Random, hardware: Hardware) {
    this.code = code;
    this.#world = world;
    this.#random = random;
    this.#hardware = hardware;
    this.received = new Ledger(world, this.disk);
    this.takes = random.chance(0.5);
    this.heeds = random.chance(0.5);
  }

  /** What this party sends. */
  get sent(): Ledger {
    return this.partner.received;
  }

  /** Starts the process, which goes on with what an earlier one has left. */
  async boot(temper: LifeTemper): Promise<void> {
    this.#world.tell(() => `${this.code} starts`);
    const { disk, store } = this;
    const life = new Life(
      {
        world: this.#world,
        random: this.#random.fork(),
        hardware: this.#hardware,
        disk,
        store,
        watch: {
          acknowledged: (file) => this.received.stored(file),
          queued: (response) => this.#queued(response),
          repeated: (file) => this.received.queued(file),
          changed: () => this.onChange(),
          failed: () => {
            this.storeFailures += 1;
          },
        },
      },
      temper,
    );
    life.files.onName = (path, inode) => this.received.checkName(path.slice(path.lastIndexOf('/') + 1), inode);
    life.files.onWrite = (inode) => {
      if (inode.links > 1) this.#world.fail(new Error('a file is written to that was published'));
    };
    life.onDeath.add((how) => {
      this.#world.tell(() => `${this.code} dies: ${how}`);
      this.disk.mishaps += 1;
      if (how === 'killed') return;
      this.disk.failPower(this.#random);
      this.received.checkDisk();
    });
    this.life = life;
    if (this.storeFailures > 0) this.received.mayRespondAgain();
    await this.#reconcile();
  }

  /** The application's part when a file has been received: at least once for each, and always the same. */
  process(file: FileIdentity, userData: string, level: Level): EndResponseDecision {
    const { answer } = this.partner.jobs.find(({ name }) => name === file.name) as Job;
    const decision = answer === 'NERP' ? { reasonCode: NOT_LIKED, reasonText: 'not liked' } : LIKED;
    const response = answer === 'none' ? undefined : responseTo(sfidOf(file, userData), file, decision, level);
    const facts = this.received.known(file);
    const isNew = facts.answer === undefined;
    this.received.processed(file, response ? `${response.name} ${response.reasonCode}` : 'none', this.takes);
    if (isNew && answer === 'later' && response !== undefined) this.owed.set(response, undefined);
    return answer === 'none' || answer === 'later' ? undefined : decision;
  }

  /** Some of the files that wait to be sent, marked as being sent. */
  jobsToSend(random: Random, share: number): Job[] {
    const jobs = this.jobs.filter(({ state }) => state === 'waiting' && random.chance(share));
    for (const job of jobs) job.state = 'sending';
    return jobs;
  }

  #queued(response: EndResponse): void {
    this.received.queued(response.file);
    for (const owed of this.owed.keys()) if (owed.file.name === response.file.name) this.owed.delete(owed);
  }

  /** The application's journal after a crash: what the store knows to be acknowledged is not sent again. */
  async #reconcile(): Promise<void> {
    for (const job of this.jobs) {
      if (job.state !== 'sending') continue;
      job.state = 'waiting';
      for (const { name, date, time, heard } of this.sent.files.filter((file) => file.name === job.name)) {
        const parties = {
          partner: this.partner.code,
          destination: this.partner.code,
          originator: this.code,
        };
        const record = await this.store.findOutgoing({
          name,
          date,
          time,
          ...parties,
        });
        // EFPA and EERP have come: the sending has ended well, although the application did not live to hear of it.
        const ended = record === undefined && heard > 0;
        if (record?.phase !== 'acknowledged' && !ended) continue;
        job.state = 'done';
        this.sent.acknowledged({ name, date, time });
      }
    }
  }
}

const LIKED = { reasonCode: 0, reasonText: '' };

/** What an end response takes from the SFID of its file. */
function sfidOf({ destination, originator }: FileIdentity, userData: string): SFID {
  return {
    user: userData,
    dest: destination,
    orig: originator,
  } as Partial<SFID> as SFID;
}

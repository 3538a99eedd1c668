import type { Level } from '../../src/protocol/commands/version.js';
import { Session } from '../../src/session/session.js';
import type { SettingValues } from '../../src/settings/settings.js';
import { Application, type Manners } from './application.js';
import { checkEnd, checkQuiet, unsettled } from './checks.js';
import type { FileMaker } from './jobs.js';
import type { Hardware, Life, LifeTemper } from './life.js';
import { Link, type LinkTemper } from './network.js';
import { Random } from './random.js';
import { Station } from './station.js';
import {
  CALM_LIFE,
  CALM_LINK,
  CALM_MANNERS,
  CUTS,
  DEATHS,
  jobOf,
  offerOf,
  settingsOf,
  wildLife,
  wildLink,
  wildManners,
} from './tempers.js';
import { World } from './world.js';

/** Rounds with faults, and those without after which everything has to be settled. */
const WILD_ROUNDS_MAX = 10;
const CALM_ROUNDS_MAX = 30;

/** Files that each party may have for the other one. */
const JOBS_MAX = 12;

/** What all simulations share, because it takes long to make. */
export interface Equipment {
  readonly hardware: readonly [Hardware, Hardware];
  readonly files: FileMaker;
}

export interface ScenarioOptions {
  /** Keeps the story in `world`. */
  readonly told?: boolean;
  /** Spoils the processes of one party, to see that it is found out. */
  readonly sabotage?: ((life: Life) => void) | undefined;
}

/** Two parties and what happens between them, as a seed decides. */
export class Scenario {
  readonly world: World;
  /** Sessions that were begun. */
  sessions = 0;
  readonly #random: Random;
  readonly #files: FileMaker;
  readonly #sabotage: (life: Life) => void;
  readonly #stations: readonly [Station, Station];
  readonly #settings: readonly [SettingValues, SettingValues];
  readonly #level: Level;
  readonly #open = new Set<Application>();
  /** The latest connection. */
  #link: Link | undefined;
  /** How rough it is, from 0 to 1. */
  readonly #roughness: number;

  constructor(seed: number, { hardware, files }: Equipment, { told = false, sabotage }: ScenarioOptions = {}) {
    const random = new Random(seed);
    this.#random = random;
    this.#files = files;
    this.#sabotage = sabotage ?? (() => {});
    this.world = new World(told);
    this.#roughness = random.fraction();
    this.#level = random.pick([1, 2, 4, 5, 5, 5]);
    const caller = new Station('O0013CALLER', this.world, random.fork(), hardware[0]);
    const called = new Station('O0013CALLED', this.world, random.fork(), hardware[1]);
    caller.partner = called;
    called.partner = caller;
    this.#stations = [caller, called];
    this.#settings = [settingsOf(random), settingsOf(random)];
  }

  /** @throws when a promise was broken, something was left over, or there was no end */
  async play(): Promise<void> {
    for (const station of this.#stations) {
      station.onChange = () => this.#ambush();
      await this.#boot(station, wildLife(this.#random, this.#roughness));
    }
    for (let rounds = this.#random.between(2, WILD_ROUNDS_MAX); rounds > 0; rounds -= 1) await this.#wildRound();
    await this.#until(() => this.#open.size === 0);
    await checkQuiet(this.world, this.#stations);
    for (const station of this.#stations) {
      station.onChange = () => {};
      station.life.end();
      await this.#boot(station, CALM_LIFE);
    }
    await this.#calmDown();
    await checkQuiet(this.world, this.#stations);
    for (const station of this.#stations) await checkEnd(this.world, station);
  }

  async #boot(station: Station, temper: LifeTemper): Promise<void> {
    await station.boot(temper);
    if (station === this.#stations[1]) this.#sabotage(station.life);
  }

  async #wildRound(): Promise<void> {
    const [random, roughness] = [this.#random, this.#roughness];
    for (const station of this.#stations) {
      if (station.life.dead) await this.#boot(station, wildLife(random, roughness));
      for (let more = random.between(0, 2); more > 0; more -= 1) this.#addJob(station);
    }
    this.#connect(wildLink(random, roughness), [wildManners(random, roughness), wildManners(random, roughness)]);
    // The next round may begin before the last one has ended, and a dead party come back before the other one knows.
    const patience = random.chance(0.2) ? this.world.now + random.magnitude(1, 20_000) : Number.POSITIVE_INFINITY;
    const isDead = () => this.#stations.some(({ life }) => life.dead);
    await this.#until(() => this.#open.size === 0 || this.world.now > patience || (isDead() && random.chance(0.01)));
  }

  /** Without faults everything settles in a few sessions, up to three of them at a time. */
  async #calmDown(): Promise<void> {
    for (let round = 0; ; round += 1) {
      const left = await unsettled(this.#stations);
      if (left.length === 0) return;
      if (round === CALM_ROUNDS_MAX) throw new Error(`not settled after ${round} rounds: ${left.join('; ')}`);
      for (let more = this.#random.between(1, 3); more > 0; more -= 1) {
        this.#connect(CALM_LINK, [CALM_MANNERS, CALM_MANNERS]);
      }
      await this.#until(() => this.#open.size === 0);
    }
  }

  /** Misfortune strikes with preference when something has just become durable that others have yet to hear of. */
  #ambush(): void {
    const random = this.#random;
    if (!random.chance(0.1 * this.#roughness)) return;
    const soon = random.between(1, 10);
    if (random.chance(0.5)) this.#link?.cutSoon(soon, random.pick(CUTS));
    else random.pick(this.#stations).life.dieSoon(soon, random.pick(DEATHS));
  }

  #connect(temper: LinkTemper, manners: readonly [Manners, Manners]): void {
    this.sessions += 1;
    this.world.tell(() => `session ${this.sessions}, ${JSON.stringify(temper)}`);
    const [caller, called] = this.#stations;
    const link = new Link(this.world, this.#random.fork(), temper, [caller.life, called.life]);
    this.#link = link;
    this.#openSession(link, 0, manners[0]);
    this.#openSession(link, 1, manners[1]);
  }

  #openSession(link: Link, end: 0 | 1, manners: Manners): void {
    const [random, station] = [this.#random.fork(), this.#stations[end]];
    const { life, code } = station;
    const offer = offerOf(code, this.#level, random);
    const initiator = end === 0;
    const application = new Application({
      world: this.world,
      random,
      station,
      offer,
      manners,
      initiator,
    });
    const settings = this.#settings[end];
    const channel = link.channel(end);
    const role = initiator ? 'initiator' : 'responder';
    const session = new Session(role, channel, life.environment, settings, application, offer);
    this.#open.add(application);
    life.onDeath.add((how) => {
      this.#open.delete(application);
      link.died(life, how);
    });
    application.attend(session, () => this.#open.delete(application));
    session.start();
  }

  async #until(done: () => boolean): Promise<void> {
    if (!(await this.world.run(done))) throw new Error('a session does not end, and nothing more happens');
  }

  #addJob(station: Station): void {
    const { jobs, code, disk } = station;
    if (jobs.length >= JOBS_MAX) return;
    const job = jobOf(`${code.slice(-2)}${jobs.length}`, this.#random, this.#files);
    const inode = disk.create();
    inode.write(job.content.octets, 0);
    disk.outbox.set(job.name, inode);
    jobs.push(job);
  }
}

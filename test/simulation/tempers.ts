import type { Level } from '../../src/protocol/commands/version.js';
import type { SessionOffer } from '../../src/protocol/negotiate.js';
import { type SettingValues, serverSettings } from '../../src/settings/settings.js';
import type { Manners } from './application.js';
import type { Answer, FileMaker, Job } from './jobs.js';
import type { Death, LifeTemper } from './life.js';
import type { Cut, LinkTemper } from './network.js';
import type { Random } from './random.js';

export const DEATHS: readonly [Death, Death] = ['killed', 'power failure'];
export const CUTS: readonly [Cut, ...Cut[]] = ['silence', 'reset', 'half reset', 'end'];

/** A process on a good day, but with as little memory as `transferMemory` can be set to. */
export const CALM_LIFE: LifeTemper = {
  disk: { delayMax: 1, fails: 0, short: 0 },
  store: { delayMax: 2, fails: 0 },
  slabs: 3,
  accelerated: true,
  dies: undefined,
};

export const CALM_LINK: LinkTemper = {
  capacity: 65_536,
  chunkMax: 65_536,
  delayMax: 0,
  cut: undefined,
};

export const CALM_MANNERS: Manners = {
  refuses: 0,
  throws: 0,
  thinksMax: 10,
  turns: 1,
  share: 0.7,
  waits: false,
  leaves: undefined,
  strict: true,
};

export function wildLife(random: Random, roughness: number): LifeTemper {
  const fails = random.chance(0.15) ? 0.01 * random.fraction() : 0;
  const how = random.pick(DEATHS);
  return {
    disk: {
      delayMax: random.magnitude(1, 20),
      fails,
      short: random.chance(0.2) ? 0.3 : 0,
    },
    store: { delayMax: random.magnitude(1, 20), fails: random.chance(0.15) ? 0.2 * random.fraction() : 0 },
    slabs: random.between(3, 8),
    accelerated: random.chance(0.5),
    dies: random.chance(0.5 * roughness) ? { after: random.magnitude(5, 2000), how } : undefined,
  };
}

export function wildLink(random: Random, roughness: number): LinkTemper {
  const how = random.pick(CUTS);
  return {
    capacity: random.magnitude(100, 200_000),
    chunkMax: random.magnitude(20, 65_536),
    delayMax: random.magnitude(1, 50),
    cut: random.chance(roughness) ? { after: random.magnitude(1, 200), how } : undefined,
  };
}

export function wildManners(random: Random, roughness: number): Manners {
  const rude = random.chance(0.5 * roughness);
  return {
    refuses: rude ? random.fraction() * 0.3 : 0,
    throws: rude ? random.fraction() * 0.1 : 0,
    thinksMax: random.magnitude(10, 10_000),
    turns: random.between(0, 2),
    share: random.pick([0.3, 1]),
    waits: random.chance(0.5),
    leaves: random.chance(0.1 * roughness) ? random.magnitude(1, 5000) : undefined,
    strict: false,
  };
}

export function offerOf(code: string, level: Level, random: Random): SessionOffer {
  return {
    level,
    code,
    password: 'SECRET',
    mode: 'B',
    bufferSize: random.magnitude(128, 99_999),
    credit: random.magnitude(1, 999),
    compression: random.chance(0.5),
    restart: random.chance(0.8),
    authentication: false,
    user: '',
  };
}

export function settingsOf(random: Random): SettingValues {
  return serverSettings({
    defaultTimeout: random.between(5, 20),
    restart: random.chance(0.9),
    endResponseTurn: random.pick(['onChangeDirection', 'asap'] as const),
    sendCdAfterEfpa: random.chance(0.2),
    disconnectAfterEndSession: random.chance(0.7),
  }).values;
}

export function jobOf(name: string, random: Random, files: FileMaker): Job {
  return {
    name,
    path: `/outbox/${name}`,
    content: files.make(random),
    answer: random.pick<Answer>(['EERP', 'EERP', 'EERP', 'NERP', 'later', 'none']),
    streamed: random.chance(0.1),
    overwrites: random.chance(0.3),
    unwanted: random.chance(0.02),
    overtaken: false,
    attempts: 0,
    state: 'waiting',
  };
}

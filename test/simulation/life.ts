import { Exclusive } from '../../src/locks/exclusive.js';
import { WorkerPool } from '../../src/pool/worker-pool.js';
import { createAcceleratedCodec } from '../../src/protocol/framing/accelerated.js';
import { DataBufferWriter } from '../../src/protocol/framing/data-buffers.js';
import { createCodec } from '../../src/protocol/framing/subrecords.js';
import type { Environment } from '../../src/session/environment.js';
import { PreparedFiles } from '../../src/session/prepared-files.js';
import { ResponseClaims } from '../../src/session/response-claims.js';
import { Sendings } from '../../src/session/sendings.js';
import type { MemoryStore } from '../../src/store/memory-store.js';
import { CoarseClock } from '../../src/transport/clock.js';
import { TransferMemory } from '../../src/transport/memory.js';
import { SLACK_LENGTH, SlabPool } from '../../src/transport/slabs.js';
import { Transport } from '../../src/transport/transport.js';
import { DelayedStore, type StoreTemper, type StoreWatch } from './delayed-store.js';
import type { Disk } from './disk.js';
import { DiskAccess, type DiskTemper } from './disk-access.js';
import type { Random } from './random.js';
import type { Caller, World } from './world.js';

/** How a process ends before its time. */
export type Death = 'killed' | 'power failure';

/** The most slabs that a process may have; what they need of memory is taken once for all simulations. */
const SLABS_MAX = 8;
const MEMORY_LENGTH = (SLABS_MAX * 256 + 256) * 1024;

/** The memory of a machine, and what works on it. Processes use it one after the other. */
export class Hardware {
  readonly memory = new TransferMemory(MEMORY_LENGTH);
  readonly #scripted = createCodec(this.memory.bytes);
  readonly #accelerated = (this.memory.wasm && createAcceleratedCodec(this.memory.wasm)) ?? this.#scripted;

  codec(accelerated: boolean): Environment['codec'] {
    return accelerated ? this.#accelerated : this.#scripted;
  }
}

export interface LifeTemper {
  readonly disk: DiskTemper;
  readonly store: StoreTemper;
  /** Slabs of transfer memory; 3 is what the least `transferMemory` has. */
  readonly slabs: number;
  readonly accelerated: boolean;
  /** After how many events of its own the process dies, if it does. */
  readonly dies: { readonly after: number; readonly how: Death } | undefined;
}

export interface LifeParts {
  readonly world: World;
  readonly random: Random;
  readonly hardware: Hardware;
  readonly disk: Disk;
  readonly store: MemoryStore;
  readonly watch: StoreWatch;
}

let lives = 0;

/** One process from its start to its end: all that is lost with it. */
export class Life implements Caller {
  /** Where this life sees the disk: see `DiskAccess`. */
  readonly root: string;
  readonly random: Random;
  readonly environment: Environment;
  readonly transport: Transport;
  readonly files: DiskAccess;
  /** Intervals of the system that run. */
  readonly intervals = new Set<object>();
  dead = false;
  /** Files that the application has been told to be received. */
  readonly processed = new Set<string>();
  readonly onDeath = new Set<(how: Death) => void>();
  readonly #world: World;
  #dies: LifeTemper['dies'];
  #events = 0;

  constructor({ world, random, hardware, disk, store, watch }: LifeParts, temper: LifeTemper) {
    lives += 1;
    this.root = `/L${lives}`;
    this.random = random;
    this.#world = world;
    this.#dies = temper.dies;
    this.files = new DiskAccess(disk, this, temper.disk);
    const clock = new CoarseClock(world.timeOf(this, this.intervals), (error) => world.fail(error as Error));
    const slabs = new SlabPool(hardware.memory.readEnd + SLACK_LENGTH, temper.slabs);
    const memory = { ...hardware.memory, slabs };
    const codec = hardware.codec(temper.accelerated);
    const durable = new DelayedStore(store, this, temper.store, watch);
    this.environment = {
      memory,
      clock,
      codec,
      writer: new DataBufferWriter(memory.bytes, codec),
      store: durable,
      // Plain files need no worker: none is ever started.
      pool: new WorkerPool(),
      prepared: new PreparedFiles(durable),
      closing: new AbortController(),
      unwrapping: new Set(),
      responseClaims: new ResponseClaims(durable),
      sendings: new Sendings(),
      processing: new Exclusive('processing'),
      fileSystem: this.files,
    };
    this.transport = new Transport({
      memory,
      clock,
      maxReadTime: 0,
      directReads: false,
    });
  }

  /** Something is about to happen in this process: not if it is dead, or dies of it. */
  step(): boolean {
    if (this.dead) return false;
    this.#events += 1;
    if (this.#dies !== undefined && this.#events >= this.#dies.after) this.die(this.#dies.how);
    return !this.dead;
  }

  later(delay: number, action: () => void): void {
    this.#world.at(delay, () => {
      if (this.step()) action();
    });
  }

  /** Dies after so many more events of its own. */
  dieSoon(events: number, how: Death): void {
    this.#dies ??= { after: this.#events + events, how };
  }

  /** In good order. */
  end(): void {
    this.dead = true;
    this.intervals.clear();
  }

  die(how: Death): void {
    if (this.dead) return;
    this.end();
    for (const told of this.onDeath) told(how);
  }
}

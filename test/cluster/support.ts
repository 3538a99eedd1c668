/** A cluster of real processes, as its clients and its operator see it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OFTPServerOptions, SharedStateOptions } from '../../src/index.js';
import { Child, type ChildResult } from '../support/child.js';
import { onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { RawPeer } from '../support/peer.js';
import { type SsidFields, ssid } from '../support/wire.js';

const PROGRAM = fileURLToPath(new URL('./station.js', import.meta.url));
const LIMIT_MS = 60_000;

/** Sessions that are opened until two are on different workers. */
const TRIES = 20;

export interface StationOptions {
  readonly shared?: SharedStateOptions;
  readonly server?: OFTPServerOptions;
  readonly outbox?: string;
  readonly tls?: { readonly own: string; readonly trusted: string; readonly partner: string };
  readonly workers?: number;
}

export interface Placed {
  readonly peer: RawPeer;
  /** The worker that has the session. */
  readonly pid: number;
}

export class Station {
  readonly inbox = temporaryFolder();
  readonly #child: Child;

  private constructor({ shared = {}, workers = 2, ...more }: StationOptions) {
    const options = { shared: { statePath: null, ...shared }, inbox: this.inbox, ...more };
    this.#child = new Child(process.execPath, [PROGRAM, String(workers), JSON.stringify(options)], {
      limitMs: LIMIT_MS,
    });
    onCleanUp(async () => {
      await this.#child.stop(1000);
    });
  }

  static async start(options: StationOptions = {}): Promise<Station> {
    const station = new Station(options);
    await station.joined(options.workers ?? 2);
    return station;
  }

  /** Whatever the cluster does, with workers that may not get to listen. */
  static started(options: StationOptions): Station {
    return new Station(options);
  }

  get port(): number {
    return Number(/^port (\d+)/m.exec(this.#child.output)?.[1]);
  }

  get output(): string {
    return this.#child.output;
  }

  seen(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#child.waitForOutput(pattern);
  }

  /** So many workers have come to listen since the start. */
  async joined(count: number): Promise<void> {
    await this.seen(new RegExp(`(?:joined \\d+\\n(?:.*\\n)*?){${count}}`));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal);
  }

  get finished(): Promise<ChildResult> {
    return this.#child.finished;
  }

  /** A session in which a worker is idle Listener. */
  async session(fields: SsidFields = {}): Promise<Placed> {
    return this.placed(await RawPeer.connect(this.port), fields);
  }

  /** A session on a connection that is there, and who has it. */
  async placed(peer: RawPeer, fields: SsidFields = {}): Promise<Placed> {
    await peer.expect('SSRM');
    peer.send(ssid(fields));
    await peer.expect('SSID');
    const [, pid] = await this.seen(new RegExp(`^session (\\d+) ${peer.localPort}$`, 'm'));
    return { peer, pid: Number(pid) };
  }

  /** Two sessions on two workers. */
  async apart(): Promise<readonly [Placed, Placed]> {
    const first = await this.session();
    return [first, await this.elsewhere(first.pid)];
  }

  /** A session on another worker than that. */
  async elsewhere(pid: number): Promise<Placed> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const placed = await this.session();
      if (placed.pid !== pid) return placed;
      placed.peer.reset();
    }
    throw new Error(`${TRIES} sessions all came to worker ${pid}`);
  }

  async kill(pid: number): Promise<void> {
    process.kill(pid, 'SIGKILL');
    await this.seen(new RegExp(`^exit ${pid} SIGKILL$`, 'm'));
  }

  content(name: string): Buffer {
    return readFileSync(join(this.inbox, name));
  }
}

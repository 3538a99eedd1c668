import type { OutgoingFile } from '../files/outgoing.js';
import type { Agreement } from '../protocol/negotiate.js';
import { SLAB_LENGTH, type SlabHolder } from '../transport/slabs.js';
import type { SessionContext } from './context.js';

/** Two slabs to read into and two to send from, so that the disk, the encoder and the network overlap. */
const SLABS_MAX = 4;

/** Octets of the file in a slab, and the position behind them. */
interface Block {
  readonly slab: number;
  readonly length: number;
  readonly next: number;
}

/**
 * The way of sent octets: the file is read into a slab, encoded as whole DATA exchange buffers into another one, and
 * that is handed to the network as one write for as much as credit allows. Two slabs of each kind let reading, encoding
 * and the network overlap.
 */
export class Outlet implements SlabHolder {
  readonly #session: SessionContext;
  /** All slabs of this sender, and those of them that nothing uses at the moment. */
  readonly #held = new Set<number>();
  readonly #idle: number[] = [];
  #leasing = 0;
  #wake: (() => void) | undefined;
  #stopped: Error | undefined;
  #finished = false;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  /** Credit has come, a write has been flushed or a slab has become free: look again. */
  poke(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Ends `send` with this error at the next point where it waits. */
  stop(error: Error): void {
    this.#stopped ??= error;
    this.#session.environment.memory.slabs.cancel(this);
    this.poke();
  }

  /**
   * Sends the octets of a file from `position` to `size` as the data of one record (formats U and T). Settles when all of
   * it is with the network and there is credit again, so that EFID may follow (RFC 5024 §9.11 note 1).
   */
  async send(source: OutgoingFile, position: number, size: number, sent: (octets: number) => void): Promise<void> {
    try {
      // An empty file is one subrecord of length zero with the end-of-record flag: some peers miss the flag otherwise.
      if (position >= size) await this.#encode(0, 0, true);
      let ahead = position < size ? this.#read(source, position, size) : undefined;
      while (ahead !== undefined) {
        const { slab, length, next } = await ahead;
        const last = next >= size;
        ahead = last ? undefined : this.#read(source, next, size);
        // A failed read-ahead is met when it is awaited; until then it must not count as unhandled.
        ahead?.catch(() => {});
        await this.#encode(slab, length, last);
        this.#giveBack(slab);
        sent(next);
      }
      await this.#until(() => this.#session.entity.state === 'OPO');
    } finally {
      this.#release();
    }
  }

  /** After a failure: settles when a command may be sent again, which is when there is credit (RFC 5024 §9.11 note 1). */
  async reopen(): Promise<void> {
    this.#stopped = undefined;
    await this.#until(() => this.#session.over || this.#session.entity.state === 'OPO');
  }

  /** The connection is gone, and nobody reads from any slab any longer. */
  abandon(): void {
    this.#idle.splice(0, this.#idle.length, ...this.#held);
    this.#release();
  }

  yieldSlab(): void {
    // Slabs of a sender are busy by nature: they come back as soon as the network or the peer has taken their octets.
  }

  async #read(source: OutgoingFile, position: number, size: number): Promise<Block> {
    const slab = await this.#take();
    const wanted = Math.min(SLAB_LENGTH, size - position);
    const { bytes } = this.#session.environment.memory;
    const length = await new Promise<number>((resolve, reject) => {
      source.read(bytes, slab, slab + wanted, position, (error, octets) => (error ? reject(error) : resolve(octets)));
    });
    return { slab, length, next: position + length };
  }

  async #encode(slab: number, length: number, last: boolean): Promise<void> {
    const { entity, environment, channel } = this.#session;
    const { writer, memory } = environment;
    const { bufferSize, compression } = entity.agreement as Agreement;
    let from = slab;
    const end = slab + length;
    do {
      await this.#until(() => entity.credit > 0);
      const out = await this.#take();
      writer.write(from, end, out, out + SLAB_LENGTH, bufferSize, entity.credit, last, compression);
      from = writer.src;
      entity.dataSent(writer.buffers);
      const octets = memory.buffer.subarray(out, writer.dst);
      this.#session.trailSent(octets);
      channel.write(octets, () => this.#giveBack(out));
    } while (from < end);
  }

  /** A slab of the two kinds of two that a sender may hold. */
  async #take(): Promise<number> {
    await this.#until(() => this.#idle.length > 0 || this.#held.size + this.#leasing < SLABS_MAX);
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const free = this.#session.environment.memory.slabs.tryLease(this);
    if (free !== undefined) {
      this.#held.add(free);
      return free;
    }
    this.#leasing += 1;
    try {
      this.#session.environment.memory.slabs.lease(this, (address) => {
        this.#held.add(address);
        this.#idle.push(address);
        this.poke();
      });
      await this.#until(() => this.#idle.length > 0);
    } finally {
      this.#leasing -= 1;
    }
    return this.#idle.pop() as number;
  }

  async #until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.#stopped !== undefined) throw this.#stopped;
      if (condition()) return;
      await new Promise<void>((resolve) => {
        const before = this.#wake;
        this.#wake = () => {
          before?.();
          resolve();
        };
      });
    }
  }

  #giveBack(slab: number): void {
    if (!this.#held.has(slab)) return;
    this.#idle.push(slab);
    if (this.#finished) this.#release();
    else this.poke();
  }

  /** Slabs go back as they become idle: the network may still be reading from the last ones. */
  #release(): void {
    this.#finished = true;
    for (const slab of this.#idle.splice(0)) {
      this.#held.delete(slab);
      this.#session.environment.memory.slabs.release(slab);
    }
  }
}

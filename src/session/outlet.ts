import type { Agreement } from '../protocol/negotiate.js';
import type { SessionContext } from './context.js';
import type { Block, BlockFeed } from './outgoing-content.js';
import { type SenderSlab, SenderSlabs } from './sender-slabs.js';

/** A block of the file in memory. */
interface Loaded extends Block {
  readonly slab: SenderSlab;
}

/**
 * The way of sent octets: the file is read into a slab, encoded as whole DATA exchange buffers into another one, and
 * that is handed to the network as one write for as much as credit allows. Where there is memory for it, the next block
 * is read and one write is with the network meanwhile.
 */
export class Outlet {
  readonly #session: SessionContext;
  readonly #slabs: SenderSlabs;
  #wake: (() => void) | undefined;
  #stopped: Error | undefined;

  constructor(session: SessionContext) {
    this.#session = session;
    const forget = session.whenClosed(() => this.#slabs.abandon());
    this.#slabs = new SenderSlabs(session.environment.memory.slabs, () => {
      if (this.#slabs.gone) forget();
      this.poke();
    });
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
    this.#slabs.stopWaiting();
    this.poke();
  }

  /**
   * Sends the blocks that are left of a file; `sent` is called after each. Settles when all of it is with the network
   * and there is credit again, so that EFID may follow (RFC 5024 §9.11 note 1).
   */
  async send(source: BlockFeed, sent: () => void): Promise<void> {
    try {
      let ahead: Promise<Loaded> | undefined;
      while (ahead !== undefined || !source.ended) {
        const block: Loaded = await (ahead ?? this.#load(source));
        ahead = source.ended || !this.#slabs.reserveAhead() ? undefined : this.#loadAhead(source);
        // A failed read-ahead is met when it is awaited; until then it must not count as unhandled.
        ahead?.catch(() => {});
        source.begin(this.#session.environment.memory.bytes, block);
        const complete = await this.#encode(source, block.slab);
        this.#slabs.endBlock(block.slab);
        if (!complete) {
          await this.#drop(ahead);
          ahead = undefined;
          source.rewind();
        }
        sent();
      }
      await this.#until(() => this.#session.entity.state === 'OPO');
    } finally {
      this.#slabs.leave();
    }
  }

  /** After a failure: settles when a command may be sent again, that is with credit (RFC 5024 §9.11 note 1). */
  async reopen(): Promise<void> {
    this.#stopped = undefined;
    await this.#until(() => this.#session.over || this.#session.entity.state === 'OPO');
  }

  /** With credit only: without it, the memory may have to go back before it was of use. */
  async #load(source: BlockFeed): Promise<Loaded> {
    await this.#until(() => this.#session.entity.credit > 0);
    return this.#read(source, await this.#when(() => this.#slabs.tryBegin()));
  }

  async #loadAhead(source: BlockFeed): Promise<Loaded> {
    return this.#read(source, await this.#when(() => this.#slabs.tryAhead()));
  }

  async #drop(ahead: Promise<Loaded> | undefined): Promise<void> {
    const block = await ahead;
    if (block !== undefined) this.#slabs.endBlock(block.slab);
  }

  async #read(source: BlockFeed, slab: SenderSlab): Promise<Loaded> {
    slab.reading = true;
    try {
      const { bytes } = this.#session.environment.memory;
      return { ...(await source.read(bytes, slab.address, slab.blockEnd)), slab };
    } catch (error) {
      this.#slabs.endBlock(slab);
      throw error;
    } finally {
      slab.reading = false;
      if (this.#slabs.left) this.#slabs.endBlock(slab);
    }
  }

  /** False: the peer gives no credit, and others wait for the memory; the block has not been sent completely. */
  async #encode(source: BlockFeed, slab: SenderSlab): Promise<boolean> {
    const { entity, environment, channel } = this.#session;
    const { writer, memory } = environment;
    const { bufferSize, compression } = entity.agreement as Agreement;
    for (let complete = false; !complete; ) {
      const room = await this.#when(() => {
        if (entity.credit > 0) return this.#slabs.tryRoom(slab);
        return this.#slabs.asked ? 'none' : undefined;
      });
      if (room === 'none') return false;
      const { start, end, flushed } = room;
      writer.begin(start, end, bufferSize, entity.credit, compression);
      complete = source.feed(writer);
      writer.finish();
      // A block may hold nothing but the beginning of a delimiter.
      if (writer.buffers === 0) {
        flushed();
        continue;
      }
      entity.dataSent(writer.buffers);
      const octets = memory.buffer.subarray(start, writer.dst);
      this.#session.trailSent(octets);
      channel.write(octets, flushed);
    }
    return true;
  }

  async #until(condition: () => boolean): Promise<void> {
    await this.#when(() => condition() || undefined);
  }

  /** Settles with the answer of `probe` as soon as it has one. It is asked again whenever this is poked. */
  async #when<T>(probe: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.#stopped !== undefined) throw this.#stopped;
      const answer = probe();
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => {
        const before = this.#wake;
        this.#wake = () => {
          before?.();
          resolve();
        };
      });
    }
  }
}

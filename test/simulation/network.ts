import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Carrier } from '../../src/transport/carrier.js';
import { Channel } from '../../src/transport/channel.js';
import type { Death, Life } from './life.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** What becomes of a connection without the will of either end. */
export type Cut =
  /** Nothing passes any more, and nobody is told. */
  | 'silence'
  /** Both ends see a reset. */
  | 'reset'
  /** One end sees a reset, the other one nothing. */
  | 'half reset'
  /** Both ends see the end of the stream, and what was on its way is lost. */
  | 'end';

export interface LinkTemper {
  /** Octets that are taken from a writer before the reader has read them. */
  readonly capacity: number;
  /** Octets that a read brings at most, and how long they may take, in milliseconds. */
  readonly chunkMax: number;
  readonly delayMax: number;
  /** After how many reads of both ends together the connection is cut, if it is. */
  readonly cut: { readonly after: number; readonly how: Cut } | undefined;
}

/** One direction of a connection: octets from the writer to the reader. */
class Wire {
  readonly #link: Link;
  readonly #writer: SimulatedSocket;
  readonly #reader: SimulatedSocket;
  readonly #queue: Buffer[] = [];
  #length = 0;
  #offered: { readonly octets: Buffer; taken: number; readonly done: () => void } | undefined;
  #ends = false;
  #ended = false;
  #moving = false;

  constructor(link: Link, writer: SimulatedSocket, reader: SimulatedSocket) {
    this.#link = link;
    this.#writer = writer;
    this.#reader = reader;
  }

  /** Octets that the reader has not read. */
  get unread(): number {
    return this.#length;
  }

  offer(octets: Buffer, done: () => void): void {
    this.#offered = { octets, taken: 0, done };
    this.pump();
  }

  /** The writer's FIN, behind what it has written. */
  end(): void {
    this.#ends = true;
    this.pump();
  }

  /** The writer is gone: what was not taken from it is lost. */
  abandon(): void {
    this.#offered = undefined;
    this.end();
  }

  /** What is on its way is lost, and the reader sees the end of the stream. */
  breakOff(): void {
    this.#queue.length = 0;
    this.#length = 0;
    this.end();
  }

  pump(): void {
    if (this.#moving || this.#link.silent || !this.#movable) return;
    this.#moving = true;
    this.#link.soon(() => {
      this.#moving = false;
      if (this.#link.silent) return;
      this.#take();
      this.#bring();
      this.pump();
    });
  }

  get #movable(): boolean {
    if (this.#offered !== undefined && (this.#ends || this.#length < this.#link.temper.capacity)) return true;
    if (this.#length > 0) return this.#reader.wanting;
    return this.#ends && !this.#ended;
  }

  /** Copies octets only now: the writer must leave them as they are until it is told that they were taken. */
  #take(): void {
    const offered = this.#offered;
    if (offered === undefined) return;
    if (this.#reader.gone) this.#link.reset(this.#reader);
    const room = this.#ends ? Number.POSITIVE_INFINITY : this.#link.temper.capacity - this.#length;
    const taken = Math.min(room, offered.octets.length - offered.taken);
    // Behind a break the octets vanish.
    if (!this.#ends && taken > 0) {
      this.#queue.push(Buffer.from(offered.octets.subarray(offered.taken, offered.taken + taken)));
      this.#length += taken;
    }
    offered.taken += taken;
    if (offered.taken < offered.octets.length) return;
    this.#offered = undefined;
    if (this.#writer.life.step()) offered.done();
  }

  #bring(): void {
    if (this.#length > 0 && this.#reader.wanting) {
      const { random, temper } = this.#link;
      // However small, reads keep up with much that waits: a long file must not take thousands of them.
      const most = Math.max(temper.chunkMax, this.#length >> 4);
      const chunk = this.#cut(random.between(1, Math.min(this.#length, most)));
      if (this.#reader.life.step()) this.#reader.receive(chunk);
      this.#link.brought();
    } else if (this.#length === 0 && this.#ends && !this.#ended) {
      this.#ended = true;
      if (this.#reader.life.step()) this.#reader.receive(null);
    }
  }

  #cut(length: number): Buffer {
    const pieces: Buffer[] = [];
    this.#length -= length;
    for (let missing = length; missing > 0; ) {
      const first = this.#queue.shift() as Buffer;
      pieces.push(first.subarray(0, missing));
      if (first.length > missing) this.#queue.unshift(first.subarray(missing));
      missing -= first.length;
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }
}

/** One end of a simulated connection, as far as a channel needs a socket. */
class SimulatedSocket extends Duplex {
  readonly life: Life;
  wanting = false;
  /** Closed, or its process is dead: the kernel answers octets by a reset. */
  gone = false;
  out!: Wire;
  in!: Wire;
  readonly #link: Link;

  constructor(link: Link, life: Life, highWaterMark: number) {
    super({ allowHalfOpen: true, highWaterMark });
    this.#link = link;
    this.life = life;
  }

  receive(chunk: Buffer | null): void {
    if (this.destroyed) return;
    this.wanting = this.push(chunk);
  }

  resetAndDestroy(): void {
    this.#link.reset(this);
    this.destroy();
  }

  override _read(): void {
    this.wanting = true;
    this.in.pump();
  }

  override _write(octets: Buffer, _encoding: string, done: () => void): void {
    this.out.offer(octets, done);
  }

  override _final(done: () => void): void {
    this.out.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.gone = true;
    // The kernel answers a close with unread octets by a reset.
    if (this.in.unread > 0) this.#link.reset(this);
    else this.out.abandon();
    done(error);
  }
}

/** A connection between two processes. */
export class Link {
  readonly random: Random;
  readonly temper: LinkTemper;
  silent = false;
  readonly #world: World;
  readonly #sockets: readonly [SimulatedSocket, SimulatedSocket];
  #reads = 0;
  #cutSoon: LinkTemper['cut'];

  constructor(world: World, random: Random, temper: LinkTemper, lives: readonly [Life, Life]) {
    this.#world = world;
    this.random = random;
    this.temper = temper;
    const [one, other] = lives.map((life) => new SimulatedSocket(this, life, random.magnitude(1, 65_536)));
    this.#sockets = [one as SimulatedSocket, other as SimulatedSocket];
    this.#lay(this.#sockets[0], this.#sockets[1]);
    this.#lay(this.#sockets[1], this.#sockets[0]);
  }

  /** The channel of one end: 0 or 1, in the order of the lives. */
  channel(end: 0 | 1): Channel {
    const socket = this.#sockets[end];
    const carrier = new Carrier(socket as Duplex as Socket, { address: '192.0.2.1', port: 3305 }, true);
    return new Channel(socket.life.transport, carrier, socket);
  }

  soon(action: () => void): void {
    this.#world.at(this.random.between(0, this.temper.delayMax), action);
  }

  /** Is cut after so many more reads. */
  cutSoon(reads: number, how: Cut): void {
    this.#cutSoon ??= { after: this.#reads + reads, how };
  }

  /** A read has been done: the one after which the connection is cut? */
  brought(): void {
    this.#reads += 1;
    const cut = this.#cutSoon ?? this.temper.cut;
    if (cut !== undefined && this.#reads >= cut.after) this.#cut(cut.how);
  }

  /** A RST goes from this end to the other one. */
  reset(from: SimulatedSocket): void {
    if (this.silent) return;
    this.#world.tell(() => 'connection reset');
    const [one, other] = this.#sockets;
    this.#hear(from === one ? other : one);
    this.silent = true;
  }

  /** The process of one end is dead. */
  died(life: Life, how: Death): void {
    const socket = this.#sockets.find((end) => end.life === life);
    if (socket === undefined || socket.gone || this.silent) return;
    socket.gone = true;
    if (how === 'power failure') this.silent = true;
    else if (socket.in.unread > 0 || this.random.chance(0.5)) this.reset(socket);
    else socket.out.abandon();
  }

  #lay(writer: SimulatedSocket, reader: SimulatedSocket): void {
    const wire = new Wire(this, writer, reader);
    writer.out = wire;
    reader.in = wire;
  }

  #cut(how: Cut): void {
    if (this.silent) return;
    this.#world.tell(() => `connection cut: ${how}`);
    if (how === 'end') {
      for (const { out } of this.#sockets) out.breakOff();
      return;
    }
    this.silent = true;
    if (how === 'silence') return;
    const victims = how === 'reset' ? this.#sockets : [this.random.pick(this.#sockets)];
    for (const victim of victims) this.#hear(victim);
  }

  #hear(victim: SimulatedSocket): void {
    victim.life.later(this.random.between(0, this.temper.delayMax), () => {
      victim.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    });
  }
}

import { strict as assert } from 'node:assert';
import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Carrier } from './carrier.js';
import type { Reader } from './fairness.js';
import { octetsTaken } from './internals.js';
import { READ_AREA_LENGTH } from './memory.js';
import type { Transport } from './transport.js';

/**
 * What a connection tells about itself. A handler that throws loses its connection, and gets the error in `onClose`.
 */
export interface ChannelHandler {
  /**
   * Octets have arrived: `memory.bytes[start..end)`. They are gone when this returns; what is still needed is copied.
   */
  onOctets(start: number, end: number): void;
  /** After `write` returned false: everything written has been taken by the kernel. */
  onDrain(): void;
  /** The peer has sent its last octet (FIN). This side can still write, and decides when to `end`. */
  onEnd(): void;
  /** The connection is gone: called once, last, with the error that ended it if there was one. */
  onClose(error: Error | undefined): void;
}

/** Where the listeners, which all channels share, find the channel of the stream that calls them. */
const CHANNEL = Symbol('channel');

interface ChannelStream extends Duplex {
  [CHANNEL]: Channel;
}

/**
 * One connection as octets in the transport's read area. They get there straight from the kernel, or, where that is not
 * possible, copied from `data` events; the handler cannot tell the difference. An idle channel has no buffer, no timer
 * and no function of its own.
 */
export class Channel implements Reader {
  /** The TCP connection beneath. */
  readonly carrier: Carrier;
  readTurn = 0;
  readMs = 0;
  readonly #transport: Transport;
  readonly #stream: Duplex;
  readonly #direct: boolean;
  #handler: ChannelHandler | undefined;
  /** By `pause`. A channel is born paused. */
  #paused = true;
  /** By fairness. */
  #held = false;
  /** Octets already read when reading stopped: the rest of one `data` event. Never there with direct reads. */
  #kept: Uint8Array | undefined;
  /** The peer has ended and the handler has not been told yet. */
  #endWaits = false;
  #goingOn = false;
  #error: Error | undefined;
  #closed = false;
  #lastActivity: number;
  #octetsTaken = 0;

  /**
   * @param stream what to read and write: the carrier's own socket, or TLS on top of it. It is paused and half-open
   *   (`allowHalfOpen`), belongs to the channel from now on, and is read after {@link start}
   * @param direct whether the stream was made with {@link Channel.directReads}
   */
  constructor(transport: Transport, carrier: Carrier, stream: Duplex = carrier.socket, direct = false) {
    this.#transport = transport;
    this.carrier = carrier;
    this.#stream = stream;
    this.#direct = direct;
    this.#lastActivity = transport.clock.now();
    (stream as ChannelStream)[CHANNEL] = this;
    const { data, end, drain, error, close } = Channel.#listeners;
    stream.on('end', end).on('drain', drain).on('error', error).on('close', close);
    if (direct) return;
    // A listener for `data` starts a stream that nobody has paused.
    stream.pause().on('data', data);
  }

  /** The option with which a socket reads straight into the read area. Its channel must exist before it is read. */
  static directReads({ readArea }: Transport): OnReadOpts {
    return { buffer: readArea, callback: Channel.#listeners.read as OnReadOpts['callback'] };
  }

  /** Shared by all channels: Node.js calls them as methods of the stream. */
  static readonly #listeners = {
    read(this: ChannelStream, length: number): boolean {
      const channel = this[CHANNEL];
      const { readStart } = channel.#transport.memory;
      channel.#hand(readStart, readStart + length);
      return true;
    },
    data(this: ChannelStream, chunk: Uint8Array): void {
      this[CHANNEL].#receive(chunk);
    },
    end(this: ChannelStream): void {
      const channel = this[CHANNEL];
      channel.#endWaits = true;
      if (channel.#reading && channel.#kept === undefined) channel.#tellEnd();
    },
    drain(this: ChannelStream): void {
      const channel = this[CHANNEL];
      try {
        channel.#handler?.onDrain();
      } catch (error) {
        channel.#fail(error);
      }
    },
    error(this: ChannelStream, error: Error): void {
      this[CHANNEL].#error ??= error;
    },
    close(this: ChannelStream): void {
      this[CHANNEL].#finish();
    },
  };

  get remoteAddress(): string {
    return this.carrier.remoteAddress;
  }

  get remotePort(): number {
    return this.carrier.remotePort;
  }

  get localAddress(): string {
    return this.carrier.localAddress;
  }

  get localPort(): number {
    return this.carrier.localPort;
  }

  /** `onClose` has been called, or is the next thing to be called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Octets written that the kernel has not taken yet. */
  get writableLength(): number {
    return this.#stream.writableLength;
  }

  /**
   * The clock's time, in milliseconds, of the last octets in either direction. Sent octets count when the kernel takes
   * them; that a long write makes progress is noticed when this is read.
   */
  get lastActivity(): number {
    if (this.#stream.writableLength > 0) {
      const taken = octetsTaken(this.carrier.socket) ?? 0;
      if (taken > this.#octetsTaken) {
        this.#octetsTaken = taken;
        this.#lastActivity = this.#transport.clock.now();
      }
    }
    return this.#lastActivity;
  }

  /** Names the handler and begins to read. Whatever happened before is told to it after this call has returned. */
  start(handler: ChannelHandler): void {
    assert(this.#handler === undefined, 'the channel has been started before');
    this.#handler = handler;
    if (this.#closed) process.nextTick(() => handler.onClose(this.#error));
    // A stream that was gone before the channel was made may not emit `close` any more.
    else if (this.#stream.destroyed) process.nextTick(() => this.#finish());
    else this.resume();
  }

  /** No `onOctets` and no `onEnd` until `resume`. The kernel's buffers fill up, and then the peer's writes block. */
  pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused || this.#handler === undefined) return;
    this.#paused = false;
    this.#goOn();
  }

  /** For fairness. */
  hold(): void {
    this.#held = true;
    this.#stream.pause();
  }

  /** For fairness. */
  release(): void {
    this.#held = false;
    this.#goOn();
  }

  /**
   * Sends octets after everything written before. On a connection that is closed or ending they are dropped.
   *
   * @param octets not copied: they must stay as they are until `flushed`, or until `onClose`
   * @param flushed called when the kernel has taken them; never when the connection ends before
   * @returns false when the caller should wait for `onDrain` before it writes more
   */
  write(octets: Uint8Array, flushed?: () => void): boolean {
    if (!this.#stream.writable) return false;
    return this.#stream.write(octets, (error) => {
      // Of a destroyed stream Node.js reports writes as done that were given up.
      if (error || this.#stream.destroyed) return;
      this.#lastActivity = this.#transport.clock.now();
      this.#octetsTaken = octetsTaken(this.carrier.socket) ?? 0;
      flushed?.();
    });
  }

  /** Collects writes until `uncork`, so that they leave together. */
  cork(): void {
    this.#stream.cork();
  }

  uncork(): void {
    this.#stream.uncork();
  }

  /** Ends this direction (FIN) after everything written. The connection closes when the peer has ended too. */
  end(): void {
    // A second time would make an error, with its stack, that nobody sees.
    if (!this.#stream.writableEnded) this.#stream.end();
  }

  /** Ends the connection as the setting Linger says: after everything written, or at once with a reset. */
  close(): void {
    if (this.carrier.linger) this.end();
    else this.reset();
  }

  /** Closes the connection at once. What the kernel has not taken is lost. */
  destroy(error?: Error): void {
    this.#stream.destroy(error);
  }

  /** Closes the connection at once with a reset (RST): the peer sees an error. */
  reset(): void {
    const { socket } = this.carrier;
    // A destroyed socket would be given an error to report, and a TLS one refuses: the socket beneath can do it. Behind
    // a FIN the system refuses, and Node.js would not close the socket at all.
    if (!socket.destroyed && !socket.writableEnded) socket.resetAndDestroy();
    this.#stream.destroy();
  }

  get #reading(): boolean {
    return !this.#paused && !this.#held && !this.#stream.destroyed;
  }

  /** Hands on a chunk of a `data` event, or what was kept of it. */
  #receive(chunk: Uint8Array): void {
    if (this.#kept !== undefined) {
      this.#fail(new Error('the stream has emitted data although it was paused'));
      return;
    }
    const { bytes, readStart } = this.#transport.memory;
    for (let offset = 0; offset < chunk.length; ) {
      // The area is in use when a handler makes another stream of this process emit, which a socket never does.
      if (!this.#reading || this.#transport.readAreaInUse) {
        if (!this.#stream.destroyed) this.#keep(chunk.subarray(offset));
        return;
      }
      const piece = chunk.subarray(offset, offset + READ_AREA_LENGTH);
      bytes.set(piece, readStart);
      offset += piece.length;
      this.#hand(readStart, readStart + piece.length);
    }
  }

  #keep(rest: Uint8Array): void {
    this.#kept = rest;
    this.#stream.pause();
    if (this.#reading) this.#goOn();
  }

  #hand(start: number, end: number): void {
    const { clock, fairness } = this.#transport;
    const began = clock.now();
    this.#lastActivity = began;
    this.#transport.readAreaInUse = true;
    try {
      this.#handler?.onOctets(start, end);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#transport.readAreaInUse = false;
    }
    fairness.charge(this, clock.now() - began);
  }

  /**
   * Reads again, after what was kept; never from inside the call that asks for it, which may still use the read area.
   */
  #goOn(): void {
    if (this.#goingOn || !this.#reading) return;
    if (this.#kept === undefined && !this.#endWaits) {
      this.#read();
      return;
    }
    this.#goingOn = true;
    process.nextTick(Channel.#goOnWithKept, this);
  }

  static #goOnWithKept(channel: Channel): void {
    channel.#goingOn = false;
    if (!channel.#reading) return;
    const kept = channel.#kept;
    channel.#kept = undefined;
    if (kept !== undefined) channel.#receive(kept);
    if (!channel.#reading || channel.#kept !== undefined) return;
    if (channel.#endWaits) channel.#tellEnd();
    else channel.#read();
  }

  #read(): void {
    // `resume` begins to read once more in the next tick, also when `pause` was called in between.
    if (this.#direct) this.#stream.read(0);
    else this.#stream.resume();
  }

  #tellEnd(): void {
    this.#endWaits = false;
    try {
      this.#handler?.onEnd();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.destroy(error instanceof Error ? error : new Error(String(error)));
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#kept = undefined;
    this.#transport.fairness.forget(this);
    this.#handler?.onClose(this.#error);
  }
}

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Places, Seat } from './admission.js';
import { Carrier, type Peer } from './carrier.js';
import { Channel } from './channel.js';
import { takeOver } from './internals.js';
import type { Transport } from './transport.js';

/** Where the shared listener finds the arrival of the socket that calls it. */
const ARRIVAL = Symbol('arrival');

interface ArrivalSocket extends Socket {
  [ARRIVAL]: Arrival;
}

/**
 * A client that has connected and about whom nothing has been decided: nothing is read from it. It takes a place of
 * MaxConnections until its socket is closed, by whomever.
 */
export class Arrival extends Carrier {
  readonly #transport: Transport;
  readonly #places: Places;
  readonly #seat: Seat;
  #left = false;

  /** @param socket paused, half-open and not yet read from */
  constructor(transport: Transport, socket: Socket, remote: Peer, linger: boolean, places: Places, seat: Seat) {
    super(socket, remote, linger);
    this.#transport = transport;
    this.#places = places;
    this.#seat = seat;
    // Until there is a channel nobody waits for an error; beneath TLS it is told by the stream on top.
    socket.on('error', ignore);
    this.#watch(socket);
  }

  /** There are MaxConnections sessions already: the client may only be told so. */
  get overLimit(): boolean {
    return this.#seat === 'reserve';
  }

  /** The channel of a client without TLS. */
  openPlain(): Channel {
    const { socket } = this;
    const direct = this.#transport.directReads && takeOver(socket, Channel.directReads(this.#transport));
    if (!direct) return new Channel(this.#transport, this);
    // The socket that was left behind closes now, the connection does not.
    socket.off('close', leave);
    this.#watch(direct);
    this.moveTo(direct);
    return new Channel(this.#transport, this, direct, true);
  }

  /** The channel on top of a stream, such as TLS, which has been put on top of `socket`. */
  openOver(stream: Duplex): Channel {
    return new Channel(this.#transport, this, stream);
  }

  /** Closes the connection without a word. */
  refuse(): void {
    this.socket.destroy();
  }

  #watch(socket: Socket): void {
    (socket as ArrivalSocket)[ARRIVAL] = this;
    socket.on('close', leave);
  }

  /** Closes the connection and gives its place away at once, not only when the socket is closed. */
  giveWay(): void {
    this.leave();
    this.refuse();
  }

  /** Gives the place back, once. Called by {@link leave} when the socket is closed. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#places.leave(this.#seat);
  }
}

function ignore(): void {}

function leave(this: Socket): void {
  (this as ArrivalSocket)[ARRIVAL].leave();
}

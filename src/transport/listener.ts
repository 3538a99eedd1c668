import { strict as assert } from 'node:assert';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type OFTPError, systemError } from '../settings/errors.js';
import { type Binding, bindings, lacksIPv6, plainAddress, type UseIPv6 } from './addresses.js';
import { Admission, type Places, type Seat } from './admission.js';
import { Arrival } from './arrival.js';
import { type Peer, remotePeer } from './carrier.js';
import { DescriptorReserve } from './descriptors.js';
import { applySettings, CAN_SHARE_PORTS, SOCKET_OPTIONS, type SocketSettings } from './sockets.js';
import type { Transport } from './transport.js';

/** Settings of a listener. Those of sockets are read for every client anew, the others when it starts. */
export interface ListenerSettings extends SocketSettings {
  /** Address or name of the one interface to listen on; an empty string for all. */
  readonly localHost: string;
  /** 0 lets the system choose. */
  readonly localPort: number;
  /** Connections that the system holds until they are accepted. */
  readonly connectionBacklog: number;
  readonly useIpv6: UseIPv6;
  /** Whether no other process may listen on the port. */
  readonly bindExclusively: boolean;
  /** 1 to 100000, fixed from the start on. */
  readonly maxConnections: number;
}

/** Why a client was turned away without a word. */
export type TurnedAway = 'connections' | 'descriptors';

export interface ListenerHandler {
  /** A client has connected and waits for a decision. */
  onArrival(arrival: Arrival): void;
  /** All places are taken: closes a connection that may have to go, and says whether there was one. */
  makeRoom?(): boolean;
  /** A client has been closed at once: beyond MaxConnections and its reserve, or without a descriptor to spare. */
  onTurnedAway(remoteAddress: string, reason: TurnedAway): void;
  /** Something is wrong, and the listener goes on: 10024 when descriptors have run out. */
  onError(error: OFTPError): void;
}

/** Accepts TCP clients on one port. It may be started again after it was stopped. */
export class Listener {
  readonly #transport: Transport;
  readonly #settings: ListenerSettings;
  readonly #handler: ListenerHandler;
  readonly #places: Places;
  readonly #shared: boolean;
  readonly #descriptors: DescriptorReserve;
  #starting: Promise<Server> | undefined;
  #address: AddressInfo | undefined;

  /** @param places of all workers of a cluster, which then share the port; without it the listener counts alone */
  constructor(transport: Transport, settings: ListenerSettings, handler: ListenerHandler, places?: Places) {
    this.#transport = transport;
    this.#settings = settings;
    this.#handler = handler;
    this.#shared = places !== undefined;
    this.#places = places ?? new Admission(settings.maxConnections);
    this.#descriptors = new DescriptorReserve(transport.clock, (error) => {
      handler.onError(systemError(error, 'new clients are turned away until there are free descriptors'));
    });
  }

  get listening(): boolean {
    return this.#address !== undefined;
  }

  /** The bound address while listening, otherwise the setting. */
  get localAddress(): string {
    return this.#address === undefined ? this.#settings.localHost : plainAddress(this.#address.address);
  }

  /** The bound port while listening, otherwise the setting. */
  get localPort(): number {
    return this.#address?.port ?? this.#settings.localPort;
  }

  /**
   * Resolves when clients can connect.
   * @throws OFTPError with the code of the system's error: 10048 for a port in use, 10013 for one that needs a
   *   privilege
   */
  async start(): Promise<void> {
    assert(this.#starting === undefined, 'the listener has been started before');
    this.#starting = this.#bind();
    try {
      const server = await this.#starting;
      this.#address = server.address() as AddressInfo;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  /** Refuses new clients from now on, also those that the system has queued. The clients who are there stay. */
  async stop(): Promise<void> {
    const starting = this.#starting;
    this.#starting = undefined;
    const server = await starting?.catch(() => undefined);
    // When it is closed is not waited for: only when the last client has gone.
    server?.close();
    this.#address = undefined;
    this.#descriptors.close();
  }

  async #bind(): Promise<Server> {
    const { localHost, localPort, useIpv6 } = this.#settings;
    const attempts = [...(await bindings(localHost, useIpv6, lookup))];
    for (;;) {
      const binding = attempts.shift() as Binding;
      try {
        return await this.#listen(binding);
      } catch (error) {
        const cause = error as NodeJS.ErrnoException;
        if (attempts.length > 0 && lacksIPv6(cause)) continue;
        throw systemError(cause, `listening on ${binding.host} port ${localPort}`);
      }
    }
  }

  async #listen({ host, ipv6Only }: Binding): Promise<Server> {
    const { localPort: port, connectionBacklog: backlog, bindExclusively } = this.#settings;
    // Nothing is read before somebody has decided about the client.
    const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true });
    server.on('connection', (socket) => {
      this.#welcome(socket).catch((error: OFTPError) => {
        socket.destroy();
        this.#handler.onError(error);
      });
    });
    // Exclusive: workers of a cluster do not share the port, unless they share their state as well.
    const exclusive = !this.#shared;
    const reuse = bindExclusively || this.#shared || !CAN_SHARE_PORTS ? {} : { reusePort: true };
    server.listen({ host, port, ipv6Only, backlog, exclusive, ...reuse });
    await once(server, 'listening');
    server.on('error', (error) => this.#handler.onError(systemError(error, 'accepting a client')));
    return server;
  }

  async #welcome(socket: Socket): Promise<void> {
    const remote = remotePeer(socket);
    if (remote === undefined) {
      // Reset by the client while it was queued.
      socket.destroy();
    } else if (!this.#descriptors.check()) {
      this.#turnAway(socket, remote.address, 'descriptors');
    } else {
      const seat = await this.#seat(socket);
      if (seat === undefined) this.#turnAway(socket, remote.address, 'connections');
      else if (socket.destroyed) this.#places.leave(seat);
      else this.#admit(socket, remote, seat);
    }
  }

  async #seat(socket: Socket): Promise<Seat | undefined> {
    // Until the seat is there, nobody else listens for what befalls the socket.
    const ignore = (): void => {};
    socket.on('error', ignore);
    try {
      const seat = await this.#places.enter();
      if (seat === 'session' || !this.#handler.makeRoom?.()) return seat;
      if (seat !== undefined) this.#places.leave(seat);
      return await this.#places.enter();
    } finally {
      socket.off('error', ignore);
    }
  }

  #turnAway(socket: Socket, remoteAddress: string, reason: TurnedAway): void {
    socket.destroy();
    this.#handler.onTurnedAway(remoteAddress, reason);
  }

  #admit(socket: Socket, remote: Peer, seat: Seat): void {
    const { linger } = this.#settings;
    applySettings(socket, this.#settings);
    this.#handler.onArrival(new Arrival(this.#transport, socket, remote, linger, this.#places, seat));
  }
}

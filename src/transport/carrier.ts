import type { Socket } from 'node:net';
import { plainAddress } from './addresses.js';

/** Where a TCP connection leads. */
export interface Peer {
  /** In plain form: an IPv4 address is one also where the listener serves both families. */
  readonly address: string;
  readonly port: number;
}

/** The TCP connection beneath a channel, be the channel directly on it or on TLS between the two. */
export class Carrier {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Setting Linger: whether closing waits until everything written is sent. */
  readonly linger: boolean;
  #socket: Socket;
  #local: Peer | undefined;

  constructor(socket: Socket, remote: Peer, linger: boolean) {
    this.#socket = socket;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.linger = linger;
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** An empty string when it was first asked for after the connection was closed. */
  get localAddress(): string {
    return this.#localPeer()?.address ?? '';
  }

  /** 0 when it was first asked for after the connection was closed. */
  get localPort(): number {
    return this.#localPeer()?.port ?? 0;
  }

  /** Goes on with a socket that has taken over the connection. */
  protected moveTo(socket: Socket): void {
    this.#socket = socket;
  }

  #localPeer(): Peer | undefined {
    const { localAddress, localPort } = this.#socket;
    if (this.#local === undefined && localAddress !== undefined && localPort !== undefined) {
      this.#local = { address: plainAddress(localAddress), port: localPort };
    }
    return this.#local;
  }
}

/** The far end of a connected socket; undefined when the connection is gone already. */
export function remotePeer({ remoteAddress, remotePort }: Socket): Peer | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { address: plainAddress(remoteAddress), port: remotePort };
}

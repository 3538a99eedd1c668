import { once } from 'node:events';
import { connect, type LookupFunction, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import { systemError } from '../settings/errors.js';
import { Carrier, type Peer, remotePeer } from './carrier.js';
import { Channel } from './channel.js';
import { applySettings, SOCKET_OPTIONS, type SocketSettings } from './sockets.js';
import type { Transport } from './transport.js';

export interface ConnectOptions extends SocketSettings {
  /** Name or address. Of a name with several addresses, IPv6 and IPv4 ones are tried in turn until one answers. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Milliseconds for everything up to the open connection; 0 means the system's own limits. */
  readonly deadline: number;
  /** Address of the interface to connect from; any by default. */
  readonly localAddress?: string;
  /** 4 or 6 takes only addresses of that IP version; 0, the default, takes both. */
  readonly family?: 0 | 4 | 6;
  /** How names become addresses; `dns.lookup` by default. */
  readonly lookup?: LookupFunction;
  readonly signal?: AbortSignal;
}

/**
 * Opens a TCP connection whose octets go to a channel.
 * @throws OFTPError 10061 when refused, 10060 when `deadline` has passed, 11001–11004 for a name that does not resolve,
 *   and the other codes of system errors; the reason of `signal` when that is aborted
 */
export async function connectChannel(transport: Transport, options: ConnectOptions): Promise<Channel> {
  const direct = transport.directReads;
  const carrier = await open(transport, options, direct ? { onread: Channel.directReads(transport) } : {});
  return new Channel(transport, carrier, carrier.socket, direct);
}

/** The same for a connection that is to carry TLS: the socket is paused until somebody puts the stream on top. */
export function connectCarrier(transport: Transport, options: ConnectOptions): Promise<Carrier> {
  return open(transport, options, {});
}

async function open({ clock }: Transport, options: ConnectOptions, reads: { onread?: OnReadOpts }): Promise<Carrier> {
  const { host, port, deadline, signal } = options;
  signal?.throwIfAborted();
  const socket = connect(target(options, reads));
  // Paused before it is connected, so that nothing is read until the channel or TLS asks for it.
  socket.pause();
  // A later error is for whoever has the stream by then; this listener keeps it from ending the process.
  socket.on('error', () => {});
  const limit = new AbortController();
  const timer = deadline > 0 ? clock.schedule(deadline, () => limit.abort()) : undefined;
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([limit.signal, ...(signal ? [signal] : [])]) });
    applySettings(socket, options);
    return new Carrier(socket, connectedPeer(socket), options.linger);
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    const cause = limit.signal.aborted ? timedOut(deadline) : (error as NodeJS.ErrnoException);
    throw systemError(cause, `connecting to ${host} port ${port}`);
  } finally {
    timer?.cancel();
  }
}

function target(options: ConnectOptions, reads: { onread?: OnReadOpts }): TcpNetConnectOpts {
  const { host, port, family, localAddress, lookup } = options;
  return {
    ...SOCKET_OPTIONS,
    ...reads,
    host,
    port,
    ...(family === undefined ? {} : { family }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(lookup === undefined ? {} : { lookup }),
  };
}

function connectedPeer(socket: Socket): Peer {
  const remote = remotePeer(socket);
  if (remote === undefined) throw Object.assign(new Error('reset as soon as it was open'), { code: 'ECONNRESET' });
  return remote;
}

function timedOut(deadline: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`no answer within ${deadline} ms`), { code: 'ETIMEDOUT' });
}

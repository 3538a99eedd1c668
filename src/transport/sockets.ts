import type { Socket } from 'node:net';

/** The settings of every TCP connection. */
export interface SocketSettings {
  readonly tcpNoDelay: boolean;
  readonly keepAlive: boolean;
  /** Milliseconds of silence before the first keep-alive probe; the system counts whole seconds. */
  readonly keepAliveTime: number;
  readonly linger: boolean;
}

/** How every socket is made. The default of Node.js 20, 16 KiB, would ask writers to wait four times as often. */
export const SOCKET_OPTIONS = {
  /** An end of session is still to be answered after the peer's FIN. */
  allowHalfOpen: true,
  highWaterMark: 64 * 1024,
} as const;

export function applySettings(socket: Socket, { tcpNoDelay, keepAlive, keepAliveTime }: SocketSettings): void {
  if (tcpNoDelay) socket.setNoDelay(true);
  // Less than a second would be rounded to 0, which leaves the system's two hours in force.
  if (keepAlive) socket.setKeepAlive(true, Math.max(keepAliveTime, 1000));
}

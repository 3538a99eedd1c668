import type { Socket } from 'node:net';

/** The settings of every TCP connection. */
export interface SocketSettings {
  readonly tcpNoDelay: boolean;
  readonly keepAlive: boolean;
  /** Milliseconds of silence before the first keep-alive probe; the system counts whole seconds. */
  readonly keepAliveTime: number;
  /** Milliseconds between probes, and how many of them; Node.js obeys from version 24 on. */
  readonly keepAliveInterval: number;
  readonly keepAliveRetryCount: number;
  readonly linger: boolean;
}

/** How every socket is made. The default of Node.js 20, 16 KiB, would ask writers to wait four times as often. */
export const SOCKET_OPTIONS = {
  /** An end of session is still to be answered after the peer's FIN. */
  allowHalfOpen: true,
  highWaterMark: 64 * 1024,
} as const;

const [MAJOR = 0, MINOR = 0] = process.versions.node.split('.').map(Number);

/** Whether processes can listen on one port together (`reusePort`). */
export const CAN_SHARE_PORTS =
  process.platform === 'linux' && (MAJOR > 23 || (MAJOR === 23 && MINOR >= 1) || (MAJOR === 22 && MINOR >= 12));

/** Whether the probes of KeepAlive can be set. */
export const CAN_SET_PROBES = MAJOR >= 24;

/** As in later versions: earlier ones take no notice of the last two, and send 10 probes, a second apart. */
type SetKeepAlive = (enable: boolean, initialDelay: number, interval: number, count: number) => Socket;

export function applySettings(socket: Socket, settings: SocketSettings): void {
  const { tcpNoDelay, keepAlive, keepAliveTime, keepAliveInterval, keepAliveRetryCount } = settings;
  if (tcpNoDelay) socket.setNoDelay(true);
  if (!keepAlive) return;
  const setKeepAlive: SetKeepAlive = socket.setKeepAlive;
  // Less than a second would be rounded to 0, which leaves the system's two hours in force.
  setKeepAlive.call(socket, true, Math.max(keepAliveTime, 1000), keepAliveInterval, keepAliveRetryCount);
}

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { CoarseClock, Timer } from '../clock.js';
import { handshakeCut, handshakeError, handshakeTimedOut } from './failures.js';

/** How often a handshake looks at the clock, in milliseconds. */
const CHECK_MS = 500;

/** For how long a handshake may go on. */
export interface HandshakeLimits {
  readonly clock: CoarseClock;
  /** Milliseconds for all of it; 0 means no limit. */
  readonly deadline: number;
  /** Milliseconds without an octet of the peer; 0 means no limit. */
  readonly silence: number;
  /** Ends the handshake; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a handshake is done. The stream is then paused, and nothing that was sent behind the handshake is lost;
 * of one that fails nothing is left open.
 *
 * @param raw the TCP connection beneath
 * @throws OFTPError 671 with the reason in words, 10054 when the peer closed the connection, 10060 when a limit has
 *   passed, or the reason of the signal
 */
export function handshakeDone(
  stream: TLSSocket,
  event: 'secure' | 'secureConnect',
  raw: Socket,
  doing: string,
  limits: HandshakeLimits,
): Promise<void> {
  const { signal } = limits;
  // Whoever has the stream later has listeners of its own; these keep an error between the two from ending the process.
  stream.on('error', ignore);
  raw.on('error', ignore);
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      unwatch();
      signal?.removeEventListener('abort', aborted);
      stream.off(event, secured).off('error', failed).off('end', cut).off('close', cut);
      if (error === undefined) {
        resolve();
        return;
      }
      reject(error);
      stream.destroy();
      raw.destroy();
    };
    const secured = () => {
      stream.pause();
      settle();
    };
    const failed = (error: Error) => settle(handshakeError(error, doing));
    const cut = () => settle(handshakeCut(doing));
    const aborted = () => settle(signal?.reason as Error);
    const unwatch = watchLimits(raw, limits, (why) => settle(handshakeTimedOut(doing, why)));
    stream.on(event, secured).on('error', failed).on('end', cut).on('close', cut);
    // Without reading, the peer's FIN would go unnoticed. There is nothing to be read before the handshake is done.
    stream.resume();
    if (signal?.aborted) aborted();
    signal?.addEventListener('abort', aborted);
  });
}

/**
 * Looks at the limits of a handshake until the function that this returns is called.
 *
 * @param expired told once, in words, which limit has passed
 */
export function watchLimits(
  raw: Socket,
  { clock, deadline, silence }: HandshakeLimits,
  expired: (why: string) => void,
): () => void {
  if (deadline === 0 && silence === 0) return () => {};
  const watch = new Watch(raw, clock, deadline, silence);
  const timer: Timer = clock.schedule(CHECK_MS, () => {
    const why = watch.expired();
    if (why === undefined) timer.reschedule(CHECK_MS);
    else expired(why);
  });
  return () => timer.cancel();
}

function ignore(): void {}

/** The two limits of one handshake. */
class Watch {
  readonly #raw: Socket;
  readonly #clock: CoarseClock;
  readonly #deadline: number;
  readonly #silence: number;
  readonly #began: number;
  #heard: number;
  #octets = 0;

  constructor(raw: Socket, clock: CoarseClock, deadline: number, silence: number) {
    this.#raw = raw;
    this.#clock = clock;
    this.#deadline = deadline;
    this.#silence = silence;
    this.#began = clock.now();
    this.#heard = this.#began;
  }

  /** What has taken too long, in words. */
  expired(): string | undefined {
    const now = this.#clock.now();
    const { bytesRead } = this.#raw;
    if (bytesRead > this.#octets) {
      this.#octets = bytesRead;
      this.#heard = now;
    }
    if (this.#deadline > 0 && now - this.#began >= this.#deadline) return `not done after ${this.#deadline / 1000} s`;
    const silent = this.#silence > 0 && now - this.#heard >= this.#silence;
    return silent ? `nothing was heard for ${this.#silence / 1000} s (DefaultConnectionTimeout)` : undefined;
  }
}

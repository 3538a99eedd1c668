import { OFTPError } from '../settings/errors.js';
import type { Timer } from '../transport/clock.js';
import type { SessionContext } from './context.js';

/** Milliseconds after which a connection whose session is over is cut, if the peer does not close it. */
const CLOSING_MS = 10_000;

/** Milliseconds between two looks at the clock, at least and at most. */
const CHECK_MS_MIN = 500;
const CHECK_MS_MAX = 3000;

/** Looks during the shortest limit, unless those would be too many or too few: by so much is a limit exceeded. */
const CHECKS_PER_LIMIT = 20;

/**
 * The time limits of a session, looked at together in one coarse timer. Silence restarts with octets either way;
 * three limits are absolute, so that a peer that drips octets meets them too: the start of the session, one exchange
 * buffer, and the closing of the connection.
 */
export class Deadlines {
  readonly #session: SessionContext;
  #timer: Timer | undefined;
  #startedAt = 0;
  #buffer = -1;
  #bufferSince = 0;
  #overSince: number | undefined;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  start(): void {
    const { clock } = this.#session.environment;
    this.#startedAt = clock.now();
    this.#timer = clock.schedule(CHECK_MS_MIN, () => this.#check());
  }

  /** The session is over, and the closing of its connection is looked at more often. */
  sessionOver(): void {
    this.#timer?.reschedule(CHECK_MS_MIN);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #check(): void {
    const now = this.#session.environment.clock.now();
    if (this.#session.over) this.#checkClosing(now);
    else this.#checkSession(now);
    this.#timer?.reschedule(this.#pause);
  }

  /** Milliseconds to the next look. Thousands of sessions are open and wait: each of them is looked at rarely. */
  get #pause(): number {
    const { opened, over, settings } = this.#session;
    if (!opened || over) return CHECK_MS_MIN;
    const limit = Math.min(
      settings.timeout || Number.POSITIVE_INFINITY,
      settings.idleTimeout || Number.POSITIVE_INFINITY,
    );
    return Math.min(Math.max((limit * 1000) / CHECKS_PER_LIMIT, CHECK_MS_MIN), CHECK_MS_MAX);
  }

  #checkClosing(now: number): void {
    this.#overSince ??= now;
    const { settings, channel, halfClosed } = this.#session;
    const patience = settings.timeout > 0 ? settings.timeout * 1000 : CLOSING_MS;
    const limit = halfClosed ? Math.min(patience, CLOSING_MS) : patience;
    if (now - this.#overSince >= limit) channel.destroy();
  }

  #checkSession(now: number): void {
    if (this.#stalledTooLong(now)) {
      const text = `the file being received could not be written for ${this.#session.settings.timeout} s`;
      this.#session.fail(new OFTPError(10060, text));
      return;
    }
    const expiry = this.#expiry(now);
    if (expiry !== undefined) this.#session.timedOut(expiry);
  }

  /** The own disk, or the stream of the application, is not the peer's fault, but keeps it from being heard. */
  #stalledTooLong(now: number): boolean {
    const { full, settings, channel } = this.#session;
    return full && settings.timeout > 0 && now - channel.lastActivity >= settings.timeout * 1000;
  }

  /** What has taken too long, in words. */
  #expiry(now: number): string | undefined {
    const { settings, channel, entity } = this.#session;
    const silence = now - channel.lastActivity;
    const limit = settings.timeout * 1000;
    const { full, peerEnded } = this.#session;
    const guarded = (entity.waitsForPeer && !full) || channel.writableLength > 0 || peerEnded;
    if (limit > 0) {
      const text = `${limit / 1000} s`;
      if (guarded && silence >= limit) return `nothing was heard for ${text}`;
      if (!this.#session.opened && guarded && now - this.#startedAt >= limit) return `no session after ${text}`;
      if (this.#bufferAge(now) >= limit) return `an exchange buffer was not complete after ${text}`;
    }
    const idle = settings.idleTimeout * 1000;
    return idle > 0 && silence >= idle ? `no traffic for ${idle / 1000} s (IdleTimeout)` : undefined;
  }

  /** Milliseconds since the exchange buffer under way was first seen. */
  #bufferAge(now: number): number {
    if (!this.#session.midBuffer) {
      this.#buffer = -1;
      return 0;
    }
    if (this.#buffer !== this.#session.buffersRead) {
      this.#buffer = this.#session.buffersRead;
      this.#bufferSince = now;
    }
    return now - this.#bufferSince;
  }
}

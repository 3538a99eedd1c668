/** Signals of the system, and what a terminal that goes away means. */
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { complain } from './terminal.js';

export interface SignalHandlers {
  /** SIGHUP. */
  reload(): void;
  /** SIGTERM, SIGINT, or the terminal is gone; called once. */
  stop(): void;
  /** The second signal to stop. */
  force(): void;
}

/** Listens to the signals by which an operator speaks to a server. */
export function onSignals({ reload, stop, force }: SignalHandlers): void {
  let stopping = false;
  const stopOnce = () => {
    if (stopping) force();
    stopping = true;
    stop();
  };
  process.on('SIGTERM', stopOnce);
  process.on('SIGINT', stopOnce);
  process.on('SIGHUP', () => {
    if (!terminalGone()) reload();
    else if (!stopping) stopOnce();
  });
}

/**
 * Listens to the signals that end a command which is no server. The first one calls `stop` with the exit code that
 * tells of it, a second one ends the process.
 */
export function onStopSignal(stop: (exitCode: number) => void): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const exitCode = 128 + constants.signals[signal];
    process.on(signal, () => {
      if (stopping) process.exit(exitCode);
      stopping = true;
      complain('stopped by a signal');
      stop(exitCode);
    });
  }
}

/**
 * A terminal that closes sends SIGHUP as well. A server that was started in it must not live on unseen and keep the
 * port, so the two are told apart: without its terminal a process cannot open /dev/tty any more.
 */
function terminalGone(): boolean {
  if (!process.stdin.isTTY && !process.stdout.isTTY) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}

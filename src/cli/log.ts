/** The log of `oftp serve`: JSON lines for machines, or readable lines for a terminal. */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { printable } from './terminal.js';

export type Log = Logger;

/** What `--log-level` may be: each level logs what those before it do. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What `--log-format` may be; `auto` is text on a terminal and JSON otherwise. */
export const LOG_FORMATS = ['auto', 'json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The log on standard output. Each line is written before the call returns, so that none is lost at the end. */
export function createLog(level: LogLevel, asText: boolean): Log {
  const destination = pino.destination({ fd: 1, sync: true });
  // Whoever read the log has gone: the server goes on without it.
  destination.on('error', () => {});
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, asText ? readable((line) => destination.write(line)) : destination);
}

/** `12:34:56 message`, with the level in front of the message where it is not info. */
function readable(write: (line: string) => void): DestinationStream {
  return {
    write(json: string): void {
      const { time, level, msg } = JSON.parse(json) as { time: string; level: string; msg: string };
      const clock = new Date(time).toTimeString().slice(0, 8);
      write(`${clock} ${level === 'info' ? '' : `${level}: `}${printable(msg)}\n`);
    },
  };
}

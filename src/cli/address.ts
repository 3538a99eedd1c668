/** Addresses as they are written on the command line and in logs. */
import { isIPv6 } from 'node:net';
import { UsageError } from './exit.js';

/** The registered port of ODETTE-FTP over plain TCP. */
const DEFAULT_PORT = 3305;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `[::1]:3305`, `[::1]`, `host:3305`, `host`; an IPv6 address without brackets has no port. */
const BRACKETED = /^\[([^\]]+)\](?::(\d+))?$/;
const PLAIN = /^([^:[\]\s]+)(?::(\d+))?$/;

/** @throws UsageError for a text that is no address */
export function parseAddress(text: string): Address {
  const [, host, port] = BRACKETED.exec(text) ?? PLAIN.exec(text) ?? (isIPv6(text) ? [text, text] : []);
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw new UsageError(`'${text}' is no address: write HOST, HOST:PORT or [IPV6]:PORT with a port from 1 to 65535`);
  }
  return { host, port: number };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

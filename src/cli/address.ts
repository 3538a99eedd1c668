/** Addresses as they are written on the command line and in logs. */
import { isIPv6 } from 'node:net';
import { UsageError } from './exit.js';

/** The registered ports of ODETTE-FTP (RFC 5024 §2.3, §2.4). */
export const PORT = 3305;
export const TLS_PORT = 6619;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An address as somebody wrote it. */
export interface WrittenAddress extends Address {
  /** Without a port of its own it has the one for plain TCP. */
  readonly portGiven: boolean;
}

/** `[::1]:3305`, `[::1]`, `host:3305`, `host`; an IPv6 address without brackets has no port. */
const BRACKETED = /^\[([^\]]+)\](?::(\d+))?$/;
const PLAIN = /^([^:[\]\s]+)(?::(\d+))?$/;

/** @throws UsageError for a text that is no address */
export function parseAddress(text: string): WrittenAddress {
  const [, host, port] = BRACKETED.exec(text) ?? PLAIN.exec(text) ?? (isIPv6(text) ? [text, text] : []);
  const number = port === undefined ? PORT : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw new UsageError(`'${text}' is no address: write HOST, HOST:PORT or [IPV6]:PORT with a port from 1 to 65535`);
  }
  return { host, port: number, portGiven: port !== undefined };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

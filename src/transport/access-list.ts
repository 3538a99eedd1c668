import { BlockList, isIP, SocketAddress } from 'node:net';
import { plainAddress } from './addresses.js';

/** A host name or a pattern of one: labels of at most 63 characters, with the underscore that private networks use. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z\d_*](?:[a-z\d_*-]{0,61}[a-z\d_*])?(?:\.[a-z\d_*](?:[a-z\d_*-]{0,61}[a-z\d_*])?)*$/;

const DIGITS_AND_DOTS = /^[\d.]+$/;
const IPV4_PATTERN = /^[\d.*]+$/;
const IPV6_PATTERN = /^(?=.*:)[\da-f:.*]+$/;

interface Address {
  readonly family: 'ipv4' | 'ipv6';
  /** The usual short form; of IPv6 also the one with all eight groups. Patterns may be meant for either. */
  readonly forms: readonly [string, ...string[]];
}

/**
 * The value of AllowedClients or BlockedClients: a comma list of IPv4 and IPv6 addresses, networks (`10.0.0.0/8`), host
 * names, and patterns of addresses and names in which `*` stands for any characters. Here is what can be compared at
 * once; for names see `AccessControl`.
 */
export class AccessList {
  /** Entries that are none of these. They match nobody. */
  readonly invalid: string[] = [];
  /** Host names without `*`, whose addresses match. */
  readonly names: string[] = [];
  #everybody = false;
  readonly #networks = new BlockList();
  readonly #addressPatterns: string[] = [];
  readonly #namePatterns: string[] = [];

  constructor(text: string) {
    for (const entry of text.toLowerCase().split(',')) this.#add(entry.trim());
  }

  /** Whether names of clients can match at all. */
  get hasNamePatterns(): boolean {
    return this.#namePatterns.length > 0;
  }

  matchesAddress(text: string): boolean {
    if (this.#everybody) return true;
    const address = parseAddress(text);
    if (address === undefined) return false;
    const { forms, family } = address;
    if (this.#networks.check(forms[0], family)) return true;
    return this.#addressPatterns.some((pattern) => forms.some((form) => matchesPattern(pattern, form)));
  }

  /** Whether a host name, of whatever case, matches one of the patterns of names. */
  matchesName(name: string): boolean {
    return this.#namePatterns.some((pattern) => matchesPattern(pattern, name.toLowerCase()));
  }

  #add(entry: string): void {
    if (entry === '') return;
    const address = parseAddress(entry);
    if (entry === '*') this.#everybody = true;
    else if (address !== undefined) this.#networks.addAddress(address.forms[0], address.family);
    else if (entry.includes('/')) this.#addNetwork(entry);
    else if (DIGITS_AND_DOTS.test(entry)) this.invalid.push(entry);
    else if (IPV4_PATTERN.test(entry) || (IPV6_PATTERN.test(entry) && entry.includes('*'))) {
      this.#addressPatterns.push(entry);
    } else if (HOST_NAME.test(entry)) (entry.includes('*') ? this.#namePatterns : this.names).push(entry);
    else this.invalid.push(entry);
  }

  #addNetwork(entry: string): void {
    const [, base, prefix] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
    const address = base === undefined ? undefined : parseAddress(base);
    if (address === undefined || Number(prefix) > (address.family === 'ipv4' ? 32 : 128)) this.invalid.push(entry);
    else this.#networks.addSubnet(address.forms[0], Number(prefix), address.family);
  }
}

/**
 * What is wrong with a value for AllowedClients or BlockedClients, as a sentence; else undefined.
 */
export function accessListProblem(text: string): string | undefined {
  const [invalid] = new AccessList(text).invalid;
  if (invalid === undefined) return undefined;
  const entries = 'addresses (192.0.2.1), networks (192.0.2.0/24), host names, and patterns of them with *';
  return `It takes ${entries}, separated by commas; "${invalid.slice(0, 80)}" is none of these`;
}

/** An address as lists compare it, or undefined for what is no address. */
export function parseAddress(text: string): Address | undefined {
  // The zone of a link-local address names an interface of this machine, not the peer.
  const [bare = ''] = text.split('%', 1);
  const version = isIP(bare);
  if (version === 0) return undefined;
  const { address } = new SocketAddress({ address: bare, family: version === 4 ? 'ipv4' : 'ipv6' });
  const short = plainAddress(address);
  if (isIP(short) === 4) return { family: 'ipv4', forms: [short] };
  return { family: 'ipv6', forms: [short, withAllGroups(short)] };
}

/** `2001:db8::1` as `2001:db8:0:0:0:0:0:1`. */
function withAllGroups(short: string): string {
  const [head = '', tail] = short.split('::');
  if (tail === undefined) return short;
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  return [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back].join(':');
}

/** Whether `text` is `pattern` with some characters, or none, for each `*`. Takes time in proportion to the text. */
function matchesPattern(pattern: string, text: string): boolean {
  const [head = '', ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head)) return false;
  let at = head.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - at >= tail.length && text.endsWith(tail);
}

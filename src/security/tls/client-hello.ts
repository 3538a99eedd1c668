/**
 * The ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2), read out of the first octets of a connection without answering
 * them:
 *
 *     record:    type 22 | version 3,x | length (2) | fragment of the message          (RFC 8446 §5.1)
 *     message:   type 1  | length (3) | version | random | session id | suites | compression | extensions
 *
 * The message may be spread over records, and records over reads, in any way.
 */
import { HelloFields, MalformedHello } from './hello-fields.js';

/** What a client offers in its hello. Numbers are those of the TLS registries, in the order of the client. */
export interface ClientHello {
  readonly cipherSuites: readonly number[];
  /** Empty where the client does not tell, as before TLS 1.2. */
  readonly signatureAlgorithms: readonly number[];
  /** The host name that the client wants to reach (SNI); empty where it does not tell. */
  readonly serverName: string;
}

const HANDSHAKE_RECORD = 22;
const MAJOR_VERSION = 3;
const RECORD_HEADER_LENGTH = 5;
/** The longest fragment of a record that is not encrypted (RFC 8446 §5.1). */
const FRAGMENT_LENGTH_MAX = 16_384;
const CLIENT_HELLO = 1;
const MESSAGE_HEADER_LENGTH = 4;

/**
 * The longest message, in octets. Clients send 200 to 600, with post-quantum keys about 2,000; resumption with a
 * client's certificate in the ticket adds a few thousand.
 */
export const HELLO_LENGTH_MAX = 16_384;

/** The most octets of a connection that are looked at, headers of records included. */
export const HELLO_OCTETS_MAX = 32_768;

/** The octets that a hello usually fits into. */
const FIRST_ROOM = 2048;

/** Where in the octets a part of the message stands. */
interface Fragment {
  readonly start: number;
  end: number;
}

/** Takes the octets of a connection as they come, until they are a hello, or cannot become one that is understood. */
export class ClientHelloReader {
  #octets = new Uint8Array(FIRST_ROOM);
  #length = 0;
  /** Up to here the octets have been looked at. */
  #at = 0;
  /** Octets that the present record still has. */
  #recordLeft = 0;
  readonly #fragments: Fragment[] = [];
  /** Octets of the message, its header included: those that have come, and all of them once its header is there. */
  #messageLength = 0;
  #wanted = MESSAGE_HEADER_LENGTH;

  /** Everything taken so far, for whoever answers the hello. */
  get octets(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  /**
   * Takes the next octets. Further ones are needed after `more` only. `malformed` is also a message, or its
   * fragmentation, beyond the limits.
   */
  push(octets: Uint8Array): ClientHello | 'more' | 'malformed' {
    this.#append(octets);
    while (this.#at < this.#length && this.#messageLength < this.#wanted) {
      if (this.#recordLeft > 0) this.#takeFragment();
      else if (!this.#isHeaderPlausible()) return 'malformed';
      else if (!this.#takeHeader()) break;
      if (this.#messageLength < this.#wanted || this.#wanted > MESSAGE_HEADER_LENGTH) continue;
      if (!this.#takeMessageHeader()) return 'malformed';
    }
    if (this.#messageLength >= this.#wanted) return parse(this.#message());
    return this.#length > HELLO_OCTETS_MAX ? 'malformed' : 'more';
  }

  #append(octets: Uint8Array): void {
    const length = this.#length + octets.length;
    if (length > this.#octets.length) {
      const room = new Uint8Array(Math.max(length, 2 * this.#octets.length));
      room.set(this.octets);
      this.#octets = room;
    }
    this.#octets.set(octets, this.#length);
    this.#length = length;
  }

  /** Of an incomplete header as much as is there: a client that speaks something else may never complete it. */
  #isHeaderPlausible(): boolean {
    const [type, major] = this.#octets.subarray(this.#at, Math.min(this.#at + 2, this.#length));
    return type === HANDSHAKE_RECORD && (major === undefined || major === MAJOR_VERSION) && this.#fragmentFits();
  }

  #fragmentFits(): boolean {
    const length = this.#announced();
    return length === undefined || (length > 0 && length <= FRAGMENT_LENGTH_MAX);
  }

  /** Length of the fragment, when its header is complete. */
  #announced(): number | undefined {
    if (this.#at + RECORD_HEADER_LENGTH > this.#length) return undefined;
    return (this.#octet(this.#at + 3) << 8) | this.#octet(this.#at + 4);
  }

  #takeHeader(): boolean {
    const length = this.#announced();
    if (length === undefined) return false;
    this.#recordLeft = length;
    this.#at += RECORD_HEADER_LENGTH;
    return true;
  }

  #takeFragment(): void {
    const taken = Math.min(this.#recordLeft, this.#length - this.#at);
    const last = this.#fragments.at(-1);
    if (last?.end === this.#at) last.end += taken;
    else this.#fragments.push({ start: this.#at, end: this.#at + taken });
    this.#at += taken;
    this.#recordLeft -= taken;
    this.#messageLength += taken;
  }

  #takeMessageHeader(): boolean {
    const [type, high = 0, middle = 0, low = 0] = this.#message();
    const length = (high << 16) | (middle << 8) | low;
    this.#wanted = MESSAGE_HEADER_LENGTH + length;
    return type === CLIENT_HELLO && length > 0 && length <= HELLO_LENGTH_MAX;
  }

  /** What has come of the message, at most as much as is wanted of it. */
  #message(): Uint8Array {
    const message = new Uint8Array(Math.min(this.#wanted, this.#messageLength));
    let at = 0;
    for (const { start, end } of this.#fragments) {
      const part = this.#octets.subarray(start, Math.min(end, start + message.length - at));
      message.set(part, at);
      at += part.length;
    }
    return message;
  }

  #octet(at: number): number {
    return this.#octets[at] ?? 0;
  }
}

const EXTENSION = { serverName: 0, signatureAlgorithms: 13 } as const;
const RANDOM_LENGTH = 32;
const SESSION_ID_LENGTH_MAX = 32;

function parse(message: Uint8Array): ClientHello | 'malformed' {
  try {
    return helloOf(new HelloFields(message.subarray(MESSAGE_HEADER_LENGTH)));
  } catch (error) {
    if (error instanceof MalformedHello) return 'malformed';
    throw error;
  }
}

function helloOf(fields: HelloFields): ClientHello {
  fields.number(2);
  fields.take(RANDOM_LENGTH);
  fields.vector(1, 0, SESSION_ID_LENGTH_MAX);
  const cipherSuites = fields.vector(2, 2).numbers();
  fields.vector(1, 1);
  // Before TLS 1.2 a hello may end here.
  const extensions = fields.ended ? new Map<number, HelloFields>() : extensionsOf(fields.vector(2, 0));
  fields.end();
  return {
    cipherSuites,
    signatureAlgorithms: algorithmsIn(extensions.get(EXTENSION.signatureAlgorithms)),
    serverName: nameIn(extensions.get(EXTENSION.serverName)),
  };
}

function extensionsOf(fields: HelloFields): Map<number, HelloFields> {
  const extensions = new Map<number, HelloFields>();
  while (!fields.ended) {
    const type = fields.number(2);
    if (extensions.has(type)) throw new MalformedHello();
    extensions.set(type, fields.vector(2, 0));
  }
  return extensions;
}

/** RFC 8446 §4.2.3. */
function algorithmsIn(extension: HelloFields | undefined): number[] {
  if (extension === undefined) return [];
  const algorithms = extension.vector(2, 2).numbers();
  extension.end();
  return algorithms;
}

const HOST_NAME = 0;

/** RFC 6066 §3. Names of other types than host names have never been defined. */
function nameIn(extension: HelloFields | undefined): string {
  if (extension === undefined) return '';
  const names = extension.vector(2, 1);
  extension.end();
  const type = names.number(1);
  const name = names.vector(2, 1);
  return type === HOST_NAME ? name.text() : '';
}

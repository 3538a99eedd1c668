import type { TLSSocket } from 'node:tls';
import { groupOf } from './groups.js';
import { cipherStrength } from './suites.js';

/** What a handshake has agreed on. */
export interface NegotiatedTls {
  /** `TLSv1.3`, and so on. */
  readonly version: string;
  /** The suite in the name of OpenSSL. */
  readonly cipher: string;
  /** The suite in the name of IANA. */
  readonly cipherSuite: string;
  /** Bits of the key of the cipher. */
  readonly cipherStrength: number;
  /** The group of the key exchange, such as `X25519`; `RSA`, `DHE` or `ECDHE` where OpenSSL tells no more. */
  readonly keyExchange: string;
  /** Bits of the keys of that group; 0 where OpenSSL does not tell. */
  readonly keyExchangeStrength: number;
  /** An earlier session was resumed: no certificate was sent, that of the earlier session counts. */
  readonly resumed: boolean;
}

/** @param stream after its handshake */
export function negotiatedOf(stream: TLSSocket): NegotiatedTls {
  const { name, standardName } = stream.getCipher();
  const session = stream.getSession();
  const group = session === undefined ? undefined : groupOf(keyExchangeGroup(session));
  return {
    version: stream.getProtocol() ?? '',
    cipher: name,
    cipherSuite: standardName,
    cipherStrength: cipherStrength(name),
    keyExchange: group?.openSsl ?? exchangeOf(standardName),
    keyExchangeStrength: group?.bits ?? 0,
    resumed: stream.isSessionReused(),
  };
}

/** In words, for the log. */
export function describeNegotiated(negotiated: NegotiatedTls): string {
  const { version, cipherSuite, cipherStrength: bits, keyExchange, resumed } = negotiated;
  return `${version}, ${cipherSuite} (${bits} bits), key exchange ${keyExchange}${resumed ? ', session resumed' : ''}`;
}

const exchangeOf = (standardName: string): string => /^TLS_(ECDHE|DHE|RSA)_/.exec(standardName)?.[1] ?? '';

/** Identifier octet of the field `kex_group` of a session as OpenSSL writes it: [19], constructed. */
const GROUP_TAG = 0xb3;

/**
 * The group of the key exchange. Node.js tells it on the client's side only, but the session has it: a SEQUENCE in DER,
 * whose elements follow each other. Also in it are secrets, which stay where they are. 0 when there is none.
 */
function keyExchangeGroup(session: Buffer): number {
  let at = contentAt(session, 0);
  while (at + 2 < session.length) {
    const start = contentAt(session, at);
    const end = start + contentLength(session, at);
    if (session[at] === GROUP_TAG) return session.subarray(contentAt(session, start), end).reduce(bigEndian, 0);
    at = end;
  }
  return 0;
}

const bigEndian = (number: number, octet: number): number => number * 256 + octet;

/** Number of octets behind the first length octet. */
function lengthOctets(der: Buffer, at: number): number {
  const first = der[at + 1] ?? 0;
  return first < 0x80 ? 0 : first & 0x7f;
}

const contentAt = (der: Buffer, at: number): number => at + 2 + lengthOctets(der, at);

function contentLength(der: Buffer, at: number): number {
  const count = lengthOctets(der, at);
  return count === 0 ? (der[at + 1] ?? 0) : der.subarray(at + 2, at + 2 + count).reduce(bigEndian, 0);
}

import { constants } from 'node:crypto';
import type { SecureVersion } from 'node:tls';

/** From the oldest to the newest. Of the two bits of a version (server and client) either is enough. */
const VERSIONS = [
  { name: 'TLSv1', bits: 0x00c0, off: constants.SSL_OP_NO_TLSv1, legacy: true },
  { name: 'TLSv1.1', bits: 0x0300, off: constants.SSL_OP_NO_TLSv1_1, legacy: true },
  { name: 'TLSv1.2', bits: 0x0c00, off: constants.SSL_OP_NO_TLSv1_2, legacy: false },
  { name: 'TLSv1.3', bits: 0x3000, off: constants.SSL_OP_NO_TLSv1_3, legacy: false },
] as const;

/** SSL 2 and SSL 3. */
const BROKEN_BITS = 0x003c;
const ALL_BITS = 0x3fc0;

/** The versions of TLS that are spoken. */
export interface ProtocolRange {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** Switches off what lies between the two and is not wanted. */
  readonly secureOptions: number;
  /** A version that RFC 8996 has withdrawn is among them: OpenSSL speaks those at security level 0 only. */
  readonly legacy: boolean;
  /** A version below 1.3 is among them. */
  readonly older: boolean;
  readonly tls13: boolean;
}

/** What is wrong with a value of SSLEnabledProtocols, and what would be right; undefined for a good one. */
export function protocolsProblem(mask: number): string | undefined {
  if (mask & BROKEN_BITS) return 'SSL 2 and SSL 3 (12 and 48) are not built into Node.js: leave them out.';
  if (mask & ~ALL_BITS) return 'It takes the sum of TLS 1.0 192, TLS 1.1 768, TLS 1.2 3072 and TLS 1.3 12288.';
  return mask === 0 ? 'At least one version is needed: 15360 is TLS 1.2 and 1.3.' : undefined;
}

/** The range for a mask without a {@link protocolsProblem}. */
export function protocolRange(mask: number): ProtocolRange {
  const wanted = VERSIONS.filter(({ bits }) => mask & bits);
  const [first] = wanted;
  const last = wanted.at(-1);
  if (first === undefined || last === undefined) throw new RangeError(`no version of TLS in ${mask}`);
  const between = VERSIONS.slice(VERSIONS.indexOf(first), VERSIONS.indexOf(last));
  const holes = between.filter((version) => !wanted.includes(version));
  return {
    minVersion: first.name,
    maxVersion: last.name,
    secureOptions: holes.reduce((options, { off }) => options | off, 0),
    legacy: first.legacy,
    older: first.name !== 'TLSv1.3',
    tls13: last.name === 'TLSv1.3',
  };
}

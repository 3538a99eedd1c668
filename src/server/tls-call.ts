import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { OFTPError } from '../settings/errors.js';
import type { Carrier } from '../transport/carrier.js';
import type { CoarseClock } from '../transport/clock.js';
import { connectTls } from '../transport/tls/client-handshake.js';
import { SESSION_LIFETIME_S, type TlsContext } from '../transport/tls/context.js';
import { peerEvidence } from '../transport/tls/peer.js';
import { type CertificateProblem, type PeerEvidence, statusOf, withoutOverlooked } from '../transport/tls/verdict.js';
import type { OFTPConnection } from './connection.js';
import type { TlsSide } from './tls-side.js';

/** Who the server must be. */
export interface ExpectedServer {
  /** Name, or address, that its certificate must have. */
  readonly name: string;
  /** SHA-256 fingerprints, one of which its certificate must have; name and issuer do not count then. */
  readonly fingerprints: readonly string[];
}

/** A session that the next connection may resume. */
interface Resumable {
  readonly session: Buffer;
  /** What it was agreed on with: after any change of settings or certificates it is of no use. */
  readonly context: TlsContext;
  /** What the server has shown when the session was agreed on: it does not show it again. */
  readonly evidence: PeerEvidence;
  /** Time of the clock. */
  readonly until: number;
}

/** What is wrong with the certificate that counts even when its fingerprint is the expected one. */
const COUNTS_WHEN_PINNED: ReadonlySet<CertificateProblem['kind']> = new Set(['time', 'revoked', 'revocationUnknown']);

/** TLS towards one server: the handshake, the verdict about its certificate, and the session for the next time. */
export class TlsCalls {
  readonly #side: TlsSide;
  readonly #expected: ExpectedServer;
  #resumable: Resumable | undefined;

  constructor(side: TlsSide, expected: ExpectedServer) {
    this.#side = side;
    this.#expected = expected;
  }

  /**
   * Opens TLS on a connection, and finds out whether the server is who it must be.
   *
   * @throws OFTPError 671, 10054 or 10060 for a handshake that failed, 690 for a certificate that is not the right one,
   *   or the reason of the signal; the connection is closed then
   */
  async open(
    carrier: Carrier,
    connection: OFTPConnection,
    clock: CoarseClock,
    reuse: boolean,
    signal: AbortSignal,
  ): Promise<TLSSocket> {
    const { name } = this.#expected;
    const doing = `TLS handshake with ${name}`;
    try {
      const context = await this.#side.context();
      const earlier = reuse ? this.#sessionFor(context, clock) : undefined;
      // In TLS 1.2 the session comes before the end of the handshake, in TLS 1.3 later, and more than once.
      let session: Buffer | undefined;
      let evidence: PeerEvidence | undefined;
      const keep = () => {
        if (session === undefined || evidence === undefined) return;
        this.#resumable = { session, context, evidence, until: clock.now() + SESSION_LIFETIME_S * 1000 };
      };
      this.#side.tellStatus(connection, `${doing} begins`);
      const stream = await connectTls(carrier.socket, doing, {
        ...this.#side.limits(),
        ...this.#side.listeners(connection),
        silence: 0,
        context,
        clock,
        signal,
        serverName: name,
        session: earlier?.session,
        onSession: (latest) => {
          session = latest;
          keep();
        },
      });
      const shown = stream.isSessionReused() ? earlier?.evidence : peerEvidence(stream, 'server', context.anchors);
      await this.#verify(stream, connection, shown);
      evidence = shown;
      keep();
      return stream;
    } catch (error) {
      // A server that has forgotten the session, or whose certificate is not accepted, is met anew.
      this.#resumable = undefined;
      carrier.socket.destroy();
      throw error;
    }
  }

  async #verify(stream: TLSSocket, connection: OFTPConnection, evidence: PeerEvidence | undefined): Promise<void> {
    if (evidence === undefined) throw new OFTPError(690, `${this.#expected.name} has presented no certificate`);
    const found = await this.#side.problems(evidence);
    const pinned = this.#pinned(evidence.certificate.fingerprint256);
    const problems =
      pinned === undefined
        ? [
            ...found,
            ...withoutOverlooked(this.#nameProblems(evidence.certificate), connection.settings.sslSecurityFlags),
          ]
        : [...found.filter(({ kind }) => COUNTS_WHEN_PINNED.has(kind)), ...pinned];
    const status = statusOf(problems);
    this.#side.established(connection, stream, evidence, status);
    if (problems.length === 0) return;
    throw new OFTPError(690, `the certificate of server ${this.#expected.name} is not accepted: ${status}`);
  }

  /** Undefined when any certificate will do that is otherwise in order. */
  #pinned(fingerprint: string): CertificateProblem[] | undefined {
    const { fingerprints } = this.#expected;
    if (fingerprints.length === 0) return undefined;
    if (fingerprints.includes(plainFingerprint(fingerprint))) return [];
    return [{ kind: 'other', text: `its SHA-256 fingerprint ${fingerprint} is none of serverFingerprints` }];
  }

  /** Names and addresses of subjectAltName count, the common name only where there are none (RFC 9525 §6). */
  #nameProblems(certificate: X509Certificate): CertificateProblem[] {
    const { name } = this.#expected;
    const named = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
    if (named !== undefined) return [];
    const own = certificate.subjectAltName ?? certificate.subject.replaceAll('\n', ', ');
    return [{ kind: 'name', text: `it is for ${own}, not for ${name} (serverName)` }];
  }

  #sessionFor(context: TlsContext, clock: CoarseClock): Resumable | undefined {
    const kept = this.#resumable;
    return kept?.context === context && clock.now() < kept.until ? kept : undefined;
  }
}

const SHA256_DIGITS = 64;

/** A fingerprint without colons and spaces, in lower case. */
function plainFingerprint(text: string): string {
  return text.replaceAll(/[:\s]/g, '').toLowerCase();
}

/** @throws OFTPError 10022 for a text that is no SHA-256 fingerprint */
export function checkedFingerprints(given: string | readonly string[] | undefined): readonly string[] {
  const fingerprints = given === undefined ? [] : [given].flat();
  return fingerprints.map((fingerprint) => {
    const plain = typeof fingerprint === 'string' ? plainFingerprint(fingerprint) : '';
    if (plain.length === SHA256_DIGITS && /^[\da-f]+$/.test(plain)) return plain;
    throw new OFTPError(
      10022,
      `serverFingerprints takes SHA-256 fingerprints: ${SHA256_DIGITS} hexadecimal digits each, colons allowed`,
    );
  });
}

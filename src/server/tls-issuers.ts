import type { X509Certificate } from 'node:crypto';
import { issuersOf } from '../security/certificates/issuers.js';
import { ExpiringCache } from '../security/trust/expiring-cache.js';
import { SESSION_LIFETIME_S, type TlsContext } from '../transport/tls/context.js';
import type { PeerEvidence } from '../transport/tls/verdict.js';

/** Certificates kept for the sessions of one context, in octets: thousands of clients have a few issuers each. */
const OCTETS_MAX = 16 * 1_048_576;

/**
 * The issuers that clients have sent along. The ticket of a session carries the certificate of the client alone, and
 * without its issuer nobody can say whether it has been revoked since.
 */
export class KnownIssuers {
  readonly #ofContexts = new WeakMap<TlsContext, ExpiringCache<readonly X509Certificate[]>>();

  /** Notes the issuers of a certificate in good standing, and adds them where none were sent along. */
  complete(evidence: PeerEvidence, context: TlsContext): PeerEvidence {
    const { certificate, issuers, verification } = evidence;
    const known = this.#ofContexts.get(context) ?? new ExpiringCache<readonly X509Certificate[]>(OCTETS_MAX);
    this.#ofContexts.set(context, known);
    const key = certificate.fingerprint256;
    const now = Date.now();
    if (issuers.length === 0) return { ...evidence, issuers: known.get(key, now) ?? [] };
    const path = issuersOf(certificate, issuers);
    // Of strangers nothing is kept.
    if (verification === undefined && path.length > 0) {
      const octets = path.reduce((sum, { raw }) => sum + raw.length, 0);
      known.set(key, path, now + SESSION_LIFETIME_S * 1000, octets);
    }
    return evidence;
  }
}

import type { NegotiatedTls } from '../transport/tls/negotiated.js';
import type { Certificate } from './certificate.js';

/** The TLS of a connection, as its handshake has made it. */
export interface ConnectionTls extends NegotiatedTls {
  /** The certificate of the peer; null for a client that was not asked for one, or has none. */
  readonly peerCertificate: Certificate | null;
  /** `OK`, or what is wrong with that certificate, in words; empty when none was asked for. */
  readonly peerCertificateStatus: string;
}

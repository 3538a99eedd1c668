import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { verificationOf } from '../internals.js';
import type { PeerEvidence } from './verdict.js';

/** A peer may send as many certificates as it likes; more than these belong to no chain. */
const CHAIN_LENGTH_MAX = 10;

/**
 * What a handshake has shown of the peer; undefined when it has presented no certificate.
 * @param role of the peer
 */
export function peerEvidence(
  stream: TLSSocket,
  role: PeerEvidence['role'],
  anchors: readonly X509Certificate[],
): PeerEvidence | undefined {
  const certificate = stream.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const issuers: X509Certificate[] = [];
  for (let issuer = certificate.issuerCertificate; issuer !== undefined; issuer = issuer.issuerCertificate) {
    if (issuers.length === CHAIN_LENGTH_MAX) break;
    issuers.push(issuer);
  }
  return { role, certificate, issuers, anchors, verification: verificationOf(stream) };
}

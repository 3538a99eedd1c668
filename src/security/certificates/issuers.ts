// Who has issued a certificate, among certificates that are at hand.
import type { X509Certificate } from 'node:crypto';

/** No chain in use is longer; certificates that issue each other in a circle end here as well. */
const CHAIN_LENGTH_MAX = 10;

/** Whether a CA certificate is that of the issuer, with the key that made the signature. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** The issuers of a certificate that are among the candidates, the nearest first, without a root at the end. */
export function issuersOf(certificate: X509Certificate, candidates: readonly X509Certificate[]): X509Certificate[] {
  const issuers: X509Certificate[] = [];
  for (let current = certificate; issuers.length < CHAIN_LENGTH_MAX; ) {
    const issuer = candidates.find((candidate) => isIssuedBy(current, candidate));
    if (issuer === undefined || isIssuedBy(issuer, issuer)) break;
    issuers.push(issuer);
    current = issuer;
  }
  return issuers;
}

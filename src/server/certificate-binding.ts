import type { Certificate } from './certificate.js';
import type { OFTPConnection } from './connection.js';

/**
 * Whether the certificate of a TLS client is the one of the partner as which it logs on (setting
 * SSLBindClientCertificate): undefined if it is, or need not be; otherwise what is wrong.
 */
export function certificateMismatch(connection: OFTPConnection): string | undefined {
  const { settings, tls } = connection;
  if (!settings.sslBindClientCertificate) return undefined;
  if (tls === null) return 'SSLBindClientCertificate is on, and the client does not use TLS';
  const { peerCertificate } = tls;
  if (peerCertificate === null) return 'it has presented no TLS certificate (SSLAuthenticateClients)';
  const { certificates } = connection.keyring.recipient.resolve('tls');
  if (certificates.length === 0) return 'recipientCertificates.tls is empty: set it in acceptConnection';
  if (certificates.some((known: Certificate) => known.fingerprint256 === peerCertificate.fingerprint256))
    return undefined;
  return `its TLS certificate "${peerCertificate.subject}" is not the one of this partner`;
}

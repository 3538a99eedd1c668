import { OFTPError, systemError } from '../../settings/errors.js';

/** What the errors of OpenSSL mean, by their names in Node.js: about this side, and about alerts of the other one. */
const MEANINGS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'the other side does not speak TLS, or a version that is none',
  ERR_SSL_HTTP_REQUEST: 'the other side speaks HTTP instead of TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'no version of TLS in common (SSLEnabledProtocols)',
  ERR_SSL_VERSION_TOO_LOW: 'no version of TLS in common (SSLEnabledProtocols)',
  ERR_SSL_NO_SHARED_CIPHER: 'no cipher suite in common, or no certificate that goes with one (SSLEnabledCipherSuites)',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'the client verifies no signature that the certificate here can make',
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: 'no signature algorithm in common',
  ERR_SSL_WRONG_SIGNATURE_TYPE: 'the other side signs with an algorithm that is not allowed here',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'no group for the key exchange in common (TLS13SupportedGroups)',
  ERR_SSL_NO_SUITABLE_GROUPS: 'no group for the key exchange in common (TLS13SupportedGroups)',
  ERR_SSL_BAD_KEY_SHARE: 'the key of the other side for the key exchange is not valid',
  ERR_SSL_DH_KEY_TOO_SMALL: 'the Diffie-Hellman key of the other side is too short',
  ERR_SSL_EE_KEY_TOO_SMALL: 'the key in the certificate of the other side is too short',
  ERR_SSL_CA_KEY_TOO_SMALL: 'the key of an issuer of the certificate of the other side is too short',
  ERR_SSL_CA_MD_TOO_WEAK: 'the certificate of the other side is signed with a broken hash',
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'the other side cannot renegotiate safely (RFC 5746)',
  ERR_SSL_RENEGOTIATION_MISMATCH: 'the renegotiation does not belong to this connection',
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 'a record was damaged on its way',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the other side found nothing to agree on: version, cipher suite or certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the other side refuses the certificate presented here',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'the other side does not support the certificate presented here',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'for the other side the certificate presented here is revoked',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'for the other side the certificate presented here has expired',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the other side does not accept the certificate presented here',
  ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER: 'the other side found a value in the handshake that it does not take',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the other side does not trust the issuer of the certificate presented here',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'the other side denies access',
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: 'the other side could not verify a signature',
  ERR_SSL_TLSV1_ALERT_DECODE_ERROR: 'the other side could not read the handshake',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the other side speaks none of the versions of TLS that are enabled here',
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: 'for the other side the cipher suites offered here are too weak',
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: 'the other side has a problem of its own',
  ERR_SSL_TLSV1_ALERT_NO_RENEGOTIATION: 'the other side refuses to renegotiate',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the other side does not know the name that was asked for (serverName)',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the other side wants a certificate, and none was presented (sslCertificate)',
  ERR_SSL_TLSV13_ALERT_MISSING_EXTENSION: 'the other side misses something in the handshake',
  ERR_TLS_SESSION_ATTACK: 'the other side renegotiates too often',
};

/**
 * The error of a handshake that failed: 671 with what OpenSSL found wrong, in words, or the number of the system.
 * @param doing for example `TLS handshake with 192.0.2.1`
 */
export function handshakeError(error: NodeJS.ErrnoException & { readonly reason?: string }, doing: string): OFTPError {
  const { code = '' } = error;
  if (!code.startsWith('ERR_')) return systemError(error, doing);
  // OpenSSL's own words, without the addresses and lines of source code that its messages have.
  const said = error.reason ?? error.message.split(':')[0] ?? code;
  const meaning = MEANINGS[code];
  const why = meaning === undefined ? `${said} (${code})` : `${meaning} (${said})`;
  return new OFTPError(671, `${doing} failed: ${why}`, { cause: error });
}

/** The error that ended a connection, with TLS or without. */
export function connectionError(error: NodeJS.ErrnoException): OFTPError {
  return error.code?.startsWith('ERR_SSL_') ? handshakeError(error, 'the TLS connection') : systemError(error);
}

/** The peer closed the connection in the middle of the handshake. */
export function handshakeCut(doing: string): OFTPError {
  return new OFTPError(10054, `${doing} failed: the other side closed the connection before it was done`);
}

/** The handshake took too long. */
export function handshakeTimedOut(doing: string, limit: string): OFTPError {
  return new OFTPError(10060, `${doing} failed: ${limit}`);
}

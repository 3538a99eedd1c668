import { constants, type KeyObject, type X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { OFTPError } from '../../settings/errors.js';
import { keyExchangeGroups, signatureAlgorithms } from './groups.js';
import { protocolRange } from './protocols.js';
import type { TlsSettings } from './settings.js';
import { suiteChoice } from './suites.js';

/** Seconds for which a session may be resumed: 10 hours, as the reference has it. */
export const SESSION_LIFETIME_S = 36_000;

/** A certificate to present, with what connects it to a CA that the peer knows. */
export interface TlsIdentity {
  readonly certificate: X509Certificate;
  /** Certificates of issuers, the nearest first; the root need not be among them. */
  readonly issuers: readonly X509Certificate[];
  readonly privateKey: KeyObject;
}

export type ContextSettings = Pick<
  TlsSettings,
  | 'openSslCipherList'
  | 'reuseSslSession'
  | 'sslCipherStrength'
  | 'sslEnabledCipherSuites'
  | 'sslEnabledProtocols'
  | 'sslEnableRenegotiation'
  | 'tls12SignatureAlgorithms'
  | 'tls12SupportedGroups'
  | 'tls13SignatureAlgorithms'
  | 'tls13SupportedGroups'
>;

/** What OpenSSL needs to know for a handshake, of many connections. */
export interface TlsContext {
  readonly secureContext: SecureContext;
  /** Whose certificates are trusted, and what they issue. */
  readonly anchors: readonly X509Certificate[];
  /** What the settings ask for and OpenSSL does not have or do, in words for the log. */
  readonly remarks: readonly string[];
}

/**
 * Makes a context for connections in either role.
 *
 * @param identities of different kinds of key; a server presents the one that goes with what its client can verify
 * @throws OFTPError 10022 for settings that leave nothing to agree on, 690 for a certificate that OpenSSL refuses
 */
export function createContext(
  settings: ContextSettings,
  identities: readonly TlsIdentity[],
  anchors: readonly X509Certificate[],
): TlsContext {
  const { ciphers, leftOut, tls13 } = suiteChoice(settings);
  const range = protocolRange(settings.sslEnabledProtocols);
  const sigalgs = signatureAlgorithms(settings);
  const options: SecureContextOptions & { readonly allowPartialTrustChain: boolean } = {
    key: identities.map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: identities.map(({ certificate, issuers }) => [certificate, ...issuers].map(String).join('')),
    ca: anchors.map(String),
    // A certificate of an issuing CA that is trusted needs no trusted root above it.
    allowPartialTrustChain: true,
    ciphers,
    ecdhCurve: keyExchangeGroups(settings),
    dhparam: 'auto',
    minVersion: range.minVersion,
    maxVersion: range.maxVersion,
    secureOptions: range.secureOptions | optionsOf(settings) | (tls13 ? 0 : constants.SSL_OP_NO_TLSv1_3),
    // Tickets that carry the certificate of a client are refused without one.
    sessionIdContext: 'oftp',
    sessionTimeout: SESSION_LIFETIME_S,
    ...(sigalgs === undefined ? {} : { sigalgs }),
  };
  return { secureContext: build(options), anchors, remarks: remarksOn(settings, leftOut) };
}

function optionsOf({ reuseSslSession, sslEnableRenegotiation }: ContextSettings): number {
  return (
    constants.SSL_OP_CIPHER_SERVER_PREFERENCE |
    (reuseSslSession ? 0 : constants.SSL_OP_NO_TICKET) |
    (sslEnableRenegotiation ? 0 : constants.SSL_OP_NO_RENEGOTIATION)
  );
}

/** The settings have been checked: what is refused now is a certificate or its key. */
function build(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = REFUSALS[code ?? ''] ?? `OpenSSL says: ${(error as Error).message}`;
    throw new OFTPError(690, `the certificate for TLS cannot be used: ${why}`, { cause: error });
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  ERR_SSL_EE_KEY_TOO_SMALL: 'its key is too short; 2048 bits of RSA are the least',
  ERR_SSL_CA_KEY_TOO_SMALL: 'the key of one of its issuers is too short',
  ERR_SSL_CA_MD_TOO_WEAK: 'it, or one of its issuers, is signed with a broken hash',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'its private key does not belong to it',
};

function remarksOn(settings: ContextSettings, leftOut: readonly string[]): string[] {
  const remarks: string[] = [];
  if (leftOut.length > 0) remarks.push(`SSLEnabledCipherSuites: OpenSSL does not have ${leftOut.join(', ')}`);
  if (protocolRange(settings.sslEnabledProtocols).legacy) {
    remarks.push('SSLEnabledProtocols has TLS 1.0 or 1.1: signatures with SHA-1 and short keys are accepted now');
  }
  return remarks;
}

import type { SettingValues } from '../../settings/settings.js';

/** The settings of which TLS is made. */
export type TlsSettings = Pick<
  SettingValues,
  | 'logSslPackets'
  | 'openSslCaDir'
  | 'openSslCaFile'
  | 'openSslCipherList'
  | 'reuseSslSession'
  | 'sslAuthenticateClients'
  | 'sslCaCertFilePaths'
  | 'sslCaCerts'
  | 'sslCheckCrl'
  | 'sslCheckOcsp'
  | 'sslCipherStrength'
  | 'sslEnabledCipherSuites'
  | 'sslEnabledProtocols'
  | 'sslEnableRenegotiation'
  | 'sslKeyLogFile'
  | 'sslSecurityFlags'
  | 'sslServerCaCerts'
  | 'tls12SignatureAlgorithms'
  | 'tls12SupportedGroups'
  | 'tls13SignatureAlgorithms'
  | 'tls13SupportedGroups'
>;

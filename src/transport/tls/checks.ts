import type { StoreHooks } from '../../settings/settings.js';
import { caCertificatesProblem } from './anchors.js';
import { tls12GroupsProblem, tls12SignaturesProblem, tls13GroupsProblem, tls13SignaturesProblem } from './groups.js';
import { protocolsProblem } from './protocols.js';
import { cipherListProblem, suitesProblem } from './suites.js';
import { securityFlagsProblem } from './verdict.js';

/** What the settings of TLS take beyond what their table says. */
export const TLS_CHECKS = {
  openSslCipherList: cipherListProblem,
  sslCaCerts: caCertificatesProblem,
  sslEnabledCipherSuites: suitesProblem,
  sslEnabledProtocols: protocolsProblem,
  sslSecurityFlags: securityFlagsProblem,
  sslServerCaCerts: caCertificatesProblem,
  tls12SignatureAlgorithms: tls12SignaturesProblem,
  tls12SupportedGroups: tls12GroupsProblem,
  tls13KeyShareGroups: tls13GroupsProblem,
  tls13SignatureAlgorithms: tls13SignaturesProblem,
  tls13SupportedGroups: tls13GroupsProblem,
} as const satisfies NonNullable<StoreHooks['checks']>;

/** Settings: whom to trust, and what may be fetched to find that out. */
import { type Setting, STORE } from './row.js';

export const TRUST_ROWS = {
  failOnUntrustedCert: {
    config: 'FailOnUntrustedCert',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect:
      'What happens to a certificate that is not trusted, as soon as there are trustedCertificates: true throws ' +
      'error 690 when it is assigned, and does not use it when it turns out to be revoked; false raises an error ' +
      'event and goes on. While trustedCertificates is empty nothing is checked.',
  },
  trustedCertsData: {
    config: 'TrustedCertsData',
    type: 'string',
    default: 'http://www.odette.org/TSL/TSL_OFTP2.XML',
    text: STORE,
    scope: 'server',
    changes: 'always',
    effect:
      'Where importTrustedCerts gets CA certificates from: a URL, the path of a file or folder, or the content. ' +
      'Trust lists (XML, as Odette publishes one), PEM, DER and PKCS#7 are taken.',
    danger:
      'What comes over http without TLS can be changed on the way: it is taken only as a signed list, with ' +
      'TrustListSigner set. So the default needs either that or the URL with https.',
  },
  trustListSigner: {
    config: 'TrustListSigner',
    type: 'string',
    default: '',
    text: STORE,
    scope: 'server',
    changes: 'always',
    effect:
      'Who signs the trust list: a certificate in PEM, or SHA-256 fingerprints separated by commas. If empty, the ' +
      'signer of the first list from a source is the only one that is accepted from there until the process ends; ' +
      'its fingerprint is logged.',
  },
  followRedirects: {
    config: 'FollowRedirects',
    type: 'choice',
    default: 'never',
    choices: { never: 0, always: 1, sameScheme: 2 },
    scope: 'server',
    changes: 'always',
    effect:
      'Whether importTrustedCerts follows a redirect of the URL in TrustedCertsData: never, which is error 691, ' +
      'always (at most five), or from http to http and https to https only.',
  },
  fetchPrivateAddresses: {
    config: 'FetchPrivateAddresses',
    type: 'boolean',
    default: false,
    scope: 'server',
    changes: 'always',
    effect:
      'Whether revocation lists and OCSP responders at addresses of this machine or of private networks are asked. ' +
      'The URL in TrustedCertsData may always lead there.',
    danger: 'With true the certificate of a stranger can make this machine call services that only it can reach.',
  },
  fetchTimeout: {
    config: 'FetchTimeout',
    type: 'integer',
    default: 15,
    min: 1,
    max: 300,
    unit: 's',
    scope: 'server',
    changes: 'always',
    effect: 'How long fetching a trust list, a revocation list or an OCSP answer may take, redirects included.',
  },
  fetchMaxSize: {
    config: 'FetchMaxSize',
    type: 'integer',
    default: 16,
    min: 1,
    max: 256,
    unit: 'MiB',
    scope: 'server',
    changes: 'always',
    effect: 'How large a trust list or a revocation list may be; one that is larger is not used.',
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** Settings: TLS. Names and numbers are those of the reference. */
import { LINE, PATH, type Setting, STORE, TIMER_MAX_SECONDS } from './row.js';

/** Choices of SSLCheckCRL and SSLCheckOCSP. */
const REVOCATION_CHECKS = { off: 0, whenSupported: 1, required: 2 } as const;

/** What is read when the next connection begins. */
const CONTEXT = { scope: 'server', changes: 'always' } as const;

/** A value that only a connection with TLS has. */
const NEGOTIATED = { scope: 'connection', changes: 'never' } as const;

export const TLS_ROWS = {
  useSsl: {
    config: 'UseSSL',
    type: 'boolean',
    default: false,
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect:
      'true speaks TLS from the first octet on. Every client must then speak OFTP 2.0, others get ESID 10. A ' +
      'server needs sslCertificate. The registered port is 6619; a server listens on localPort all the same, a ' +
      'client connects to 6619 unless it is told another.',
    danger: 'With false passwords, and files that are not encrypted themselves, cross the network in clear.',
  },
  sslAuthenticateClients: {
    config: 'SSLAuthenticateClients',
    type: 'boolean',
    default: false,
    ...CONTEXT,
    effect:
      'Asks clients for a certificate. sslClientAuthentication starts with the verdict about it and decides; ' +
      'without a handler the verdict does. A client without a certificate is refused unless a handler accepts it.',
  },
  sslBindClientCertificate: {
    config: 'SSLBindClientCertificate',
    type: 'boolean',
    default: false,
    scope: 'connection',
    changes: 'always',
    effect:
      'true lets a session begin only when the certificate of the TLS client is one that acceptConnection has ' +
      'put into recipientCertificates.tls, or, without any there, into recipientCertificate; any other gets ESID ' +
      '99.',
    danger: 'With false any certificate that is accepted may log on as any partner whose password it knows.',
  },
  sslEnabledProtocols: {
    config: 'SSLEnabledProtocols',
    type: 'integer',
    default: 15_360,
    min: 0,
    max: 16_383,
    flags: true,
    unit: 'sum of TLS 1.0 192, TLS 1.1 768, TLS 1.2 3072, TLS 1.3 12288',
    ...CONTEXT,
    effect:
      'The versions of TLS. The reference has 4032 here, TLS 1.0 to 1.2, of which RFC 8996 forbids the first two.',
    danger:
      'TLS 1.0 and 1.1 lower the security level of OpenSSL to 0 for all connections of this server or client, in ' +
      'every version: signatures with SHA-1 and keys below 2048 bits are accepted then.',
    platform: 'SSL 2 and SSL 3 (12 and 48) are not built in and are refused.',
  },
  sslEnabledCipherSuites: {
    config: 'SSLEnabledCipherSuites',
    type: 'string',
    default: '*',
    text: LINE,
    ...CONTEXT,
    effect:
      'Cipher suites separated by semicolons, in the names of IANA or OpenSSL, most preferred first; "*" means ' +
      'those of OpenSSLCipherList. Without a suite of TLS 1.3 among them that version is not spoken.',
    danger: 'Suites named TLS_RSA_… have no forward secrecy: who gets the key later reads what was recorded before.',
    platform:
      'Suites that OpenSSL does not have any more (RC4, DES, 3DES, static DH and ECDH) are left out, which is ' +
      'logged; without any that it has, and with names of Windows (CALG_…), the value is refused.',
  },
  sslCipherStrength: {
    config: 'SSLCipherStrength',
    type: 'integer',
    default: 0,
    min: 0,
    max: 256,
    unit: 'bits',
    ...CONTEXT,
    effect: 'Least strength of the cipher; suites below it are taken out of the list. 0 means no limit.',
  },
  openSslCipherList: {
    config: 'OpenSSLCipherList',
    type: 'string',
    default: 'DEFAULT',
    text: LINE,
    ...CONTEXT,
    effect:
      'Cipher string of OpenSSL for TLS 1.2 and older, used while SSLEnabledCipherSuites is "*". "DEFAULT" means ' +
      'every AES and ChaCha20 suite with forward secrecy, and TLS 1.3 with its three suites. Names of TLS 1.3 ' +
      'suites may stand in the string; without any all three are on.',
    danger: 'A string of "@SECLEVEL=0" accepts keys and signatures that are broken in practice.',
  },
  tls12SignatureAlgorithms: {
    config: 'TLS12SignatureAlgorithms',
    type: 'string',
    default:
      'sha512-ecdsa,sha512-rsa,sha512-dsa,sha384-ecdsa,sha384-rsa,sha384-dsa,sha256-ecdsa,sha256-rsa,sha256-dsa,' +
      'sha224-ecdsa,sha224-rsa,sha224-dsa,sha1-ecdsa,sha1-rsa,sha1-dsa',
    text: LINE,
    ...CONTEXT,
    effect:
      'Signature algorithms for TLS 1.2 as hash-key, separated by commas; blank means no restriction. The ' +
      'security level of OpenSSL keeps SHA-1 out unless SSLEnabledProtocols has an older version.',
    platform:
      'OpenSSL has one list for all versions: those of the enabled versions are joined, and while both settings ' +
      'stand on their defaults that of OpenSSL is used.',
  },
  tls13SignatureAlgorithms: {
    config: 'TLS13SignatureAlgorithms',
    type: 'string',
    default:
      'rsa_pss_sha256,rsa_pss_sha384,rsa_pss_sha512,rsa_pkcs1_sha256,rsa_pkcs1_sha384,rsa_pkcs1_sha512,' +
      'ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ecdsa_secp521r1_sha512,ed25519,ed448',
    text: LINE,
    ...CONTEXT,
    effect: 'Signature algorithms for TLS 1.3, separated by commas; blank means no restriction.',
    platform: 'One list for all versions: see TLS12SignatureAlgorithms.',
  },
  tls12SupportedGroups: {
    config: 'TLS12SupportedGroups',
    type: 'string',
    default: 'ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1',
    text: LINE,
    ...CONTEXT,
    effect: 'Elliptic curves for the key exchange of TLS 1.2, separated by commas.',
    platform:
      'OpenSSL has one list for all versions: with TLS 1.3 enabled too it is TLS13SupportedGroups, followed by ' +
      'what only this setting names.',
  },
  tls13SupportedGroups: {
    config: 'TLS13SupportedGroups',
    type: 'string',
    default:
      'ecdhe_x25519,ecdhe_x448,ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1,ffdhe_2048,ffdhe_3072,ffdhe_4096,' +
      'ffdhe_6144,ffdhe_8192',
    text: LINE,
    ...CONTEXT,
    effect: 'Groups for the key exchange of TLS 1.3, separated by commas, most preferred first.',
    danger: 'The large ffdhe groups cost a server tens of milliseconds for each client that asks for them.',
    platform: 'One list for all versions: see TLS12SupportedGroups.',
  },
  tls13KeyShareGroups: {
    config: 'TLS13KeyShareGroups',
    type: 'string',
    default: 'ecdhe_x25519,ecdhe_secp256r1,ecdhe_secp384r1,ffdhe_2048,ffdhe_3072',
    text: LINE,
    ...CONTEXT,
    effect: 'Groups for which a client makes keys in advance, separated by commas.',
    platform: 'OpenSSL makes the key of the first group of TLS13SupportedGroups, and another one on ' + 'demand.',
  },
  sslEnableRenegotiation: {
    config: 'SSLEnableRenegotiation',
    type: 'boolean',
    default: true,
    ...CONTEXT,
    effect: 'false refuses every renegotiation of TLS 1.2. TLS 1.3 has none.',
    platform:
      'The extension renegotiation_info is always sent; with true Node.js allows a client three renegotiations ' +
      'in ten minutes.',
  },
  reuseSslSession: {
    config: 'ReuseSSLSession',
    type: 'boolean',
    default: true,
    ...CONTEXT,
    effect:
      'Lets a client that comes again within 10 hours resume its TLS session, which is faster. A server hands ' +
      'out tickets and keeps nothing; they end with its process, or when its certificate is replaced.',
  },
  defaultConnectionTimeout: {
    config: 'DefaultConnectionTimeout',
    type: 'integer',
    default: 0,
    min: 0,
    max: TIMER_MAX_SECONDS,
    unit: 's',
    ...CONTEXT,
    effect:
      'Time without any octet after which a client is dropped during the TLS handshake; 0 means no limit of its ' +
      'own. Beside it, no handshake may take longer than defaultTimeout altogether.',
  },
  sslCaCerts: {
    config: 'SSLCACerts',
    type: 'string',
    default: '',
    text: STORE,
    ...CONTEXT,
    effect:
      'CA certificates in PEM, one after the other, that a server trusts to issue certificates of clients. Their ' +
      'names are in its request for a certificate.',
  },
  sslServerCaCerts: {
    config: 'SSLServerCACerts',
    type: 'string',
    default: '',
    text: STORE,
    ...CONTEXT,
    effect: 'CA certificates in PEM, one after the other, that a client trusts to issue the certificate of its server.',
  },
  openSslCaFile: {
    config: 'OpenSSLCAFile',
    type: 'string',
    default: '',
    text: PATH,
    ...CONTEXT,
    effect: 'File of CA certificates in PEM, with any text around them, that are trusted beside SSLCACerts.',
  },
  openSslCaDir: {
    config: 'OpenSSLCADir',
    type: 'string',
    default: '',
    text: PATH,
    ...CONTEXT,
    effect:
      'Folder of files with CA certificates in PEM that are trusted beside SSLCACerts. Every file is read, ' +
      'whatever its name, when the server starts to listen or one of these settings changes.',
  },
  sslCaCertFilePaths: {
    config: 'SSLCACertFilePaths',
    type: 'string',
    default:
      '/etc/ssl/ca-bundle.pem;/etc/pki/tls/certs/ca-bundle.crt;/etc/ssl/certs/ca-certificates.crt;' +
      '/etc/pki/tls/cacert.pem',
    text: LINE,
    ...CONTEXT,
    effect:
      'Files of CA certificates in PEM, separated by semicolons; the first that exists is trusted. The default, ' +
      'the CAs of the system, counts only where no other CA is given.',
    danger: 'The CAs of the system issue certificates to everybody: bind the certificate to the partner.',
  },
  sslCheckCrl: {
    config: 'SSLCheckCRL',
    type: 'choice',
    default: 'off',
    choices: REVOCATION_CHECKS,
    ...CONTEXT,
    effect:
      'Whether the certificate of the peer is looked up in the revocation lists that it names: not at all, where ' +
      'it names one, or always, so that a certificate without one is refused.',
  },
  sslCheckOcsp: {
    config: 'SSLCheckOCSP',
    type: 'choice',
    default: 'off',
    choices: REVOCATION_CHECKS,
    ...CONTEXT,
    effect:
      'Whether the OCSP service that the certificate of the peer names is asked about it: not at all, where it ' +
      'names one, or always, so that a certificate without one is refused.',
  },
  sslSecurityFlags: {
    config: 'SSLSecurityFlags',
    type: 'integer',
    default: 0,
    min: 0,
    max: 0xffff_ffff,
    flags: true,
    unit: 'sum of flags',
    ...CONTEXT,
    effect:
      'What is overlooked in the certificate of a peer: 0x1 its dates, 0x10 an unknown CA, 0x20 a wrong usage, ' +
      '0x100, 0x400 and 0x800 that its revocation cannot be found out, 0x80000000 (clients) that it has another ' +
      'name.',
    danger: 'Each flag lets somebody in whom the check would have kept out.',
    platform:
      '0x2, 0x4 and 0x200 are about trust lists of Windows, 0x4000 and 0x8000 about its test root: they have no ' +
      'effect.',
  },
  sslIncludeCertChain: {
    config: 'SSLIncludeCertChain',
    type: 'boolean',
    default: false,
    ...CONTEXT,
    effect: 'true gives certEncoded of sslClientAuthentication the whole chain instead of the certificate alone.',
  },
  sslKeyLogFile: {
    config: 'SSLKeyLogFile',
    type: 'string',
    default: '',
    text: PATH,
    ...CONTEXT,
    effect:
      'File to which the secrets of each TLS connection are appended, in the format of SSLKEYLOGFILE, so that ' +
      'Wireshark can read recordings. It is made readable for its owner alone.',
    danger: 'Whoever has the file reads every recorded connection, passwords included.',
  },
  logSslPackets: {
    config: 'LogSSLPackets',
    type: 'boolean',
    default: false,
    ...CONTEXT,
    effect: 'true raises sslStatus for every TLS record sent or received, with its type and length.',
    danger: 'Each record then passes through JavaScript once more, which makes transfers several times slower.',
  },
  openSslPrngSeedData: {
    config: 'OpenSSLPrngSeedData',
    type: 'string',
    default: '',
    text: LINE,
    secret: true,
    ...CONTEXT,
    effect: 'Data to seed the generator of random numbers with.',
    platform: 'OpenSSL in Node.js seeds itself from the system.',
  },
  sslNegotiatedVersion: {
    config: 'SSLNegotiatedVersion',
    type: 'string',
    default: '',
    ...NEGOTIATED,
    effect: 'Version of TLS, for example TLSv1.3; empty without TLS.',
  },
  sslNegotiatedCipher: {
    config: 'SSLNegotiatedCipher',
    type: 'string',
    default: '',
    ...NEGOTIATED,
    effect: 'Cipher suite in the name of OpenSSL, for example ECDHE-RSA-AES128-GCM-SHA256.',
  },
  sslNegotiatedCipherStrength: {
    config: 'SSLNegotiatedCipherStrength',
    type: 'integer',
    default: 0,
    min: 0,
    max: 256,
    unit: 'bits',
    ...NEGOTIATED,
    effect: 'Length of the key of the cipher; 0 without TLS.',
  },
  sslNegotiatedCipherSuite: {
    config: 'SSLNegotiatedCipherSuite',
    type: 'string',
    default: '',
    ...NEGOTIATED,
    effect: 'Cipher suite in the name of IANA, for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.',
  },
  sslNegotiatedKeyExchange: {
    config: 'SSLNegotiatedKeyExchange',
    type: 'string',
    default: '',
    ...NEGOTIATED,
    effect: 'Group of the key exchange, for example X25519; RSA where there was no exchange of its own.',
  },
  sslNegotiatedKeyExchangeStrength: {
    config: 'SSLNegotiatedKeyExchangeStrength',
    type: 'integer',
    default: 0,
    min: 0,
    max: 65_536,
    unit: 'bits',
    ...NEGOTIATED,
    effect: 'Length of the keys of that group; 0 without TLS, or where OpenSSL does not tell.',
  },
} as const satisfies Readonly<Record<string, Setting>>;

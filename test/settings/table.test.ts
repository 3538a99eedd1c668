import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUILD_INFO, LICENSE_INFO, VERSION } from '../../src/settings/about.js';
import { type SettingName, serverSettings } from '../../src/settings/settings.js';
import { SETTING_NAMES, SETTINGS, THEMES } from '../../src/settings/table.js';
import { Server } from '../support/settings-owners.js';

/** The figures of the reference, and of the project's own design for the settings beyond it. */
const EXPECTED_DEFAULTS = {
  serverSsidCode: '',
  serverSfidCode: '',
  serverSfidCodes: [],
  serverPassword: '',
  localHost: '',
  localPort: 3305,
  connectionBacklog: 5,
  useIpv6: 'ipv4',
  allowedClients: '*',
  blockedClients: '',
  maxConnections: 1000,
  maxReadTime: 50,
  // The reference has false: see the text of the setting.
  tcpNoDelay: true,
  keepAlive: false,
  keepAliveTime: 7_200_000,
  keepAliveInterval: 1000,
  keepAliveRetryCount: 9,
  inBufferSize: 0,
  outBufferSize: 0,
  bindExclusively: true,
  useIocp: false,
  useWindowsMessages: true,
  linger: true,
  timeout: 60,
  idleTimeout: 0,
  uid: '0',
  connectionType: 'both',
  receivedConnectionType: 'both',
  creditCount: 99,
  exchangeBufferSize: 2048,
  restart: true,
  bufferCompression: false,
  allowRetry: false,
  cdAfterSendEndResponse: true,
  sendCdAfterEfpa: false,
  endResponseTurn: 'onChangeDirection',
  disconnectAfterEndSession: true,
  fireEndResponseOnSend: true,
  retry: false,
  downloadDirectory: '',
  receivedFileNameFormat: '%VirtualFileName%',
  receivedFileName: '',
  receivedFileDateTime: '',
  receivedFileDescription: '',
  virtualFileDateFormat: 'MM/dd/yyyy HH:mm:ss',
  fileDescription: '',
  maxFileSize: 0,
  recordDelimiter: 'crlf',
  codePage: 65_001,
  partFileMaxAge: 168,
  syncOnCommit: true,
  secureAuthentication: 'automatic',
  // The reference has sha1 and sha256: see the texts of the settings.
  defaultReceiptHashAlgorithm: 'sha256',
  fileHashAlgorithm: 'receiptHash',
  includeSignerCertificate: false,
  receiptWithoutCipherSuite: false,
  encryptedFiles: 'optional',
  signedFiles: 'optional',
  compressedFiles: 'optional',
  deleteOnError: true,
  unwrapInSession: 0,
  maxExpansionRatio: 200,
  endResponseWait: 20,
  tempPath: '',
  workerThreads: 0,
  receivedFileEncryptionAlg: '',
  useSsl: false,
  sslAuthenticateClients: false,
  sslBindClientCertificate: false,
  // The reference has 4032 (TLS 1.0 to 1.2): see the text of the setting.
  sslEnabledProtocols: 15_360,
  sslEnabledCipherSuites: '*',
  sslCipherStrength: 0,
  openSslCipherList: 'DEFAULT',
  tls12SignatureAlgorithms:
    'sha512-ecdsa,sha512-rsa,sha512-dsa,sha384-ecdsa,sha384-rsa,sha384-dsa,sha256-ecdsa,sha256-rsa,sha256-dsa,' +
    'sha224-ecdsa,sha224-rsa,sha224-dsa,sha1-ecdsa,sha1-rsa,sha1-dsa',
  tls13SignatureAlgorithms:
    'rsa_pss_sha256,rsa_pss_sha384,rsa_pss_sha512,rsa_pkcs1_sha256,rsa_pkcs1_sha384,rsa_pkcs1_sha512,' +
    'ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ecdsa_secp521r1_sha512,ed25519,ed448',
  tls12SupportedGroups: 'ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1',
  tls13SupportedGroups:
    'ecdhe_x25519,ecdhe_x448,ecdhe_secp256r1,ecdhe_secp384r1,ecdhe_secp521r1,ffdhe_2048,ffdhe_3072,ffdhe_4096,' +
    'ffdhe_6144,ffdhe_8192',
  tls13KeyShareGroups: 'ecdhe_x25519,ecdhe_secp256r1,ecdhe_secp384r1,ffdhe_2048,ffdhe_3072',
  sslEnableRenegotiation: true,
  reuseSslSession: true,
  defaultConnectionTimeout: 0,
  sslCaCerts: '',
  sslServerCaCerts: '',
  openSslCaFile: '',
  openSslCaDir: '',
  sslCaCertFilePaths:
    '/etc/ssl/ca-bundle.pem;/etc/pki/tls/certs/ca-bundle.crt;/etc/ssl/certs/ca-certificates.crt;' +
    '/etc/pki/tls/cacert.pem',
  sslCheckCrl: 'off',
  sslCheckOcsp: 'off',
  sslSecurityFlags: 0,
  sslIncludeCertChain: false,
  sslKeyLogFile: '',
  logSslPackets: false,
  openSslPrngSeedData: '',
  sslNegotiatedVersion: '',
  sslNegotiatedCipher: '',
  sslNegotiatedCipherStrength: 0,
  sslNegotiatedCipherSuite: '',
  sslNegotiatedKeyExchange: '',
  sslNegotiatedKeyExchangeStrength: 0,
  certificateType: 'all',
  recipientCertificateType: 'all',
  certificateStoreType: 'auto',
  certificateStore: 'MY',
  certificateStorePassword: '',
  certificateSubject: '',
  exchangeCertStoreType: 'publicKeyFile',
  exchangeCertSubject: '',
  failOnUntrustedCert: true,
  trustedCertsData: 'http://www.odette.org/TSL/TSL_OFTP2.XML',
  trustListSigner: '',
  followRedirects: 'never',
  fetchPrivateAddresses: false,
  fetchTimeout: 15,
  fetchMaxSize: 16,
  statePath: '.oftp',
  keepStampsDays: 30,
  transferMemory: 64,
  logLevel: 'info',
  friendlyLogFormat: true,
  maskSensitive: true,
  selectWaitMillis: 20,
  processIdleEvents: true,
  useFipsCompliantApi: false,
  useInternalSecurityApi: process.platform !== 'win32',
  buildInfo: BUILD_INFO,
  licenseInfo: LICENSE_INFO,
};

test('a new server has every default of the reference (B-043, B-047, B-256, B-269, B-320, B-334, B-337, B-339, B-343, B-349, B-379, B-383)', () => {
  assert.equal({ ...serverSettings().values }, EXPECTED_DEFAULTS);
});

test('the rows are consistent: defaults pass their own checks, names are those of the reference in camelCase', () => {
  assert.is(
    SETTING_NAMES.length,
    THEMES.reduce((count, { rows }) => count + Object.keys(rows).length, 0),
    'no setting stands in two themes',
  );
  for (const name of SETTING_NAMES) {
    const setting = SETTINGS[name];
    if (setting.changes !== 'never') serverSettings().set(name, setting.default);
    assert.match(setting.effect, /\.$/, name);
    if (setting.implies) serverSettings().set(setting.implies.setting as SettingName, setting.implies.value);
    if (name === 'uid') continue;
    assert.is(name.toLowerCase(), setting.config.toLowerCase());
    assert.match(name, /^[a-z](?!.*[A-Z]{2})/, 'acronyms are written as words');
  }
});

test('B-378, B-381: what the product says about itself', () => {
  const server = new Server();
  const packageFile = new URL('../../../package.json', import.meta.url);
  const { name, version, license } = JSON.parse(readFileSync(packageFile, 'utf8'));
  assert.is(VERSION, version);
  assert.ok(server.buildInfo.startsWith(`${name} ${version} (Node.js v`));
  assert.equal(
    server.licenseInfo.split('\n').map((line) => line.split(': ')[0]),
    ['Product', 'Product Key', 'License Source', 'License Type', 'Last Valid Build'],
  );
  assert.match(server.licenseInfo, `License Type: ${license}\n`);
});

test.run();

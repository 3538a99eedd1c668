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
  certificateType: 'all',
  recipientCertificateType: 'all',
  certificateStoreType: 'auto',
  certificateStore: '',
  certificateStorePassword: '',
  certificateSubject: '',
  exchangeCertStoreType: 'publicKeyFile',
  exchangeCertSubject: '',
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

test('a new server has every default of the reference (B-043, B-047, B-256, B-269, B-320, B-334, B-337, B-339, B-343, B-349, B-383)', () => {
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

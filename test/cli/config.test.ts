/** The configuration file: what it may say, and what is said about mistakes. */
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Config, loadConfig, type Overrides } from '../../src/cli/config.js';
import { UsageError } from '../../src/cli/exit.js';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { configText, oftp, stderrOf } from './oftp.js';

test.after.each(cleanUp);

async function load(
  text: string,
  files: Readonly<Record<string, string>> = {},
  overrides: Overrides = {},
): Promise<{ config: Config; folder: string }> {
  const folder = folderWith({ 'oftp.yaml': text, ...files });
  return { config: await loadConfig(join(folder, 'oftp.yaml'), overrides), folder };
}

/** What is wrong with a file, a line each, without its folder. */
async function problems(text: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const folder = folderWith({ 'oftp.yaml': text, ...files });
  try {
    await loadConfig(join(folder, 'oftp.yaml'));
  } catch (error) {
    assert.instance(error, UsageError);
    return (error as Error).message.replaceAll(`${folder}/`, '').split('\n');
  }
  return [];
}

const FULL = `
identity:
  ssid: O0013HUB
  sfid: O0013HUBFILES
  sfids: [O0013PLANT1, 0013]
  passwordFile: secret/hub
listen:
  host: 0.0.0.0
  port: 3306
statePath: state
partners:
  - code: O0013SUPPLIER
    description: Supplier Ltd
    password: 'with #:"'
    inbox: supplier/in
    outbox: supplier/out
    sent: supplier/sent
    failed: /var/edi/failed
    minimumVersion: 2.0
    enabled: false
    settings: { CreditCount: 50, timeout: 7 }
  - code: 0099
    passwordFile: secret/other
    inbox: other
settings:
  MaxConnections: 500
  KeepAlive: true
  AllowedClients: [10.0.0.*, edi.example.com]
`;

test('a file with every key: codes keep their zeros, paths start at its folder, passwords are read', async () => {
  const { config, folder } = await load(FULL, { 'secret/hub': 'HUBPW\n', 'secret/other': 'OTHER\r\n' });
  assert.equal(Object.fromEntries(config.settings), {
    ConnectionBacklog: '511',
    ReceivedFileNameFormat: '%VirtualFileName%_%VirtualFileDate:yyyyMMddHHmmssffff%',
    VirtualFileDateFormat: 'yyyyMMddHHmmssffff',
    ServerSSIDCode: 'O0013HUB',
    ServerSFIDCode: 'O0013HUBFILES',
    ServerSFIDCodes: 'O0013PLANT1,0013',
    LocalHost: '0.0.0.0',
    LocalPort: '3306',
    StatePath: join(folder, 'state'),
    ServerPassword: 'HUBPW',
    MaxConnections: '500',
    KeepAlive: 'true',
    AllowedClients: '10.0.0.*,edi.example.com',
  });
  assert.equal(config.partners, [
    {
      code: 'O0013SUPPLIER',
      password: 'with #:"',
      inbox: join(folder, 'supplier/in'),
      outbox: join(folder, 'supplier/out'),
      sent: join(folder, 'supplier/sent'),
      failed: '/var/edi/failed',
      minimumVersion: '2.0',
      enabled: false,
      description: 'Supplier Ltd',
      tlsCertificates: undefined,
      certificate: undefined,
      protection: { security: 'none', compress: false, signedReceipt: false },
      settings: [
        ['CreditCount', '50'],
        ['timeout', '7'],
      ],
    },
    {
      code: '0099',
      password: 'OTHER',
      inbox: join(folder, 'other'),
      outbox: undefined,
      sent: undefined,
      failed: undefined,
      minimumVersion: '1.2',
      enabled: true,
      description: '',
      tlsCertificates: undefined,
      certificate: undefined,
      protection: { security: 'none', compress: false, signedReceipt: false },
      settings: [],
    },
  ]);
});

test('what is left out: SFID code as SSID code, this machine only, port 3305, state beside the file', async () => {
  const { config, folder } = await load('identity: { ssid: O0013HUB }\n');
  assert.is(config.settings.get('ServerSFIDCode'), 'O0013HUB');
  assert.is(config.settings.get('LocalHost'), '127.0.0.1');
  assert.is(config.settings.get('LocalPort'), '3305');
  assert.is(config.settings.get('StatePath'), join(folder, '.oftp'));
  assert.equal(config.partners, []);
});

for (const nothing of ['', ' null', ' ~', " ''"]) {
  test(`statePath:${nothing} keeps the state in memory`, async () => {
    const { config } = await load(`identity: { ssid: A }\nstatePath:${nothing}\n`);
    assert.is(config.settings.get('StatePath'), '');
  });
}

test('flags win over the file', async () => {
  const overrides = { host: '::1', port: 0, ssid: 'O0013OTHER', sfid: 'O0013FILES' };
  const { config } = await load(FULL, { 'secret/hub': 'HUBPW', 'secret/other': 'OTHER' }, overrides);
  const names = ['LocalHost', 'LocalPort', 'ServerSSIDCode', 'ServerSFIDCode'];
  assert.equal(
    names.map((name) => config.settings.get(name)),
    ['::1', '0', 'O0013OTHER', 'O0013FILES'],
  );
});

test('passwordEnv takes a password from the environment', async () => {
  process.env['OFTP_TEST_HUB'] = 'FROMENV';
  const { config } = await load('identity: { ssid: A, passwordEnv: OFTP_TEST_HUB }');
  delete process.env['OFTP_TEST_HUB'];
  assert.is(config.settings.get('ServerPassword'), 'FROMENV');
});

test('anchors and aliases save repetition', async () => {
  const text = `
identity: { ssid: A }
partners:
  - { code: P1, password: ONE, inbox: in1, settings: &slow { CreditCount: 5 } }
  - { code: P2, password: TWO, inbox: in2, settings: *slow }
`;
  const { config } = await load(text);
  assert.equal(config.partners[1]?.settings, [['CreditCount', '5']]);
});

const PARTNER_LINES = (lines: string) => `identity: { ssid: A }\npartners:\n  - code: P\n    inbox: in\n${lines}`;

const MISTAKES: readonly (readonly [what: string, text: string, ...problems: string[]])[] = [
  [
    'an empty file',
    '',
    "oftp.yaml:1: identity.ssid: missing: give the server's own identification code, as agreed with the partners",
  ],
  ['a list for a file', '- a\n- b\n', 'oftp.yaml:1: the file must contain keys with values, such as "partners:"'],
  [
    'an unknown key at the top',
    'identity: { ssid: A }\n\npartner: []\n',
    'oftp.yaml:3: partner: there is no such key here; there are identity, tls, security, listen, statePath, processes, settings, partners',
  ],
  [
    'an unknown key inside',
    'identity:\n  ssid: A\nlisten:\n  prot: 1\n',
    'oftp.yaml:4: listen.prot: there is no such key here; there are host, port',
  ],
  [
    'a blank address, which would be all networks',
    'identity: { ssid: A }\nlisten:\n  host:\n',
    'oftp.yaml:3: listen.host: an address is expected: 127.0.0.1 for this machine only, 0.0.0.0 for all networks',
  ],
  [
    'a port that is none',
    'identity: { ssid: A }\nlisten:\n  port: 70000\n',
    "oftp.yaml:3: listen.port: '70000' is not a whole number from 0 to 65535",
  ],
  [
    'a code that is too long',
    `identity:\n  ssid: ${'O'.repeat(26)}\n`,
    `oftp.yaml:2: identity.ssid: '${'O'.repeat(26)}' has 26 characters: a code has at most 25`,
  ],
  [
    'keys where a value belongs',
    'identity:\n  ssid: { a: b }\n',
    'oftp.yaml:2: identity.ssid: a value is expected here, not keys with values',
  ],
  [
    'a list where one value belongs',
    'identity: { ssid: [A, B] }\n',
    'oftp.yaml:1: identity.ssid: one value is expected here, not a list',
  ],
  [
    'a value where keys belong',
    'identity: A\n',
    'oftp.yaml:1: identity: keys with values are expected here',
    "oftp.yaml:1: identity.ssid: missing: give the server's own identification code, as agreed with the partners",
  ],
  [
    'partners that are no list',
    'identity: { ssid: A }\npartners:\n  code: P\n',
    'oftp.yaml:2: partners: a list is expected here, each item starting with "- "',
  ],
  [
    'a partner without anything',
    'identity: { ssid: A }\npartners:\n  - description: nobody\n',
    'oftp.yaml:3: partners[0].code: missing: give the SSID code of the partner',
    'oftp.yaml:3: partners[0].password: missing: give password, passwordFile or passwordEnv',
    'oftp.yaml:3: partners[0].inbox: missing: give the folder for files from this partner',
  ],
  [
    'a misspelt key of a partner',
    PARTNER_LINES('    password: X\n    inbix: in\n'),
    'oftp.yaml:6: partners[0].inbix: there is no such key here; there are code, inbox, outbox, password, ' +
      'passwordFile, passwordEnv, sent, failed, minimumVersion, enabled, description, tlsCertificate, certificate, ' +
      'security, compress, signedReceipt, cipherSuite, settings',
  ],
  [
    'a version that is none',
    PARTNER_LINES('    password: X\n    minimumVersion: 1.1\n'),
    "oftp.yaml:6: partners[0].minimumVersion: '1.1' is not a version: use 1.2, 1.3, 1.4, 2.0",
  ],
  [
    'enabled: maybe',
    PARTNER_LINES('    password: X\n    enabled: maybe\n'),
    "oftp.yaml:6: partners[0].enabled: 'maybe' is neither true nor false",
  ],
  [
    'two passwords for one partner',
    PARTNER_LINES('    password: X\n    passwordEnv: Y_NOT_SET\n'),
    'oftp.yaml:6: partners[0].passwordEnv: leave it out, or password: there can be one password only',
    'oftp.yaml:5: partners[0].password: the environment variable Y_NOT_SET with the password is not set',
  ],
  [
    'an inbox that is the outbox',
    PARTNER_LINES('    password: X\n    outbox: ./in\n'),
    'oftp.yaml:6: partners[0].outbox: the inbox is the same folder: use another one',
  ],
  [
    'sent without outbox',
    PARTNER_LINES('    password: X\n    sent: done\n'),
    'oftp.yaml:6: partners[0].sent: useless without outbox',
  ],
  [
    'two partners with one code and one outbox',
    'identity: { ssid: A }\npartners:\n' +
      '  - { code: P, password: X, inbox: a, outbox: o }\n  - { code: P, password: Y, inbox: b, outbox: o }\n',
    "oftp.yaml:4: partners[1].code: 'P' is there already",
    'oftp.yaml:4: partners[1].outbox: another partner has this folder',
  ],
  [
    'a setting out of range',
    'identity: { ssid: A }\nsettings:\n  CreditCount: 1000\n',
    'oftp.yaml:3: settings.CreditCount: CreditCount cannot be 1000. ' +
      'It takes a whole number from 1 to 999 (exchange buffers).',
  ],
  [
    'an unknown setting',
    'identity: { ssid: A }\nsettings:\n  CreditCont: 9\n',
    "oftp.yaml:3: settings.CreditCont: There is no setting 'CreditCont'. Did you mean 'CreditCount'?",
  ],
  [
    'a setting that has a key of its own',
    'identity: { ssid: A }\nsettings:\n  localport: 9\n',
    'oftp.yaml:3: settings.localport: this setting is listen.port here',
  ],
  [
    'a setting of the server at a partner',
    PARTNER_LINES('    password: X\n    settings:\n      MaxConnections: 9\n'),
    'oftp.yaml:7: partners[0].settings.MaxConnections: ' +
      'MaxConnections is a setting of the whole server: use config() of the server.',
  ],
  [
    'a key that comes twice',
    'identity: { ssid: A }\nidentity: { ssid: B }\n',
    'oftp.yaml:2: not valid YAML: Map keys must be unique',
  ],
];

for (const [what, text, ...expected] of MISTAKES) {
  test(`${what} is reported with line, key and remedy`, async () => {
    assert.equal(await problems(text), expected);
  });
}

const SECRETS: readonly (readonly [what: string, line: string, problem: RegExp])[] = [
  [
    'too long',
    'password: SECRET-SECRET',
    /^oftp\.yaml:5: partners\[0\]\.password: the value is a password of 13 characters/,
  ],
  ['with a character that does not exist', 'password: SECRÉT', /the value is not a password of printable ISO 646/],
  ['empty', 'password:', /the value is empty: a password has 1 to 8 characters/],
  ['that YAML takes for an alias', 'password: *SECRET', /^oftp\.yaml:5: there is no anchor for this alias/],
  ['in no valid YAML', 'password: @SECRET', /^oftp\.yaml:5: not valid YAML: put the password in single quotes/],
  ['in a file of two lines', 'passwordFile: two', /two must contain one line with the password and nothing else/],
  ['in a file that is too long', 'passwordFile: long', /long must contain one line with the password and nothing else/],
  ['in a file that is not there', 'passwordFile: none', /none cannot be read: ENOENT/],
  ['in a folder', 'passwordFile: .', /cannot be read: EISDIR/],
];

for (const [what, line, problem] of SECRETS) {
  test(`a password ${what} is reported without being shown`, async () => {
    const files = { two: 'SECRET\nSECRET\n', long: 'SECRET'.repeat(1000) };
    const [first = ''] = await problems(PARTNER_LINES(`    ${line}\n`), files);
    assert.match(first, problem);
    assert.not.match(first, /SECR[EÉ]T/);
  });
}

test('passwords in a file that others may read are warned about', async () => {
  const folder = folderWith({ 'oftp.yaml': configText() });
  const path = join(folder, 'oftp.yaml');
  chmodSync(path, 0o644);
  assert.equal((await loadConfig(path)).warnings, [
    `${path} contains passwords and other users may read it: chmod 600 ${path}`,
  ]);
  chmodSync(path, 0o600);
  assert.equal((await loadConfig(path)).warnings, []);
});

test('oftp serve with a wrong file prints every problem and exits with 2', async () => {
  const folder = folderWith({ 'oftp.yaml': 'identity: { ssid: A }\nlisten: { port: x }\nsetings: {}\n' });
  const result = await oftp(['serve', '--config', 'oftp.yaml'], { cwd: folder });
  assert.is(result.code, 2);
  assert.is(
    stderrOf(result),
    "oftp: oftp.yaml:2: listen.port: 'x' is not a whole number from 0 to 65535\n" +
      'oftp.yaml:3: setings: there is no such key here; there are identity, tls, security, listen, statePath, processes, settings, partners\n',
  );
});

test('oftp serve with a file that is not there exits with 2', async () => {
  const result = await oftp(['serve', '--config', '/no/such/oftp.yaml']);
  assert.is(result.code, 2);
  assert.match(stderrOf(result), /^oftp: the configuration \/no\/such\/oftp\.yaml cannot be read: ENOENT/);
});

test('oftp serve --check-config only looks: 0 for a good file, and nothing is made', async () => {
  const folder = folderWith({ 'oftp.yaml': configText() });
  const { code, stdout } = await oftp(['serve', '--config', 'oftp.yaml', '--check-config'], { cwd: folder });
  assert.is(code, 0);
  assert.is(stdout, 'oftp.yaml is in order\n');
  assert.equal(readdirSync(folder), ['oftp.yaml']);
});

test('oftp serve --check-config without --config looks at the demonstration, and makes none', async () => {
  const folder = folderWith({});
  const result = await oftp(['serve', '--check-config'], { cwd: folder });
  assert.is(result.code, 2);
  assert.match(stderrOf(result), /^oftp: the configuration oftp-data\/oftp\.yaml cannot be read: ENOENT/);
  assert.equal(readdirSync(folder), []);
});

test('oftp serve --host with nothing is refused: it would listen on all networks', async () => {
  const result = await oftp(['serve', '--host', ''], { cwd: folderWith({}) });
  assert.is(result.code, 2);
  assert.match(stderrOf(result), /'--host <address>' argument '' is invalid\. an address is expected/);
});

test.run();

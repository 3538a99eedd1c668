import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type SettingName, serverSettings } from '../../src/settings/settings.js';
import { SETTING_NAMES, SETTINGS } from '../../src/settings/table.js';
import { refusal } from '../support/refusal.js';
import { assign, Server } from '../support/settings-owners.js';

/** First value taken, last value taken, and the nearest values refused. */
const RANGES: readonly (readonly [name: SettingName, min: number, max: number])[] = [
  ['localPort', 0, 65_535],
  ['connectionBacklog', 1, 65_535],
  ['maxConnections', 1, 100_000],
  ['maxReadTime', 0, 60_000],
  ['keepAliveTime', 1000, 32_767_000],
  ['keepAliveInterval', 1000, 32_767_000],
  ['keepAliveRetryCount', 1, 127],
  ['inBufferSize', 0, 1_073_741_824],
  ['outBufferSize', 0, 1_073_741_824],
  ['timeout', 0, 2_147_483],
  ['idleTimeout', 0, 2_147_483],
  ['creditCount', 1, 999],
  ['exchangeBufferSize', 128, 99_999],
  ['maxFileSize', 0, Number.MAX_SAFE_INTEGER],
  ['unwrapInSession', 0, Number.MAX_SAFE_INTEGER],
  ['maxExpansionRatio', 0, 1_000_000],
  ['endResponseWait', 0, 3600],
  ['fetchTimeout', 1, 300],
  ['fetchMaxSize', 1, 256],
  ['workerThreads', 0, 256],
  ['keepStampsDays', 30, 3650],
  ['codePage', 37, 65_001],
  ['partFileMaxAge', 0, 87_600],
  ['transferMemory', 1, 2047],
  ['selectWaitMillis', 0, 2_147_483_647],
  ['defaultConnectionTimeout', 0, 2_147_483],
  ['sslCipherStrength', 0, 256],
  ['sslEnabledProtocols', 0, 16_383],
  ['sslSecurityFlags', 0, 0xffff_ffff],
];

test('every whole number takes its first and last value and refuses the next ones, fractions and texts', () => {
  assert.equal(
    RANGES.map(([name]) => name).sort(),
    SETTING_NAMES.filter((name) => SETTINGS[name].type === 'integer' && SETTINGS[name].changes !== 'never').sort(),
    'every whole number is listed',
  );
  for (const [name, min, max] of RANGES) {
    const store = serverSettings();
    for (const value of [min, max]) {
      store.set(name, value);
      assert.is(store.get(name), value, `${name} ${value}`);
    }
    for (const value of [
      min - 1,
      max + 1,
      min + 0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      String(min),
      null,
      [min],
      true,
    ]) {
      refusal(() => store.set(name, value), 10022, 'It takes a whole number from');
      assert.is(store.get(name), max, `${name} unchanged by ${String(value)}`);
    }
  }
});

test('a refused number: the message names the property, the value, the range and the unit (B-337)', () => {
  const server = new Server();
  const error = refusal(() => assign(server, 'maxConnections', 100_001), 10022);
  assert.is(error.message, 'maxConnections cannot be 100001. It takes a whole number from 1 to 100000 (connections).');
});

test('every flag takes true and false and nothing else', () => {
  for (const name of SETTING_NAMES.filter(
    (name) => SETTINGS[name].type === 'boolean' && SETTINGS[name].changes !== 'never',
  )) {
    const store = serverSettings();
    for (const value of [true, false]) {
      store.set(name, value);
      assert.is(store.get(name), value);
    }
    for (const value of [0, 1, 'true', 'True', '', null, {}]) refusal(() => store.set(name, value), 10022, name);
  }
});

test('every choice takes its words, not its numbers, and the message lists both', () => {
  const store = serverSettings();
  const words = {
    connectionType: ['both', 'sender', 'receiver'],
    useIpv6: ['ipv4', 'ipv6', 'both'],
    logLevel: ['none', 'info', 'verbose', 'debug'],
    endResponseTurn: ['onChangeDirection', 'asap'],
  } as const;
  for (const [name, choices] of Object.entries(words)) {
    for (const choice of choices) {
      store.set(name as SettingName, choice);
      assert.is(store.get(name as SettingName), choice);
    }
    for (const value of [0, 1, '0', 'Both', 'toString', '', null])
      refusal(() => store.set(name as SettingName, value), 10022, name);
  }
  const error = refusal(() => store.set('connectionType', 'send'), 10022);
  assert.is(
    error.message,
    "connectionType cannot be 'send'. It takes 'both' (0 in config()), 'sender' (1 in config()) or 'receiver' (2 in config()).",
  );
});

test('B-061, B-062: codes have 0 to 25 characters', () => {
  for (const name of ['serverSsidCode', 'serverSfidCode'] as const) {
    const server = new Server();
    for (const code of ['', 'A', 'ABC', 'O0013HUB AND-SUB.STATION']) {
      server[name] = code;
      assert.is(server[name], code);
    }
    server[name] = 'O'.repeat(25);
    const error = refusal(() => assign(server, name, 'O'.repeat(26)), 10022, name);
    assert.match(error.message, 'It takes at most 25 characters, not 26.');
    assert.is(server[name], 'O'.repeat(25));
  }
});

test('codes refuse what ISO 646 does not have, and spaces at the ends, which the wire would lose', () => {
  for (const code of ['CAFÉ', 'A\tB', 'A\nB', 'A\0', '\x7f', ' A', 'A ', ' ', '€']) {
    const error = refusal(() => serverSettings({ serverSsidCode: code }), 10022, 'serverSsidCode');
    assert.match(error.message, /printable ISO 646 characters without spaces at the ends/);
  }
  assert.is(serverSettings({ serverSsidCode: '!~' }).get('serverSsidCode'), '!~', 'first and last printable character');
  refusal(() => assign(new Server(), 'serverSsidCode', 13), 10022, 'serverSsidCode');
});

test('sub-station codes are a list of codes of 1 to 25 characters without commas', () => {
  const server = new Server({ serverSfidCodes: ['A', 'O'.repeat(25), 'B C'] });
  assert.equal(server.serverSfidCodes, ['A', 'O'.repeat(25), 'B C']);
  for (const list of [
    ['A', ''],
    ['A', 'O'.repeat(26)],
    ['A', 'B,C'],
    ['A', ' B'],
    ['A', 'B '],
    ['A', 'É'],
    ['A', 7],
  ]) {
    const error = refusal(() => assign(server, 'serverSfidCodes', list), 10022, 'serverSfidCodes');
    assert.match(error.message, '(see index 1)');
  }
  for (const value of ['A', { length: 1 }, null]) refusal(() => assign(server, 'serverSfidCodes', value), 10022);
  assert.match(
    refusal(() => assign(server, 'serverSfidCodes', new Array(10_001).fill('A')), 10022).message,
    'at most 10000 strings, not 10001',
  );
});

test('a list cannot be changed behind the check, neither through the argument nor through the property nor the default', () => {
  const codes = ['A'];
  const server = new Server({ serverSfidCodes: codes });
  codes.push('O'.repeat(26));
  assert.equal(server.serverSfidCodes, ['A']);
  assert.throws(() => (server.serverSfidCodes as string[]).push('B'), TypeError);
  assert.throws(() => (new Server().serverSfidCodes as string[]).push('B'), TypeError);
});

test('B-056: the password has 0 to 8 characters, and no message shows it', () => {
  const server = new Server();
  for (const password of ['', ' A', 'PASSWORD']) {
    server.serverPassword = password;
    assert.is(server.serverPassword, password);
  }
  for (const [password, words] of [
    ['SECRETPWD', 'at most 8 characters, not 9'],
    ['SECRET ', 'spaces at the end'],
    ['SÉCRET', 'ISO 646'],
  ] as const) {
    const error = refusal(() => assign(server, 'serverPassword', password), 10022, 'serverPassword');
    assert.match(error.message, words);
    assert.not.match(error.stack ?? '', password);
    assert.not.match(JSON.stringify(error), password);
  }
  assert.is(server.serverPassword, 'PASSWORD');
  for (const key in server) assert.is.not(key, 'serverPassword', 'a loop over the object does not meet it');
});

test('an object given by mistake does not show its fields', () => {
  const error = refusal(() => serverSettings({ serverSsidCode: { password: 'SECRET' } as never }), 10022);
  assert.not.match(error.message, 'SECRET');
});

test('a long text is cut in the message', () => {
  const error = refusal(() => serverSettings({ localHost: 'h'.repeat(100_000) }), 10022, 'localHost');
  assert.ok(error.message.length < 300);
});

test('B-278: a description has at most 999 octets of UTF-8', () => {
  const server = new Server();
  for (const text of ['', 'two\r\nlines', 'd'.repeat(999), `${'é'.repeat(499)}x`, '\u{1F4E6}'.repeat(249)]) {
    server.fileDescription = text;
    assert.is(server.fileDescription, text);
  }
  assert.match(
    refusal(() => assign(server, 'fileDescription', 'é'.repeat(500)), 10022).message,
    'at most 999 octets of UTF-8, not 1000',
  );
  refusal(() => assign(server, 'fileDescription', 'd'.repeat(1000)), 10022);
});

test('paths refuse NUL, lines refuse control characters, host names refuse spaces', () => {
  for (const [name, good, bad] of [
    ['downloadDirectory', '/in box/é', '/in\0box'],
    ['statePath', '/var/lib/oftp', 'a\0'],
    ['allowedClients', '10.*, hub.example', '10.*\nevil'],
    ['blockedClients', '', '\x7f'],
    ['receivedFileNameFormat', '%VirtualFileName%_%GUID%', 'a\0b'],
    ['virtualFileDateFormat', 'yyyyMMddHHmmssffff', 'yyyy\tMM'],
    ['localHost', '::1%eth0', '127.0.0.1 '],
  ] as const) {
    const store = serverSettings();
    store.set(name, good);
    assert.is(store.get(name), good);
    refusal(() => store.set(name, bad), 10022, name);
    refusal(() => store.set(name, 1), 10022, name);
  }
});

test('statePath takes null for memory only, and not an empty text', () => {
  const server = new Server({ statePath: null });
  assert.is(server.statePath, null);
  assert.match(refusal(() => assign(server, 'statePath', ''), 10022).message, 'or null');
  assert.match(refusal(() => assign(server, 'statePath', 1), 10022).message, 'a string or null');
  refusal(() => assign(server, 'localHost', null), 10022, 'localHost');
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SettingName } from '../../src/settings/settings.js';
import { CONFIG_NAMES, SETTINGS } from '../../src/settings/table.js';
import { configServer } from '../support/config-server.js';
import { refusal } from '../support/refusal.js';

/** What the reference's config() gives for a fresh server. */
const READS: Readonly<Record<string, string>> = {
  AllowedClients: '*',
  AllowRetry: 'False',
  BlockedClients: '',
  BufferCompression: 'False',
  CDAfterSendEndResponse: 'True',
  ConnectionBacklog: '5',
  ConnectionType: '0',
  CreditCount: '99',
  DefaultIdleTimeout: '0',
  DefaultTimeout: '60',
  DisconnectAfterEndSession: 'True',
  DownloadDirectory: '',
  EndResponseTurn: '0',
  ExchangeBufferSize: '2048',
  FileDescription: '',
  FireEndResponseOnSend: 'True',
  FriendlyLogFormat: 'True',
  KeepAlive: 'False',
  KeepAliveTime: '7200000',
  KeepStampsDays: '30',
  Linger: 'True',
  LocalHost: '',
  LocalPort: '3305',
  LogLevel: '1',
  MaskSensitive: 'True',
  MaxConnections: '1000',
  MaxFileSize: '0',
  RecordDelimiter: '0',
  MaxReadTime: '50',
  ReceivedFileNameFormat: '%VirtualFileName%',
  Restart: 'True',
  SelectWaitMillis: '20',
  SendCDAfterEFPA: 'False',
  ServerPassword: '',
  ServerSFIDCode: '',
  ServerSFIDCodes: '',
  ServerSSIDCode: '',
  StatePath: '.oftp',
  SyncOnCommit: 'True',
  TcpNoDelay: 'True',
  TransferMemory: '64',
  UseIPv6: '0',
  VirtualFileDateFormat: 'MM/dd/yyyy HH:mm:ss',
};

test('B-125: a fresh server gives every default as text', () => {
  const { config } = configServer();
  for (const [name, text] of Object.entries(READS)) assert.is(config(name), text, name);
  assert.match(config('BuildInfo'), /^oftp /);
  assert.match(config('LicenseInfo'), /^Product: oftp\n/);
});

test('B-123: Name=Value writes and gives an empty text, Name reads', () => {
  const { config, store } = configServer();
  assert.is(config('LogLevel=3'), '');
  assert.is(config('LogLevel'), '3');
  assert.is(store.values.logLevel, 'debug');
  assert.is(config('MaxConnections=5000'), '');
  assert.is(store.values.maxConnections, 5000);
});

test('names count in any case', () => {
  const { config } = configServer();
  for (const name of ['MaxConnections', 'maxconnections', 'MAXCONNECTIONS', 'mAxCoNnEcTiOnS']) {
    config(`${name}=42`);
    assert.is(config('MaxConnections'), '42');
    config('MaxConnections=1000');
  }
  for (const name of CONFIG_NAMES.keys()) {
    const setting = SETTINGS[CONFIG_NAMES.get(name) as SettingName];
    const request = setting.scope === 'connection' ? `${name}[7]` : name;
    assert.is(config(request.toUpperCase()), config(request.toLowerCase()), name);
  }
});

test('spaces around the name, the id, the equals sign and a number or word do not count', () => {
  const { config } = configServer();
  for (const text of ['CreditCount=12', ' CreditCount = 12 ', '\tCreditCount\t=\t12\n', 'CreditCount= 12']) {
    config(text);
    assert.is(config(' CreditCount '), '12');
    config('CreditCount=99');
  }
  config('CreditCount [ 7 ] = 3');
  assert.is(config('CreditCount[7]'), '3');
  config('KeepAlive = yes ');
  assert.is(config('KeepAlive'), 'True');
});

test('B-124: booleans are True, False, 0, 1, Yes and No in any case, and read as True or False', () => {
  const { config } = configServer();
  for (const word of ['True', 'true', 'TRUE', '1', 'Yes', 'yes', 'YES']) {
    config('KeepAlive=False');
    config(`KeepAlive=${word}`);
    assert.is(config('KeepAlive'), 'True', word);
  }
  for (const word of ['False', 'false', 'FALSE', '0', 'No', 'no', 'nO']) {
    config('KeepAlive=True');
    config(`KeepAlive=${word}`);
    assert.is(config('KeepAlive'), 'False', word);
  }
});

test('booleans refuse every other word, and the message lists the right ones', () => {
  const { config } = configServer();
  for (const word of ['', '2', '-1', 'on', 'off', 'y', 'truee', '01', 'True False']) {
    const error = refusal(() => config(`KeepAlive=${word}`), 10022, 'KeepAlive cannot be');
    assert.match(error.message, 'True, False, Yes, No, 1 or 0');
  }
  assert.is(config('KeepAlive'), 'False');
});

test('whole numbers are decimal digits with or without a sign, inside their range', () => {
  const { config } = configServer();
  for (const [text, read] of [
    ['7', '7'],
    ['+7', '7'],
    ['0007', '7'],
    ['100000', '100000'],
  ] as const) {
    config(`MaxConnections=${text}`);
    assert.is(config('MaxConnections'), read);
  }
  for (const text of ['', '0', '-1', '100001', '1.0', '1e3', '0x10', '1 000', '1,000', '٣', '9'.repeat(400), 'many']) {
    const error = refusal(() => config(`MaxConnections=${text}`), 10022, 'MaxConnections cannot be');
    assert.match(error.message, 'a whole number from 1 to 100000 (connections)');
    assert.is(config('MaxConnections'), '100000');
  }
});

test('choices are written as the reference numbers them or by our words, and read as numbers', () => {
  const { config, store } = configServer();
  for (const [text, number, word] of [
    ['ConnectionType=1', '1', 'sender'],
    ['ConnectionType=receiver', '2', 'receiver'],
    ['ConnectionType=BOTH', '0', 'both'],
  ] as const) {
    config(text);
    assert.is(config('ConnectionType'), number);
    assert.is(store.values.connectionType, word);
  }
  config('EndResponseTurn=asap');
  assert.is(config('EndResponseTurn'), '1');
  config('EndResponseTurn=onchangedirection');
  assert.is(config('EndResponseTurn'), '0');
  for (const text of ['3', '-1', '', '01', 'send', 'toString', 'constructor']) {
    refusal(() => config(`ConnectionType=${text}`), 10022, "'sender' (1 in config())");
  }
});

test('texts keep everything after the equals sign and the spaces behind it, more equals signs included', () => {
  const { config } = configServer();
  for (const [text, read] of [
    ['FileDescription=a=b==c', 'a=b==c'],
    ['FileDescription==', '='],
    ['FileDescription=  two words ', 'two words '],
    ['FileDescription=line one\r\nline [2]', 'line one\r\nline [2]'],
    ['FileDescription="quoted"', '"quoted"'],
    ['FileDescription=', ''],
    ['FileDescription=é€', 'é€'],
  ] as const) {
    config(text);
    assert.is(config('FileDescription'), read);
  }
});

test('a list is separated by commas, an empty text is an empty list', () => {
  const { config, store } = configServer();
  config('ServerSFIDCodes = SUB1 , SUB 2,SUB3');
  assert.equal(store.values.serverSfidCodes, ['SUB1', 'SUB 2', 'SUB3']);
  assert.is(config('ServerSFIDCodes'), 'SUB1,SUB 2,SUB3');
  config('ServerSFIDCodes=');
  assert.equal(store.values.serverSfidCodes, []);
  refusal(() => config('ServerSFIDCodes=SUB1,,SUB2'), 10022, 'index 1');
});

test('StatePath: an empty text is null, and null reads as an empty text', () => {
  const { config, store } = configServer();
  for (const text of ['StatePath=', 'StatePath =  ']) {
    config('StatePath=/var/lib/oftp');
    config(text);
    assert.is(store.values.statePath, null);
    assert.is(config('StatePath'), '');
  }
});

test('an unknown name is refused, with the name probably meant', () => {
  const { config } = configServer();
  for (const [wrong, right] of [
    ['MaxConnection', 'MaxConnections'],
    ['maxconections', 'MaxConnections'],
    ['TCPNoDelay_', 'TcpNoDelay'],
    ['ServerSIDCode', 'ServerSSIDCode'],
    ['KeepAliveTimes', 'KeepAliveTime'],
    ['IdleTimout', 'IdleTimeout'],
  ] as const) {
    const error = refusal(() => config(`${wrong}=1`), 10022);
    assert.is(error.message, `There is no setting '${wrong}'. Did you mean '${right}'?`);
  }
  for (const name of ['Frobnicate', 'toString', '__proto__', 'constructor', 'x'.repeat(100_000)]) {
    const error = refusal(() => config(name.replace(/^_+/, '')), 10022, 'There is no setting');
    assert.not.match(error.message, 'Did you mean');
    assert.ok(error.message.length < 200);
  }
});

test('a text that is no request is refused without repeating it', () => {
  const { config } = configServer();
  for (const text of [
    '',
    ' ',
    '=',
    '=5',
    '[7]=5',
    'CreditCount[7',
    'CreditCount]7[',
    'CreditCount[7]x',
    'CreditCount[7][5]',
    'Credit Count=5',
    'ServerPassword: SECRET',
    '7=5',
    '__proto__=1',
  ]) {
    const error = refusal(() => config(text), 10022, "config() takes 'Name'");
    assert.not.match(error.message, 'SECRET');
  }
});

test('what is no text at all is refused like an empty text', () => {
  const { config } = configServer();
  for (const value of [undefined, null, 5, {}, ['LogLevel']])
    refusal(() => config(value as never), 10022, "config() takes 'Name'");
});

test('a password can be read back, but stands in no message', () => {
  const { config } = configServer();
  config('ServerPassword=HUBPW');
  config('ServerPassword[7]=OTHER');
  assert.equal(
    [config('ServerPassword'), config('ServerPassword[7]'), config('ServerPassword[5]')],
    ['HUBPW', 'OTHER', 'HUBPW'],
  );
  for (const text of [
    'ServerPassword=SECRETPASS',
    'ServerPassword[7]=SECRETPASS',
    'ServerPassword[9]=SECRETPASS',
    'ServerPasword=SECRETPASS',
    'ServerPassword[7=SECRETPASS',
  ]) {
    let thrown: unknown;
    try {
      config(text);
    } catch (error) {
      thrown = error;
    }
    assert.instance(thrown, Error);
    assert.not.match((thrown as Error).stack ?? '', 'SECRETPASS');
  }
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPError } from '../../src/settings/errors.js';
import { type ServerOptions, type SettingName, SettingStore, serverSettings } from '../../src/settings/settings.js';
import { DEFAULTS, SETTING_NAMES, SETTINGS } from '../../src/settings/table.js';
import { refusal } from '../support/refusal.js';
import { assign, Connection, Server } from '../support/settings-owners.js';

test('constructor options: set ones count, undefined ones keep the default', () => {
  const options = { defaultTimeout: 5, defaultIdleTimeout: 7, localPort: undefined } as unknown as ServerOptions;
  const server = new Server(options);
  assert.is(server.defaultTimeout, 5);
  assert.is(server.defaultIdleTimeout, 7);
  assert.is(server.localPort, 3305);
});

test('constructor options: an unknown name is refused, with the name probably meant', () => {
  const typo = refusal(() => serverSettings({ maxConnection: 5 } as ServerOptions), 10022);
  assert.is(typo.message, "There is no option 'maxConnection'. Did you mean 'maxConnections'?");
  for (const option of ['frobnicate', '__proto__x', 'constructor', 'uid', 'timeout'.repeat(1000)]) {
    const error = refusal(() => serverSettings({ [option]: 1 } as ServerOptions), 10022);
    assert.match(error.message, 'There is no option');
    assert.ok(error.message.length < 200);
  }
});

test('read-only settings refuse assignment on server and connection', () => {
  const server = new Server();
  const connection = new Connection(server, 4);
  assert.is(refusal(() => assign(server, 'buildInfo', 'mine'), 10022).message, 'buildInfo can only be read.');
  refusal(() => serverSettings({ licenseInfo: 'mine' } as ServerOptions), 10022, 'licenseInfo');
  for (const name of [
    'uid',
    'receivedConnectionType',
    'retry',
    'receivedFileName',
    'receivedFileDateTime',
    'receivedFileDescription',
  ]) {
    const error = refusal(() => assign(connection, name, 'x'), 10022, name);
    assert.is(error.message, `${name} of connection 4 can only be read.`);
  }
});

test('B-054, B-336, B-406, B-407, B-408: what is fixed while listening, with its error, and free again afterwards', () => {
  const server = new Server();
  const fixed = {
    localPort: [106, 3306],
    localHost: [107, '127.0.0.1'],
    maxConnections: [108, 5],
    connectionBacklog: [104, 100],
    useIpv6: [104, 'both'],
    bindExclusively: [104, false],
    useIocp: [104, true],
    useWindowsMessages: [104, true],
    statePath: [104, '/tmp/x'],
    keepStampsDays: [104, 60],
    transferMemory: [104, 8],
    workerThreads: [104, 2],
    useSsl: [104, true],
  } as const;
  server.listening = true;
  for (const [name, [code, value]] of Object.entries(fixed)) {
    const error = refusal(() => assign(server, name, value), code, name);
    assert.match(error.message, 'stop listening first');
    assert.is(server.store.get(name as SettingName), DEFAULTS[name as SettingName]);
  }
  const free = SETTING_NAMES.filter((name) => !(name in fixed) && SETTINGS[name].changes !== 'never');
  for (const name of free) server.store.set(name, SETTINGS[name].default);
  server.listening = false;
  for (const [name, [, value]] of Object.entries(fixed)) {
    assign(server, name, value);
    assert.is(server.store.get(name as SettingName), value);
  }
});

test('B-052: a live value is read instead of the stored one, which stays', () => {
  const server = new Server({ localPort: 0 });
  server.boundPort = 49_152;
  assert.is(server.localPort, 49_152);
  assert.is(server.store.values.localPort, 0);
  server.boundPort = undefined;
  assert.is(server.localPort, 0);
});

test('B-312, B-313, B-315: a connection starts with the values of the server and overrides them for itself alone', () => {
  const server = new Server({ serverSsidCode: 'HUB', serverSfidCode: 'HUB', serverPassword: 'HUBPW' });
  const one = new Connection(server, 1);
  const other = new Connection(server, 2);
  one.serverSsidCode = 'HUB1';
  one.serverSfidCode = 'SUB1';
  one.serverPassword = 'PW1';
  one.downloadDirectory = '/in/one';
  assert.equal(
    [one.serverSsidCode, one.serverSfidCode, one.serverPassword, one.downloadDirectory],
    ['HUB1', 'SUB1', 'PW1', '/in/one'],
  );
  assert.equal(
    [other.serverSsidCode, other.serverSfidCode, other.serverPassword, other.downloadDirectory],
    ['HUB', 'HUB', 'HUBPW', ''],
  );
  assert.equal(
    [server.serverSsidCode, server.serverSfidCode, server.serverPassword, server.downloadDirectory],
    ['HUB', 'HUB', 'HUBPW', ''],
  );
});

test('a later change of the server reaches connections that have not overridden the value', () => {
  const server = new Server();
  const one = new Connection(server, 1);
  const other = new Connection(server, 2);
  one.downloadDirectory = '/in/one';
  server.downloadDirectory = '/in';
  server.logLevel = 'debug';
  assert.is(one.downloadDirectory, '/in/one');
  assert.is(other.downloadDirectory, '/in');
  assert.is(one.store.values.logLevel, 'debug');
});

test('B-288, B-289, B-304: settings for new connections do not reach those that exist', () => {
  const server = new Server({ defaultTimeout: 10, defaultIdleTimeout: 20 });
  const before = new Connection(server, 1);
  server.defaultTimeout = 11;
  server.defaultIdleTimeout = 21;
  server.keepAlive = true;
  server.keepAliveTime = 5000;
  server.linger = false;
  server.tcpNoDelay = false;
  const after = new Connection(server, 2);
  const seen = ({ store: { values } }: Connection) => [
    values.timeout,
    values.idleTimeout,
    values.keepAlive,
    values.keepAliveTime,
    values.linger,
    values.tcpNoDelay,
  ];
  assert.equal(seen(before), [10, 20, false, 7_200_000, true, true]);
  assert.equal(seen(after), [11, 21, true, 5000, false, false]);
  before.timeout = 0;
  before.idleTimeout = 1;
  assert.equal(seen(before).slice(0, 2), [0, 1]);
});

test('what the SSID carries is fixed for a connection once it has been sent, the rest is not', () => {
  const server = new Server();
  const connection = new Connection(server, 9);
  connection.creditCount = 55;
  connection.ssidSent = true;
  const fixed = {
    serverSsidCode: 'X',
    connectionType: 'sender',
    creditCount: 5,
    exchangeBufferSize: 128,
    restart: false,
    bufferCompression: true,
  };
  for (const [name, value] of Object.entries(fixed)) {
    const error = refusal(() => assign(connection, name, value), 10056, name);
    assert.is(error.connectionId, 9);
    assert.match(error.message, `${name} of connection 9 cannot change any more`);
  }
  assert.is(connection.creditCount, 55);
  connection.serverPassword = 'LATER';
  connection.serverSfidCode = 'SUB';
  connection.allowRetry = true;
  connection.downloadDirectory = '/in';
  server.creditCount = 7;
  assert.is(server.creditCount, 7, 'for later sessions');
});

test('a bad value on a connection names the connection', () => {
  const error = refusal(() => assign(new Connection(new Server(), 9), 'creditCount', 1000), 10022);
  assert.is(
    error.message,
    'creditCount of connection 9 cannot be 1000. It takes a whole number from 1 to 999 (exchange buffers).',
  );
});

test('B-257, B-259: reading the credit of a connection gives what the connection knows, its values keep the own one', () => {
  const connection = new Connection(new Server(), 1);
  assert.is(connection.creditCount, 99);
  connection.credit = 55;
  assert.is(connection.creditCount, 55);
  connection.creditCount = 20;
  assert.is(connection.creditCount, 55);
  assert.is(connection.store.values.creditCount, 20);
  assert.is(connection.receivedFileName, '/in/ORDERS');
});

test('a change is reported after it was made, a refused one is not', () => {
  const connection = new Connection(new Server(), 1);
  connection.idleTimeout = 3;
  refusal(() => assign(connection, 'timeout', -1), 10022);
  assert.equal(connection.changes, ['idleTimeout']);
});

test('further checks hold for server and connections, and their words stand in the message', () => {
  const checks = {
    virtualFileDateFormat: (pattern: string) => (pattern === 'q' ? 'The pattern has an unknown letter.' : undefined),
    receivedFileNameFormat: (format: string) => (format.includes('%X%') ? 'There is no macro %X%.' : undefined),
  };
  const store = serverSettings({}, { checks });
  store.set('virtualFileDateFormat', 'yyyy');
  assert.is(
    refusal(() => store.set('virtualFileDateFormat', 'q'), 10022).message,
    "virtualFileDateFormat cannot be 'q'. The pattern has an unknown letter.",
  );
  assert.match(
    refusal(() => store.forConnection(3).set('receivedFileNameFormat', '%X%'), 10022).message,
    'There is no macro %X%.',
  );
  refusal(() => serverSettings({ receivedFileNameFormat: '%X%' }, { checks }), 10022);
  assert.match(
    refusal(() => store.set('virtualFileDateFormat', 7), 10022).message,
    'a string',
    'the table comes first',
  );
});

test('reset: a server goes back to the default, a connection to what the server has', () => {
  const server = new Server({ creditCount: 10, allowRetry: true });
  const connection = new Connection(server, 1);
  connection.allowRetry = false;
  connection.store.reset('allowRetry');
  assert.is(connection.allowRetry, true);
  server.store.reset('creditCount');
  assert.is(server.creditCount, 99);
  server.store.reset('serverSfidCodes');
  assert.equal(server.serverSfidCodes, []);
});

test('settings and properties on one server do not touch another', () => {
  const one = new Server();
  const other = new Server();
  one.maxConnections = 5000;
  assert.is(other.maxConnections, 1000);
  assert.instance(one.store, SettingStore);
  assert.throws(
    () => assign(one, 'maxConnections', 0),
    (error: unknown) => error instanceof OFTPError,
  );
});

test.run();

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { config } from '../../src/settings/config.js';
import { SETTING_NAMES, SETTINGS } from '../../src/settings/table.js';
import { configServer } from '../support/config-server.js';
import { refusal } from '../support/refusal.js';

test('Name[id] writes and reads the value of one connection, Name that of the server', () => {
  const { config, connections } = configServer();
  config('AllowRetry[7]=True');
  assert.is(config('AllowRetry[7]'), 'True');
  assert.is(config('AllowRetry[5]'), 'False');
  assert.is(config('AllowRetry'), 'False');
  assert.is(connections.get(7)?.values.allowRetry, true);
  config('AllowRetry=True');
  assert.is(config('AllowRetry[5]'), 'True', 'falls back to the server');
  config('AllowRetry[5]=No');
  assert.is(config('AllowRetry[5]'), 'False');
});

test('AllowRetry[id] without a value only reads (the reference shows it as if it wrote)', () => {
  const { config } = configServer();
  config('AllowRetry[7]');
  assert.is(config('AllowRetry[7]'), 'False');
});

test('every setting of a connection can be written and read with an id', () => {
  const { config, connections } = configServer();
  for (const name of SETTING_NAMES) {
    const setting = SETTINGS[name];
    if (setting.scope !== 'connection' || setting.changes === 'never') continue;
    const before = config(`${setting.config}[7]`);
    config(`${setting.config}[7]=${before}`);
    assert.is(config(`${setting.config}[7]`), before, setting.config);
    assert.ok(Object.hasOwn(connections.get(7)?.values ?? {}, name), name);
  }
});

test('B-287: DefaultIdleTimeout is the value of the server, IdleTimeout[id] that of a connection; likewise the timeout', () => {
  const { config, store } = configServer();
  config('DefaultIdleTimeout=30');
  config('IdleTimeout[7]=1');
  assert.is(config('DefaultIdleTimeout'), '30');
  assert.is(config('IdleTimeout[7]'), '1');
  assert.is(config('IdleTimeout[5]'), '0', 'existing connections keep what they started with');
  assert.is(store.values.idleTimeout, 30);
  config('DefaultTimeout=5');
  config('Timeout[7]=6');
  assert.equal([config('DefaultTimeout'), config('Timeout[7]')], ['5', '6']);
});

test('B-409: an id that no connection has is error 126, for reading and writing', () => {
  const { config } = configServer();
  for (const id of ['999', '0', '-7', '', ' ', 'seven', '7.0', '7e0', '0x7', '1'.repeat(400)]) {
    refusal(() => config(`CreditCount[${id}]`), 126, `CreditCount[${id.trim()}]`);
    refusal(() => config(`CreditCount[${id}]=5`), 126);
  }
});

test('B-327: ConnectionUID of an unknown connection is 0, of a known one its own, and it cannot be written', () => {
  const { config } = configServer();
  assert.is(config('ConnectionUID[7]'), 'uid-7');
  assert.is(config('ConnectionUID[999]'), '0');
  assert.is(config('ConnectionUID[x]'), '0');
  refusal(() => config('ConnectionUID[7]=1'), 10022, 'ConnectionUID[7] can only be read');
  refusal(() => config('ConnectionUID[999]=1'), 126);
});

test('B-255, B-292, B-306: values that only a connection has come from the connection', () => {
  const { config } = configServer();
  assert.is(config('Retry[7]'), 'True');
  assert.is(config('Retry[5]'), 'False');
  assert.is(config('ReceivedConnectionType[7]'), '2');
  assert.is(config('ConnectionType[7]'), '0', 'the own value');
  assert.is(config('ReceivedFileName[7]'), '');
});

test('a value that only a connection has needs an id', () => {
  const { config } = configServer();
  for (const name of ['Retry', 'ReceivedFileName', 'ReceivedConnectionType', 'ConnectionUID']) {
    refusal(() => config(name), 10022, `read ${name}[id]`);
  }
});

test('a setting of the whole server refuses an id', () => {
  const { config } = configServer();
  refusal(
    () => config('MaxConnections[7]'),
    10022,
    'MaxConnections[7] is a setting of the whole server: leave out the id',
  );
  refusal(() => config('MaxConnections[7]=5'), 10022);
});

test('read-only settings refuse a value', () => {
  const { config } = configServer();
  refusal(() => config('BuildInfo=mine'), 10022, 'BuildInfo can only be read');
  refusal(() => config('Retry[7]=True'), 10022, 'Retry[7] can only be read');
});

test('B-336: a change at a forbidden time is refused with its error and the fix', () => {
  const { config, state } = configServer();
  state.listening = true;
  refusal(
    () => config('MaxConnections=5'),
    108,
    'MaxConnections cannot change while the server listens: stop listening first.',
  );
  refusal(() => config('LocalPort=5'), 106, 'LocalPort');
  refusal(() => config('LocalHost=::1'), 107, 'LocalHost');
  refusal(() => config('UseIPv6=2'), 104, 'UseIPv6');
  assert.is(config('MaxConnections'), '1000');
  state.ssidSent = true;
  const error = refusal(
    () => config('ExchangeBufferSize[7]=512'),
    10056,
    'ExchangeBufferSize[7] cannot change any more',
  );
  assert.is(error.connectionId, 7);
});

test('config of a connection: names without an id are its own values, its own id may stand there', () => {
  const { connections, store } = configServer();
  const own = connections.get(7)!;
  assert.is(config('AllowRetry=True', own), '');
  assert.is(config('AllowRetry', own), 'True');
  assert.is(config('allowretry[7]', own), 'True');
  assert.is(config('Retry', own), 'True');
  assert.is(config('IdleTimeout=9', own), '');
  assert.is(own.values.idleTimeout, 9);
  assert.is(store.values.allowRetry, false);
  refusal(() => config('AllowRetry[5]', own), 126);
  refusal(() => config('MaxConnections', own), 10022, 'use config() of the server');
  refusal(() => config('MaxConnections=5', own), 10022, 'use config() of the server');
});

test.run();

test.run();

/**
 * What must compile and what must not: each `@ts-expect-error` is an error of the compiler if the line below it
 * compiles.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPError } from '../../src/settings/errors.js';
import type { ConnectionSettings, ServerOptions, ServerSettings, SettingValues } from '../../src/settings/settings.js';

/** Whether two types are the same, by the rule that TypeScript has for conditional types. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where `Same` says true. */
function same<_ extends true>(): void {}

test('the types of values follow from the table', () => {
  same<Same<ServerSettings['maxConnections'], number>>();
  same<Same<ServerSettings['keepAlive'], boolean>>();
  same<Same<ServerSettings['serverSsidCode'], string>>();
  same<Same<ServerSettings['serverSfidCodes'], readonly string[]>>();
  same<Same<ServerSettings['statePath'], string | null>>();
  same<Same<ServerSettings['logLevel'], 'none' | 'info' | 'verbose' | 'debug'>>();
  same<Same<ServerSettings['useIpv6'], 'ipv4' | 'ipv6' | 'both'>>();
  same<Same<ServerSettings['endResponseTurn'], 'onChangeDirection' | 'asap'>>();
  same<Same<ConnectionSettings['connectionType'], 'both' | 'sender' | 'receiver'>>();
  same<Same<ConnectionSettings['timeout'], number>>();
  same<Same<ConnectionSettings['retry'], boolean>>();
  same<Same<SettingValues['uid'], string>>();
  same<Same<ServerOptions['defaultTimeout'], number | undefined>>();
  assert.ok(true, 'the compiler has judged');
});

test('options: every one may be left out; a wrong name or value does not compile', () => {
  const none: ServerOptions = {};
  const some: ServerOptions = { maxConnections: 5, statePath: null, logLevel: 'debug', serverSfidCodes: ['A'] };
  // @ts-expect-error a misspelled name
  const typo: ServerOptions = { maxConnection: 5 };
  // @ts-expect-error a string for a number
  const text: ServerOptions = { maxConnections: '5' };
  // @ts-expect-error the number of a choice
  const number: ServerOptions = { logLevel: 3 };
  // @ts-expect-error a word that is no choice
  const word: ServerOptions = { connectionType: 'send' };
  // @ts-expect-error null where there is no null
  const nothing: ServerOptions = { localHost: null };
  // @ts-expect-error read only
  const readOnly: ServerOptions = { buildInfo: 'mine' };
  // @ts-expect-error a value of connections only
  const received: ServerOptions = { receivedFileName: 'x' };
  // @ts-expect-error the name on a connection
  const connection: ServerOptions = { idleTimeout: 5 };
  // @ts-expect-error undefined is not a way of leaving out
  const absent: ServerOptions = { localPort: undefined };
  assert.is([none, some, typo, text, number, word, nothing, readOnly, received, connection, absent].length, 11);
});

test('properties: read-only ones and wrong values do not compile', () => {
  const server = {} as ServerSettings;
  const connection = {} as ConnectionSettings;
  server.maxConnections = 5;
  server.defaultIdleTimeout = 5;
  connection.idleTimeout = 5;
  connection.downloadDirectory = '/in';
  // @ts-expect-error read only
  server.buildInfo = 'mine';
  // @ts-expect-error read only
  connection.retry = true;
  // @ts-expect-error a setting of the whole server
  connection.maxConnections = 5;
  // @ts-expect-error a value of connections only
  assert.is(server.uid, undefined);
  // @ts-expect-error a number for a flag
  server.keepAlive = 1;
  const values = {} as SettingValues;
  // @ts-expect-error values are written through the store
  values.maxConnections = 5;
  assert.is(server.maxConnections, 5);
});

test('errors: only numbers of the table compile', () => {
  const error = new OFTPError(126, 'gone', { connectionId: 7 });
  // @ts-expect-error 674 does not exist
  const unknown = new OFTPError(674, 'no such number');
  same<Same<(typeof error)['connectionId'], number | undefined>>();
  assert.is(error.code + unknown.code, 800);
});

test.run();

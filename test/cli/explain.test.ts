import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { explain } from '../../src/cli/explain.js';
import { OFTPError } from '../../src/settings/errors.js';

const ATTEMPT = { address: { host: '::1', port: 3305 }, ssid: 'O0013ME', hasPassword: true };

test('a server that does not answer is told with its address', () => {
  const error = new OFTPError(10060, 'connecting to ::1 port 3305: no answer within 60000 ms');
  assert.match(explain(error, ATTEMPT), /^no answer from \[::1\]:3305: check address and port.*\(error 10060\)$/);
});

test('a host name that does not exist is told without a port', () => {
  assert.is(explain(new OFTPError(11001, 'getaddrinfo'), ATTEMPT), "there is no host '::1' (error 11001)");
});

test('what has no words of its own keeps its message', () => {
  assert.is(explain(new OFTPError(671, 'session lost'), ATTEMPT), 'session lost');
  assert.is(explain(new TypeError('a defect'), ATTEMPT), 'a defect');
});

test.run();

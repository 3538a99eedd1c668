import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatAddress, parseAddress } from '../../src/cli/address.js';
import { UsageError } from '../../src/cli/exit.js';

const ADDRESSES: readonly (readonly [text: string, host: string, port: number])[] = [
  ['edi.example.com', 'edi.example.com', 3305],
  ['edi.example.com:6619', 'edi.example.com', 6619],
  ['127.0.0.1:1', '127.0.0.1', 1],
  ['[::1]:65535', '::1', 65535],
  ['[fe80::1%eth0]', 'fe80::1%eth0', 3305],
  ['2001:db8::7', '2001:db8::7', 3305],
];

for (const [text, host, port] of ADDRESSES) {
  test(`${text} is ${host}, port ${port}`, () => {
    assert.equal(parseAddress(text), { host, port, portGiven: new RegExp(`:${port}$`).test(text) });
  });
}

for (const text of ['', ':3305', 'host:', 'host:0', 'host:65536', 'host:http', 'a b', '[::1', '[]:1', 'host:1:2']) {
  test(`'${text}' is no address`, () => {
    assert.throws(
      () => parseAddress(text),
      (error: Error) => error instanceof UsageError && error.message.startsWith(`'${text}' is no address: write HOST`),
    );
  });
}

test('an IPv6 address is written in brackets', () => {
  assert.is(formatAddress({ host: '::1', port: 3305 }), '[::1]:3305');
  assert.is(formatAddress({ host: 'host', port: 1 }), 'host:1');
});

test.run();

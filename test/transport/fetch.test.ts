/** Fetching small documents: limits of time, size and redirects, and addresses that are not connected to. */

import type { LookupFunction } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FetchOptions, fetchOctets } from '../../src/transport/fetch.js';
import { isLoopbackAddress, isPublicAddress } from '../../src/transport/public-addresses.js';
import { cleanUp } from '../support/cleanup.js';
import { within } from '../support/outcome.js';
import { WebServer } from '../support/web.js';

test.after.each(cleanUp);

const options = (url: string, more: Partial<FetchOptions> = {}): FetchOptions => ({
  url,
  accept: '*/*',
  lengthMax: 1000,
  deadline: 5000,
  redirects: 'always',
  privateAddresses: 'allowed',
  ...more,
});

async function refused(url: string, words: string, more: Partial<FetchOptions> = {}): Promise<void> {
  const error = await within(fetchOctets(options(url, more))).then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.is(error?.name, 'FetchError', `${url} was fetched`);
  assert.match(error?.message ?? '', words);
}

/** A name service that answers each question with the next of these addresses, and then with the last. */
function names(...answers: string[][]): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (host, { all }, callback) => {
    asked.push(host);
    const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
  return { lookup, asked };
}

test('a document is fetched whole; a body makes it a POST', async () => {
  const web = await WebServer.start((path, body) => ({ body: `${path} ${body}` }));
  const got = await fetchOctets(options(web.url('/a?b=c')));
  assert.equal([got.octets.toString(), got.authentic], ['/a?b=c ', true]);
  const posted = await fetchOctets(
    options(web.url('/ocsp'), { body: Buffer.from('question'), contentType: 'application/ocsp-request' }),
  );
  assert.is(posted.octets.toString(), '/ocsp question');
  assert.equal(web.requests, ['GET /a?b=c', 'POST /ocsp']);
});

test('only http and https, and no passwords in URLs', async () => {
  for (const url of ['ftp://127.0.0.1/x', 'file:///etc/hostname', 'ldap://127.0.0.1/x', 'data:,x'])
    await refused(url, 'only http and https');
  await refused('no url', 'is no URL');
  await refused('http://user:secret@127.0.0.1/', 'user name or password');
  await refused(`http://127.0.0.1/${'x'.repeat(3000)}`, 'is no URL');
});

test('more octets than allowed are refused, whether announced or not', async () => {
  const web = await WebServer.start((path, _body, response) => {
    if (path === '/announced') return { body: Buffer.alloc(1001) };
    response.writeHead(200);
    for (let i = 0; i < 20; i++) response.write(Buffer.alloc(100));
    return undefined;
  });
  await refused(web.url('/announced'), 'larger than 1000 octets');
  await refused(web.url('/endless'), 'larger than 1000 octets');
});

test('a server that does not answer, or goes on for ever, meets the deadline', async () => {
  const web = await WebServer.start((path, _body, response) => {
    if (path === '/slow') response.writeHead(200).write('x');
    return undefined;
  });
  await refused(web.url('/silent'), 'no answer within 50 ms', { deadline: 50 });
  await refused(web.url('/slow'), 'no answer within 50 ms', { deadline: 50 });
});

test('an answer that breaks off, is compressed or is no 200 is refused', async () => {
  const web = await WebServer.start((path, _body, response) => {
    if (path === '/404') return { status: 404 };
    if (path === '/gzip') return { headers: { 'content-encoding': 'gzip' }, body: 'x' };
    response.writeHead(200, { 'content-length': '100' });
    response.write('x');
    setImmediate(() => response.destroy());
    return undefined;
  });
  await refused(web.url('/404'), 'it answers 404 Not Found');
  await refused(web.url('/gzip'), 'compressed');
  await refused(web.url('/cut'), web.url('/cut'));
});

test('nobody listens: the message names the URL', async () => {
  await refused('http://127.0.0.1:9/', 'http://127.0.0.1:9/');
});

test('redirects: never, always up to five, and within the scheme', async () => {
  const web = await WebServer.start((path) => {
    const left = Number(path.slice(1));
    return left === 0 ? { body: 'there' } : { status: 302, headers: { location: `/${left - 1}` } };
  });
  assert.is((await fetchOctets(options(web.url('/5')))).octets.toString(), 'there');
  assert.is((await fetchOctets(options(web.url('/2'), { redirects: 'sameScheme' }))).octets.toString(), 'there');
  await refused(web.url('/6'), 'more than 5 redirects');
  await refused(web.url('/1'), 'which is not followed', { redirects: 'never' });
  await refused(web.url('/1'), 'which is not followed', { body: Buffer.from('x') });
});

test('redirects to other schemes, and round in circles, are refused', async () => {
  const web = await WebServer.start((path) => ({
    status: 301,
    headers: { location: path === '/loop' ? '/loop' : path.slice(1) },
  }));
  await refused(web.url('/loop'), 'more than 5 redirects');
  await refused(web.url('/https://127.0.0.1:9/x'), 'another scheme', { redirects: 'sameScheme' });
  await refused(web.url('/file:///etc/hostname'), 'only http and https');
});

test('private addresses are not connected to: literal, in any spelling', async () => {
  const spellings = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '10.1.2.3',
    '169.254.169.254',
    '192.168.1.1',
    '172.31.0.1',
    '100.64.0.1',
    '[fe80::1]',
    '[fd00::1]',
    '0.0.0.0',
    '[::]',
  ];
  for (const host of spellings)
    await refused(`http://${host}/`, 'this machine or a private network', { privateAddresses: 'refused' });
});

test('private addresses are not connected to: by names that lead there', async () => {
  const web = await WebServer.start(() => ({ body: 'secret' }));
  for (const address of ['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', '64:ff9b::7f00:1', '2002:7f00:1::']) {
    const { lookup } = names([address]);
    await refused(`http://crl.example.com:${web.port}/`, 'this machine or a private network', {
      privateAddresses: 'refused',
      lookup,
    });
  }
  assert.equal(web.requests, []);
});

test('rebinding: the address that was looked at is the one that is connected to, and the name is asked once', async () => {
  const web = await WebServer.start(() => ({ body: 'secret' }));
  // The first answer is public, and nobody is there; a second question would get 127.0.0.1.
  const { lookup, asked } = names(['192.0.2.1', '127.0.0.1'], ['127.0.0.1']);
  await refused(`http://crl.example.com:${web.port}/`, 'this machine or a private network', {
    privateAddresses: 'refused',
    lookup,
  });
  assert.equal(asked, ['crl.example.com']);
  assert.equal(web.requests, []);
});

test('a redirect to this machine is not followed from anywhere else', async () => {
  const inner = await WebServer.start(() => ({ body: 'secret' }));
  const web = await WebServer.start((path) => ({ status: 302, headers: { location: path.slice(1) } }));
  const operator = { privateAddresses: 'first' } as const;
  assert.is(
    (await fetchOctets(options(web.url(`/${inner.url('/x')}`), operator))).octets.toString(),
    'secret',
    'the same address',
  );
  await refused(web.url('/http://169.254.169.254/latest/meta-data/'), 'this machine or a private network', operator);
  await refused(web.url('/http://127.0.0.2/'), 'this machine or a private network', operator);
  await refused(web.url(`/http://[::1]:${inner.port}/`), 'this machine or a private network', operator);
});

test('which addresses are public', () => {
  for (const address of ['8.8.8.8', '193.0.6.139', '2a00:1450:4001::1', '::ffff:8.8.8.8', '172.32.0.1', '100.128.0.1'])
    assert.ok(isPublicAddress(address), address);
  const others = [
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '203.0.113.5',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '::127.0.0.1',
    'example.com',
    '',
  ];
  for (const address of others) assert.not(isPublicAddress(address), address);
  assert.ok(isLoopbackAddress('127.8.8.8') && isLoopbackAddress('::1') && isLoopbackAddress('::ffff:127.0.0.1'));
  assert.not(isLoopbackAddress('10.0.0.1') || isLoopbackAddress('8.8.8.8'));
});

test.run();

/** What the product says about itself, and ids that nobody has: rows B-378, B-381, B-383, B-409. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient, OFTPServer } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { PROJECT_ROOT } from '../support/project.js';
import { refusal } from '../support/refusal.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';

test.after.each(cleanUp);

const { name, version, license } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));

for (const party of [new OFTPServer(), new OFTPClient({ host: 'localhost', clientSsidCode: 'X' })]) {
  const kind = party.constructor.name;

  test(`B-378 BuildInfo of an ${kind} names the package, its version, Node.js and OpenSSL`, () => {
    const { node, openssl } = process.versions;
    assert.is(party.config('BuildInfo'), `${name} ${version} (Node.js v${node}, OpenSSL ${openssl})`);
    refusal(() => party.config('BuildInfo=mine'), 10022, 'BuildInfo');
  });

  test(`B-381 LicenseInfo of an ${kind} has the five lines of the reference`, () => {
    const lines = party
      .config('LicenseInfo')
      .split('\n')
      .map((line) => line.split(': '));
    assert.equal(
      lines.map(([label]) => label),
      ['Product', 'Product Key', 'License Source', 'License Type', 'Last Valid Build'],
    );
    assert.ok(lines.every(([, value = '']) => value !== ''));
    assert.equal([lines[0]?.[1], lines[3]?.[1]], [name, license]);
    refusal(() => party.config('LicenseInfo=mine'), 10022, 'LicenseInfo');
  });
}

test('B-383 SelectWaitMillis is 20', () => {
  const server = new OFTPServer();
  assert.equal([server.config('SelectWaitMillis'), server.selectWaitMillis], ['20', 20]);
});

/** One setting for each way in which a connection has values of its own. */
const PER_CONNECTION = [
  'CreditCount',
  'AllowRetry',
  'Retry',
  'ServerSSIDCode',
  'ReceivedFileName',
  'SSLNegotiatedCipher',
];

test('B-409 an id that no connection has is error 126, for reading and for writing', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const { connectionId } = await host.events.next('acceptConnection');
  for (const id of [999, connectionId + 1, 0, -connectionId, `${connectionId}.0`, `0x${connectionId}`, '', 'first']) {
    refusal(() => host.server.config(`CreditCount[${id}]`), 126, 'CreditCount');
    refusal(() => host.server.config(`CreditCount[${id}]=5`), 126, 'CreditCount');
  }
  assert.is(host.server.config(`CreditCount[${connectionId}]`), '99');
  await transfer(peer, sample(10));
});

for (const setting of PER_CONNECTION) {
  test(`B-409 ${setting}[999] is error 126`, () => {
    refusal(() => new OFTPServer().config(`${setting}[999]`), 126, setting);
  });
}

test.run();

/** The hub's key on a security key: everything that needs it through the public API, and a real PKCS#11 module. */
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Certificate, OFTPError, OFTPServer } from '../../src/index.js';
import { certificatePath, keyPath, opensslCms, text } from '../security/support.js';
import { PIN, type SoftToken, softToken } from '../security/token/softhsm.js';
import { cleanUp } from '../support/cleanup.js';
import { contentOf } from '../support/received.js';
import { receive, transfer } from '../support/scenario.js';
import { aliceSends, expectBob, made, verifiedBy } from '../support/secured.js';
import { TestServer } from '../support/server.js';
import { auch, aurp, cd, rtr, secd } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(20_000);
const token = softToken();

test('PKCS11 without a module: error 690 from Certificate.load and from config, with the path', async () => {
  const server = new OFTPServer();
  const store = '/nowhere/libtoken.so';
  server.config('CertificateStoreType=23');
  server.config(`CertificateStore=${store}`);
  for (const act of [
    () => server.config('CertificateSubject=*'),
    () => Certificate.loadSync({ storeType: 'pkcs11', store, storePassword: PIN }),
  ]) {
    assert.throws(
      act,
      (error: unknown) => error instanceof OFTPError && error.code === 690 && /libtoken/.test(error.message),
    );
  }
  assert.is(server.certificate, null);
});

if (typeof token === 'string') {
  process.stdout.write(`not run: the tests with a real token, since ${token}\n`);
} else {
  process.once('exit', token.remove);
  withToken(token);
}

function withToken({ module }: SoftToken): void {
  const load = (storePassword = PIN): Certificate =>
    Certificate.loadSync({ storeType: 'pkcs11', store: module, storePassword, subject: 'CN=Alice Motors' });

  test('a wrong PIN is error 690 and does not name it', () => {
    assert.throws(
      () => load('0000'),
      (error: OFTPError) => error.code === 690 && /wrong PIN/.test(error.message) && !/0000/.test(error.message),
    );
  });

  test('config: CertificateStoreType=23, the module and the PIN give the certificate with its key', () => {
    const server = new OFTPServer();
    server.config('CertificateStoreType=23');
    server.config(`CertificateStore=pkcs11:token=Alice?module-path=${module}`);
    server.config(`CertificateStorePassword=${PIN}`);
    server.config('CertificateSubject=*');
    assert.is((server.certificate as Certificate).hasPrivateKey, true);
  });

  test('a file is decrypted, its receipt signed, and a challenge answered by the token', async () => {
    const host = await TestServer.start({ on: { acceptConnection: expectBob } });
    host.server.certificate = load();
    const { peer } = await host.session({ auth: 'Y' });
    peer.send(secd());
    const challenge = Buffer.from((await peer.expect('AUCH')).octets).subarray(3);
    const own = ['-inkey', keyPath('bob'), '-recip', certificatePath('bob')];
    peer.send(aurp(opensslCms(['-decrypt', '-inform', 'DER', ...own], challenge)));
    await peer.expect('SECD');
    const mine = Buffer.alloc(20, 7);
    peer.send(auch(opensslCms(['-encrypt', '-outform', 'DER', '-aes256', certificatePath('alice')], mine)));
    assert.equal(Buffer.from((await peer.expect('AURP')).octets).subarray(1), mine);
    const octets = await made(CONTENT, { signer: 'bob', recipient: 'alice', stream: true });
    await transfer(peer, octets, { sec: 3, ciph: 4, env: 1, sign: 'Y' });
    peer.send(cd());
    const response = await peer.expect('EERP');
    peer.send(rtr());
    const hash = createHash('sha256').update(octets).digest();
    const signature = response.octets.subarray(106 + 2 + hash.length + 2);
    assert.ok(Buffer.from(verifiedBy('alice', signature)).subarray(-hash.length).equals(hash));
    assert.equal(host.events.named('error'), []);
  });

  test('a file is signed by the token, on all threads of the pool at once', async () => {
    const names = ['ONE', 'TWO', 'THREE', 'FOUR'];
    const sending = await aliceSends(
      { security: 'signed' },
      { octets: CONTENT, names, settings: { workerThreads: 3 } },
    );
    sending.host.server.certificate = load();
    const { peer } = await sending.host.session();
    peer.send(cd());
    for (const _ of names) {
      const file = await receive(peer);
      assert.equal(verifiedBy('alice', contentOf(file.data)), CONTENT);
    }
    assert.is((await sending.outcomes()).filter((outcome) => 'error' in outcome).length, 0);
  });
}

test.run();

/** `oftp send` and `oftp bench` with protected files and with secure authentication. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certificatePath, keyPath } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { PARTNER } from '../support/parties.js';
import { TestServer } from '../support/server.js';
import { AS_PARTNER, oftp, PARTNER_ENV, stderrOf } from './oftp.js';

test.after.each(cleanUp);

const CONTENT = "UNH+1+DELFOR'";

/** A server that is alice and knows the partner as bob, and what it saw of each file that was offered. */
async function aliceWithOffers() {
  const offers: object[] = [];
  const hub = await TestServer.start({
    settings: { certificate: own('alice'), receivedFileNameFormat: '%VirtualFileName%' },
    on: {
      acceptConnection: ({ connection }) => {
        connection.recipientCertificate = known('bob');
      },
      acceptFile: ({ connection }) => {
        const { security, cipherSuite, compressed, signedReceipt } = connection.incoming ?? {};
        offers.push({ security, cipherSuite, compressed, signedReceipt });
      },
    },
  });
  return { hub, offers };
}

/** A folder with a file to send and the own certificate with its key. */
function bobsFolder(): string {
  const bob = readFileSync(keyPath('bob'), 'utf8') + readFileSync(certificatePath('bob'), 'utf8');
  return folderWith({ 'orders.edi': CONTENT, 'bob.pem': bob });
}

const BOTH = ['--own-certificate', 'bob.pem', '--recipient-certificate', certificatePath('alice')];

function send(port: number, args: readonly string[], cwd = bobsFolder()) {
  const to = ['--to', `127.0.0.1:${port}`, '--from', PARTNER.code, '--password', PARTNER.password];
  return oftp(['send', 'orders.edi', ...to, ...args], { cwd });
}

for (const [args, offer] of [
  [
    ['--security', 'signed', '--cipher-suite', '1'],
    { security: 'signed', cipherSuite: 1, compressed: false, signedReceipt: false },
  ],
  [
    ['--security', 'encrypted', '--cipher-suite', '2', '--compress'],
    { security: 'encrypted', cipherSuite: 2, compressed: true, signedReceipt: false },
  ],
  [
    ['--security', 'encryptedAndSigned', '--signed-receipt'],
    { security: 'encryptedAndSigned', cipherSuite: 4, compressed: false, signedReceipt: true },
  ],
  [
    ['--security', 'encryptedAndSigned', '--cipher-suite', '7', '--secure-authentication'],
    { security: 'encryptedAndSigned', cipherSuite: 7, compressed: false, signedReceipt: false },
  ],
  [['--compress'], { security: 'none', cipherSuite: 0, compressed: true, signedReceipt: false }],
] as const) {
  test(`send ${args.join(' ')}: the SFID says so, the file arrives whole, its end response is good`, async () => {
    const { hub, offers } = await aliceWithOffers();
    const { code, output } = await send(hub.server.localPort, [...args, ...BOTH]);
    assert.is(code, 0, output);
    assert.match(output, /^orders\.edi: delivered \(EERP\)$/m);
    assert.equal(offers, [offer]);
    assert.is(readFileSync(join(hub.inbox, 'ORDERS.EDI'), 'utf8'), CONTENT);
  });
}

for (const [args, complaint] of [
  [['--security', 'signed'], /--security signed needs --own-certificate/],
  [['--security', 'encrypted'], /--security encrypted needs --recipient-certificate/],
  [['--security', 'encryptedAndSigned', '--own-certificate', 'bob.pem'], /needs --recipient-certificate/],
  [['--signed-receipt'], /--signed-receipt needs --recipient-certificate/],
  [['--secure-authentication'], /--secure-authentication needs --own-certificate/],
  [['--compress', '--oftp', '1.4'], /--compress exists in OFTP 2\.0 only: leave out --oftp 1\.4/],
  [['--cipher-suite', '8'], /'8' is not a whole number from 1 to 7/],
  [['--security', 'signed', '--own-certificate', certificatePath('bob')], /has no private key/],
  [['--security', 'encrypted', '--recipient-certificate', 'none.pem'], /none\.pem/],
  [
    ['--security', 'signed', '--certificate', 'deliver'],
    /'--security <kind>' cannot be used with option '--certificate/,
  ],
] as const) {
  test(`send ${args.map((arg) => arg.replace(/.*\//, '')).join(' ')}: is refused before connecting, code 2`, async () => {
    const result = await send(1, args);
    assert.is(result.code, 2, result.output);
    assert.match(stderrOf(result), complaint);
  });
}

test('bench with a cipher suite and secure authentication: both are what the server sees', async () => {
  const { hub, offers } = await aliceWithOffers();
  const args = ['--sessions', '2', '--security', 'signed', '--cipher-suite', '6', '--secure-authentication', ...BOTH];
  const address = `127.0.0.1:${hub.server.localPort}`;
  const { code, output } = await oftp(['bench', address, ...AS_PARTNER, ...args], {
    cwd: bobsFolder(),
    env: PARTNER_ENV,
  });
  assert.is(code, 0, output);
  const offer = { security: 'signed', cipherSuite: 6, compressed: false, signedReceipt: false };
  assert.equal(offers, [offer, offer]);
});

test.run();
